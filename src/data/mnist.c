#include "data/source.h"

#include "base/file.h"
#include "codec/idx.h"
#include <stdio.h>

enum { CLASSES = 10 };

/* The path of `images-idx3` or `labels-idx1` as one of the names the files go by; when there is
 * none, the usual one, for the message of whoever opens it. */
static char *find(const char *folder, const char *split, const char *what, char dash)
{
    static const char *const names[] = {"%s-%s-idx%c-ubyte", "%s-%s-idx%c-ubyte.gz",
                                        "%s-%s.idx%c-ubyte", "%s-%s.idx%c-ubyte.gz"};
    char name[64];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, names[i], split, what, dash);
        char *path = pv_path_join(folder, name);
        if (path == NULL || pv_file_exists(path)) return path;
        pv_free(path);
    }
    snprintf(name, sizeof name, names[1], split, what, dash);
    return pv_path_join(folder, name);
}

static pv_status open_mnist(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    int test;
    pv_tensor labels = {0};
    char *image_path = NULL, *label_path = NULL;
    char text[PV_SHAPE_TEXT];
    (void)ctx;
    PV_TRY(pv_spec_split(spec, &test));
    if (!pv_folder_exists(spec->path))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: there is no such folder; mnist:DIR names the one that holds "
                "the IDX files",
                spec->path);
    image_path = find(spec->path, test ? "t10k" : "train", "images", '3');
    label_path = find(spec->path, test ? "t10k" : "train", "labels", '1');
    if (image_path == NULL || label_path == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", spec->text);
    PV_TRY_GOTO(pv_idx_load(&store->samples, image_path));
    PV_TRY_GOTO(pv_idx_load(&labels, label_path));
    pv_shape *s = &store->samples.shape;
    if (store->samples.dtype != PV_U8 || s->ndim != 3 || s->dim[1] < 1 || s->dim[2] < 1)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: holds %s of %s; images are bytes [count,height,width]",
                     image_path, pv_shape_text(s, text), pv_dtype_name(store->samples.dtype));
    if (labels.dtype != PV_U8 || labels.shape.ndim != 1)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: holds %s of %s; labels are bytes [count]", label_path,
                     pv_shape_text(&labels.shape, text), pv_dtype_name(labels.dtype));
    if (labels.shape.dim[0] != s->dim[0])
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s has %lld images but %s has %lld labels; one of them is "
                     "not of this data set",
                     image_path, (long long)s->dim[0], label_path, (long long)labels.shape.dim[0]);
    int64_t n = s->dim[0];
    store->label = pv_alloc((size_t)n, sizeof *store->label);
    if (store->label == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", spec->text);
    for (int64_t i = 0; i < n; i++) {
        int label = ((const uint8_t *)labels.data)[i];
        if (label >= CLASSES)
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s: label number %lld is %d; 0 to %d are expected",
                         label_path, (long long)i, label, CLASSES - 1);
        store->label[i] = label;
    }
    *s = PV_SHAPE(n, s->dim[1], s->dim[2], 1);
    store->kind = PV_DATA_IMAGE;
    PV_TRY_GOTO(pv_store_number_classes(store, CLASSES));
done:
    pv_tensor_clear(&labels);
    pv_free(image_path);
    pv_free(label_path);
    return status;
}

static int has_test(const pv_spec *spec)
{
    char *path = find(spec->path, "t10k", "images", '3');
    int has = path != NULL && pv_file_exists(path);
    pv_free(path);
    return has;
}

static const pv_data_option options[] = {PV_SOURCE_OPTIONS, {0}};

const pv_source pv_source_mnist = {
    .about = {"mnist", "DIR", "MNIST and its relatives: gray images in IDX files, gzipped or not",
              options},
    .open = open_mnist,
    .has_test = has_test,
};
