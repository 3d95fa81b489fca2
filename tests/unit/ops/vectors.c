#include "vectors.h"

#include "base/file.h"
#include <math.h>
#include <string.h>

const bound bound_ref = {PV_BACKEND_REF, "ref", 1e-9, 1e-9};
const bound bound_fast = {PV_BACKEND_FAST, "fast", 2e-5, 1e-3};

pv_npz *vectors_open(const char *file)
{
    pv_npz *z = NULL;
    char *path = pv_path_join("tests/vectors", file);
    assert_non_null(path);
    CHECK_OK(pv_npz_open(&z, path));
    pv_free(path);
    return z;
}

/* a [n,c,h,w] -> [n,h,w,c] in place. */
static void channels_last(pv_tensor *a, int64_t n, int64_t c, int64_t h, int64_t w)
{
    pv_tensor out;
    CHECK_OK(pv_tensor_init(&out, PV_F64, PV_SHAPE(n, h, w, c)));
    const double *from = a->data;
    double *to = out.data;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++)
            for (int64_t p = 0; p < h * w; p++)
                to[(i * h * w + p) * c + k] = from[(i * c + k) * h * w + p];
    memcpy(a->data, out.data, pv_tensor_bytes(a));
    if (a->shape.ndim == 4) a->shape = out.shape;
    pv_tensor_clear(&out);
}

pv_tensor vectors_take(const pv_npz *z, const char *name)
{
    pv_tensor raw, t;
    CHECK_OK(pv_npz_get(z, name, &raw));
    CHECK_OK(pv_tensor_convert(&t, raw.dtype == PV_I64 ? PV_I32 : PV_F64, &raw));
    pv_tensor_clear(&raw);
    const int64_t *d = t.shape.dim;
    if (t.shape.ndim == 4) channels_last(&t, d[0], d[1], d[2], d[3]);
    return t;
}

pv_tensor vectors_take_flattened(const pv_npz *z, const char *name, int64_t c, int64_t h, int64_t w)
{
    pv_tensor t = vectors_take(z, name);
    assert_true(t.shape.ndim == 2 && t.shape.dim[1] == c * h * w);
    channels_last(&t, t.shape.dim[0], c, h, w);
    return t;
}

void vectors_write(pv_plan *plan, pv_node x, const pv_tensor *value)
{
    CHECK_OK(pv_plan_write(plan, x, value->data, value->dtype));
}

double vectors_error(const pv_plan *plan, pv_node x, const pv_tensor *want)
{
    int64_t n = pv_tensor_count(want);
    double worst = 0.0, largest = 0.0;
    double *got = pv_alloc((size_t)n, sizeof *got);
    assert_non_null(got);
    CHECK_OK(pv_plan_read(plan, x, got, PV_F64));
    for (int64_t i = 0; i < n; i++) {
        double w = pv_tensor_get(want, i), e = fabs(got[i] - w);
        worst = e <= worst ? worst : e; /* NaN is the worst */
        largest = fmax(largest, fabs(w));
    }
    pv_free(got);
    return largest == 0.0 ? worst : worst / largest;
}
