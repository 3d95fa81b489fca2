#include "codec/idx.h"

#include "codec/gzip.h"
#include "codec/limits.h"
#include "codec/swap.h"
#include "wire/reader.h"
#include <inttypes.h>
#include <string.h>

enum { MAGIC = 4, HEADER_MAX = MAGIC + 4 * 255 };

static pv_status element_type(pv_dtype *t, const char *name, uint8_t code)
{
    switch (code) {
    case 0x08:
        *t = PV_U8;
        return PV_OK;
    case 0x0C:
        *t = PV_I32;
        return PV_OK;
    case 0x0D:
        *t = PV_F32;
        return PV_OK;
    case 0x0E:
        *t = PV_F64;
        return PV_OK;
    case 0x09:
    case 0x0B:
        PV_FAIL(
            PV_ERR_UNSUPPORTED,
            "%s: at byte 2: elements of type 0x%02x (%s) are not read; u8, i32, f32 and f64 are",
            name, code, code == 0x09 ? "i8" : "i16");
    default:
        PV_FAIL(PV_ERR_FORMAT, "%s: at byte 2: 0x%02x is no IDX element type; is it an IDX file?",
                name, code);
    }
}

/* How many bytes the sizes take, from the magic. */
static pv_status sizes_length(size_t *length, const char *name, const uint8_t magic[MAGIC])
{
    pv_dtype dtype;
    if (magic[0] != 0 || magic[1] != 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: at byte 0: it does not begin as an IDX file does (0 0 type ndim)", name);
    PV_TRY(element_type(&dtype, name, magic[2]));
    if (magic[3] < 1 || magic[3] > PV_MAX_DIMS)
        PV_FAIL(PV_ERR_LIMIT, "%s: at byte 3: %d dimensions, 1 to %d are read", name, magic[3],
                PV_MAX_DIMS);
    *length = 4 * (size_t)magic[3];
    return PV_OK;
}

/* out with the type and shape of the header, whose magic was checked. `backed` bytes of elements
 * can be there at most. */
static pv_status make(pv_tensor *out, const char *name, const uint8_t *header, size_t length,
                      uint64_t backed)
{
    char text[PV_SHAPE_TEXT];
    pv_dtype dtype;
    int64_t dim[PV_MAX_DIMS];
    pv_reader r = pv_reader_make(name, header, length);
    PV_TRY(element_type(&dtype, name, header[2]));
    pv_reader_seek(&r, MAGIC, "sizes");
    for (int i = 0; i < header[3]; i++) dim[i] = pv_reader_u32be(&r, "size");
    PV_TRY(pv_reader_status(&r));
    pv_shape shape = pv_shape_of(header[3], dim);
    int64_t count = pv_shape_count(&shape);
    if (count < 0 || (uint64_t)count > backed / pv_dtype_size(dtype))
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: at byte 4: the sizes say %s of %s, but at most %" PRIu64
                " bytes of elements are there; is the file complete?",
                name, pv_shape_text(&shape, text), pv_dtype_name(dtype), backed);
    return pv_tensor_init(out, dtype, shape);
}

static pv_status parse_packed(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    pv_status status = PV_OK;
    pv_gzip *g = NULL;
    uint8_t header[HEADER_MAX];
    size_t length = 0;
    PV_TRY_GOTO(pv_gzip_open(&g, name, p, n));
    PV_TRY_GOTO(pv_gzip_read(g, header, MAGIC, "magic number"));
    PV_TRY_GOTO(sizes_length(&length, name, header));
    PV_TRY_GOTO(pv_gzip_read(g, header + MAGIC, length, "sizes"));
    PV_TRY_GOTO(make(out, name, header, MAGIC + length, (uint64_t)n * PV_DEFLATE_RATIO));
    PV_TRY_GOTO(pv_gzip_read(g, out->data, pv_tensor_bytes(out), "the array"));
    PV_TRY_GOTO(pv_gzip_end(g));
done:
    pv_gzip_free(g);
    return status;
}

static pv_status parse_plain(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    size_t length = 0;
    pv_reader r = pv_reader_make(name, p, n);
    const uint8_t *magic = pv_reader_bytes(&r, MAGIC, "magic number");
    PV_TRY(pv_reader_status(&r));
    PV_TRY(sizes_length(&length, name, magic));
    (void)pv_reader_bytes(&r, length, "sizes");
    PV_TRY(pv_reader_status(&r));
    PV_TRY(make(out, name, p, MAGIC + length, pv_reader_left(&r)));
    size_t bytes = pv_tensor_bytes(out);
    const uint8_t *elements = pv_reader_bytes(&r, bytes, "the array");
    pv_reader_end(&r);
    PV_TRY(pv_reader_status(&r));
    memcpy(out->data, elements, bytes);
    return PV_OK;
}

pv_status pv_idx_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    memset(out, 0, sizeof *out);
    pv_status s = pv_gzip_is(p, n) ? parse_packed(out, name, p, n) : parse_plain(out, name, p, n);
    if (s != PV_OK)
        pv_tensor_clear(out);
    else
        pv_swap(out->data, (size_t)pv_tensor_count(out), pv_dtype_size(out->dtype));
    return s;
}

pv_status pv_idx_load(pv_tensor *out, const char *path)
{
    pv_bytes file;
    memset(out, 0, sizeof *out);
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_idx_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}
