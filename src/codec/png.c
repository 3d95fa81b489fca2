#include "codec/png.h"

#include "codec/limits.h"
#include "wire/reader.h"
#include <inttypes.h>
#include <png.h>
#include <string.h>

enum { PIXELS_A_BYTE = 8 }; /* at least a bit each, before deflate */

/* Every chunk must be there as long as it says, up to the last: libpng would ask for the memory of
 * a chunk of 2 GiB first and see then that the file has 80 bytes. */
static pv_status check_chunks(const char *name, const uint8_t *p, size_t n)
{
    const uint8_t *type = NULL;
    pv_reader r = pv_reader_make(name, p, n);
    pv_reader_expect(&r, "\x89PNG\r\n\x1A\n", 8, "signature of a PNG file");
    do {
        size_t length = pv_reader_u32be(&r, "the length of a chunk");
        type = pv_reader_bytes(&r, 4, "the type of a chunk");
        (void)pv_reader_bytes(&r, length, "a chunk");
        (void)pv_reader_u32be(&r, "the checksum of a chunk");
    } while (pv_reader_status(&r) == PV_OK && memcmp(type, "IEND", 4) != 0);
    return pv_reader_status(&r);
}

static pv_status failed(const char *name, const char *why)
{
    if (strstr(why, "memory") != NULL) PV_FAIL(PV_ERR_MEMORY, "%s: %s", name, why);
    PV_FAIL(PV_ERR_FORMAT, "%s: no readable PNG image (%s); get the file again", name, why);
}

static pv_status decode(pv_tensor *out, png_image *image, const char *name, size_t n)
{
    if (image->width > PV_IMAGE_SIDE_MAX || image->height > PV_IMAGE_SIDE_MAX ||
        (uint64_t)image->width * image->height > PV_IMAGE_PIXELS_MAX)
        PV_FAIL(PV_ERR_LIMIT,
                "%s: %" PRIu32 "x%" PRIu32 " pixels; sides of at most %d and %" PRIu64
                " pixels are read: scale it down",
                name, image->width, image->height, PV_IMAGE_SIDE_MAX, PV_IMAGE_PIXELS_MAX);
    if ((uint64_t)image->width * image->height / (PIXELS_A_BYTE * PV_DEFLATE_RATIO) > n)
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: %zu bytes can't hold %" PRIu32 "x%" PRIu32 " pixels; is the file complete?",
                name, n, image->width, image->height);
    image->format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA; /* 8 bits, no palette */
    PV_TRY(pv_tensor_init(
        out, PV_U8,
        PV_SHAPE(image->height, image->width, PNG_IMAGE_SAMPLE_CHANNELS(image->format))));
    if (!png_image_finish_read(image, NULL, out->data, 0, NULL))
        return failed(name, image->message);
    return PV_OK;
}

pv_status pv_png_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    memset(out, 0, sizeof *out);
    PV_TRY(check_chunks(name, p, n));
    if (!png_image_begin_read_from_memory(&image, p, n)) return failed(name, image.message);
    pv_status s = decode(out, &image, name, n);
    png_image_free(&image);
    if (s != PV_OK) pv_tensor_clear(out);
    return s;
}

pv_status pv_png_load(pv_tensor *out, const char *path)
{
    pv_bytes file;
    memset(out, 0, sizeof *out);
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_png_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}

pv_status pv_png_encode(pv_bytes *out, const pv_tensor *image)
{
    char text[PV_SHAPE_TEXT];
    const int64_t *dim = image->shape.dim;
    *out = (pv_bytes){0};
    if (image->dtype != PV_U8 || image->shape.ndim != 3 || (dim[2] != 1 && dim[2] != 3) ||
        dim[0] < 1 || dim[1] < 1 || dim[0] > PV_IMAGE_SIDE_MAX || dim[1] > PV_IMAGE_SIDE_MAX)
        PV_FAIL(PV_ERR_SHAPE,
                "a PNG image is written from u8 [h,w,1] or [h,w,3] with sides up to %d, not %s %s",
                PV_IMAGE_SIDE_MAX, pv_dtype_name(image->dtype), pv_shape_text(&image->shape, text));
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)dim[1],
                     .height = (png_uint_32)dim[0],
                     .format = dim[2] == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    out->data = pv_alloc(size, 1);
    if (out->data == NULL) PV_FAIL_MEMORY(size);
    if (!png_image_write_to_memory(&png, out->data, &size, 0, image->data, 0, NULL)) {
        pv_bytes_clear(out);
        PV_FAIL(PV_ERR_MEMORY, "a PNG image of %s could not be written: %s",
                pv_shape_text(&image->shape, text), png.message);
    }
    out->size = size;
    return PV_OK;
}

pv_status pv_png_save(const char *path, const pv_tensor *image)
{
    pv_bytes png;
    PV_TRY(pv_png_encode(&png, image));
    pv_status s = pv_file_write(path, png.data, png.size, 0644);
    pv_bytes_clear(&png);
    return s;
}
