#include "base/json.h"

#include "base/file.h"
#include <math.h>
#include <string.h>

pv_status pv_json_parse(json_t **out, const char *name, const void *data, size_t size)
{
    json_error_t e;
    *out = json_loadb(data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (*out != NULL) return PV_OK;
    if (json_error_code(&e) == json_error_out_of_memory) PV_FAIL_MEMORY(size);
    PV_FAIL(PV_ERR_FORMAT, "%s:%d:%d: this is not JSON: %s", name, e.line, e.column, e.text);
}

pv_status pv_json_load(json_t **out, const char *path, size_t max)
{
    pv_bytes file;
    *out = NULL;
    PV_TRY(pv_file_read(&file, path, max));
    pv_status status = pv_json_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return status;
}

static pv_status newline(pv_str *out, int indent, int depth)
{
    return indent > 0 ? pv_str_printf(out, "\n%*s", indent * depth, "") : PV_OK;
}

static pv_status dump_text(pv_str *out, const char *text, size_t size)
{
    PV_TRY(pv_str_append(out, "\""));
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            PV_TRY(pv_str_printf(out, "\\%c", c));
        else if (c == '\n')
            PV_TRY(pv_str_append(out, "\\n"));
        else if (c == '\t')
            PV_TRY(pv_str_append(out, "\\t"));
        else if (c < 0x20 || c == 0x7f)
            PV_TRY(pv_str_printf(out, "\\u%04x", c));
        else
            PV_TRY(pv_str_append_bytes(out, &text[i], 1));
    }
    return pv_str_append(out, "\"");
}

/* A real stays one when read back: 1.0, not 1. */
static pv_status dump_real(pv_str *out, double x)
{
    size_t before = out->size;
    PV_TRY(pv_str_number(out, x));
    return strpbrk(out->text + before, ".e") == NULL ? pv_str_append(out, ".0") : PV_OK;
}

static pv_status dump(pv_str *out, const json_t *value, int indent, int depth);

static pv_status dump_array(pv_str *out, const json_t *value, int indent, int depth)
{
    size_t n = json_array_size(value);
    PV_TRY(pv_str_append(out, "["));
    for (size_t i = 0; i < n; i++) {
        if (i > 0) PV_TRY(pv_str_append(out, ","));
        PV_TRY(newline(out, indent, depth + 1));
        PV_TRY(dump(out, json_array_get(value, i), indent, depth + 1));
    }
    if (n > 0) PV_TRY(newline(out, indent, depth));
    return pv_str_append(out, "]");
}

static pv_status dump_object(pv_str *out, const json_t *value, int indent, int depth)
{
    const char *key;
    json_t *item;
    int first = 1;
    PV_TRY(pv_str_append(out, "{"));
    /* jansson's iteration does not change the object; only its signature says it might */
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if (!first) PV_TRY(pv_str_append(out, ","));
        first = 0;
        PV_TRY(newline(out, indent, depth + 1));
        PV_TRY(dump_text(out, key, strlen(key)));
        PV_TRY(pv_str_append(out, indent > 0 ? ": " : ":"));
        PV_TRY(dump(out, item, indent, depth + 1));
    }
    if (!first) PV_TRY(newline(out, indent, depth));
    return pv_str_append(out, "}");
}

static pv_status dump(pv_str *out, const json_t *value, int indent, int depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return dump_object(out, value, indent, depth);
    case JSON_ARRAY:
        return dump_array(out, value, indent, depth);
    case JSON_STRING:
        return dump_text(out, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return pv_str_printf(out, "%lld", (long long)json_integer_value(value));
    case JSON_REAL:
        return dump_real(out, json_real_value(value));
    case JSON_TRUE:
        return pv_str_append(out, "true");
    case JSON_FALSE:
        return pv_str_append(out, "false");
    case JSON_NULL:
        break;
    }
    return pv_str_append(out, "null");
}

pv_status pv_json_dump(pv_str *out, const json_t *value, int indent)
{
    size_t before = out->size;
    pv_status status = dump(out, value, indent, 0);
    if (status != PV_OK) pv_str_truncate(out, before);
    return status;
}

pv_status pv_json_save(const json_t *value, int indent, const char *path)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_dump(&text, value, indent));
    PV_TRY_GOTO(pv_str_append(&text, "\n"));
    PV_TRY_GOTO(pv_file_write(path, text.text, text.size, 0644));
done:
    pv_str_clear(&text);
    return status;
}

json_t *pv_json_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

pv_status pv_json_set(json_t *object, const char *key, json_t *value)
{
    if (object == NULL || value == NULL) {
        json_decref(value);
        PV_FAIL(PV_ERR_MEMORY, "out of memory, or text that is not UTF-8, for the JSON key \"%s\"",
                key);
    }
    if (json_object_set_new(object, key, value) != 0)
        PV_FAIL(PV_ERR_MEMORY, "the JSON key \"%s\" could not be set: out of memory, or no UTF-8",
                key);
    return PV_OK;
}

pv_status pv_json_append(json_t *array, json_t *value)
{
    if (array == NULL || value == NULL) {
        json_decref(value);
        PV_FAIL(PV_ERR_MEMORY, "out of memory, or text that is not UTF-8, for an item of an array");
    }
    if (json_array_append_new(array, value) != 0)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for an item of an array");
    return PV_OK;
}

static pv_status get(json_t **out, const json_t *object, const char *key, const char *name)
{
    if (!json_is_object(object))
        PV_FAIL(PV_ERR_FORMAT, "%s: an object with the key \"%s\" was expected", name, key);
    *out = json_object_get(object, key);
    if (*out == NULL) PV_FAIL(PV_ERR_FORMAT, "%s: the key \"%s\" is missing", name, key);
    return PV_OK;
}

pv_status pv_json_get_text(const char **out, const json_t *object, const char *key,
                           const char *name)
{
    json_t *v;
    PV_TRY(get(&v, object, key, name));
    if (!json_is_string(v)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be text", name, key);
    *out = json_string_value(v);
    return PV_OK;
}

pv_status pv_json_get_real(double *out, const json_t *object, const char *key, const char *name)
{
    json_t *v;
    PV_TRY(get(&v, object, key, name));
    if (!json_is_number(v)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be a number", name, key);
    *out = json_number_value(v);
    return PV_OK;
}

pv_status pv_json_get_integer(int64_t *out, const json_t *object, const char *key, int64_t low,
                              int64_t high, const char *name)
{
    json_t *v;
    PV_TRY(get(&v, object, key, name));
    if (!json_is_integer(v)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be an integer", name, key);
    int64_t x = json_integer_value(v);
    if (x < low || x > high)
        PV_FAIL(PV_ERR_RANGE, "%s: \"%s\" is %lld, it must be %lld to %lld", name, key,
                (long long)x, (long long)low, (long long)high);
    *out = x;
    return PV_OK;
}

pv_status pv_json_get_object(json_t **out, const json_t *object, const char *key, const char *name)
{
    PV_TRY(get(out, object, key, name));
    if (!json_is_object(*out)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be an object", name, key);
    return PV_OK;
}

pv_status pv_json_get_array(json_t **out, const json_t *object, const char *key, const char *name)
{
    PV_TRY(get(out, object, key, name));
    if (!json_is_array(*out)) PV_FAIL(PV_ERR_FORMAT, "%s: \"%s\" must be an array", name, key);
    return PV_OK;
}
