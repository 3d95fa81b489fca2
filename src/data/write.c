#include "base/file.h"
#include "codec/npz.h"
#include "codec/png.h"
#include "data/source.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* A name a line, as npz.c reads them. */
static pv_status add_names(pv_npz_out *out, const char *array, const pv_names *names)
{
    size_t size = 0;
    pv_tensor t;
    if (names->n == 0) return PV_OK;
    for (size_t i = 0; i < names->n; i++) {
        if (strchr(names->text[i], '\n') != NULL)
            PV_FAIL(PV_ERR_UNSUPPORTED, "the name '%s' holds a line break", names->text[i]);
        size += strlen(names->text[i]) + 1;
    }
    PV_TRY(pv_tensor_init(&t, PV_U8, PV_SHAPE((int64_t)size)));
    char *p = t.data;
    for (size_t i = 0; i < names->n; i++) {
        size_t n = strlen(names->text[i]);
        memcpy(p, names->text[i], n);
        p[n] = '\n';
        p += n + 1;
    }
    pv_status s = pv_npz_out_add(out, array, &t);
    pv_tensor_clear(&t);
    return s;
}

static pv_status write_npz(const pv_data *data, const char *path)
{
    pv_status status = PV_OK;
    const pv_store *store = data->store;
    pv_tensor x = {0}, y = {0};
    pv_npz_out out = {0};
    pv_shape shape = store->samples.shape;
    shape.dim[0] = data->count;
    size_t row = (size_t)pv_store_sample_count(store) * pv_dtype_size(store->samples.dtype);
    PV_TRY_GOTO(pv_tensor_init(&x, store->samples.dtype, shape));
    PV_TRY_GOTO(pv_tensor_init(&y, PV_I32, PV_SHAPE(data->count)));
    for (int64_t i = 0; i < data->count; i++) {
        memcpy((uint8_t *)x.data + (size_t)i * row,
               (const uint8_t *)store->samples.data + (size_t)pv_data_row(data, i) * row, row);
        ((int32_t *)y.data)[i] = pv_data_label(data, i);
    }
    PV_TRY_GOTO(pv_npz_out_open(&out, path, 0644));
    if (pv_data_has_features(data)) PV_TRY_GOTO(pv_npz_out_add(&out, "x", &x));
    if (pv_data_has_labels(data)) PV_TRY_GOTO(pv_npz_out_add(&out, "y", &y));
    PV_TRY_GOTO(add_names(&out, "classes", &store->classes));
    PV_TRY_GOTO(add_names(&out, "features", &store->features));
    PV_TRY_GOTO(add_names(&out, "tokens", &store->tokens));
    status = pv_npz_out_commit(&out);
done:
    pv_npz_out_discard(&out);
    pv_tensor_clear(&x);
    pv_tensor_clear(&y);
    return status;
}

/* A field of a CSV file, quoted when it has to be. */
static pv_status write_field(pv_outfile *f, const char *text)
{
    if (text[0] != '\0' && strpbrk(text, ",\"\r\n") == NULL && text[0] != ' ' &&
        text[strlen(text) - 1] != ' ')
        return pv_outfile_write(f, text, strlen(text));
    PV_TRY(pv_outfile_write(f, "\"", 1));
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') PV_TRY(pv_outfile_write(f, "\"", 1));
        PV_TRY(pv_outfile_write(f, p, 1));
    }
    return pv_outfile_write(f, "\"", 1);
}

static pv_status write_rows(pv_outfile *f, const pv_data *data, float *x)
{
    int features = (int)pv_data_sample_shape(data).dim[0], labels = pv_data_has_labels(data);
    for (int j = 0; j < features; j++) {
        const char *name = pv_data_feature_name(data, j);
        if (name[0] != '\0')
            PV_TRY(write_field(f, name));
        else
            PV_TRY(pv_outfile_printf(f, "x%d", j));
        if (labels || j + 1 < features) PV_TRY(pv_outfile_write(f, ",", 1));
    }
    const char *label = pv_names_find(&data->store->features, "class", 5) < 0 ? "class" : "label";
    PV_TRY(pv_outfile_printf(f, "%s\n", labels ? label : ""));
    for (int64_t i = 0; i < data->count; i++) {
        char text[32];
        pv_data_raw(data, i, x);
        for (int j = 0; j < features; j++) {
            int n = snprintf(text, sizeof text, labels || j + 1 < features ? "%.9g," : "%.9g",
                             (double)x[j]);
            PV_TRY(pv_outfile_write(f, text, (size_t)n));
        }
        if (labels) PV_TRY(write_field(f, pv_data_class_name(data, pv_data_label(data, i))));
        PV_TRY(pv_outfile_write(f, "\n", 1));
    }
    return PV_OK;
}

static pv_status write_csv(const pv_data *data, const char *path)
{
    pv_status status = PV_OK;
    pv_outfile f;
    if (pv_data_what(data) != PV_DATA_TABLE)
        PV_FAIL(PV_ERR_UNSUPPORTED, "%s: only tables are written as CSV; write npz:FILE", path);
    float *x = pv_alloc((size_t)pv_store_sample_count(data->store), sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)pv_store_sample_count(data->store) * sizeof *x);
    PV_TRY_GOTO(pv_outfile_open(&f, path, 0644));
    status = write_rows(&f, data, x);
    if (status == PV_OK)
        status = pv_outfile_commit(&f);
    else
        pv_outfile_discard(&f);
done:
    pv_free(x);
    return status;
}

static pv_status must_be_images(const pv_data *data, const char *path)
{
    if (!pv_data_has_labels(data))
        PV_FAIL(PV_ERR_UNSUPPORTED, "%s: images without labels are not written so; write npz:FILE",
                path);
    if (pv_data_what(data) != PV_DATA_IMAGE || data->store->samples.dtype != PV_U8)
        PV_FAIL(PV_ERR_UNSUPPORTED, "%s: only images of bytes are written so; write npz:FILE",
                path);
    return PV_OK;
}

static int is_empty_folder(const char *path)
{
    int entries = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) return 0;
    while (readdir(folder) != NULL) entries++;
    closedir(folder);
    return entries == 2;
}

static pv_status write_images(const pv_data *data, const char *path)
{
    pv_status status = PV_OK;
    pv_shape s = pv_data_sample_shape(data);
    char *folder = NULL, *file = NULL;
    PV_TRY(must_be_images(data, path));
    if (s.dim[2] != 1 && s.dim[2] != 3)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s: images of %lld channels can't be PNG files; write "
                "npz:FILE",
                path, (long long)s.dim[2]);
    if (pv_file_exists(path) && !is_empty_folder(path))
        PV_FAIL(PV_ERR_IO, "%s: is there and not an empty folder; choose a new one", path);
    for (int c = 0; c < pv_data_classes(data); c++) {
        const char *name = pv_data_class_name(data, c);
        if (strchr(name, '/') != NULL || name[0] == '.' || name[0] == '\0')
            PV_FAIL(PV_ERR_UNSUPPORTED, "%s: the class '%s' can't be a folder's name", path, name);
    }
    for (int64_t i = 0; i < data->count; i++) {
        char name[32];
        const uint8_t *samples = data->store->samples.data;
        pv_tensor image = {.dtype = PV_U8, .shape = s};
        image.data = (void *)(samples + pv_data_row(data, i) * pv_shape_count(&s));
        snprintf(name, sizeof name, "%06lld.png", (long long)i);
        folder = pv_path_join(path, pv_data_class_name(data, pv_data_label(data, i)));
        file = folder == NULL ? NULL : pv_path_join(folder, name);
        if (file == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", path);
        PV_TRY_GOTO(pv_folder_make(folder));
        PV_TRY_GOTO(pv_png_save(file, &image));
        pv_free(folder);
        pv_free(file);
        folder = file = NULL;
    }
done:
    pv_free(folder);
    pv_free(file);
    return status;
}

/* One IDX file of bytes: its header, then `rows` pieces of `size` bytes that next() finds. */
static pv_status write_idx(const pv_data *data, const char *path, int ndim, const int64_t *dim,
                           int labels)
{
    pv_status status = PV_OK;
    pv_outfile f;
    int64_t size = pv_store_sample_count(data->store);
    uint8_t header[4 + 4 * 3] = {0, 0, 0x08, (uint8_t)ndim};
    for (int i = 0; i < ndim; i++)
        for (int b = 0; b < 4; b++)
            header[4 + 4 * i + b] = (uint8_t)((uint64_t)dim[i] >> (24 - 8 * b));
    PV_TRY(pv_outfile_open(&f, path, 0644));
    PV_TRY_GOTO(pv_outfile_write(&f, header, 4 + 4 * (size_t)ndim));
    for (int64_t i = 0; i < data->count; i++) {
        uint8_t label = (uint8_t)pv_data_label(data, i);
        const uint8_t *image =
            (const uint8_t *)data->store->samples.data + pv_data_row(data, i) * size;
        PV_TRY_GOTO(pv_outfile_write(&f, labels ? &label : image, labels ? 1 : (size_t)size));
    }
    status = pv_outfile_commit(&f);
done:
    pv_outfile_discard(&f);
    return status;
}

static pv_status write_mnist(const pv_data *data, const char *path, int test)
{
    pv_status status = PV_OK;
    pv_shape s = pv_data_sample_shape(data);
    int64_t dim[3] = {data->count, s.dim[0], s.dim[1]};
    PV_TRY(must_be_images(data, path));
    if (s.dim[2] != 1 || pv_data_classes(data) > 10)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s: only gray images of at most 10 classes are written as "
                "MNIST; write npz:FILE",
                path);
    PV_TRY(pv_folder_make(path));
    char *images = pv_path_join(path, test ? "t10k-images-idx3-ubyte" : "train-images-idx3-ubyte");
    char *labels = pv_path_join(path, test ? "t10k-labels-idx1-ubyte" : "train-labels-idx1-ubyte");
    if (images == NULL || labels == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", path);
    PV_TRY_GOTO(write_idx(data, images, 3, dim, 0));
    PV_TRY_GOTO(write_idx(data, labels, 1, dim, 1));
done:
    pv_free(images);
    pv_free(labels);
    return status;
}

pv_status pv_data_write(const pv_data *data, const char *target)
{
    pv_status status = PV_OK;
    pv_spec spec;
    const pv_source *source;
    int test = 0;
    PV_TRY(pv_spec_parse(&spec, target));
    PV_TRY_GOTO(pv_source_find(&source, &spec));
    int splits = source == &pv_source_mnist;
    if (spec.n > (splits && pv_spec_get(&spec, "split") != NULL))
        PV_FAIL_GOTO(PV_ERR_OPTION, "%s: a target takes no options%s", target,
                     splits ? " but split=" : "");
    if (splits) PV_TRY_GOTO(pv_spec_split(&spec, &test));
    if (source == &pv_source_npz)
        status = write_npz(data, spec.path);
    else if (source == &pv_source_csv)
        status = write_csv(data, spec.path);
    else if (source == &pv_source_images)
        status = write_images(data, spec.path);
    else if (splits)
        status = write_mnist(data, spec.path, test);
    else
        PV_FAIL_GOTO(PV_ERR_OPTION,
                     "%s: data are written as npz:FILE, csv:FILE, images:DIR or "
                     "mnist:DIR",
                     target);
done:
    pv_spec_clear(&spec);
    return status;
}
