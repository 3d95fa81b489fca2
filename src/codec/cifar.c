#include "codec/cifar.h"

#include "base/file.h"
#include "codec/limits.h"
#include <string.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, RECORD = 1 + 3 * PIXELS, CLASSES = 10 };

static pv_status fill(uint8_t *image, int32_t *label, const char *name, const uint8_t *p,
                      size_t count)
{
    for (size_t i = 0; i < count; i++, p += RECORD, image += 3 * PIXELS) {
        if (p[0] >= CLASSES)
            PV_FAIL(
                PV_ERR_RANGE,
                "%s: at byte %zu: the label of record %zu is %d, 0 to %d are the classes; is it "
                "the binary version of CIFAR-10?",
                name, i * RECORD, i, p[0], CLASSES - 1);
        label[i] = p[0];
        for (int k = 0; k < PIXELS; k++)
            for (int c = 0; c < 3; c++) image[3 * k + c] = p[1 + c * PIXELS + k];
    }
    return PV_OK;
}

pv_status pv_cifar_parse(pv_tensor *images, pv_tensor *labels, const char *name, const uint8_t *p,
                         size_t n)
{
    pv_status status = PV_OK;
    memset(images, 0, sizeof *images);
    memset(labels, 0, sizeof *labels);
    if (n == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: is empty, records of %d bytes were expected", name, RECORD);
    if (n % RECORD != 0)
        PV_FAIL(
            PV_ERR_TRUNCATED,
            "%s: at byte %zu: the last record has %zu of its %d bytes; is the file complete, and "
            "the binary version of CIFAR-10?",
            name, n - n % RECORD, n % RECORD, RECORD);
    int64_t count = (int64_t)(n / RECORD);
    PV_TRY_GOTO(pv_tensor_init(images, PV_U8, PV_SHAPE(count, SIDE, SIDE, 3)));
    PV_TRY_GOTO(pv_tensor_init(labels, PV_I32, PV_SHAPE(count)));
    PV_TRY_GOTO(fill(images->data, labels->data, name, p, (size_t)count));
done:
    if (status != PV_OK) {
        pv_tensor_clear(images);
        pv_tensor_clear(labels);
    }
    return status;
}

pv_status pv_cifar_load(pv_tensor *images, pv_tensor *labels, const char *path)
{
    pv_bytes file;
    memset(images, 0, sizeof *images);
    memset(labels, 0, sizeof *labels);
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_cifar_parse(images, labels, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}
