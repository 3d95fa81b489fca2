#include "nn/step.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/stages.h"
#include <math.h>
#include <stdio.h>
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

pv_node pv_smoothed_loss(pv_graph *g, pv_node logits, pv_node label, double smoothing, int classes)
{
    if (smoothing == 0) return pv_cross_entropy_index(g, logits, label);
    pv_node target = pv_one_hot(g, label, classes);
    return pv_cross_entropy(g, logits,
                            pv_affine(g, target, 1 - smoothing, smoothing / (double)classes));
}

/* The network in training mode with its loss, and the gradients of what can be trained: weight[k]
 * has gradient[k], k < *weights. */
typedef struct loss_nodes {
    pv_model_nodes *nodes;
    pv_node *label, *loss, *predicted;
    pv_node *weight, *gradient;
    int weights;
} loss_nodes;

static pv_status build_loss(loss_nodes *l, pv_graph *g, const pv_model *m, int64_t batch,
                            double smoothing)
{
    PV_TRY(pv_model_build(m, g, batch, 1, PV_NONE, l->nodes));
    *l->label = pv_input_index(g, "label", PV_SHAPE(batch));
    *l->loss =
        pv_smoothed_loss(g, l->nodes->logits, *l->label, smoothing, pv_model_what(m).classes);
    *l->predicted = pv_argmax(g, l->nodes->logits);
    PV_TRY(pv_graph_check(g));
    l->weights = 0;
    for (int i = 0; i < pv_model_params(m); i++)
        if (!pv_model_param_is_state(m, i)) l->weight[l->weights++] = l->nodes->param[i];
    PV_TRY(pv_grad(g, l->loss, NULL, 1, l->weight, l->weights, l->gradient));
    /* What follows must compute with the gradient as it is, not with what it was made of: halves of
     * a step would round differently otherwise. */
    for (int i = 0; i < l->weights; i++) l->gradient[i] = pv_detach(g, l->gradient[i]);
    return pv_graph_check(g);
}

/* gradient + mu (w - anchor) */
static pv_status add_proximal(pv_train_step *s, const pv_model *m, double mu, pv_node *gradient)
{
    char name[256];
    pv_graph *g = s->graph;
    s->anchor = pv_alloc((size_t)pv_model_params(m), sizeof *s->anchor);
    if (s->anchor == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d anchors", pv_model_params(m));
    for (int i = 0, k = 0; i < pv_model_params(m); i++) {
        s->anchor[i] = PV_NONE;
        if (pv_model_param_is_state(m, i)) continue;
        pv_node w = s->nodes.param[i];
        snprintf(name, sizeof name, "%s.anchor", pv_model_param_name(m, i));
        s->anchor[i] = pv_param(g, name, m->param[i].value.shape);
        gradient[k] = pv_add(g, gradient[k], pv_scale(g, pv_sub(g, w, s->anchor[i]), mu));
        k++;
    }
    return pv_graph_check(g);
}

static pv_status anchor_to(pv_train_step *s, const pv_model *m)
{
    for (int i = 0; s->anchor != NULL && i < pv_model_params(m); i++)
        if (s->anchor[i] != PV_NONE)
            PV_TRY(pv_plan_write(s->plan, s->anchor[i], m->param[i].value.data, PV_F32));
    return PV_OK;
}

static pv_status allocate(pv_batch *b, int32_t **guess, pv_node **weight, pv_node **gradient,
                          const pv_model *m, int64_t batch)
{
    PV_TRY(pv_batch_init(b, m, batch));
    *guess = pv_calloc((size_t)batch, sizeof **guess);
    *weight = pv_alloc((size_t)pv_model_params(m), sizeof **weight);
    *gradient = pv_alloc((size_t)pv_model_params(m), sizeof **gradient);
    if (*guess == NULL || *weight == NULL || *gradient == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a training step of %d parameters",
                pv_model_params(m));
    return PV_OK;
}

pv_status pv_train_step_init(pv_train_step *s, const pv_model *m, int64_t batch,
                             const pv_optim_options *optim, const pv_loss_options *loss,
                             const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_node *weight = NULL, *grad = NULL;
    *s = (pv_train_step){0};
    PV_TRY(pv_model_check_alone(m));
    PV_TRY_GOTO(allocate(&s->batch, &s->guess, &weight, &grad, m, batch));
    PV_TRY_GOTO(pv_graph_new(&s->graph));
    loss_nodes l = {&s->nodes, &s->label, &s->loss, &s->predicted, weight, grad, 0};
    PV_TRY_GOTO(build_loss(&l, s->graph, m, batch, loss->label_smoothing));
    if (loss->proximal > 0) PV_TRY_GOTO(add_proximal(s, m, loss->proximal, grad));
    PV_TRY_GOTO(pv_optim_append(&s->optim, s->graph, weight, grad, l.weights, optim));
    const pv_node output[2] = {s->loss, s->predicted};
    PV_TRY_GOTO(pv_compile(&s->plan, s->graph, output, 2, options));
    PV_TRY_GOTO(pv_model_to_plan(m, &s->nodes, s->plan));
    PV_TRY_GOTO(anchor_to(s, m));
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
    pv_free(s->anchor);
    pv_free(s->guess);
    *s = (pv_train_step){0};
}

static pv_status write_zeros(pv_plan *plan, const pv_graph *g, pv_node x)
{
    int64_t n = pv_shape_count(pv_node_shape(g, x));
    float *zero = pv_calloc((size_t)n, sizeof *zero);
    if (zero == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *zero);
    pv_status status = pv_plan_write(plan, x, zero, PV_F32);
    pv_free(zero);
    return status;
}

pv_status pv_train_step_restart(pv_train_step *s, const pv_model *m)
{
    PV_TRY(pv_model_to_plan(m, &s->nodes, s->plan));
    for (int i = 0; i < s->optim.states; i++)
        PV_TRY(write_zeros(s->plan, s->graph, s->optim.state[i]));
    return anchor_to(s, m);
}

/* The batch goes in, the plan runs, loss and guesses come out. */
static pv_status run_on(const pv_batch *b, pv_plan *plan, pv_node input, pv_node label,
                        pv_node loss_node, pv_node predicted, int32_t *guess, double *loss,
                        int64_t *correct)
{
    PV_TRY(write_batch(b, plan, input));
    PV_TRY(pv_plan_write(plan, label, b->label, PV_I32));
    PV_TRY(pv_run(plan));
    PV_TRY(pv_plan_read(plan, loss_node, loss, PV_F64));
    PV_TRY(pv_plan_read(plan, predicted, guess, PV_I32));
    *correct = 0;
    for (int64_t i = 0; i < b->size; i++) *correct += guess[i] == b->label[i];
    return PV_OK;
}

pv_status pv_train_step_run(pv_train_step *s, int64_t step, double lr, double *loss,
                            int64_t *correct)
{
    PV_TRY(pv_optim_set(&s->optim, s->plan, step, lr));
    return run_on(&s->batch, s->plan, s->nodes.input, s->label, s->loss, s->predicted, s->guess,
                  loss, correct);
}

pv_status pv_gradient_step_init(pv_gradient_step *s, const pv_model *m, int64_t batch,
                                double label_smoothing, const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_node *weight = NULL, *output = NULL;
    pv_graph *g = NULL;
    int params = pv_model_params(m);
    *s = (pv_gradient_step){0};
    PV_TRY(pv_model_check_alone(m));
    output = pv_alloc((size_t)params + 2, sizeof *output);
    if (output == NULL) PV_FAIL_MEMORY(((size_t)params + 2) * sizeof *output);
    PV_TRY_GOTO(allocate(&s->batch, &s->guess, &weight, &s->gradient, m, batch));
    PV_TRY_GOTO(pv_graph_new(&g));
    loss_nodes l = {&s->nodes, &s->label, &s->loss, &s->predicted, weight, output + 2, 0};
    PV_TRY_GOTO(build_loss(&l, g, m, batch, label_smoothing));
    output[0] = s->loss;
    output[1] = s->predicted;
    PV_TRY_GOTO(pv_compile(&s->plan, g, output, l.weights + 2, options));
    for (int i = 0, k = 2; i < params; i++)
        s->gradient[i] = pv_model_param_is_state(m, i) ? PV_NONE : output[k++];
    PV_TRY_GOTO(pv_model_to_plan(m, &s->nodes, s->plan));
done:
    pv_graph_free(g);
    pv_free(weight);
    pv_free(output);
    if (status != PV_OK) pv_gradient_step_clear(s);
    return status;
}

void pv_gradient_step_clear(pv_gradient_step *s)
{
    pv_plan_free(s->plan);
    pv_model_nodes_clear(&s->nodes);
    pv_batch_clear(&s->batch);
    pv_free(s->gradient);
    pv_free(s->guess);
    *s = (pv_gradient_step){0};
}

pv_status pv_gradient_step_run(pv_gradient_step *s, double *loss, int64_t *correct)
{
    return run_on(&s->batch, s->plan, s->nodes.input, s->label, s->loss, s->predicted, s->guess,
                  loss, correct);
}

pv_status pv_update_step_init(pv_update_step *s, const pv_model *m, const pv_optim_options *optim,
                              const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_node *weight = NULL, *grad = NULL;
    char name[256];
    int params = pv_model_params(m), weights = 0;
    *s = (pv_update_step){0};
    s->param = pv_alloc((size_t)params, sizeof *s->param);
    s->gradient = pv_alloc((size_t)params, sizeof *s->gradient);
    weight = pv_alloc((size_t)params, sizeof *weight);
    grad = pv_alloc((size_t)params, sizeof *grad);
    if (s->param == NULL || s->gradient == NULL || weight == NULL || grad == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for an update of %d parameters", params);
    PV_TRY_GOTO(pv_graph_new(&s->graph));
    for (int i = 0; i < params; i++) {
        s->param[i] = s->gradient[i] = PV_NONE;
        if (pv_model_param_is_state(m, i)) continue;
        const pv_shape shape = m->param[i].value.shape;
        snprintf(name, sizeof name, "%s.gradient", pv_model_param_name(m, i));
        weight[weights] = s->param[i] = pv_param(s->graph, pv_model_param_name(m, i), shape);
        grad[weights++] = s->gradient[i] = pv_input(s->graph, name, shape);
    }
    PV_TRY_GOTO(pv_optim_append(&s->optim, s->graph, weight, grad, weights, optim));
    PV_TRY_GOTO(pv_compile(&s->plan, s->graph, NULL, 0, options));
    for (int i = 0; i < params; i++)
        if (s->param[i] != PV_NONE)
            PV_TRY_GOTO(pv_plan_write(s->plan, s->param[i], m->param[i].value.data, PV_F32));
done:
    pv_free(weight);
    pv_free(grad);
    if (status != PV_OK) pv_update_step_clear(s);
    return status;
}

void pv_update_step_clear(pv_update_step *s)
{
    pv_plan_free(s->plan);
    pv_graph_free(s->graph);
    pv_optim_clear(&s->optim);
    pv_free(s->param);
    pv_free(s->gradient);
    *s = (pv_update_step){0};
}

pv_status pv_update_step_run(pv_update_step *s, int64_t step, double lr)
{
    PV_TRY(pv_optim_set(&s->optim, s->plan, step, lr));
    return pv_run(s->plan);
}

pv_status pv_forward_init(pv_forward *f, const pv_model *m, int64_t batch,
                          const pv_plan_options *options)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    *f = (pv_forward){0};
    PV_TRY(pv_model_check_alone(m));
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

int pv_largest_class(const float *row, int64_t classes)
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
            int label = f->batch.label[i], guess = pv_largest_class(row, classes);
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
