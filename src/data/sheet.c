#include "data/store.h"

#include <string.h>

enum { MOST_ROWS = 100, MOST_PER_CLASS = 1000, LINE = 1, LINE_GRAY = 96, MOST_SIDE = 16384 };

/* Pixel (y, x) of a sample as red, green and blue. */
static void pixel(uint8_t rgb[3], const float *image, const int64_t *dim, int64_t y, int64_t x)
{
    const float *p = image + (y * dim[1] + x) * dim[2];
    for (int k = 0; k < 3; k++) {
        float v = p[dim[2] < 3 ? 0 : k];
        rgb[k] = (uint8_t)(255.0f * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5f);
    }
}

pv_status pv_data_contact_sheet(pv_tensor *sheet, const pv_data *data, int per_class)
{
    pv_status status = PV_OK;
    *sheet = (pv_tensor){0};
    if (pv_data_what(data) != PV_DATA_IMAGE)
        PV_FAIL(PV_ERR_UNSUPPORTED, "only images have a contact sheet; these are tables or text");
    PV_TRY(pv_data_complete(data));
    if (per_class < 1 || per_class > MOST_PER_CLASS)
        PV_FAIL(PV_ERR_OPTION, "%d samples a class: 1 to %d are expected", per_class,
                MOST_PER_CLASS);
    pv_shape s = pv_data_sample_shape(data);
    int rows = pv_data_classes(data) < MOST_ROWS ? pv_data_classes(data) : MOST_ROWS;
    int64_t h = s.dim[0], w = s.dim[1];
    int64_t height = rows * (h + LINE) + LINE, width = per_class * (w + LINE) + LINE;
    if (height > MOST_SIDE || width > MOST_SIDE)
        PV_FAIL(PV_ERR_LIMIT,
                "a contact sheet of %lldx%lld pixels, at most %d each way; show "
                "fewer samples or classes",
                (long long)height, (long long)width, MOST_SIDE);
    float *image = pv_alloc((size_t)pv_shape_count(&s), sizeof *image);
    int *shown = pv_calloc((size_t)rows, sizeof *shown);
    if (image == NULL || shown == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a contact sheet");
    PV_TRY_GOTO(pv_tensor_init(sheet, PV_U8, PV_SHAPE(height, width, 3)));
    uint8_t *out = sheet->data;
    memset(out, LINE_GRAY, pv_tensor_bytes(sheet));
    for (int64_t i = 0, full = 0; i < data->count && full < rows; i++) {
        int c = pv_data_label(data, i);
        if (c >= rows || shown[c] == per_class) continue;
        pv_data_raw(data, i, image);
        int64_t top = c * (h + LINE) + LINE, left = shown[c] * (w + LINE) + LINE;
        for (int64_t y = 0; y < h; y++)
            for (int64_t x = 0; x < w; x++)
                pixel(out + ((top + y) * width + left + x) * 3, image, s.dim, y, x);
        full += ++shown[c] == per_class;
    }
done:
    pv_free(image);
    pv_free(shown);
    return status;
}
