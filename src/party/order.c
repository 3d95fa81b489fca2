#include "party/order.h"

#include "base/file.h"
#include "base/json.h"
#include "data/splitfile.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA = 1, MOST_BYTES = 4096 };
#define MOST_ROWS (INT64_C(1) << 31)

static const char PREFIX[] = "sha256:";

/* ---- out */

static pv_status set_hash(json_t *j, const char *key, const char *prefix, const pv_hash *h)
{
    char hex[PV_HASH_TEXT], text[PV_HASH_TEXT + sizeof PREFIX];
    snprintf(text, sizeof text, "%s%s", prefix, pv_hash_text(h, hex));
    return pv_json_set(j, key, json_string(text));
}

static pv_status fill(json_t *j, json_t *sizes, const pv_order *o)
{
    PV_TRY(pv_json_set(j, "schema", json_integer(SCHEMA)));
    PV_TRY(pv_json_set(j, "rows", json_integer(o->rows)));
    PV_TRY(pv_json_set(j, "part", json_string(o->part)));
    PV_TRY(set_hash(j, "order", PREFIX, &o->order));
    PV_TRY(set_hash(j, "session", PREFIX, &o->session));
    PV_TRY(pv_json_set(sizes, "mine", json_integer(o->mine)));
    PV_TRY(pv_json_set(sizes, "theirs", json_integer(o->theirs)));
    PV_TRY(pv_json_set(j, "sizes", json_incref(sizes)));
    PV_TRY(pv_json_set(j, "file", json_string(o->name)));
    return set_hash(j, "sha256", "", &o->file);
}

pv_status pv_order_save(const pv_order *o, const char *path)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    json_t *j = json_object(), *sizes = json_object();
    PV_TRY_GOTO(fill(j, sizes, o));
    PV_TRY_GOTO(pv_json_dump(&text, j, 2));
    PV_TRY_GOTO(pv_str_append(&text, "\n"));
    PV_TRY_GOTO(pv_file_write(path, text.text, text.size, 0600));
done:
    pv_str_clear(&text);
    json_decref(j);
    json_decref(sizes);
    return status;
}

/* ---- in */

static pv_status get_hash(pv_hash *h, const json_t *j, const char *key, const char *prefix,
                          const char *path)
{
    const char *text;
    PV_TRY(pv_json_get_text(&text, j, key, path));
    if (strncmp(text, prefix, strlen(prefix)) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: %s is \"%.80s\"; %s and 64 hexadecimal digits were expected",
                path, key, text, prefix);
    PV_TRY_CONTEXT(pv_hash_parse(h, text + strlen(prefix)), "%s: in %s", path, key);
    return PV_OK;
}

static pv_status get_name(char *out, size_t size, const json_t *j, const char *key,
                          const char *path)
{
    const char *text;
    PV_TRY(pv_json_get_text(&text, j, key, path));
    if (text[0] == '\0' || text[0] == '.' || strlen(text) >= size || strchr(text, '/') != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: %s is \"%.80s\"; a name of 1 to %zu letters was expected", path,
                key, text, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return PV_OK;
}

static pv_status read_order(pv_order *o, const json_t *j, const char *path)
{
    json_t *sizes;
    int64_t schema;
    PV_TRY(pv_json_get_integer(&schema, j, "schema", 0, INT32_MAX, path));
    if (schema != SCHEMA)
        PV_FAIL(PV_ERR_VERSION, "%s: schema %" PRId64 ", %d is read", path, schema, SCHEMA);
    PV_TRY(pv_json_get_integer(&o->rows, j, "rows", 1, MOST_ROWS, path));
    PV_TRY(get_name(o->part, sizeof o->part, j, "part", path));
    PV_TRY(get_hash(&o->order, j, "order", PREFIX, path));
    PV_TRY(get_hash(&o->session, j, "session", PREFIX, path));
    PV_TRY(get_hash(&o->file, j, "sha256", "", path));
    PV_TRY(get_name(o->name, sizeof o->name, j, "file", path));
    PV_TRY(pv_json_get_object(&sizes, j, "sizes", path));
    PV_TRY(pv_json_get_integer(&o->mine, sizes, "mine", o->rows, MOST_ROWS, path));
    return pv_json_get_integer(&o->theirs, sizes, "theirs", o->rows, MOST_ROWS, path);
}

pv_status pv_order_parse(pv_order *o, const char *name, const void *data, size_t size)
{
    json_t *j;
    *o = (pv_order){0};
    PV_TRY(pv_json_parse(&j, name, data, size));
    pv_status status = read_order(o, j, name);
    json_decref(j);
    if (status != PV_OK) *o = (pv_order){0};
    return status;
}

pv_status pv_order_load(pv_order *o, const char *path)
{
    pv_bytes file;
    *o = (pv_order){0};
    PV_TRY(pv_file_read(&file, path, MOST_BYTES));
    pv_status status = pv_order_parse(o, path, file.data, file.size);
    pv_bytes_clear(&file);
    return status;
}

pv_status pv_order_load_test(pv_order *o, int *there, const char *path)
{
    pv_status status = PV_OK;
    pv_str beside = {0};
    const char *slash = strrchr(path, '/');
    *there = 0;
    if (slash != NULL) PV_TRY_GOTO(pv_str_append_bytes(&beside, path, (size_t)(slash + 1 - path)));
    PV_TRY_GOTO(pv_str_append(&beside, "order-test.json"));
    if (!pv_file_exists(pv_str_text(&beside))) goto done;
    PV_TRY_GOTO(pv_order_load(o, pv_str_text(&beside)));
    *there = 1;
done:
    pv_str_clear(&beside);
    return status;
}

/* ---- are these the rows? */

static pv_status check_options(const pv_spec *spec)
{
    static const char *const changing[] = {"classes", "limit"};
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
        if (pv_spec_get(spec, changing[i]) != NULL)
            PV_FAIL(PV_ERR_MISMATCH,
                    "%s: %s= takes rows away, and they would be in the common "
                    "order no more; take it out",
                    spec->text, changing[i]);
    return PV_OK;
}

pv_status pv_order_check(const pv_order *o, const char *path, const char *text, int64_t rows)
{
    pv_status status = PV_OK;
    pv_spec spec;
    pv_splitfile file = {0};
    pv_hash hash;
    PV_TRY(pv_spec_parse(&spec, text));
    if (spec.path[0] == '\0')
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: is no file; %s is the order of %s", text, path, o->name);
    PV_TRY_GOTO(check_options(&spec));
    PV_TRY_GOTO(pv_splitfile_find(&file, &spec, spec.kind));
    PV_TRY_GOTO(pv_hash_file(&hash, file.path));
    if (!pv_hash_equal(&hash, &o->file))
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: is not the file that %s is the order of (%s): it is another, or was "
                     "changed since; name that one, or align anew",
                     file.path, path, o->name);
    if (rows != o->rows)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: %" PRId64 " rows were read, the order in %s is of %" PRId64
                     "; rows with missing values can't be dropped on one side alone",
                     text, rows, path, o->rows);
done:
    pv_splitfile_clear(&file);
    pv_spec_clear(&spec);
    return status;
}
