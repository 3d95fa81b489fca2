#include "attack/gradient/restore.h"

#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/stages.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOISE = 16, ROUNDS = 8 }; /* samples of noise at a time, and how often */

/* The parameters of the dense layer that the network ends in. */
static pv_status find_last(pv_restore *r)
{
    const pv_model *m = r->model;
    const pv_layer *last = NULL;
    r->factor = 1;
    for (size_t i = m->layers.count; i-- > 0;) {
        last = &m->layers.layer[i];
        if (last->kind != PV_LAYER_SCALE) break;
        r->factor *= last->value[0];
    }
    if (last == NULL || last->kind != PV_LAYER_DENSE || m->params == 0 || r->factor == 0)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s does not end in a dense layer, whose gradient tells the labels", m->name);
    int with_bias = last->value[PV_DENSE_BIAS] != 0;
    r->bias = with_bias ? (int)m->params - 1 : -1;
    r->weight = (int)m->params - 1 - with_bias;
    const pv_shape *shape = &m->param[r->weight].value.shape;
    r->classes = shape->dim[0];
    r->inputs = shape->dim[1];
    return PV_OK;
}

static pv_status build(pv_restore *r)
{
    pv_graph *g = NULL;
    pv_status status = PV_OK;
    pv_plan_options options = {.size = sizeof options, .seed = 1};
    pv_node out[2];
    PV_TRY(pv_graph_new(&g));
    /* in training mode: batch norm answers as it did when the gradient was made */
    PV_TRY_GOTO(pv_model_build(r->model, g, NOISE, 1, PV_NONE, &r->nodes));
    r->label = pv_input_index(g, "noise.label", PV_SHAPE(NOISE));
    pv_node loss = pv_cross_entropy_index(g, r->nodes.logits, r->label);
    PV_TRY_GOTO(pv_grad(g, &loss, NULL, 1, &r->nodes.param[r->weight], 1, &r->slope));
    out[0] = r->probability = pv_softmax(g, r->nodes.logits);
    out[1] = r->slope;
    PV_TRY_GOTO(pv_graph_check(g));
    PV_TRY_GOTO(pv_compile(&r->plan, g, out, 2, &options));
done:
    pv_graph_free(g);
    return status;
}

pv_status pv_restore_init(pv_restore *r, const pv_model *model, uint64_t seed)
{
    pv_status status = PV_OK;
    *r = (pv_restore){.model = model, .seed = seed};
    PV_TRY(pv_model_check_alone(model));
    PV_TRY(find_last(r));
    size_t classes = (size_t)r->classes;
    r->mean = pv_calloc(classes, 2 * sizeof *r->mean);
    r->p = pv_alloc(NOISE * classes, sizeof *r->p);
    r->noise = pv_alloc((size_t)pv_shape_count(&model->domain.sample), NOISE * sizeof(float));
    r->rows = pv_alloc(classes, (size_t)r->inputs * sizeof *r->rows);
    if (r->mean == NULL || r->p == NULL || r->noise == NULL || r->rows == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the labels of %zu classes", classes);
    r->count = r->mean + classes;
    PV_TRY_GOTO(build(r));
done:
    if (status != PV_OK) pv_restore_clear(r);
    return status;
}

void pv_restore_clear(pv_restore *r)
{
    pv_plan_free(r->plan);
    pv_model_nodes_clear(&r->nodes);
    pv_free(r->mean);
    pv_free(r->p);
    pv_free(r->noise);
    pv_free(r->rows);
    *r = (pv_restore){0};
}

/* The mean probabilities that the network gives to noise of the data's mean and spread. */
static pv_status average(pv_restore *r, const float *const *weight)
{
    const pv_model *m = r->model;
    int64_t n = NOISE * pv_shape_count(&m->domain.sample);
    int text = m->domain.kind == PV_DATA_TEXT;
    pv_rng stream = pv_rng_make(r->seed, PV_STREAM_ATTACK), rng = pv_rng_fork(&stream, UINT64_MAX);
    const int32_t first[NOISE] = {0};
    for (int64_t k = 0; k < r->classes; k++) r->mean[k] = 0;
    r->entry = 0;
    PV_TRY(pv_plan_write(r->plan, r->label, first, PV_I32));
    for (int i = 0; i < r->nodes.params; i++)
        if (weight[i] != NULL && pv_plan_has(r->plan, r->nodes.param[i]))
            PV_TRY(pv_plan_write(r->plan, r->nodes.param[i], weight[i], PV_F32));
    for (int round = 0; round < ROUNDS; round++) {
        for (int64_t k = 0; k < n; k++) {
            if (text)
                ((int32_t *)r->noise)[k] =
                    (int32_t)pv_rng_below(&rng, (uint64_t)m->domain.vocabulary);
            else
                ((float *)r->noise)[k] = (float)pv_rng_normal(&rng);
        }
        PV_TRY(pv_plan_write(r->plan, r->nodes.input, r->noise, text ? PV_I32 : PV_F32));
        PV_TRY(pv_run(r->plan));
        PV_TRY(pv_plan_read(r->plan, r->probability, r->p, PV_F32));
        for (int64_t k = 0; k < NOISE * r->classes; k++)
            r->mean[k % r->classes] += r->p[k] / (double)(NOISE * ROUNDS);
        PV_TRY(pv_plan_read(r->plan, r->slope, r->rows, PV_F32));
        for (int64_t j = 0; j < r->inputs; j++)
            r->entry += (r->factor < 0 ? -1 : 1) * (double)r->rows[j] / ROUNDS;
    }
    return PV_OK;
}

/* s * mean (p_k - [y = k]) for every class, up to a positive factor when there is no bias. */
static void entries(const pv_restore *r, const float *const *gradient, double *entry)
{
    for (int64_t k = 0; k < r->classes; k++) {
        entry[k] = 0;
        if (r->bias >= 0) entry[k] = gradient[r->bias][k];
        for (int64_t j = 0; r->bias < 0 && j < r->inputs; j++)
            entry[k] += gradient[r->weight][k * r->inputs + j];
        if (r->factor < 0) entry[k] = -entry[k];
    }
}

static void least(const double *entry, int64_t classes, int32_t *label, double *confidence)
{
    int64_t best = 0;
    double next = INFINITY, most = 0;
    for (int64_t k = 1; k < classes; k++)
        if (entry[k] < entry[best]) best = k;
    for (int64_t k = 0; k < classes; k++) {
        if (k != best) next = fmin(next, entry[k]);
        most = fmax(most, fabs(entry[k]));
    }
    *label = (int32_t)best;
    if (confidence != NULL) *confidence = most > 0 ? (next - entry[best]) / most : 0;
}

/* What an entry must be divided by to be mean (p_k - [y = k]). Without a bias, s * mean_n sum_j
 * h_nj: what the noise says of it. */
static double unit(const pv_restore *r)
{
    double sure = 1 - r->mean[0];
    return r->bias >= 0 ? fabs(r->factor) : sure > 0 && r->entry < 0 ? -r->entry / sure : 1;
}

static int64_t largest(const double *value, int64_t n)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++)
        if (value[k] > value[best]) best = k;
    return best;
}

typedef struct chosen {
    int32_t label;
    double left;
} chosen;

static int by_label(const void *a, const void *b)
{
    const chosen *x = a, *y = b;
    return x->label != y->label ? (x->label > y->label) - (x->label < y->label)
                                : (x->left < y->left) - (x->left > y->left);
}

/* batch classes by their counts; what is left of these afterwards, in all, is returned: whole
 * numbers leave nothing. Classes with a negative entry must be there. */
static double choose(double *count, const double *entry, int64_t classes, chosen *out,
                     int64_t batch)
{
    int64_t n = 0;
    double left = 0;
    for (int64_t k = 0; k < classes && n < batch; k++) {
        if (!(entry[k] < 0)) continue;
        out[n++] = (chosen){(int32_t)k, count[k]};
        count[k] -= 1;
    }
    for (; n < batch; n++) {
        int64_t k = largest(count, classes);
        out[n] = (chosen){(int32_t)k, count[k]};
        count[k] -= 1;
    }
    for (int64_t k = 0; k < classes; k++) left += fabs(count[k]);
    return left;
}

/* Counts from a mean of p that is the noise's, uniform or between them: the one whose counts are
 * the closest to whole numbers. */
static void count_labels(pv_restore *r, const double *entry, chosen *out, chosen *trial,
                         int64_t batch)
{
    double one = unit(r), best = INFINITY;
    for (int share = 0; share <= 2; share++) {
        for (int64_t k = 0; k < r->classes; k++) {
            double mean = r->mean[k] + 0.5 * share * (1 / (double)r->classes - r->mean[k]);
            r->count[k] = (double)batch * (mean - entry[k] / one);
        }
        double left = choose(r->count, entry, r->classes, trial, batch);
        if (!(left < best)) continue;
        best = left;
        memcpy(out, trial, (size_t)batch * sizeof *out);
    }
}

pv_status pv_restore_labels(pv_restore *r, int32_t *label, double *confidence,
                            const float *const *weight, const float *const *gradient, int64_t batch)
{
    pv_status status = PV_OK;
    chosen *found = NULL;
    double *entry = pv_alloc((size_t)r->classes, sizeof *entry);
    if (entry == NULL) PV_FAIL_MEMORY((size_t)r->classes * sizeof *entry);
    entries(r, gradient, entry);
    if (batch == 1) {
        least(entry, r->classes, label, confidence);
        goto done;
    }
    found = pv_calloc((size_t)batch, 2 * sizeof *found);
    if (found == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu labels", (size_t)batch);
    PV_TRY_GOTO(average(r, weight));
    count_labels(r, entry, found, found + batch, batch);
    qsort(found, (size_t)batch, sizeof *found, by_label);
    for (int64_t i = 0; i < batch; i++) {
        label[i] = found[i].label;
        if (confidence != NULL) confidence[i] = found[i].left;
    }
done:
    pv_free(found);
    pv_free(entry);
    return status;
}
