#include "report/findings_fields.h"

#include <math.h>

static pv_status write_object(json_t *out, const void *element, const pv_field *field);

static json_t *integer(int64_t x, const pv_field *field)
{
    return x == -1 && field->low == -1 ? json_null() : json_integer(x);
}

static pv_status write_interval(json_t *list, const pv_interval *i)
{
    PV_TRY(pv_json_append(list, pv_json_number(i->low)));
    return pv_json_append(list, pv_json_number(i->high));
}

static pv_status write_list(json_t *list, const char *data, int n, const pv_field *field)
{
    for (int i = 0; i < n; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(list, one)); /* the list owns it from here on */
        PV_TRY(write_object(one, data + (size_t)i * field->size, field->fields));
    }
    return PV_OK;
}

static pv_status write_field(json_t *out, const void *element, const pv_field *field)
{
    const void *at = (const char *)element + field->where;
    json_t *inner;
    switch (field->kind) {
    case PV_FIELD_TEXT:
    case PV_FIELD_PICTURE: {
        const char *text = *(const char *const *)at;
        return pv_json_set(out, field->key, text == NULL ? json_null() : json_string(text));
    }
    case PV_FIELD_REAL:
        return pv_json_set(out, field->key, pv_json_number(*(const double *)at));
    case PV_FIELD_INT:
        return pv_json_set(out, field->key, integer(*(const int *)at, field));
    case PV_FIELD_WIDE:
        return pv_json_set(out, field->key, integer(*(const int64_t *)at, field));
    case PV_FIELD_SEED:
        if (*(const uint64_t *)at >= (uint64_t)1 << 53)
            PV_FAIL(PV_ERR_RANGE, "findings: the %s %llu is 2^53 or more, which JSON cannot hold",
                    field->key, (unsigned long long)*(const uint64_t *)at);
        return pv_json_set(out, field->key, json_integer((json_int_t) * (const uint64_t *)at));
    case PV_FIELD_FLAG:
        return pv_json_set(out, field->key, json_boolean(*(const int *)at != 0));
    case PV_FIELD_SHOWN:
        return pv_json_set(out, field->key, field->show(element));
    case PV_FIELD_INTERVAL:
        inner = json_array();
        PV_TRY(pv_json_set(out, field->key, inner));
        return write_interval(inner, at);
    case PV_FIELD_OBJECT:
        inner = json_object();
        PV_TRY(pv_json_set(out, field->key, inner));
        return write_object(inner, at, field->fields);
    case PV_FIELD_LIST:
    case PV_FIELD_LATER:
        inner = json_array();
        PV_TRY(pv_json_set(out, field->key, inner));
        return write_list(inner, *(const char *const *)at,
                          *(const int *)(const void *)((const char *)element + field->count),
                          field);
    case PV_FIELD_END:
        break;
    }
    return PV_OK;
}

static pv_status write_object(json_t *out, const void *element, const pv_field *field)
{
    for (; field->kind != PV_FIELD_END; field++) PV_TRY(write_field(out, element, field));
    return PV_OK;
}

pv_status pv_findings_json(json_t **out, const pv_findings *f)
{
    pv_status status = PV_OK;
    json_t *root = json_object();
    *out = NULL;
    PV_TRY_GOTO(pv_json_set(root, "schema", json_string(PV_FINDINGS_SCHEMA_NAME)));
    PV_TRY_GOTO(pv_json_set(root, "schema_version", json_integer(PV_FINDINGS_SCHEMA)));
    PV_TRY_GOTO(write_object(root, f, pv_findings_fields));
    *out = json_incref(root);
done:
    json_decref(root);
    return status;
}
