/* data/spec.h - a SPEC cut to pieces: KIND[:PATH][?KEY=VALUE[&KEY=VALUE...]]
 *
 * The options begin at the last '?', so a path may hold one when an option (split=train, say)
 * follows it. A key may stand once. Which keys a kind knows is the business of data/source.h.
 */
#ifndef PV_DATA_SPEC_H
#define PV_DATA_SPEC_H

#include "base/str.h"

enum { PV_SPEC_OPTIONS = 16 };

typedef struct pv_spec {
    const char *text; /* as it was given, for messages; owned, as `pieces` */
    const char *kind;
    const char *path; /* "" when there is none */
    int n;
    struct {
        const char *key, *value;
    } option[PV_SPEC_OPTIONS];
    char *pieces;
} pv_spec;

/* Errors: PV_ERR_OPTION, PV_ERR_MEMORY; *spec is cleared on failure. */
pv_status pv_spec_parse(pv_spec *spec, const char *text) PV_MUST_USE;
void pv_spec_clear(pv_spec *spec); /* idempotent */

const char *pv_spec_get(const pv_spec *spec, const char *key); /* the value; NULL: not given */

/* A whole number within [min, max]; `fallback` when the key is not given. */
pv_status pv_spec_int(const pv_spec *spec, const char *key, int64_t fallback, int64_t min,
                      int64_t max, int64_t *value) PV_MUST_USE;

/* The number of the value among `words` ("train", "test", NULL); 0 when the key is not given. */
pv_status pv_spec_word(const pv_spec *spec, const char *key, const char *const *words,
                       int *number) PV_MUST_USE;

/* split=train (0) or split=test (1). */
pv_status pv_spec_split(const pv_spec *spec, int *test) PV_MUST_USE;

/* spec with split=test, when its source has such a split and spec names none; else spec as it is.
 * *changed (may be NULL) says which. */
pv_status pv_spec_test(pv_str *out, const char *spec, int *changed) PV_MUST_USE;

#endif
