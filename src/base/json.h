/* base/json.h - JSON values: read with positions in the errors, written the same way every time
 *
 * Values are jansson's json_t, reference counted: who gets one from here calls json_decref().
 * Objects keep the order in which their keys were set. Duplicate keys are refused. Numbers are
 * written with the fewest digits that read back exactly, so the same values give the same bytes.
 *
 *     json_t *j = json_object();
 *     PV_TRY_GOTO(pv_json_set(j, "model", json_string("lenet5")));
 *     PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(0.9912)));
 *     PV_TRY_GOTO(pv_json_dump(&text, j, 2));
 *     done: json_decref(j);
 *
 * json_object() may be NULL when memory ran out: pv_json_set and pv_json_append then report that,
 * as they do for a NULL value, so that calls chain without a check in between.
 */
#ifndef PV_BASE_JSON_H
#define PV_BASE_JSON_H

#include "base/str.h"
#include <jansson.h>

/* One JSON value and nothing else. `name` (a path) stands in the errors, which read
 * "name:line:column: ...". Errors: PV_ERR_FORMAT, PV_ERR_MEMORY. */
pv_status pv_json_parse(json_t **out, const char *name, const void *data, size_t size) PV_MUST_USE;

/* The same from a file of at most max bytes. Also: PV_ERR_NOT_FOUND, PV_ERR_LIMIT, PV_ERR_IO. */
pv_status pv_json_load(json_t **out, const char *path, size_t max) PV_MUST_USE;

/* Appends the text of a value; indent 0: on one line, without spaces. No final newline. */
pv_status pv_json_dump(pv_str *out, const json_t *value, int indent) PV_MUST_USE;

/* The text and a final newline, atomically (base/file.h). */
pv_status pv_json_save(const json_t *value, int indent, const char *path) PV_MUST_USE;

/* A real number; JSON's null for what JSON cannot say (NaN, infinities). */
json_t *pv_json_number(double x);

/* Set a key, append to an array. The value's reference is taken over, also on failure. Errors:
 * PV_ERR_MEMORY, also when container or value is NULL (jansson's json_string gives NULL for text
 * that is not UTF-8, too). */
pv_status pv_json_set(json_t *object, const char *key, json_t *value) PV_MUST_USE;
pv_status pv_json_append(json_t *array, json_t *value) PV_MUST_USE;

/* What `object` has under `key`; `name` stands in the errors. A missing key or another type is
 * PV_ERR_FORMAT. What is got belongs to the object. A real also accepts an integer; an integer must
 * lie in [low, high], else PV_ERR_RANGE. */
pv_status pv_json_get_text(const char **out, const json_t *object, const char *key,
                           const char *name) PV_MUST_USE;
pv_status pv_json_get_real(double *out, const json_t *object, const char *key,
                           const char *name) PV_MUST_USE;
pv_status pv_json_get_integer(int64_t *out, const json_t *object, const char *key, int64_t low,
                              int64_t high, const char *name) PV_MUST_USE;
pv_status pv_json_get_object(json_t **out, const json_t *object, const char *key,
                             const char *name) PV_MUST_USE;
pv_status pv_json_get_array(json_t **out, const json_t *object, const char *key,
                            const char *name) PV_MUST_USE;

#endif
