#include "nn/step.h"

#include "base/ctx.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

pv_status pv_batch_init(pv_batch *b, const pv_model *m, int64_t size)
{
    const pv_model_domain domain = pv_model_what(m);
    int64_t each = pv_shape_count(&domain.sample);
    *b = (pv_batch){.size = size, .kind = domain.kind};
    b->x = pv_calloc((size_t)size, (size_t)each * sizeof(float));
    b->label = pv_calloc((size_t)size, sizeof *b->label);
    if (b->x == NULL || b->label == NULL) {
        pv_batch_clear(b);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a batch of %lld samples", (long long)size);
    }
    return PV_OK;
}

void pv_batch_clear(pv_batch *b)
{
    pv_free(b->x);
    pv_free(b->label);
    *b = (pv_batch){0};
}

void pv_batch_fill(pv_batch *b, const pv_model *m, const pv_data *data, const int64_t *index,
                   const pv_augment *augment, uint64_t seed, uint64_t stream)
{
    if (b->kind == PV_DATA_TEXT)
        pv_data_tokens(data, index, b->size, b->x, b->label);
    else
        pv_data_batch(data, index, b->size, pv_model_norm(m), augment, seed, stream, b->x,
                      b->label);
}

static pv_status write_batch(const pv_batch *b, pv_plan *plan, pv_node x)
{
    return pv_plan_write(plan, x, b->x, b->kind == PV_DATA_TEXT ? PV_I32 : PV_F32);
}

/* Cross entropy against labels whose mass is spread: (1 - smoothing) on the label and smoothing on
 * all classes alike (Szegedy et al. 2016, section 7). */
static pv_node smoothed_loss(pv_graph *g, pv_node logits, pv_node label, double smoothing,
                             int classes)
{
    if (smoothing == 0) return pv_cross_entropy_index(g, logits, label);
    pv_node target = pv_one_hot(g, label, classes);
    return pv_cross_entropy(g, logits,
                            pv_affine(g, target, 1 - smoothing, smoothing / (double)classes));
}

pv_status pv_train_step_init(pv_train_step *s, const pv_model *m, int64_t batch,
                             const pv_optim_options *optim, double label_smoothing,
                             const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_node *weight = NULL, *grad = NULL;
    int weights = 0;
    *s = (pv_train_step){0};
    PV_TRY_GOTO(pv_batch_init(&s->batch, m, batch));
    s->guess = pv_calloc((size_t)batch, sizeof *s->guess);
    weight = pv_alloc((size_t)pv_model_params(m), sizeof *weight);
    grad = pv_alloc((size_t)pv_model_params(m), sizeof *grad);
    if (s->guess == NULL || weight == NULL || grad == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a training step of %d parameters",
                     pv_model_params(m));
    PV_TRY_GOTO(pv_graph_new(&s->graph));
    pv_graph *g = s->graph;
    PV_TRY_GOTO(pv_model_build(m, g, batch, 1, PV_NONE, &s->nodes));
    s->label = pv_input_index(g, "label", PV_SHAPE(batch));
    s->loss =
        smoothed_loss(g, s->nodes.logits, s->label, label_smoothing, pv_model_what(m).classes);
    s->predicted = pv_argmax(g, s->nodes.logits);
    PV_TRY_GOTO(pv_graph_check(g));
    for (int i = 0; i < pv_model_params(m); i++)
        if (!pv_model_param_is_state(m, i)) weight[weights++] = s->nodes.param[i];
    PV_TRY_GOTO(pv_grad(g, &s->loss, NULL, 1, weight, weights, grad));
    PV_TRY_GOTO(pv_optim_append(&s->optim, g, weight, grad, weights, optim));
    const pv_node output[2] = {s->loss, s->predicted};
    PV_TRY_GOTO(pv_compile(&s->plan, g, output, 2, options));
    PV_TRY_GOTO(pv_model_to_plan(m, &s->nodes, s->plan));
done:
    pv_free(weight);
    pv_free(grad);
    if (status != PV_OK) pv_train_step_clear(s);
    return status;
}

void pv_train_step_clear(pv_train_step *s)
{
    pv_plan_free(s->plan);
    pv_graph_free(s->graph);
    pv_optim_clear(&s->optim);
    pv_model_nodes_clear(&s->nodes);
    pv_batch_clear(&s->batch);
    pv_free(s->guess);
    *s = (pv_train_step){0};
}

pv_status pv_train_step_run(pv_train_step *s, int64_t step, double lr, double *loss,
                            int64_t *correct)
{
    PV_TRY(write_batch(&s->batch, s->plan, s->nodes.input));
    PV_TRY(pv_plan_write(s->plan, s->label, s->batch.label, PV_I32));
    PV_TRY(pv_optim_set(&s->optim, s->plan, step, lr));
    PV_TRY(pv_run(s->plan));
    PV_TRY(pv_plan_read(s->plan, s->loss, loss, PV_F64));
    PV_TRY(pv_plan_read(s->plan, s->predicted, s->guess, PV_I32));
    *correct = 0;
    for (int64_t i = 0; i < s->batch.size; i++) *correct += s->guess[i] == s->batch.label[i];
    return PV_OK;
}

pv_status pv_forward_init(pv_forward *f, const pv_model *m, int64_t batch,
                          const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    *f = (pv_forward){0};
    PV_TRY_GOTO(pv_batch_init(&f->batch, m, batch));
    f->index = pv_calloc((size_t)batch, sizeof *f->index);
    f->log_probabilities =
        pv_calloc((size_t)batch, (size_t)pv_model_what(m).classes * sizeof *f->log_probabilities);
    if (f->index == NULL || f->log_probabilities == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a batch of %lld samples", (long long)batch);
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build(m, g, batch, 0, PV_NONE, &f->nodes));
    f->log_probability = pv_log_softmax(g, f->nodes.logits);
    PV_TRY_GOTO(pv_compile(&f->plan, g, &f->log_probability, 1, options));
    PV_TRY_GOTO(pv_model_to_plan(m, &f->nodes, f->plan));
done:
    pv_graph_free(g);
    if (status != PV_OK) pv_forward_clear(f);
    return status;
}

void pv_forward_clear(pv_forward *f)
{
    pv_plan_free(f->plan);
    pv_model_nodes_clear(&f->nodes);
    pv_batch_clear(&f->batch);
    pv_free(f->index);
    pv_free(f->log_probabilities);
    *f = (pv_forward){0};
}

pv_status pv_forward_run(pv_forward *f, const pv_model *m, const pv_data *data, int64_t first,
                         int64_t *n)
{
    int64_t left = pv_data_count(data) - first;
    *n = left < f->batch.size ? left : f->batch.size;
    /* The last batch is filled up with its own last sample: one plan serves all. */
    for (int64_t i = 0; i < f->batch.size; i++) f->index[i] = first + (i < *n ? i : *n - 1);
    pv_batch_fill(&f->batch, m, data, f->index, NULL, 0, 0);
    PV_TRY(write_batch(&f->batch, f->plan, f->nodes.input));
    PV_TRY(pv_run(f->plan));
    return pv_plan_read(f->plan, f->log_probability, f->log_probabilities, PV_F32);
}

/* The first of the largest. */
static int largest(const float *row, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (row[k] > row[best]) best = k;
    return best;
}

pv_status pv_forward_measure(pv_forward *f, const pv_model *m, const pv_data *data,
                             const pv_ctx *ctx, const char *what, int64_t *confusion, double *loss,
                             double *accuracy)
{
    int classes = pv_model_what(m).classes;
    int64_t count = pv_data_count(data), correct = 0, n;
    double sum = 0;
    for (int64_t first = 0; first < count; first += n) {
        PV_TRY(pv_ctx_check(ctx));
        PV_TRY(pv_forward_run(f, m, data, first, &n));
        for (int64_t i = 0; i < n; i++) {
            const float *row = f->log_probabilities + i * classes;
            int label = f->batch.label[i], guess = largest(row, classes);
            sum -= row[label];
            correct += guess == label;
            if (confusion != NULL) confusion[label * classes + guess]++;
        }
        if (what != NULL) pv_ctx_progress(ctx, what, (uint64_t)(first + n), (uint64_t)count);
    }
    *loss = sum / (double)count;
    *accuracy = (double)correct / (double)count;
    return PV_OK;
}
