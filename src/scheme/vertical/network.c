#include "scheme/vertical/network.h"

#include "base/mem.h"
#include "fed/save.h"
#include "nn/model_i.h"
#include "nn/stages.h"

#include <string.h>

/* ---- where to cut */

/* Layers that work on each number alone, or on a row of them, and so may stand behind the cut. */
static int passes(pv_layer_kind kind)
{
    switch (kind) {
    case PV_LAYER_SCALE:
    case PV_LAYER_RELU:
    case PV_LAYER_LEAKY_RELU:
    case PV_LAYER_ELU:
    case PV_LAYER_SIGMOID:
    case PV_LAYER_TANH:
    case PV_LAYER_GELU:
    case PV_LAYER_SOFTPLUS:
    case PV_LAYER_DROPOUT:
        return 1;
    default:
        return 0;
    }
}

static int find_param(const pv_model *m, const char *layer, const char *part)
{
    size_t n = strlen(layer);
    for (size_t i = 0; i < m->params; i++) {
        const char *name = m->param[i].name;
        if (strncmp(name, layer, n) == 0 && name[n] == '.' && strcmp(name + n + 1, part) == 0)
            return (int)i;
    }
    return -1;
}

/* The layer feeds on rows of `width` numbers. A dense layer on tokens [n, t, d] would need another
 * boundary. */
static pv_status check_rows(const pv_vertical_cut *c, const pv_model *m)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_model_nodes nodes = {0};
    char text[PV_SHAPE_TEXT];
    PV_TRY(pv_model_check_alone(m));
    PV_TRY(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build_part(m, g, 1, 0, PV_NONE, 0, (size_t)c->layer, &nodes));
    const pv_shape *s = pv_node_shape(g, nodes.logits);
    if (s->ndim != 2)
        PV_FAIL_GOTO(
            PV_ERR_MISMATCH,
            "%s: the shared layer %s gets %s (batch first), rows of numbers were expected; "
            "put 'flatten' before it",
            m->name, c->name, pv_shape_text(s, text));
done:
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    return status;
}

pv_status pv_vertical_cut_find(pv_vertical_cut *c, const pv_model *m, int64_t head)
{
    int64_t dense = 0;
    *c = (pv_vertical_cut){.layer = (int64_t)m->layers.count};
    while (dense < head) {
        const pv_layer *l = c->layer > 0 ? &m->layers.layer[c->layer - 1] : NULL;
        if (l != NULL && l->kind == PV_LAYER_DENSE)
            dense++;
        else if (l == NULL || !passes(l->kind))
            PV_FAIL(PV_ERR_MISMATCH,
                    "%s: it ends in %lld dense layer%s with nothing but elementwise layers between "
                    "them%s%s; head = %lld needs so many",
                    m->name, (long long)dense, dense == 1 ? "" : "s", l == NULL ? "" : " after ",
                    l == NULL ? "" : l->name, (long long)head);
        c->layer--;
    }
    const pv_layer *shared = &m->layers.layer[c->layer];
    c->name = shared->name;
    c->weight = find_param(m, shared->name, "weight");
    c->bias = find_param(m, shared->name, "bias");
    c->outputs = m->param[c->weight].value.shape.dim[0];
    c->width = m->param[c->weight].value.shape.dim[1];
    return check_rows(c, m);
}

int pv_vertical_side(const pv_vertical_cut *c, const pv_model *m, int i)
{
    if (i == c->weight) return 1;
    if (i == c->bias) return 2;
    return i < c->weight && (size_t)i < m->params ? 0 : 2;
}

int pv_vertical_learns(const pv_vertical_cut *c, const pv_model *m)
{
    for (int i = 0; i < c->weight; i++)
        if (!pv_model_param_is_state(m, i)) return 1;
    return 0;
}

/* ---- what both halves share */

/* Of the parameters of a half those that can be trained, and the gradients of y, whose cotangent is
 * cotangent (PV_NONE: one). extra (PV_NONE: none) gets the last gradient. */
typedef struct learner {
    pv_node *weight, *gradient;
    int weights;
} learner;

static void learner_clear(learner *l)
{
    pv_free(l->weight);
    pv_free(l->gradient);
}

static pv_status learner_init(learner *l, const pv_model *m, const pv_model_nodes *nodes)
{
    *l = (learner){.weight = pv_alloc(m->params + 1, sizeof *l->weight),
                   .gradient = pv_alloc(m->params + 1, sizeof *l->gradient)};
    if (l->weight == NULL || l->gradient == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a training step of %zu parameters", m->params);
    for (size_t i = 0; i < m->params; i++)
        if (nodes->param[i] != PV_NONE && !pv_model_param_is_state(m, (int)i))
            l->weight[l->weights++] = nodes->param[i];
    return PV_OK;
}

static pv_status save_params(const pv_vertical_cut *c, const pv_model *m, int side, pv_writer *w)
{
    for (size_t i = 0; i < m->params; i++)
        if (pv_vertical_side(c, m, (int)i) == side)
            pv_fed_save_floats(w, m->param[i].value.data, pv_tensor_count(&m->param[i].value));
    return pv_writer_status(w);
}

static pv_status load_params(const pv_vertical_cut *c, pv_model *m, int side, pv_reader *r)
{
    for (size_t i = 0; i < m->params; i++)
        if (pv_vertical_side(c, m, (int)i) == side)
            pv_fed_load_floats(r, m->param[i].value.data, pv_tensor_count(&m->param[i].value),
                               m->param[i].name);
    return pv_reader_status(r);
}

/* ---- the bottom */
static pv_status bottom_plan(pv_plan **plan, pv_model_nodes *nodes, const pv_bottom *b, int train,
                             const pv_half_options *o)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    PV_TRY(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build_part(b->model, g, o->batch, train, PV_NONE, 0, (size_t)b->cut->layer,
                                    nodes));
    PV_TRY_GOTO(pv_compile(plan, g, &nodes->logits, 1, &o->plan));
    PV_TRY_GOTO(pv_model_to_plan(b->model, nodes, *plan));
done:
    pv_graph_free(g);
    return status;
}

static pv_status bottom_back(pv_bottom *b, const pv_half_options *o)
{
    pv_status status = PV_OK;
    learner l = {0};
    PV_TRY(pv_graph_new(&b->graph));
    PV_TRY(pv_model_build_part(b->model, b->graph, o->batch, 1, PV_NONE, 0, (size_t)b->cut->layer,
                               &b->back_nodes));
    PV_TRY_GOTO(learner_init(&l, b->model, &b->back_nodes));
    if (l.weights == 0) goto done;
    b->cotangent = pv_input(b->graph, "cotangent", PV_SHAPE(o->batch, b->cut->width));
    PV_TRY_GOTO(pv_grad(b->graph, &b->back_nodes.logits, &b->cotangent, 1, l.weight, l.weights,
                        l.gradient));
    for (int i = 0; i < l.weights; i++) l.gradient[i] = pv_detach(b->graph, l.gradient[i]);
    PV_TRY_GOTO(pv_optim_append(&b->optim, b->graph, l.weight, l.gradient, l.weights, &o->optim));
    PV_TRY_GOTO(pv_compile(&b->back, b->graph, NULL, 0, &o->plan));
    PV_TRY_GOTO(pv_model_to_plan(b->model, &b->back_nodes, b->back));
done:
    learner_clear(&l);
    return status;
}

pv_status pv_bottom_init(pv_bottom *b, pv_model *m, const pv_vertical_cut *cut,
                         const pv_half_options *o)
{
    pv_status status = PV_OK;
    *b = (pv_bottom){.cut = cut, .model = m};
    PV_TRY_GOTO(pv_batch_init(&b->batch, m, o->batch));
    PV_TRY_GOTO(bottom_plan(&b->evaluate, &b->evaluate_nodes, b, 0, o));
    if (!o->training) goto done;
    PV_TRY_GOTO(bottom_plan(&b->forward, &b->forward_nodes, b, 1, o));
    PV_TRY_GOTO(bottom_back(b, o));
done:
    if (status != PV_OK) pv_bottom_clear(b);
    return status;
}

void pv_bottom_clear(pv_bottom *b)
{
    pv_plan_free(b->forward);
    pv_plan_free(b->evaluate);
    pv_plan_free(b->back);
    pv_graph_free(b->graph);
    pv_optim_clear(&b->optim);
    pv_model_nodes_clear(&b->forward_nodes);
    pv_model_nodes_clear(&b->evaluate_nodes);
    pv_model_nodes_clear(&b->back_nodes);
    pv_batch_clear(&b->batch);
    *b = (pv_bottom){0};
}

static pv_status write_batch(const pv_batch *b, pv_plan *plan, pv_node x)
{
    return pv_plan_write(plan, x, b->x, b->kind == PV_DATA_TEXT ? PV_I32 : PV_F32);
}

pv_status pv_bottom_forward(pv_bottom *b, int64_t step, float *a)
{
    pv_plan *plan = step < 0 ? b->evaluate : b->forward;
    const pv_model_nodes *nodes = step < 0 ? &b->evaluate_nodes : &b->forward_nodes;
    PV_TRY(write_batch(&b->batch, plan, nodes->input));
    if (step >= 0) pv_plan_set_step(plan, (uint64_t)step);
    PV_TRY(pv_run(plan));
    return pv_plan_read(plan, nodes->logits, a, PV_F32);
}

pv_status pv_bottom_backward(pv_bottom *b, int64_t step, double lr, const float *gradient)
{
    if (b->back == NULL) return PV_OK;
    PV_TRY(write_batch(&b->batch, b->back, b->back_nodes.input));
    PV_TRY(pv_plan_write(b->back, b->cotangent, gradient, PV_F32));
    PV_TRY(pv_optim_set(&b->optim, b->back, step, lr));
    pv_plan_set_step(b->back, (uint64_t)step);
    PV_TRY(pv_run(b->back));
    PV_TRY(pv_model_from_plan(b->model, &b->back_nodes, b->back));
    return pv_model_to_plan(b->model, &b->forward_nodes, b->forward);
}

pv_status pv_bottom_store(pv_bottom *b)
{
    if (b->back != NULL) PV_TRY(pv_model_from_plan(b->model, &b->back_nodes, b->back));
    return pv_model_to_plan(b->model, &b->evaluate_nodes, b->evaluate);
}

pv_status pv_bottom_restore(pv_bottom *b)
{
    if (b->back != NULL) PV_TRY(pv_model_to_plan(b->model, &b->back_nodes, b->back));
    if (b->forward != NULL) PV_TRY(pv_model_to_plan(b->model, &b->forward_nodes, b->forward));
    return pv_model_to_plan(b->model, &b->evaluate_nodes, b->evaluate);
}

pv_status pv_bottom_save(pv_bottom *b, pv_writer *w)
{
    PV_TRY(save_params(b->cut, b->model, 0, w));
    if (b->back == NULL) return PV_OK;
    return pv_fed_save_optim(w, &b->optim, b->graph, b->back);
}

pv_status pv_bottom_load(pv_bottom *b, pv_reader *r)
{
    PV_TRY(load_params(b->cut, b->model, 0, r));
    if (b->back != NULL) PV_TRY(pv_fed_load_optim(r, &b->optim, b->graph, b->back));
    PV_TRY(pv_reader_status(r));
    return pv_bottom_restore(b);
}

/* ---- the top */

/* The network from z on; nodes->logits is what it ends in. */
static pv_status build_top(pv_node *z, pv_model_nodes *nodes, pv_graph *g, const pv_top *t,
                           int train)
{
    const pv_vertical_cut *c = t->cut;
    pv_node bias = PV_NONE, x;
    *z = x = pv_input(g, "z", PV_SHAPE(t->batch, c->outputs));
    if (c->bias >= 0) {
        bias = pv_param(g, t->model->param[c->bias].name, PV_SHAPE(c->outputs));
        x = pv_add(g, x, bias);
    }
    PV_TRY(pv_graph_check(g));
    PV_TRY(pv_model_build_part(t->model, g, t->batch, train, x, (size_t)c->layer + 1,
                               t->model->layers.count, nodes));
    if (c->bias >= 0) nodes->param[c->bias] = bias;
    return PV_OK;
}

static pv_status top_train(pv_top *t, pv_graph *g, const pv_half_options *o)
{
    pv_status status = PV_OK;
    learner l = {0};
    PV_TRY(build_top(&t->z, &t->train_nodes, g, t, 1));
    t->label = pv_input_index(g, "label", PV_SHAPE(t->batch));
    t->loss = pv_smoothed_loss(g, t->train_nodes.logits, t->label, o->label_smoothing,
                               t->model->domain.classes);
    t->predicted = pv_argmax(g, t->train_nodes.logits);
    PV_TRY(pv_graph_check(g));
    PV_TRY_GOTO(learner_init(&l, t->model, &t->train_nodes));
    l.weight[l.weights] = t->z;
    PV_TRY_GOTO(pv_grad(g, &t->loss, NULL, 1, l.weight, l.weights + 1, l.gradient));
    for (int i = 0; i <= l.weights; i++) l.gradient[i] = pv_detach(g, l.gradient[i]);
    t->gradient = l.gradient[l.weights];
    if (l.weights > 0 && !o->outside)
        PV_TRY_GOTO(pv_optim_append(&t->optim, g, l.weight, l.gradient, l.weights, &o->optim));
    const pv_node output[] = {t->loss, t->predicted, t->gradient};
    PV_TRY_GOTO(pv_compile(&t->train, g, output, 3, &o->plan));
    PV_TRY_GOTO(pv_model_to_plan(t->model, &t->train_nodes, t->train));
done:
    learner_clear(&l);
    return status;
}

/* The bias alone: with head = 1 nothing else in the top learns. */
static pv_status top_move(pv_top *t, pv_graph *g, const pv_half_options *o)
{
    const pv_vertical_cut *c = t->cut;
    t->move_nodes = (pv_model_nodes){.input = PV_NONE,
                                     .logits = PV_NONE,
                                     .params = (int)t->model->params,
                                     .param = pv_alloc(t->model->params, sizeof(pv_node))};
    if (t->move_nodes.param == NULL) PV_FAIL_MEMORY(t->model->params * sizeof(pv_node));
    for (size_t i = 0; i < t->model->params; i++) {
        t->move_nodes.param[i] = PV_NONE;
        if ((int)i > c->weight && (int)i != c->bias && !pv_model_param_is_state(t->model, (int)i))
            PV_FAIL(PV_ERR_USAGE, "gradients that are changed outside move a bias, not %s",
                    t->model->param[i].name);
    }
    t->shown = pv_input(g, "shown", PV_SHAPE(t->batch, c->outputs));
    if (c->bias < 0) return pv_graph_check(g);
    const pv_node bias = pv_param(g, t->model->param[c->bias].name, PV_SHAPE(c->outputs));
    const pv_node gradient = pv_detach(g, pv_sum(g, t->shown, 1u, 0));
    t->move_nodes.param[c->bias] = bias;
    PV_TRY(pv_optim_append(&t->optim, g, &bias, &gradient, 1, &o->optim));
    PV_TRY(pv_compile(&t->move, g, NULL, 0, &o->plan));
    return pv_model_to_plan(t->model, &t->move_nodes, t->move);
}

static pv_status top_evaluate(pv_top *t, const pv_half_options *o)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    PV_TRY(pv_graph_new(&g));
    PV_TRY_GOTO(build_top(&t->evaluate_z, &t->evaluate_nodes, g, t, 0));
    t->log_probability = pv_log_softmax(g, t->evaluate_nodes.logits);
    PV_TRY_GOTO(pv_compile(&t->evaluate, g, &t->log_probability, 1, &o->plan));
    PV_TRY_GOTO(pv_model_to_plan(t->model, &t->evaluate_nodes, t->evaluate));
done:
    pv_graph_free(g);
    return status;
}

static pv_status top_learner(pv_top *t, const pv_half_options *o)
{
    pv_graph *g = NULL;
    PV_TRY(pv_graph_new(&t->graph));
    if (!o->outside) return top_train(t, t->graph, o);
    PV_TRY(pv_graph_new(&g));
    pv_status status = top_train(t, g, o);
    pv_graph_free(g);
    return status == PV_OK ? top_move(t, t->graph, o) : status;
}

pv_status pv_top_init(pv_top *t, pv_model *m, const pv_vertical_cut *cut, const pv_half_options *o)
{
    pv_status status = PV_OK;
    *t = (pv_top){.cut = cut, .model = m, .batch = o->batch};
    t->guess = pv_calloc((size_t)o->batch, sizeof *t->guess);
    if (t->guess == NULL) PV_FAIL_MEMORY((size_t)o->batch * sizeof *t->guess);
    PV_TRY_GOTO(top_evaluate(t, o));
    if (o->training) PV_TRY_GOTO(top_learner(t, o));
done:
    if (status != PV_OK) pv_top_clear(t);
    return status;
}

void pv_top_clear(pv_top *t)
{
    pv_plan_free(t->train);
    pv_plan_free(t->evaluate);
    pv_plan_free(t->move);
    pv_graph_free(t->graph);
    pv_optim_clear(&t->optim);
    pv_model_nodes_clear(&t->train_nodes);
    pv_model_nodes_clear(&t->evaluate_nodes);
    pv_model_nodes_clear(&t->move_nodes);
    pv_free(t->guess);
    *t = (pv_top){0};
}

pv_status pv_top_step(pv_top *t, int64_t step, double lr, const float *z, const int32_t *label,
                      float *g, double *loss, int64_t *correct)
{
    PV_TRY(pv_plan_write(t->train, t->z, z, PV_F32));
    PV_TRY(pv_plan_write(t->train, t->label, label, PV_I32));
    if (t->move == NULL && t->optim.options.kind != 0)
        PV_TRY(pv_optim_set(&t->optim, t->train, step, lr));
    pv_plan_set_step(t->train, (uint64_t)step);
    PV_TRY(pv_run(t->train));
    PV_TRY(pv_plan_read(t->train, t->gradient, g, PV_F32));
    PV_TRY(pv_plan_read(t->train, t->loss, loss, PV_F64));
    PV_TRY(pv_plan_read(t->train, t->predicted, t->guess, PV_I32));
    *correct = 0;
    for (int64_t i = 0; i < t->batch; i++) *correct += t->guess[i] == label[i];
    return PV_OK;
}

pv_status pv_top_move(pv_top *t, int64_t step, double lr, const float *shown)
{
    if (t->move == NULL) return PV_OK;
    PV_TRY(pv_plan_write(t->move, t->shown, shown, PV_F32));
    PV_TRY(pv_optim_set(&t->optim, t->move, step, lr));
    PV_TRY(pv_run(t->move));
    PV_TRY(pv_model_from_plan(t->model, &t->move_nodes, t->move));
    return pv_model_to_plan(t->model, &t->train_nodes, t->train);
}

pv_status pv_top_evaluate(pv_top *t, const float *z, float *log_probability)
{
    PV_TRY(pv_plan_write(t->evaluate, t->evaluate_z, z, PV_F32));
    PV_TRY(pv_run(t->evaluate));
    return pv_plan_read(t->evaluate, t->log_probability, log_probability, PV_F32);
}

pv_status pv_top_store(pv_top *t)
{
    if (t->train != NULL) PV_TRY(pv_model_from_plan(t->model, &t->train_nodes, t->train));
    return pv_model_to_plan(t->model, &t->evaluate_nodes, t->evaluate);
}

pv_status pv_top_restore(pv_top *t)
{
    if (t->train != NULL) PV_TRY(pv_model_to_plan(t->model, &t->train_nodes, t->train));
    if (t->move != NULL) PV_TRY(pv_model_to_plan(t->model, &t->move_nodes, t->move));
    return pv_model_to_plan(t->model, &t->evaluate_nodes, t->evaluate);
}

static pv_plan *optimising(const pv_top *t)
{
    return t->move != NULL ? t->move : t->train;
}

pv_status pv_top_save(pv_top *t, pv_writer *w)
{
    PV_TRY(pv_top_store(t));
    PV_TRY(save_params(t->cut, t->model, 2, w));
    if (t->train == NULL || t->optim.states == 0) return PV_OK;
    return pv_fed_save_optim(w, &t->optim, t->graph, optimising(t));
}

pv_status pv_top_load(pv_top *t, pv_reader *r)
{
    PV_TRY(load_params(t->cut, t->model, 2, r));
    if (t->train != NULL && t->optim.states > 0)
        PV_TRY(pv_fed_load_optim(r, &t->optim, t->graph, optimising(t)));
    PV_TRY(pv_reader_status(r));
    return pv_top_restore(t);
}
