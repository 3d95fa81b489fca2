#include "data/images.h"
#include "data/source.h"

#include "base/file.h"
#include "codec/cifar.h"
#include <stdio.h>
#include <string.h>

static const char *const CLASSES[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};
enum { NCLASSES = 10, BATCHES = 5 };

/* The folder of the .bin files: DIR itself or what the archive unpacks to in it; NULL: neither. */
static char *binary_folder(const char *path)
{
    static const char *const places[] = {"test_batch.bin", "data_batch_1.bin",
                                         "cifar-10-batches-bin/test_batch.bin",
                                         "cifar-10-batches-bin/data_batch_1.bin"};
    for (int i = 0; i < 4; i++) {
        char *file = pv_path_join(path, places[i]);
        int here = file != NULL && pv_file_exists(file);
        if (here) *strrchr(file, '/') = '\0';
        if (here) return file;
        pv_free(file);
    }
    return NULL;
}

/* Append one batch to the samples. */
static pv_status add_batch(pv_store *store, const char *folder, const char *name)
{
    pv_status status = PV_OK;
    pv_tensor images = {0}, labels = {0}, both = {0};
    char *path = pv_path_join(folder, name);
    if (path == NULL) PV_FAIL_MEMORY(strlen(folder));
    PV_TRY_GOTO(pv_cifar_load(&images, &labels, path));
    int64_t before = store->label == NULL ? 0 : store->samples.shape.dim[0];
    int64_t n = images.shape.dim[0];
    size_t old = before > 0 ? pv_tensor_bytes(&store->samples) : 0;
    PV_TRY_GOTO(pv_tensor_init(&both, PV_U8, PV_SHAPE(before + n, 32, 32, 3)));
    if (old > 0) memcpy(both.data, store->samples.data, old);
    memcpy((uint8_t *)both.data + old, images.data, pv_tensor_bytes(&images));
    int32_t *label = pv_realloc(store->label, (size_t)(before + n), sizeof *label);
    if (label == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", path);
    store->label = label;
    memcpy(label + before, labels.data, (size_t)n * sizeof *label);
    pv_tensor_clear(&store->samples);
    store->samples = both;
    both = (pv_tensor){0};
done:
    pv_free(path);
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
    pv_tensor_clear(&both);
    return status;
}

static pv_status read_binary(pv_store *store, const char *folder, int test)
{
    int64_t number;
    char name[32] = "test_batch.bin";
    for (int i = 1; i <= (test ? 1 : BATCHES); i++) {
        if (!test) snprintf(name, sizeof name, "data_batch_%d.bin", i);
        PV_TRY(add_batch(store, folder, name));
    }
    store->kind = PV_DATA_IMAGE;
    for (int i = 0; i < NCLASSES; i++)
        PV_TRY(pv_names_add(&store->classes, CLASSES[i], strlen(CLASSES[i]), &number));
    return PV_OK;
}

static pv_status open_cifar(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    int test;
    PV_TRY(pv_spec_split(spec, &test));
    if (!pv_folder_exists(spec->path))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: there is no such folder; cifar10:DIR names the one that "
                "holds the .bin files, or train/CLASS/ folders of images",
                spec->path);
    char *folder = binary_folder(spec->path);
    if (folder != NULL) {
        pv_status s = read_binary(store, folder, test);
        pv_free(folder);
        return s;
    }
    if (!pv_images_has_test(spec->path))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: holds neither data_batch_1.bin nor the folders train and "
                "test; unpack CIFAR-10 there",
                spec->path);
    PV_TRY(pv_images_read(store, spec, ctx));
    const int64_t *dim = store->samples.shape.dim;
    if (store->classes.n != NCLASSES || dim[1] != 32 || dim[2] != 32 || dim[3] != 3)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: holds %zu classes of %lldx%lldx%lld; CIFAR-10 has 10 of "
                "32x32x3; read other images with images:DIR",
                spec->path, store->classes.n, (long long)dim[1], (long long)dim[2],
                (long long)dim[3]);
    return PV_OK;
}

static int has_test(const pv_spec *spec)
{
    char *folder = binary_folder(spec->path);
    char *file = folder == NULL ? NULL : pv_path_join(folder, "test_batch.bin");
    int has = file != NULL ? pv_file_exists(file) : pv_images_has_test(spec->path);
    pv_free(file);
    pv_free(folder);
    return has;
}

static const pv_data_option options[] = {
    PV_SOURCE_OPTIONS,
    {"cache", "yes|no", "keep decoded JPEG files for the next time; yes"},
    {0},
};

const pv_source pv_source_cifar10 = {
    .about = {"cifar10", "DIR", "CIFAR-10: its binary files, or train and test folders of images",
              options},
    .open = open_cifar,
    .has_test = has_test,
};
