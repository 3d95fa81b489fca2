#include "codec/safetensors.h"

#include "base/json.h"
#include "codec/limits.h"
#include "wire/reader.h"
#include "wire/utf8.h"
#include "wire/writer.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX   ((uint64_t)100 * 1000 * 1000)
#define METADATA_KEY "__metadata__"
enum { LENGTH_SIZE = 8 };

static const struct type_name {
    char text[4];
    pv_dtype dtype;
} types[] = {{"F32", PV_F32}, {"F64", PV_F64}, {"I32", PV_I32}, {"I64", PV_I64}, {"U8", PV_U8}};
enum { TYPES = sizeof types / sizeof *types };

typedef struct entry {
    const char *name; /* lives in the JSON value */
    pv_dtype dtype;
    pv_shape shape;
    uint64_t begin, end; /* in the data */
} entry;

struct pv_safetensors {
    char *name;
    pv_bytes file; /* when opened from a path */
    json_t *header;
    const json_t *metadata;
    const uint8_t *data;
    uint64_t data_size;
    entry *entries; /* in the order of their data */
    size_t count;
};

/* ---- reading the header */

static pv_status read_dtype(pv_dtype *dtype, const char *file, const char *name,
                            const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': \"dtype\" must be a string", file, name);
    for (int i = 0; i < TYPES; i++)
        if (strcmp(text, types[i].text) == 0) {
            *dtype = types[i].dtype;
            return PV_OK;
        }
    PV_FAIL(PV_ERR_UNSUPPORTED,
            "%s: tensor '%s': elements of type %.16s are not read; F32, F64, I32, I64 and U8 are: "
            "convert before saving",
            file, name, text);
}

static pv_status read_shape(pv_shape *shape, const char *file, const char *name,
                            const json_t *value)
{
    if (!json_is_array(value))
        PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': \"shape\" must be an array", file, name);
    if (json_array_size(value) > PV_MAX_DIMS)
        PV_FAIL(PV_ERR_LIMIT, "%s: tensor '%s': %zu dimensions, at most %d are read", file, name,
                json_array_size(value), PV_MAX_DIMS);
    *shape = (pv_shape){.ndim = (int32_t)json_array_size(value)};
    for (int i = 0; i < shape->ndim; i++) {
        const json_t *dim = json_array_get(value, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': dimension %d of its shape is no size", file,
                    name, i);
        shape->dim[i] = json_integer_value(dim);
    }
    return PV_OK;
}

static pv_status read_offset(uint64_t *offset, const char *file, const char *name,
                             const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': \"data_offsets\" must be two offsets", file, name);
    *offset = (uint64_t)json_integer_value(value);
    return PV_OK;
}

static pv_status read_entry(entry *e, const pv_safetensors *s, const char *name,
                            const json_t *value)
{
    char text[PV_SHAPE_TEXT];
    const json_t *offsets = json_object_get(value, "data_offsets");
    e->name = name;
    if (json_object_size(value) != 3)
        PV_FAIL(
            PV_ERR_FORMAT,
            "%s: tensor '%s': an object of \"dtype\", \"shape\" and \"data_offsets\" was expected",
            s->name, name);
    PV_TRY(read_dtype(&e->dtype, s->name, name, json_object_get(value, "dtype")));
    PV_TRY(read_shape(&e->shape, s->name, name, json_object_get(value, "shape")));
    PV_TRY(read_offset(&e->begin, s->name, name, json_array_get(offsets, 0)));
    PV_TRY(read_offset(&e->end, s->name, name, json_array_get(offsets, 1)));
    if (json_array_size(offsets) != 2 || e->end < e->begin)
        PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': \"data_offsets\" must be a begin and an end",
                s->name, name);
    if (e->end > s->data_size)
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: tensor '%s' ends at byte %" PRIu64 " of the data, which have only %" PRIu64
                "; is the file complete?",
                s->name, name, e->end, s->data_size);
    int64_t count = pv_shape_count(&e->shape);
    uint64_t size = pv_dtype_size(e->dtype), bytes = e->end - e->begin;
    if (count < 0 || bytes % size != 0 || (uint64_t)count != bytes / size)
        PV_FAIL(PV_ERR_FORMAT, "%s: tensor '%s': %s of %s can't take %" PRIu64 " bytes", s->name,
                name, pv_shape_text(&e->shape, text), pv_dtype_name(e->dtype), bytes);
    return PV_OK;
}

static pv_status read_metadata(pv_safetensors *s, const json_t *value)
{
    const char *key;
    json_t *text;
    if (!json_is_object(value))
        PV_FAIL(PV_ERR_FORMAT, "%s: \"" METADATA_KEY "\" must be an object", s->name);
    json_object_foreach((json_t *)value, key, text)
    {
        if (!json_is_string(text))
            PV_FAIL(PV_ERR_FORMAT, "%s: metadata '%s' must be a text", s->name, key);
    }
    s->metadata = value;
    return PV_OK;
}

static int by_offset(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Every byte of the data belongs to exactly one tensor. */
static pv_status check_tiling(const pv_safetensors *s)
{
    uint64_t at = 0;
    for (size_t i = 0; i < s->count; i++) {
        const entry *e = &s->entries[i];
        if (e->begin != at)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s: tensor '%s' begins at byte %" PRIu64 " of the data, %" PRIu64
                    " was expected: the tensors must neither overlap nor leave holes",
                    s->name, e->name, e->begin, at);
        at = e->end;
    }
    if (at != s->data_size)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: the tensors end at byte %" PRIu64 " of the data, which have %" PRIu64, s->name,
                at, s->data_size);
    return PV_OK;
}

static pv_status read_entries(pv_safetensors *s)
{
    const char *key;
    json_t *value;
    s->entries = pv_calloc(json_object_size(s->header), sizeof *s->entries);
    if (s->entries == NULL) PV_FAIL_MEMORY(json_object_size(s->header) * sizeof *s->entries);
    json_object_foreach(s->header, key, value)
    {
        if (strcmp(key, METADATA_KEY) == 0)
            PV_TRY(read_metadata(s, value));
        else
            PV_TRY(read_entry(&s->entries[s->count++], s, key, value));
    }
    qsort(s->entries, s->count, sizeof *s->entries, by_offset);
    return check_tiling(s);
}

static pv_status read_file(pv_safetensors *s, const uint8_t *p, size_t n)
{
    pv_reader r = pv_reader_make(s->name, p, n);
    uint64_t length = pv_reader_u64le(&r, "the header length");
    pv_reader_require_max(&r, length, HEADER_MAX, "the header length");
    const uint8_t *text = pv_reader_bytes(&r, (size_t)length, "the header");
    PV_TRY(pv_reader_status(&r));
    s->data = p + r.at;
    s->data_size = pv_reader_left(&r);
    PV_TRY_CONTEXT(pv_json_parse(&s->header, s->name, text, (size_t)length),
                   "the header begins at byte %d; is it a safetensors file?", LENGTH_SIZE);
    if (!json_is_object(s->header))
        PV_FAIL(PV_ERR_FORMAT, "%s: at byte %d: the header must be a JSON object", s->name,
                LENGTH_SIZE);
    return read_entries(s);
}

pv_status pv_safetensors_parse(pv_safetensors **s, const char *name, const uint8_t *p, size_t n)
{
    pv_status status = PV_OK;
    *s = NULL;
    pv_safetensors *new = pv_calloc(1, sizeof *new);
    if (new == NULL) PV_FAIL_MEMORY(sizeof *new);
    new->name = pv_strdup(name);
    if (new->name == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    PV_TRY_GOTO(read_file(new, p, n));
    *s = new;
done:
    if (status != PV_OK) pv_safetensors_free(new);
    return status;
}

pv_status pv_safetensors_open(pv_safetensors **s, const char *path)
{
    pv_bytes file;
    *s = NULL;
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status status = pv_safetensors_parse(s, path, file.data, file.size);
    if (status == PV_OK)
        (*s)->file = file;
    else
        pv_bytes_clear(&file);
    return status;
}

void pv_safetensors_free(pv_safetensors *s)
{
    if (s == NULL) return;
    json_decref(s->header);
    pv_free(s->entries);
    pv_bytes_clear(&s->file);
    pv_free(s->name);
    pv_free(s);
}

/* ---- what is in it */

int pv_safetensors_count(const pv_safetensors *s)
{
    return (int)s->count;
}

const char *pv_safetensors_name(const pv_safetensors *s, int i)
{
    return s->entries[i].name;
}

pv_dtype pv_safetensors_dtype(const pv_safetensors *s, int i)
{
    return s->entries[i].dtype;
}

pv_shape pv_safetensors_shape(const pv_safetensors *s, int i)
{
    return s->entries[i].shape;
}

int pv_safetensors_find(const pv_safetensors *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->entries[i].name, name) == 0) return (int)i;
    return -1;
}

pv_status pv_safetensors_get(const pv_safetensors *s, const char *name, pv_tensor *out)
{
    int i = pv_safetensors_find(s, name);
    memset(out, 0, sizeof *out);
    if (i < 0)
        PV_FAIL(PV_ERR_INPUT,
                "%s: there is no tensor '%s' among its %zu; is it a file of another model?",
                s->name, name, s->count);
    const entry *e = &s->entries[i];
    PV_TRY(pv_tensor_init(out, e->dtype, e->shape));
    memcpy(out->data, s->data + e->begin, (size_t)(e->end - e->begin));
    return PV_OK;
}

const char *pv_safetensors_metadata(const pv_safetensors *s, const char *key)
{
    return json_string_value(json_object_get(s->metadata, key));
}

/* ---- writing */

static int by_size_and_name(const void *a, const void *b)
{
    const pv_named_tensor *x = a, *y = b;
    size_t m = pv_dtype_size(x->tensor->dtype), n = pv_dtype_size(y->tensor->dtype);
    if (m != n) return m > n ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const pv_metadata *)a)->key, ((const pv_metadata *)b)->key);
}

/* A name or a value: UTF-8, and for a name not there yet. */
static pv_status check_text(const char *text)
{
    size_t n = strlen(text);
    if (pv_utf8_check((const uint8_t *)text, n) < n)
        PV_FAIL(PV_ERR_USAGE, "'%.60s' is no UTF-8 text, which a safetensors file needs", text);
    return PV_OK;
}

static pv_status check_name(const json_t *object, const char *name)
{
    PV_TRY(check_text(name));
    if (json_object_get(object, name) != NULL)
        PV_FAIL(PV_ERR_USAGE, "two tensors or metadata can't share the name '%s'", name);
    return PV_OK;
}

static pv_status put_tensor(json_t *header, const char *name, const pv_tensor *t, uint64_t begin)
{
    pv_status status = PV_OK;
    const char *dtype = "";
    json_t *shape = json_array(), *offsets = json_array(), *object = json_object();
    for (int i = 0; i < TYPES; i++)
        if (types[i].dtype == t->dtype) dtype = types[i].text;
    for (int i = 0; i < t->shape.ndim; i++)
        PV_TRY_GOTO(pv_json_append(shape, json_integer(t->shape.dim[i])));
    PV_TRY_GOTO(pv_json_append(offsets, json_integer((json_int_t)begin)));
    PV_TRY_GOTO(pv_json_append(offsets, json_integer((json_int_t)(begin + pv_tensor_bytes(t)))));
    PV_TRY_GOTO(pv_json_set(object, "dtype", json_string(dtype)));
    PV_TRY_GOTO(pv_json_set(object, "shape", json_incref(shape)));
    PV_TRY_GOTO(pv_json_set(object, "data_offsets", json_incref(offsets)));
    PV_TRY_GOTO(check_name(header, name));
    PV_TRY_GOTO(pv_json_set(header, name, json_incref(object)));
done:
    json_decref(shape);
    json_decref(offsets);
    json_decref(object);
    return status;
}

static pv_status put_metadata(json_t *header, const pv_metadata *metadata, int m)
{
    pv_status status = PV_OK;
    json_t *texts = json_object();
    for (int i = 0; i < m; i++) {
        PV_TRY_GOTO(check_name(texts, metadata[i].key));
        PV_TRY_GOTO(check_text(metadata[i].value));
        PV_TRY_GOTO(pv_json_set(texts, metadata[i].key, json_string(metadata[i].value)));
    }
    PV_TRY_GOTO(pv_json_set(header, METADATA_KEY, json_incref(texts)));
done:
    json_decref(texts);
    return status;
}

/* The header: its length and its JSON text, padded so that the data begin at a multiple of 8. */
static pv_status make_header(pv_writer *w, const pv_named_tensor *tensors, int n,
                             const pv_metadata *metadata, int m)
{
    pv_status status = PV_OK;
    uint64_t at = 0;
    pv_str text = {0};
    json_t *header = json_object();
    if (m > 0) PV_TRY_GOTO(put_metadata(header, metadata, m));
    for (int i = 0; i < n; i++) {
        if (strcmp(tensors[i].name, METADATA_KEY) == 0)
            PV_FAIL_GOTO(PV_ERR_USAGE, "a tensor can't be called '%s'", METADATA_KEY);
        PV_TRY_GOTO(put_tensor(header, tensors[i].name, tensors[i].tensor, at));
        at += pv_tensor_bytes(tensors[i].tensor);
    }
    PV_TRY_GOTO(pv_json_dump(&text, header, 0));
    size_t padding = (8 - text.size % 8) % 8;
    pv_writer_u64le(w, text.size + padding);
    pv_writer_bytes(w, text.text, text.size);
    pv_writer_fill(w, ' ', padding);
    PV_TRY_GOTO(pv_writer_status(w));
done:
    pv_str_clear(&text);
    json_decref(header);
    return status;
}

typedef struct contents {
    pv_named_tensor *tensor; /* in the order of their data */
    pv_metadata *metadata;
} contents;

static void contents_clear(contents *c)
{
    pv_free(c->tensor);
    pv_free(c->metadata);
}

/* Sorted, with the header of it in w. */
static pv_status arrange(contents *c, pv_writer *w, const pv_named_tensor *tensors, int n,
                         const pv_metadata *metadata, int m)
{
    c->tensor = pv_alloc((size_t)n, sizeof *c->tensor);
    c->metadata = pv_alloc((size_t)m, sizeof *c->metadata);
    if (c->tensor == NULL || c->metadata == NULL)
        PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for its header", w->name);
    if (n > 0) memcpy(c->tensor, tensors, (size_t)n * sizeof *c->tensor);
    if (m > 0) memcpy(c->metadata, metadata, (size_t)m * sizeof *c->metadata);
    qsort(c->tensor, (size_t)n, sizeof *c->tensor, by_size_and_name);
    qsort(c->metadata, (size_t)m, sizeof *c->metadata, by_key);
    return make_header(w, c->tensor, n, c->metadata, m);
}

pv_status pv_safetensors_save(const char *path, const pv_named_tensor *tensors, int n,
                              const pv_metadata *metadata, int m, mode_t mode)
{
    pv_status status = PV_OK;
    pv_outfile f = {.fd = -1};
    pv_writer w = pv_writer_make(path, LENGTH_SIZE + HEADER_MAX);
    contents c = {0};
    PV_TRY_GOTO(arrange(&c, &w, tensors, n, metadata, m));
    PV_TRY_GOTO(pv_outfile_open(&f, path, mode));
    PV_TRY_GOTO(pv_outfile_write(&f, w.data, w.size));
    for (int i = 0; i < n; i++)
        PV_TRY_GOTO(
            pv_outfile_write(&f, c.tensor[i].tensor->data, pv_tensor_bytes(c.tensor[i].tensor)));
    PV_TRY_GOTO(pv_outfile_commit(&f));
done:
    contents_clear(&c);
    pv_writer_clear(&w);
    pv_outfile_discard(&f);
    return status;
}

pv_status pv_safetensors_bytes(pv_bytes *out, const char *name, const pv_named_tensor *tensors,
                               int n, const pv_metadata *metadata, int m)
{
    pv_status status = PV_OK;
    pv_writer w = pv_writer_make(name, SIZE_MAX);
    contents c = {0};
    *out = (pv_bytes){0};
    PV_TRY_GOTO(arrange(&c, &w, tensors, n, metadata, m));
    for (int i = 0; i < n; i++)
        pv_writer_bytes(&w, c.tensor[i].tensor->data, pv_tensor_bytes(c.tensor[i].tensor));
    PV_TRY_GOTO(pv_writer_take(&w, out));
done:
    contents_clear(&c);
    pv_writer_clear(&w);
    return status;
}
