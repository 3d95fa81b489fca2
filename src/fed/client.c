#include "fed/client.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include <math.h>

static pv_status init(pv_fed_client *c, int rank, uint64_t seed)
{
    const pv_fed_options *o = c->options;
    uint64_t own = pv_fed_seed(seed, rank);
    const pv_plan_options plan = {
        .size = sizeof plan, .threads = pv_ctx_threads(c->ctx), .seed = own};
    const pv_optim_options optim = pv_fed_optim(&o->learning);
    const pv_loss_options loss = {.label_smoothing = o->learning.label_smoothing,
                                  .proximal = o->proximal};
    PV_TRY(pv_data_complete(c->data));
    PV_TRY(pv_model_check_data(c->model, c->data));
    PV_TRY(pv_fed_layout_init(&c->layout, c->model));
    PV_TRY(pv_fed_order_init(&c->order, own, pv_data_count(c->data), o->learning.batch));
    c->index = pv_alloc((size_t)c->order.batch, sizeof *c->index);
    if (c->index == NULL) PV_FAIL_MEMORY((size_t)c->order.batch * sizeof *c->index);
    c->augment = pv_fed_augment(&o->learning);
    if (o->algorithm == PV_FEDSGD)
        return pv_gradient_step_init(&c->gradient, c->model, c->order.batch, loss.label_smoothing,
                                     &plan);
    c->schedule = pv_fed_schedule(&o->learning, c->order.batches,
                                  c->order.batches * o->local_epochs * o->rounds);
    return pv_train_step_init(&c->train, c->model, c->order.batch, &optim, &loss, &plan);
}

pv_status pv_fed_client_init(pv_fed_client *c, const pv_fed_options *o, pv_model *model,
                             const pv_data *data, int rank, uint64_t seed,
                             const pv_fed_hooks *hooks, const pv_ctx *ctx)
{
    *c = (pv_fed_client){.options = o, .data = data, .model = model, .ctx = ctx};
    if (hooks != NULL) c->hooks = *hooks;
    pv_status status = init(c, rank, seed);
    if (status != PV_OK) pv_fed_client_clear(c);
    return status;
}

void pv_fed_client_clear(pv_fed_client *c)
{
    pv_gradient_step_clear(&c->gradient);
    pv_train_step_clear(&c->train);
    pv_fed_order_clear(&c->order);
    pv_fed_layout_clear(&c->layout);
    pv_free(c->index);
    *c = (pv_fed_client){0};
}

static pv_status fill(pv_fed_client *c, pv_batch *b, int64_t step)
{
    pv_fed_order_batch(&c->order, step, c->index);
    pv_batch_fill(b, c->model, c->data, c->index, &c->augment, c->order.seed, (uint64_t)step);
    return c->hooks.batch == NULL ? PV_OK : c->hooks.batch(c->hooks.self, b, step);
}

static pv_status check_loss(double loss, int64_t round)
{
    if (!isfinite(loss))
        PV_FAIL(PV_ERR_NUMERIC, "round %lld: the loss is not finite; lower the learning rate",
                (long long)round + 1);
    return PV_OK;
}

/* Equation 11: the gradient of one batch; state moves as it does in training. */
static pv_status fedsgd(pv_fed_client *c, int64_t round, float *out, pv_fed_round *about)
{
    pv_gradient_step *s = &c->gradient;
    int64_t correct;
    PV_TRY(fill(c, &s->batch, round));
    PV_TRY(pv_model_to_plan(c->model, &s->nodes, s->plan));
    pv_plan_set_step(s->plan, (uint64_t)round);
    PV_TRY(pv_gradient_step_run(s, &about->loss, &correct));
    for (int i = 0; i < c->layout.params; i++)
        PV_TRY(pv_plan_read(s->plan, s->gradient[i] == PV_NONE ? s->nodes.param[i] : s->gradient[i],
                            out + c->layout.offset[i], PV_F32));
    about->samples = c->order.batch;
    about->accuracy = (double)correct / (double)c->order.batch;
    return PV_OK;
}

/* ClientUpdate of algorithm 1. */
static pv_status fedavg(pv_fed_client *c, const float *weights, int64_t round, float *out,
                        pv_fed_round *about)
{
    pv_train_step *s = &c->train;
    int64_t steps = c->options->local_epochs * c->order.batches, right = 0, correct;
    double loss, sum = 0;
    PV_TRY(pv_train_step_restart(s, c->model));
    for (int64_t k = 0; k < steps; k++) {
        int64_t step = round * steps + k;
        PV_TRY(pv_ctx_check(c->ctx));
        PV_TRY(fill(c, &s->batch, step));
        pv_plan_set_step(s->plan, (uint64_t)step);
        PV_TRY(pv_train_step_run(s, k, pv_schedule_lr(&c->schedule, step), &loss, &correct));
        PV_TRY(check_loss(loss, round));
        sum += loss;
        right += correct;
    }
    PV_TRY(pv_model_from_plan(c->model, &s->nodes, s->plan));
    pv_fed_from_model(out, &c->layout);
    for (int64_t i = 0; i < c->layout.size; i++) out[i] -= weights[i];
    about->samples = pv_data_count(c->data);
    about->loss = sum / (double)steps;
    about->accuracy = (double)right / (double)(steps * c->order.batch);
    return PV_OK;
}

pv_status pv_fed_client_run(pv_fed_client *c, const float *weights, int64_t round, float *out,
                            pv_fed_round *about)
{
    *about = (pv_fed_round){0};
    PV_TRY(pv_ctx_check(c->ctx));
    pv_fed_to_model(c->model, weights, &c->layout);
    if (c->options->algorithm == PV_FEDSGD)
        PV_TRY(fedsgd(c, round, out, about));
    else
        PV_TRY(fedavg(c, weights, round, out, about));
    PV_TRY(check_loss(about->loss, round));
    return c->hooks.leaving == NULL ? PV_OK
                                    : c->hooks.leaving(c->hooks.self, out, &c->layout, round);
}
