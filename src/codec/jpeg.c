#include "codec/jpeg.h"

#include "base/file.h"
#include "codec/limits.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h> /* wants stdio.h before it */

#include <jerror.h> /* wants jpeglib.h before it */

enum {
    SCANS_MAX = 64,         /* encoders make about ten */
    PIXELS_A_BYTE = 64 * 8, /* every 8x8 block of the finest component takes a bit at least */
};

/* info comes first, so that libjpeg's callbacks find the rest. */
typedef struct decoder {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const char *name;
    size_t size;
    pv_tensor *out;
    pv_status status;
} decoder;

/* libjpeg's only way out of a failure is not to return. */
static void on_error(j_common_ptr info)
{
    decoder *d = (decoder *)info;
    char why[JMSG_LENGTH_MAX];
    int code = d->errors.msg_code;
    size_t left = d->info.src == NULL ? 0 : d->info.src->bytes_in_buffer;
    d->errors.format_message(info, why);
    if (code == JERR_OUT_OF_MEMORY)
        d->status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__,
                                  "%s: out of memory for the image", d->name);
    else if (code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY)
        d->status = pv_trail_fail(PV_ERR_TRUNCATED, __FILE__, __LINE__,
                                  "%s: the JPEG data end too early, after %zu bytes; is the file "
                                  "complete?",
                                  d->name, d->size);
    else
        d->status = pv_trail_fail(PV_ERR_FORMAT, __FILE__, __LINE__,
                                  "%s: about byte %zu: no readable JPEG image (%s); get the file "
                                  "again",
                                  d->name, d->size - left, why);
    longjmp(d->jump, 1);
}

/* Warnings (level -1) stand for pixels that libjpeg makes up; bytes between segments are harmless.
 */
static void on_message(j_common_ptr info, int level)
{
    if (level < 0 && info->err->msg_code != JWRN_EXTRANEOUS_DATA) on_error(info);
}

/* A small file can ask for any number of passes over a large image. */
static void on_progress(j_common_ptr info)
{
    decoder *d = (decoder *)info;
    if (d->info.input_scan_number <= SCANS_MAX) return;
    d->status = pv_trail_fail(PV_ERR_LIMIT, __FILE__, __LINE__,
                              "%s: more than %d scans; is it a photograph?", d->name, SCANS_MAX);
    longjmp(d->jump, 1);
}

static pv_status check_header(const decoder *d)
{
    const struct jpeg_decompress_struct *info = &d->info;
    uint64_t pixels = (uint64_t)info->image_width * info->image_height;
    if (info->image_width > PV_IMAGE_SIDE_MAX || info->image_height > PV_IMAGE_SIDE_MAX ||
        pixels > PV_IMAGE_PIXELS_MAX)
        PV_FAIL(
            PV_ERR_LIMIT,
            "%s: %ux%u pixels; sides of at most %d and %" PRIu64 " pixels are read: scale it down",
            d->name, info->image_width, info->image_height, PV_IMAGE_SIDE_MAX, PV_IMAGE_PIXELS_MAX);
    if (info->arith_code)
        PV_FAIL(PV_ERR_UNSUPPORTED, "%s: arithmetic coding is not read; save it as plain JPEG",
                d->name);
    if (pixels / PIXELS_A_BYTE > d->size)
        PV_FAIL(PV_ERR_TRUNCATED, "%s: %zu bytes can't hold %ux%u pixels; is the file complete?",
                d->name, d->size, info->image_width, info->image_height);
    if (info->num_components != 1 && info->num_components != 3)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s: %d colour components (CMYK?) are not read; save it as gray or RGB", d->name,
                info->num_components);
    return PV_OK;
}

static pv_status decode(decoder *d, const uint8_t *p)
{
    struct jpeg_decompress_struct *info = &d->info;
    jpeg_create_decompress(info);
    d->progress.progress_monitor = on_progress;
    info->progress = &d->progress;
    jpeg_mem_src(info, p, d->size);
    (void)jpeg_read_header(info, TRUE);
    PV_TRY(check_header(d));
    info->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    PV_TRY(pv_tensor_init(d->out, PV_U8,
                          PV_SHAPE(info->image_height, info->image_width, info->num_components)));
    (void)jpeg_start_decompress(info);
    size_t stride = (size_t)info->output_width * (size_t)info->output_components;
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = (JSAMPROW)d->out->data + info->output_scanline * stride;
        (void)jpeg_read_scanlines(info, &row, 1);
    }
    (void)jpeg_finish_decompress(info);
    return PV_OK;
}

/* setjmp's own function, so that no changing local is lost by the jump. */
static void decode_or_jump(decoder *d, const uint8_t *p)
{
    if (setjmp(d->jump) == 0) d->status = decode(d, p);
}

pv_status pv_jpeg_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n)
{
    decoder d = {.name = name, .size = n, .out = out};
    memset(out, 0, sizeof *out);
    d.info.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = on_error;
    d.errors.emit_message = on_message;
    decode_or_jump(&d, p);
    jpeg_destroy_decompress(&d.info);
    if (d.status != PV_OK) pv_tensor_clear(out);
    return d.status;
}

pv_status pv_jpeg_load(pv_tensor *out, const char *path)
{
    pv_bytes file;
    memset(out, 0, sizeof *out);
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_jpeg_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}
