#include "codec/npz.h"
#include "data/source.h"
#include "data/splitfile.h"
#include <math.h>
#include <string.h>

/* Names kept in an archive: bytes of text, a name a line. */
static pv_status read_names(pv_names *names, const pv_npz *z, const char *array, const char *path)
{
    pv_status status = PV_OK;
    pv_tensor t = {0};
    int64_t number;
    if (!pv_npz_has(z, array)) return PV_OK;
    PV_TRY(pv_npz_get(z, array, &t));
    if (t.dtype != PV_U8 || t.shape.ndim != 1)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: the array '%s' is not bytes of text, a name a line", path,
                     array);
    const char *p = t.data, *end = p + t.shape.dim[0];
    while (p < end) {
        const char *line = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((line == NULL ? end : line) - p), before = names->n;
        PV_TRY_GOTO(pv_names_add(names, p, n, &number));
        if (names->n == before)
            PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: the array '%s' names '%s' twice", path, array,
                         names->text[number]);
        p += n + (line != NULL);
    }
done:
    pv_tensor_clear(&t);
    return status;
}

/* label=none and features=none. */
typedef struct sides {
    int no_label, no_features;
} sides;

static pv_status read_sides(sides *s, const pv_spec *spec, const char *path)
{
    static const char *const label[] = {"y", "none", NULL}, *const features[] = {"x", "none", NULL};
    PV_TRY(pv_spec_word(spec, "label", label, &s->no_label));
    PV_TRY(pv_spec_word(spec, "features", features, &s->no_features));
    if (s->no_label && s->no_features)
        PV_FAIL(PV_ERR_OPTION,
                "%s: label=none and features=none leave nothing; take one of them out", path);
    return PV_OK;
}

static const char *array_name(const pv_spec *spec, const char *key)
{
    const char *name = pv_spec_get(spec, key);
    return name != NULL ? name : key;
}

/* The labels as numbers 0, 1, ...; *classes is one more than the largest. */
static pv_status read_labels(int32_t **label, int64_t *count, int *classes, const pv_npz *z,
                             const char *array, const char *path)
{
    pv_status status = PV_OK;
    char text[PV_SHAPE_TEXT];
    pv_tensor y = {0};
    *label = NULL;
    *classes = 0;
    PV_TRY(pv_npz_get(z, array, &y));
    int flat = y.shape.ndim == 1 || (y.shape.ndim == 2 && y.shape.dim[1] == 1);
    if (!flat)
        PV_FAIL_GOTO(PV_ERR_SHAPE, "%s: the array '%s' is %s; one label a sample is expected", path,
                     array, pv_shape_text(&y.shape, text));
    *count = y.shape.dim[0];
    *label = pv_alloc((size_t)*count, sizeof **label);
    if (*label == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for its labels", path);
    for (int64_t i = 0; i < *count; i++) {
        double v = pv_tensor_get(&y, i);
        if (!(v >= 0 && v < PV_DATA_MAX_CLASSES) || v != nearbyint(v))
            PV_FAIL_GOTO(PV_ERR_RANGE,
                         "%s: the array '%s' holds %g at index %lld; whole numbers from 0 to %d "
                         "are expected",
                         path, array, v, (long long)i, PV_DATA_MAX_CLASSES - 1);
        (*label)[i] = (int32_t)v;
        if (v >= *classes) *classes = (int)v + 1;
    }
done:
    pv_tensor_clear(&y);
    if (status != PV_OK) {
        pv_free(*label);
        *label = NULL;
    }
    return status;
}

static pv_status no_labels(pv_store *store, int64_t *count, const pv_tensor *x)
{
    *count = x->shape.ndim > 0 ? x->shape.dim[0] : 0;
    store->label = pv_calloc((size_t)*count, sizeof *store->label);
    if (store->label == NULL) PV_FAIL_MEMORY((size_t)*count * sizeof *store->label);
    return PV_OK;
}

static pv_status check_floats(const pv_tensor *x, const char *array, const char *path)
{
    const float *v = x->data;
    for (int64_t i = 0, n = pv_tensor_count(x); i < n; i++)
        if (!isfinite(v[i]))
            PV_FAIL(PV_ERR_RANGE,
                    "%s: the array '%s' holds %g in sample %lld; finite numbers (of 32 bits) are "
                    "expected",
                    path, array, (double)v[i], (long long)(i / (n / x->shape.dim[0])));
    return PV_OK;
}

/* What x is, by its dimensions, and its samples in the type a store keeps. */
static pv_status take_samples(pv_store *store, pv_tensor *x, const char *array, const char *path)
{
    char text[PV_SHAPE_TEXT];
    int nd = x->shape.ndim;
    if (nd < 2 || nd > 4 || pv_tensor_count(x) == 0)
        PV_FAIL(PV_ERR_SHAPE,
                "%s: the array '%s' is %s; [count,features], [count,height,width] or "
                "[count,height,width,channels] is expected, none of them 0",
                path, array, pv_shape_text(&x->shape, text));
    store->kind = nd > 2 ? PV_DATA_IMAGE : store->tokens.n > 0 ? PV_DATA_TEXT : PV_DATA_TABLE;
    if (nd == 3) {
        x->shape.ndim = 4;
        x->shape.dim[3] = 1;
    }
    if (nd > 2 && x->shape.dim[3] > PV_NORM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: the array '%s' has %lld channels, at most %d are read", path,
                array, (long long)x->shape.dim[3], PV_NORM_MAX);
    if (nd == 2 && x->shape.dim[1] > PV_DATA_MAX_FEATURES)
        PV_FAIL(PV_ERR_LIMIT, "%s: the array '%s' has %lld features, at most %d are read", path,
                array, (long long)x->shape.dim[1], PV_DATA_MAX_FEATURES);
    pv_dtype want = store->kind == PV_DATA_TEXT   ? PV_I32
                    : nd > 2 && x->dtype == PV_U8 ? PV_U8
                                                  : PV_F32;
    if (store->kind == PV_DATA_TEXT)
        for (int64_t i = 0, n = pv_tensor_count(x); i < n; i++) {
            double v = pv_tensor_get(x, i);
            if (!(v >= 0 && v < (double)store->tokens.n) || v != nearbyint(v))
                PV_FAIL(PV_ERR_RANGE,
                        "%s: the array '%s' holds the token %g in sample %lld; 0 to %zu are "
                        "expected",
                        path, array, v, (long long)(i / x->shape.dim[1]), store->tokens.n - 1);
        }
    if (x->dtype == want) {
        store->samples = *x;
        *x = (pv_tensor){0};
    } else {
        PV_TRY(pv_tensor_convert(&store->samples, want, x));
    }
    return want == PV_F32 ? check_floats(&store->samples, array, path) : PV_OK;
}

/* How many classes the training data has. */
static pv_status training_classes(int *classes, const pv_spec *spec, const char *path)
{
    pv_npz *z = NULL;
    int32_t *label = NULL;
    int64_t count;
    PV_TRY(pv_npz_open(&z, path));
    pv_status s = read_labels(&label, &count, classes, z, array_name(spec, "y"), path);
    pv_free(label);
    pv_npz_free(z);
    return s;
}

static pv_status name_classes(pv_store *store, const pv_spec *spec, const pv_splitfile *file,
                              int used)
{
    int classes = used;
    if (store->classes.n == 0) {
        if (file->training != NULL) PV_TRY(training_classes(&classes, spec, file->training));
        PV_TRY(pv_store_number_classes(store, classes));
    }
    if ((size_t)used > store->classes.n)
        PV_FAIL(PV_ERR_RANGE, "%s: a label is %d, but there are %zu classes%s", file->path,
                used - 1, store->classes.n,
                file->training != NULL ? " in the training data" : " in the array 'classes'");
    return PV_OK;
}

/* Labels and nothing else: a table without columns. */
static pv_status read_label_side(pv_store *store, const pv_npz *z, const pv_spec *spec,
                                 const pv_splitfile *file)
{
    int64_t count;
    int used;
    PV_TRY(read_labels(&store->label, &count, &used, z, array_name(spec, "y"), file->path));
    PV_TRY(pv_tensor_init(&store->samples, PV_F32, PV_SHAPE(count, 0)));
    store->kind = PV_DATA_TABLE;
    pv_names_clear(&store->features);
    pv_names_clear(&store->tokens);
    return name_classes(store, spec, file, used);
}

static pv_status open_npz(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    const char *xn = array_name(spec, "x"), *yn = array_name(spec, "y");
    char text[PV_SHAPE_TEXT];
    pv_splitfile file;
    pv_npz *z = NULL;
    pv_tensor x = {0};
    int64_t count;
    int used;
    sides side;
    (void)ctx;
    PV_TRY(read_sides(&side, spec, spec->path));
    PV_TRY(pv_splitfile_find(&file, spec, "npz"));
    PV_TRY_GOTO(pv_npz_open(&z, file.path));
    PV_TRY_GOTO(read_names(&store->classes, z, "classes", file.path));
    PV_TRY_GOTO(read_names(&store->features, z, "features", file.path));
    PV_TRY_GOTO(read_names(&store->tokens, z, "tokens", file.path));
    if (side.no_features) {
        status = read_label_side(store, z, spec, &file);
        goto done;
    }
    PV_TRY_GOTO(pv_npz_get(z, xn, &x));
    if (side.no_label)
        PV_TRY_GOTO(no_labels(store, &count, &x));
    else
        PV_TRY_GOTO(read_labels(&store->label, &count, &used, z, yn, file.path));
    if (x.shape.ndim < 1 || x.shape.dim[0] != count)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: the array '%s' is %s but '%s' has %lld labels; one label "
                     "a sample is expected",
                     file.path, xn, pv_shape_text(&x.shape, text), yn, (long long)count);
    PV_TRY_GOTO(take_samples(store, &x, xn, file.path));
    if (side.no_label)
        pv_store_unlabel(store);
    else
        PV_TRY_GOTO(name_classes(store, spec, &file, used));
    if (store->kind != PV_DATA_TABLE)
        pv_names_clear(&store->features);
    else if (store->features.n > 0 && (int64_t)store->features.n != store->samples.shape.dim[1])
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: %lld features, but the array 'features' names %zu",
                     file.path, (long long)store->samples.shape.dim[1], store->features.n);
    if (store->kind != PV_DATA_TEXT) pv_names_clear(&store->tokens);
done:
    pv_tensor_clear(&x);
    pv_npz_free(z);
    pv_splitfile_clear(&file);
    return status;
}

static int has_test(const pv_spec *spec)
{
    return pv_splitfile_has_test(spec, "npz");
}

static const pv_data_option options[] = {
    PV_SOURCE_OPTIONS,
    {"x", "NAME", "the array of the samples; x"},
    {"y", "NAME", "the array of the labels; y"},
    {"label", "none", "read no labels"},
    {"features", "none", "read labels only"},
    {0},
};

const pv_source pv_source_npz = {
    .about = {"npz", "FILE", "NumPy arrays: samples x and labels y", options},
    .open = open_npz,
    .has_test = has_test,
};
