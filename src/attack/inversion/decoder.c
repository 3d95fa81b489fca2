#include "attack/inversion/decoder.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

/* A tenth of the pairs, at most 256, say when to stop. */
enum { BATCH = 32, WIDTH = 64, HIDDEN = 256, FEWEST = 20, MOST_HELD = 256 };

#define FIRST 0.1

void pv_decoder_defaults(pv_decoder_options *o)
{
    *o = (pv_decoder_options){.steps = 3000, .lr = 2e-3, .width = WIDTH, .seed = 1};
}

/* ---- its shape */

/* x [n, h, w, c] with zeros around it (or cut) to rows x columns, about the middle. */
static pv_node resize(pv_graph *g, pv_node x, int64_t rows, int64_t columns)
{
    const pv_shape *s = pv_node_shape(g, x);
    if (s == NULL) return PV_NONE;
    pv_shape to = *s;
    int64_t begin[PV_MAX_DIMS] = {0};
    int64_t grown[2] = {s->dim[1] > rows ? s->dim[1] : rows,
                        s->dim[2] > columns ? s->dim[2] : columns};
    begin[1] = (grown[0] - s->dim[1]) / 2;
    begin[2] = (grown[1] - s->dim[2]) / 2;
    to.dim[1] = grown[0];
    to.dim[2] = grown[1];
    x = pv_pad(g, x, begin, to);
    begin[1] = (grown[0] - rows) / 2;
    begin[2] = (grown[1] - columns) / 2;
    to.dim[1] = rows;
    to.dim[2] = columns;
    return pv_slice(g, x, begin, to);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static pv_node image(pv_learner *l, pv_shape activation, pv_shape sample, int64_t width)
{
    pv_graph *g = l->graph;
    int64_t height = sample.dim[0], across = sample.dim[1];
    int doublings = 0;
    pv_node h = l->x;
    if (activation.ndim == 3) {
        int64_t times = smaller(height / smaller(activation.dim[0], height),
                                across / smaller(activation.dim[1], across));
        while ((2 << doublings) <= times) doublings++;
        int64_t by = 1 << doublings;
        h = resize(g, h, (height + by - 1) / by, (across + by - 1) / by);
        h = pv_relu(g, pv_learner_conv(l, h, width, 3));
    } else {
        int64_t rows = (height + 3) / 4, columns = (across + 3) / 4, deep = width / 2;
        doublings = 2;
        h = pv_relu(g, pv_learner_dense(l, h, rows * columns * deep));
        h = pv_reshape(g, h, PV_SHAPE(l->batch, rows, columns, deep));
    }
    for (int i = 0; i < doublings; i++) {
        int64_t channels = width >> (i / 2) > 16 ? width >> (i / 2) : 16;
        h = pv_unsqueeze2(g, pv_relu(g, pv_learner_conv(l, h, 4 * (channels / 2), 3)));
    }
    h = pv_relu(g, pv_learner_conv(l, h, width / 2, 3));
    return resize(g, pv_learner_conv(l, h, sample.dim[2], 3), height, across);
}

/* Samples less their mean: small at first, so that learning begins at the mean. */
static pv_node network(pv_learner *l, pv_shape activation, pv_shape sample, int64_t width)
{
    pv_graph *g = l->graph;
    if (sample.ndim == 3) return pv_scale(g, image(l, activation, sample, width), FIRST);
    pv_node h = pv_relu(g, pv_learner_dense(l, pv_flatten(g, l->x), HIDDEN));
    h = pv_relu(g, pv_learner_dense(l, h, HIDDEN));
    return pv_scale(g, pv_learner_dense(l, h, pv_shape_count(&sample)), FIRST);
}

/* ---- learning */

/* What the activations' columns have, and the mean of the samples. */
static pv_status measure(pv_decoder *d, const float *z, const float *x, int64_t n)
{
    int64_t outputs = d->learner.outputs;
    PV_TRY(pv_standard_init(&d->activation, z, n, d->learner.width));
    d->middle = pv_calloc((size_t)outputs, sizeof *d->middle);
    if (d->middle == NULL) PV_FAIL_MEMORY((size_t)outputs * sizeof *d->middle);
    for (int64_t k = 0; k < n * outputs; k++) d->middle[k % outputs] += x[k] / (float)n;
    return PV_OK;
}

static float *centred(const pv_decoder *d, const float *x, int64_t n)
{
    int64_t outputs = d->learner.outputs;
    float *out = pv_alloc((size_t)n, (size_t)outputs * sizeof *out);
    for (int64_t k = 0; out != NULL && k < n * outputs; k++) out[k] = x[k] - d->middle[k % outputs];
    return out;
}

pv_status pv_decoder_learn(pv_decoder *d, pv_shape activation, pv_shape sample, const float *z,
                           const float *x, int64_t n, const pv_decoder_options *o,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_shape input = activation;
    float *in = NULL, *target = NULL;
    int exhausted = 0;
    *d = (pv_decoder){0};
    if ((sample.ndim != 3 && sample.ndim != 1) || (activation.ndim != 3 && activation.ndim != 1))
        PV_FAIL(PV_ERR_SHAPE,
                "an activation of %d dimensions, and a sample of %d; both have 1 or 3",
                activation.ndim, sample.ndim);
    for (int i = input.ndim++; i > 0; i--) input.dim[i] = input.dim[i - 1];
    input.dim[0] = BATCH;
    PV_TRY(pv_learner_init(&d->learner, input, o->seed));
    PV_TRY_GOTO(pv_learner_ready(
        &d->learner, network(&d->learner, activation, sample, o->width > 0 ? o->width : WIDTH),
        PV_LEARNER_SQUARE, ctx));
    PV_TRY_GOTO(measure(d, z, x, n));
    in = pv_standard_rows(&d->activation, z, n);
    target = centred(d, x, n);
    if (in == NULL || target == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld pairs", (long long)n);
    int64_t held = n < FEWEST ? 0 : smaller(n / 10, MOST_HELD);
    pv_learner_plan how = {.held = held, .steps = o->steps, .lr = o->lr, .deadline = o->deadline};
    PV_TRY_GOTO(pv_learner_fit(&d->learner, in, target, n, &how, &d->loss, &exhausted,
                               "inverse-network", ctx));
    d->finished = !exhausted;
done:
    pv_free(in);
    pv_free(target);
    if (status != PV_OK) pv_decoder_clear(d);
    return status;
}

pv_status pv_decoder_apply(pv_decoder *d, float *x, const float *z, int64_t n)
{
    float *in = pv_standard_rows(&d->activation, z, n);
    if (in == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld activations", (long long)n);
    pv_status status = pv_learner_apply(&d->learner, x, in, n);
    int64_t outputs = d->learner.outputs;
    for (int64_t k = 0; status == PV_OK && k < n * outputs; k++) x[k] += d->middle[k % outputs];
    pv_free(in);
    return status;
}

void pv_decoder_clear(pv_decoder *d)
{
    pv_learner_clear(&d->learner);
    pv_standard_clear(&d->activation);
    pv_free(d->middle);
    *d = (pv_decoder){0};
}
