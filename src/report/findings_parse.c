#include "report/findings_fields.h"

#include "base/file.h"
#include "report/html.h"
#include <math.h>
#include <string.h>

static pv_status read_object(void *element, const json_t *json, const pv_field *field,
                             const char *name);

static pv_status key_of(json_t **out, const json_t *json, const pv_field *field, const char *name)
{
    if (!json_is_object(json)) PV_FAIL(PV_ERR_FORMAT, "%s: this must be an object", name);
    *out = json_object_get(json, field->key);
    if (*out == NULL) PV_FAIL(PV_ERR_FORMAT, "%s: the key \"%s\" is missing", name, field->key);
    return PV_OK;
}

static pv_status read_text(char **out, const json_t *json, const pv_field *field, const char *name)
{
    if (json_is_null(json)) return PV_OK;
    if (!json_is_string(json))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be text or null", name, field->key);
    const char *text = json_string_value(json);
    if (strlen(text) != json_string_length(json))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" has a NUL character in it", name, field->key);
    if (field->kind == PV_FIELD_PICTURE && !pv_html_is_base64(text))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be base64", name, field->key);
    *out = pv_strdup(text);
    if (*out == NULL) PV_FAIL_MEMORY(strlen(text) + 1);
    return PV_OK;
}

static pv_status read_real(double *out, const json_t *json, double low, double high,
                           const char *key, const char *name)
{
    *out = NAN;
    if (json_is_null(json)) return PV_OK;
    if (!json_is_number(json))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be a number or null", name, key);
    double x = json_number_value(json);
    if (!(x >= low && x <= high))
        PV_FAIL(PV_ERR_RANGE, "%s: \"%s\" is %.9g, it must lie in %.9g to %.9g", name, key, x, low,
                high);
    *out = x;
    return PV_OK;
}

static pv_status read_integer(int64_t *out, const json_t *json, const pv_field *field,
                              const char *name)
{
    *out = -1;
    if (json_is_null(json) && field->low == -1) return PV_OK;
    if (!json_is_integer(json))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be an integer%s", name, field->key,
                field->low == -1 ? " or null" : "");
    int64_t x = json_integer_value(json), low = field->low < 0 ? 0 : (int64_t)field->low;
    if (x < low || x > (int64_t)field->high)
        PV_FAIL(PV_ERR_RANGE, "%s: \"%s\" is %lld, it must be %lld to %lld", name, field->key,
                (long long)x, (long long)low, (long long)field->high);
    *out = x;
    return PV_OK;
}

static pv_status read_interval(pv_interval *out, const json_t *json, const pv_field *field,
                               const char *name)
{
    if (!json_is_array(json) || json_array_size(json) != 2)
        PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be a list of two numbers", name, field->key);
    PV_TRY(read_real(&out->low, json_array_get(json, 0), 0, 1, field->key, name));
    return read_real(&out->high, json_array_get(json, 1), 0, 1, field->key, name);
}

static pv_status read_list(void *element, const json_t *json, const pv_field *field,
                           const char *name)
{
    size_t n = json_array_size(json);
    pv_str one = {0};
    pv_status status = PV_OK;
    if (!json_is_array(json)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be a list", name, field->key);
    if (n > INT32_MAX) PV_FAIL(PV_ERR_LIMIT, "%s: \"%s\" is too long", name, field->key);
    if (n == 0) return PV_OK;
    char *data = pv_calloc(n, field->size);
    if (data == NULL) PV_FAIL_MEMORY(n * field->size);
    memcpy((char *)element + field->where, &data, sizeof data);
    for (size_t i = 0; i < n; i++) {
        /* counted before it is read, so that what a failure leaves half read is freed */
        *(int *)(void *)((char *)element + field->count) = (int)i + 1;
        pv_str_truncate(&one, 0);
        PV_TRY_GOTO(pv_str_printf(&one, "%s: %s[%zu]", name, field->key, i));
        PV_TRY_GOTO(read_object(data + i * field->size, json_array_get(json, i), field->fields,
                                pv_str_text(&one)));
    }
done:
    pv_str_clear(&one);
    return status;
}

static pv_status read_inner(void *at, const json_t *json, const pv_field *field, const char *name)
{
    pv_str inner = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_printf(&inner, "%s: %s", name, field->key));
    PV_TRY_GOTO(read_object(at, json, field->fields, pv_str_text(&inner)));
done:
    pv_str_clear(&inner);
    return status;
}

static pv_status read_field(void *element, const json_t *json, const pv_field *field,
                            const char *name)
{
    void *at = (char *)element + field->where;
    int64_t integer = 0;
    switch (field->kind) {
    case PV_FIELD_TEXT:
    case PV_FIELD_PICTURE:
        return read_text(at, json, field, name);
    case PV_FIELD_REAL:
        return read_real(at, json, field->low, field->high, field->key, name);
    case PV_FIELD_INT:
        PV_TRY(read_integer(&integer, json, field, name));
        *(int *)at = (int)integer;
        return PV_OK;
    case PV_FIELD_WIDE:
        return read_integer(at, json, field, name);
    case PV_FIELD_SEED:
        PV_TRY(read_integer(&integer, json, field, name));
        *(uint64_t *)at = (uint64_t)integer;
        return PV_OK;
    case PV_FIELD_FLAG:
        if (!json_is_boolean(json))
            PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be true or false", name, field->key);
        *(int *)at = json_is_true(json);
        return PV_OK;
    case PV_FIELD_INTERVAL:
        return read_interval(at, json, field, name);
    case PV_FIELD_OBJECT:
        return read_inner(at, json, field, name);
    case PV_FIELD_LIST:
    case PV_FIELD_LATER:
        return read_list(element, json, field, name);
    case PV_FIELD_SHOWN:
    case PV_FIELD_END:
        break;
    }
    return PV_OK;
}

static pv_status read_object(void *element, const json_t *json, const pv_field *field,
                             const char *name)
{
    for (; field->kind != PV_FIELD_END; field++) {
        json_t *value;
        if (field->kind == PV_FIELD_SHOWN) continue;
        if (field->kind == PV_FIELD_LATER && json_object_get(json, field->key) == NULL) continue;
        PV_TRY(key_of(&value, json, field, name));
        PV_TRY(read_field(element, value, field, name));
    }
    return PV_OK;
}

/* ---- do the values fit each other */

static pv_status check_count(const pv_count *c, const char *what, const char *name)
{
    if (c->k > c->n)
        PV_FAIL(PV_ERR_RANGE, "%s: %s: %lld of %lld cannot be", name, what, (long long)c->k,
                (long long)c->n);
    return PV_OK;
}

static pv_status check_control(const pv_control *c, int positive, const char *name)
{
    const char *what = positive ? "positive control" : "negative control";
    PV_TRY(check_count(&c->count, what, name));
    if (c->holds != pv_control_holds(c, positive))
        PV_FAIL(PV_ERR_RANGE,
                "%s: the %s is said to %s, but %lld of %lld%s does not, by its bound of %g; was "
                "this file edited?",
                name, what, c->holds ? "hold" : "fail", (long long)c->count.k,
                (long long)c->count.n, c->unfinished ? ", unfinished," : "", c->bound);
    return PV_OK;
}

/* The interval decides levels and gates, so a file may not choose it. */
static pv_status check_interval(const pv_finding *f, const char *name)
{
    if (f->count.n < 1) {
        if (isnan(f->interval.low) && isnan(f->interval.high)) return PV_OK;
        PV_FAIL(PV_ERR_RANGE, "%s: an interval without a count", name);
    }
    pv_interval i = pv_clopper_pearson(f->count.k, f->count.n, 0.95);
    if (!(fabs(i.low - f->interval.low) <= 1e-6 && fabs(i.high - f->interval.high) <= 1e-6))
        PV_FAIL(PV_ERR_RANGE,
                "%s: the interval of %lld of %lld is [%.6f, %.6f], not [%.6f, %.6f]; was this file "
                "edited?",
                name, (long long)f->count.k, (long long)f->count.n, i.low, i.high, f->interval.low,
                f->interval.high);
    return PV_OK;
}

static pv_status check_finding(const pv_finding *f, const char *name)
{
    int64_t hits = 0;
    PV_TRY(check_count(&f->count, "recovered", name));
    PV_TRY(check_control(&f->positive, 1, name));
    PV_TRY(check_control(&f->negative, 0, name));
    PV_TRY(check_interval(f, name));
    for (int i = 0; i < f->classes; i++) PV_TRY(check_count(&f->class[i].count, "classes", name));
    for (int i = 0; i < f->trials; i++) PV_TRY(check_count(&f->trial[i].count, "trials", name));
    for (int i = 0; i < f->sures; i++) {
        const pv_confidence *s = &f->sure[i];
        PV_TRY(check_count(&s->count, "confidence", name));
        if (!(s->from < s->to) || (i > 0 && !(s->from >= s[-1].to - 1e-9)))
            PV_FAIL(PV_ERR_RANGE, "%s: confidence[%d] must begin where the one before it ends",
                    name, i);
    }
    for (int i = 0; i < f->exhibits; i++)
        if (f->exhibit[i].item >= f->count.n)
            PV_FAIL(PV_ERR_RANGE, "%s: exhibits[%d] is item %lld of %lld", name, i,
                    (long long)f->exhibit[i].item, (long long)f->count.n);
    for (int i = 0; i < f->targets; i++) hits += f->target[i].recovered;
    if (f->targets > 0 && (f->targets != f->count.n || hits != f->count.k))
        PV_FAIL(PV_ERR_RANGE, "%s: its targets count %lld of %d, the finding %lld of %lld", name,
                (long long)hits, f->targets, (long long)f->count.k, (long long)f->count.n);
    return PV_OK;
}

static pv_status check(const pv_findings *f, const char *name)
{
    pv_str one = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(check_count(&f->accuracy_count, "test_count", name));
    PV_TRY_GOTO(check_count(&f->plain_count, "plain_count", name));
    for (int i = 0; i < f->parties; i++) {
        PV_TRY_GOTO(check_count(&f->party[i].alone_count, "alone_count", name));
        PV_TRY_GOTO(check_count(&f->party[i].joint_count, "joint_count", name));
    }
    for (int i = 0; i < f->customers; i++) {
        const pv_findings_customer *c = &f->customer[i];
        const pv_count answered = {c->answered, c->rows};
        PV_TRY_GOTO(check_count(&c->right, "customers: right", name));
        PV_TRY_GOTO(check_count(&answered, "customers: answered", name));
    }
    for (int i = 0; i < f->values; i++)
        PV_TRY_GOTO(check_count(&f->value[i].right, "by_secret", name));
    for (int i = 0; i < f->findings; i++) {
        pv_str_truncate(&one, 0);
        PV_TRY_GOTO(pv_str_printf(&one, "%s: findings[%d]", name, i));
        PV_TRY_GOTO(check_finding(&f->finding[i], pv_str_text(&one)));
    }
    for (int i = 0; i < f->findings && !f->with_originals; i++)
        for (int k = 0; k < f->finding[i].exhibits; k++) {
            const pv_exhibit *e = &f->finding[i].exhibit[k];
            if (e->original != NULL || e->guess != NULL || e->baseline != NULL)
                PV_FAIL_GOTO(PV_ERR_RANGE,
                             "%s: findings[%d] holds pictures, but \"with_originals\" is false",
                             name, i);
        }
done:
    pv_str_clear(&one);
    return status;
}

pv_status pv_findings_parse(pv_findings *out, const char *name, const json_t *json)
{
    const char *schema;
    int64_t version;
    pv_status status = PV_OK;
    memset(out, 0, sizeof *out);
    PV_TRY(pv_json_get_text(&schema, json, "schema", name));
    if (strcmp(schema, PV_FINDINGS_SCHEMA_NAME) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: its schema is \"%s\", not \"%s\"", name, schema,
                PV_FINDINGS_SCHEMA_NAME);
    PV_TRY(pv_json_get_integer(&version, json, "schema_version", 1, INT32_MAX, name));
    if (version > PV_FINDINGS_SCHEMA)
        PV_FAIL(PV_ERR_VERSION, "%s: its schema_version is %lld, this privet reads up to %d", name,
                (long long)version, PV_FINDINGS_SCHEMA);
    PV_TRY_GOTO(read_object(out, json, pv_findings_fields, name));
    PV_TRY_GOTO(check(out, name));
done:
    if (status != PV_OK) pv_findings_clear(out);
    return status;
}

pv_status pv_findings_load(pv_findings *out, const char *run)
{
    char *path = NULL, *folder = NULL;
    json_t *json = NULL;
    pv_status status = PV_OK;
    memset(out, 0, sizeof *out);
    if (pv_folder_exists(run)) {
        folder = pv_path_join(run, "audit");
        path = folder == NULL ? NULL : pv_path_join(folder, "findings.json");
        if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
        if (!pv_file_exists(path))
            PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: this run has no findings yet; privet audit %s",
                         path, run);
    }
    PV_TRY_GOTO(pv_json_load(&json, path != NULL ? path : run, PV_FINDINGS_FILE_MAX));
    PV_TRY_GOTO(pv_findings_parse(out, path != NULL ? path : run, json));
done:
    json_decref(json);
    pv_free(folder);
    pv_free(path);
    return status;
}
