/* The part of an activation that the layer behind the cut looks at. */
#include "encode/complement/activation.h"
#include "math/span.h"
#include "nn/model_i.h"

#include <stdio.h>
#include <string.h>

/* What is left of a row beside those before it, against the longest, for it to add a direction:
 * weights are float32, so an exact dependence leaves about 1e-16. And most that an
 * orthonormalisation may take: rows times columns times the smaller of both, some ten seconds. */
static const double TOLERANCE = 1e-10, MOST_WORK = 1e10;

static const pv_tensor *weight_of(const pv_model *m, const pv_layer *l)
{
    char name[2 * PV_LAYER_NAME];
    snprintf(name, sizeof name, "%s.weight", l->name);
    for (size_t i = 0; i < m->params; i++)
        if (strcmp(m->param[i].name, name) == 0) return &m->param[i].value;
    return NULL;
}

/* The layer that looks at the activation first; NULL when there is none. */
static const pv_layer *first_of(const pv_model *m)
{
    for (size_t i = 0; i < m->layers.count; i++) {
        pv_layer_kind kind = m->layers.layer[i].kind;
        if (kind != PV_LAYER_FLATTEN && kind != PV_LAYER_DROPOUT && kind != PV_LAYER_INPUT)
            return &m->layers.layer[i];
    }
    return NULL;
}

typedef struct convolution {
    int64_t h, w, c, kernel, stride, pad, groups, out, oh, ow;
} convolution;

static convolution convolution_of(const pv_layer *l, const pv_shape *in)
{
    const double *v = l->value;
    convolution k = {.h = in->dim[0],
                     .w = in->dim[1],
                     .c = in->dim[2],
                     .kernel = (int64_t)v[PV_CONV_KERNEL],
                     .stride = (int64_t)v[PV_CONV_STRIDE],
                     .pad = (int64_t)v[PV_CONV_PAD],
                     .groups = (int64_t)v[PV_CONV_GROUPS],
                     .out = (int64_t)v[PV_CONV_CHANNELS]};
    k.oh = (k.h + 2 * k.pad - k.kernel) / k.stride + 1;
    k.ow = (k.w + 2 * k.pad - k.kernel) / k.stride + 1;
    return k;
}

/* a [oh·ow·out, h·w·c], zeroed: the convolution as a matrix. */
static void unroll(double *a, const convolution *k, const float *weight)
{
    int64_t each = k->c / k->groups, per_group = k->out / k->groups;
    for (int64_t y = 0; y < k->oh; y++)
        for (int64_t x = 0; x < k->ow; x++)
            for (int64_t o = 0; o < k->out; o++, a += k->h * k->w * k->c)
                for (int64_t i = 0; i < k->kernel; i++)
                    for (int64_t j = 0; j < k->kernel; j++) {
                        int64_t row = y * k->stride - k->pad + i,
                                column = x * k->stride - k->pad + j;
                        if (row < 0 || row >= k->h || column < 0 || column >= k->w) continue;
                        const float *w = weight + ((o * k->kernel + i) * k->kernel + j) * each;
                        double *to = a + (row * k->w + column) * k->c + o / per_group * each;
                        for (int64_t c = 0; c < each; c++) to[c] = w[c];
                    }
}

pv_status pv_activation_basis(float **basis, int64_t *rank, const pv_model *back,
                              const pv_shape *activation)
{
    const pv_layer *l = first_of(back);
    const char *name = l == NULL ? "nothing" : l->name;
    int64_t columns = pv_shape_count(activation), rows;
    *basis = NULL;
    *rank = 0;
    if (l == NULL || (l->kind != PV_LAYER_DENSE && l->kind != PV_LAYER_CONV))
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "no projection: %s comes first behind the cut, and only what a dense layer or a "
                "convolution looks at can be told from the rest; cut elsewhere",
                name);
    if (columns > PV_PROJECTION_MAX)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "no projection: the activation before %s has %lld numbers, at most %d are looked "
                "through; cut elsewhere",
                name, (long long)columns, PV_PROJECTION_MAX);
    const pv_tensor *w = weight_of(back, l);
    if (w == NULL || (l->kind == PV_LAYER_CONV && activation->ndim != 3) ||
        (l->kind == PV_LAYER_DENSE && w->shape.dim[1] != columns))
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "no projection: %s does not look at the activation as one vector; cut elsewhere",
                name);
    convolution k = {0};
    if (l->kind == PV_LAYER_CONV) k = convolution_of(l, activation);
    rows = l->kind == PV_LAYER_CONV ? k.oh * k.ow * k.out : w->shape.dim[0];
    if ((double)rows * (double)columns * (double)(rows < columns ? rows : columns) > MOST_WORK)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "no projection: %s as a matrix has %lld rows of %lld numbers, whose span would "
                "take minutes to find; cut elsewhere",
                name, (long long)rows, (long long)columns);
    double *a = pv_calloc((size_t)rows, (size_t)columns * sizeof *a);
    if (a == NULL) PV_FAIL_MEMORY((size_t)rows * (size_t)columns * sizeof *a);
    const float *value = w->data;
    if (l->kind == PV_LAYER_CONV)
        unroll(a, &k, value);
    else
        for (int64_t i = 0; i < rows * columns; i++) a[i] = value[i];
    int64_t r = pv_span(a, rows, columns, TOLERANCE);
    float *out = r > 0 && r < columns ? pv_alloc((size_t)r, (size_t)columns * sizeof *out) : NULL;
    for (int64_t i = 0; out != NULL && i < r * columns; i++) out[i] = (float)a[i];
    pv_free(a);
    if (r == columns || r == 0)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                r == 0 ? "no projection: the weights of %s are all 0"
                       : "no projection: the rows of %s span all %lld numbers of the activation, "
                         "so that nothing could be left out",
                name, (long long)columns);
    if (out == NULL) PV_FAIL_MEMORY((size_t)r * (size_t)columns * sizeof *out);
    *basis = out;
    *rank = r;
    return PV_OK;
}

enum { LANES = 16 };

void pv_activation_coordinates(float *out, const float *basis, int64_t rank, int64_t numbers,
                               const float *z)
{
    for (int64_t r = 0; r < rank; r++, basis += numbers) {
        float lane[LANES] = {0}, sum = 0; /* the compiler may use vectors, the order is fixed */
        int64_t i = 0;
        for (; i + LANES <= numbers; i += LANES)
            for (int k = 0; k < LANES; k++) lane[k] += basis[i + k] * z[i + k];
        for (; i < numbers; i++) sum += basis[i] * z[i];
        for (int k = 0; k < LANES; k++) sum += lane[k];
        out[r] = sum;
    }
}

void pv_activation_from_coordinates(float *z, const float *basis, int64_t rank, int64_t numbers,
                                    const float *coordinate)
{
    memset(z, 0, (size_t)numbers * sizeof *z);
    for (int64_t r = 0; r < rank; r++, basis += numbers)
        for (int64_t i = 0; i < numbers; i++) z[i] += coordinate[r] * basis[i];
}
