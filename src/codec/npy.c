#include "codec/npy.h"

#include "codec/limits.h"
#include "codec/swap.h"
#include "wire/reader.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC = 6, ALIGN = 64, DESCR_MAX = 32, HEADER_MAX = 1 << 16 };

static const struct element {
    char text[3]; /* kind and size, without the byte order */
    pv_dtype dtype;
} elements[] = {{"u1", PV_U8},  {"b1", PV_U8},  {"i4", PV_I32},
                {"i8", PV_I64}, {"f4", PV_F32}, {"f8", PV_F64}};

typedef struct layout {
    pv_dtype dtype;
    pv_shape shape;
    int big_endian, fortran;
} layout;

/* ---- the header: a Python dictionary of three entries */

static uint8_t peek(const pv_reader *r)
{
    return pv_reader_left(r) > 0 ? r->data[r->at] : 0;
}

static void blanks(pv_reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\n') r->at++;
}

static int accept(pv_reader *r, char c)
{
    blanks(r);
    if (peek(r) != (uint8_t)c) return 0;
    r->at++;
    return 1;
}

static void need(pv_reader *r, char c)
{
    if (!accept(r, c))
        pv_reader_fail(r, PV_ERR_FORMAT, "'%c' was expected in the header; is it a .npy file?", c);
}

static void text(pv_reader *r, char *out, size_t size)
{
    size_t n = 0;
    need(r, '\'');
    while (peek(r) >= ' ' && peek(r) != '\'' && n + 1 < size) out[n++] = (char)r->data[r->at++];
    out[n] = '\0';
    need(r, '\'');
}

static void descr(pv_reader *r, layout *l)
{
    char name[DESCR_MAX];
    size_t at = r->at;
    if (accept(r, '['))
        pv_reader_fail(r, PV_ERR_UNSUPPORTED,
                       "structured elements are not read; save each field as its own array");
    text(r, name, sizeof name);
    if (r->status != PV_OK) return;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (strlen(name) == 3 && strchr("<>|=", name[0]) != NULL &&
            memcmp(name + 1, elements[i].text, 2) == 0)
            l->dtype = elements[i].dtype;
    l->big_endian = name[0] == '>';
    if (l->dtype == 0) {
        r->at = at;
        pv_reader_fail(r, PV_ERR_UNSUPPORTED,
                       "elements of type '%s' are not read; u1, b1, i4, i8, f4 and f8 are: convert "
                       "with .astype() before saving",
                       name);
    }
}

static void truth(pv_reader *r, int *value)
{
    *value = accept(r, 'T');
    if (*value)
        pv_reader_expect(r, "rue", 3, "word True");
    else if (accept(r, 'F'))
        pv_reader_expect(r, "alse", 4, "word False");
    else
        pv_reader_fail(r, PV_ERR_FORMAT, "True or False was expected for fortran_order");
}

static int64_t read_size(pv_reader *r)
{
    int64_t v = 0;
    size_t begin = r->at;
    /* the status, too: a failed reader is at its end, and must not be moved on from there */
    while (r->status == PV_OK && peek(r) >= '0' && peek(r) <= '9') {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, peek(r) - '0', &v))
            pv_reader_fail(r, PV_ERR_LIMIT, "a size in the shape is beyond 63 bits");
        else
            r->at++;
    }
    if (r->at == begin) pv_reader_fail(r, PV_ERR_FORMAT, "a size was expected in the shape");
    return v;
}

static void shape(pv_reader *r, pv_shape *s)
{
    need(r, '(');
    blanks(r);
    while (r->status == PV_OK && !accept(r, ')')) {
        int64_t dim = read_size(r);
        if (s->ndim == PV_MAX_DIMS)
            pv_reader_fail(r, PV_ERR_LIMIT, "more than %d dimensions", PV_MAX_DIMS);
        if (r->status == PV_OK) s->dim[s->ndim++] = dim;
        if (!accept(r, ',')) {
            need(r, ')');
            break;
        }
        blanks(r);
    }
}

static void dictionary(pv_reader *r, layout *l)
{
    unsigned seen = 0;
    need(r, '{');
    while (r->status == PV_OK && !accept(r, '}')) {
        static const char *const keys[] = {"descr", "fortran_order", "shape"};
        char key[DESCR_MAX];
        unsigned k = 0;
        text(r, key, sizeof key);
        while (k < 3 && strcmp(key, keys[k]) != 0) k++;
        if (k == 3 || (seen & 1u << k) != 0)
            pv_reader_fail(r, PV_ERR_FORMAT, "the header says '%s'%s", key,
                           k == 3 ? ", which is no key of the format" : " twice");
        need(r, ':');
        if (k == 0) descr(r, l);
        if (k == 1) truth(r, &l->fortran);
        if (k == 2) shape(r, &l->shape);
        seen |= 1u << k;
        if (!accept(r, ',')) {
            need(r, '}');
            break;
        }
    }
    if (seen != 7)
        pv_reader_fail(r, PV_ERR_FORMAT, "the header lacks descr, fortran_order or shape");
}

static void header(pv_reader *r, layout *l)
{
    pv_reader_expect(r, "\x93NUMPY", MAGIC, "magic number of a .npy file");
    uint8_t major = pv_reader_u8(r, "version");
    uint8_t minor = pv_reader_u8(r, "version");
    if (major < 1 || major > 3 || minor != 0)
        pv_reader_fail(r, PV_ERR_VERSION, "version %d.%d of the format is not read; 1.0 to 3.0 are",
                       major, minor);
    size_t length =
        major == 1 ? pv_reader_u16le(r, "header length") : pv_reader_u32le(r, "header length");
    pv_reader_require_max(r, length, HEADER_MAX, "the header length");
    size_t begin = r->at;
    if (pv_reader_bytes(r, length, "the header") == NULL) return;
    pv_reader inner = pv_reader_make(r->name, r->data, r->at);
    inner.at = begin;
    dictionary(&inner, l);
    blanks(&inner);
    pv_reader_end(&inner);
    if (inner.status != PV_OK) *r = inner;
}

/* ---- the elements */

/* The first index runs fastest in Fortran order, the last in C order. */
static void from_fortran(uint8_t *out, const uint8_t *in, const pv_shape *s, size_t size)
{
    int64_t index[PV_MAX_DIMS] = {0}, stride[PV_MAX_DIMS], count = pv_shape_count(s), at = 0;
    for (int64_t i = 0, step = 1; i < s->ndim; step *= s->dim[i++]) stride[i] = step;
    for (int64_t i = 0; i < count; i++) {
        memcpy(out + (size_t)i * size, in + (size_t)at * size, size);
        for (int d = s->ndim - 1; d >= 0; d--) {
            at += stride[d];
            if (++index[d] < s->dim[d]) break;
            at -= stride[d] * s->dim[d];
            index[d] = 0;
        }
    }
}

pv_status pv_npy_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    char shape_text[PV_SHAPE_TEXT];
    layout l = {0};
    memset(out, 0, sizeof *out);
    pv_reader r = pv_reader_make(name, p, n);
    header(&r, &l);
    PV_TRY(pv_reader_status(&r));
    int64_t count = pv_shape_count(&l.shape);
    size_t size = pv_dtype_size(l.dtype), left = pv_reader_left(&r);
    if (count < 0 || (uint64_t)count > left / size)
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: at byte %zu: the header says %s of %s, and %zu bytes follow; is the file "
                "complete?",
                name, r.at, pv_shape_text(&l.shape, shape_text), pv_dtype_name(l.dtype), left);
    const uint8_t *data = pv_reader_bytes(&r, (size_t)count * size, "the array");
    pv_reader_end(&r);
    PV_TRY(pv_reader_status(&r));
    PV_TRY(pv_tensor_init(out, l.dtype, l.shape));
    if (l.fortran)
        from_fortran(out->data, data, &l.shape, size);
    else
        memcpy(out->data, data, (size_t)count * size);
    if (l.big_endian) pv_swap(out->data, (size_t)count, size);
    return PV_OK;
}

pv_status pv_npy_load(pv_tensor *out, const char *path)
{
    pv_bytes file;
    memset(out, 0, sizeof *out);
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_npy_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}

void pv_npy_header(pv_writer *w, const pv_tensor *t)
{
    static const char *const descr_of[] = {
        [PV_U8] = "|u1", [PV_I32] = "<i4", [PV_I64] = "<i8", [PV_F32] = "<f4", [PV_F64] = "<f8"};
    char line[256];
    int used = snprintf(line, sizeof line, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                        descr_of[t->dtype]);
    for (int i = 0; i < t->shape.ndim; i++)
        used +=
            snprintf(line + used, sizeof line - (size_t)used, "%s%" PRId64 "%s", i == 0 ? "" : " ",
                     t->shape.dim[i], i + 1 < t->shape.ndim || i == 0 ? "," : "");
    used += snprintf(line + used, sizeof line - (size_t)used, "), }");
    /* the data begin at a multiple of 64 bytes of the file, after a line feed */
    size_t before = MAGIC + 2 + 2, total = (before + (size_t)used + 1 + ALIGN - 1) / ALIGN * ALIGN;
    pv_writer_bytes(w, "\x93NUMPY\1\0", MAGIC + 2);
    pv_writer_u16le(w, (uint16_t)(total - before));
    pv_writer_bytes(w, line, (size_t)used);
    pv_writer_fill(w, ' ', total - before - (size_t)used - 1);
    pv_writer_u8(w, '\n');
}

pv_status pv_npy_save(const char *path, const pv_tensor *t)
{
    pv_status status = PV_OK;
    pv_outfile f = {.fd = -1};
    pv_writer w = pv_writer_make(path, HEADER_MAX);
    pv_npy_header(&w, t);
    PV_TRY_GOTO(pv_writer_status(&w));
    PV_TRY_GOTO(pv_outfile_open(&f, path, 0644));
    PV_TRY_GOTO(pv_outfile_write(&f, w.data, w.size));
    PV_TRY_GOTO(pv_outfile_write(&f, t->data, pv_tensor_bytes(t)));
    PV_TRY_GOTO(pv_outfile_commit(&f));
done:
    pv_writer_clear(&w);
    pv_outfile_discard(&f);
    return status;
}
