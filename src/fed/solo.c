#include "fed/solo.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "fed/save.h"
#include "nn/model_i.h"
#include <math.h>

static pv_status init(pv_fed_solo *s, const pv_fed_learning *l, int64_t epochs, int64_t steps,
                      uint64_t seed)
{
    const pv_plan_options plan = {
        .size = sizeof plan, .threads = pv_ctx_threads(s->ctx), .seed = seed};
    const pv_optim_options optim = pv_fed_optim(l);
    const pv_loss_options loss = {.label_smoothing = l->label_smoothing};
    PV_TRY(pv_data_complete(s->data));
    PV_TRY(pv_model_check_data(s->model, s->data));
    PV_TRY(pv_fed_order_init(&s->order, seed, pv_data_count(s->data), l->batch));
    s->index = pv_alloc((size_t)s->order.batch, sizeof *s->index);
    if (s->index == NULL) PV_FAIL_MEMORY((size_t)s->order.batch * sizeof *s->index);
    s->steps = steps > 0 ? steps : epochs * s->order.batches;
    s->schedule = pv_fed_schedule(l, s->order.batches, s->steps);
    s->augment = pv_fed_augment(l);
    return pv_train_step_init(&s->train, s->model, s->order.batch, &optim, &loss, &plan);
}

pv_status pv_fed_solo_init(pv_fed_solo *s, const pv_fed_learning *l, pv_model *model,
                           const pv_data *data, int64_t epochs, int64_t steps, uint64_t seed,
                           const pv_ctx *ctx)
{
    *s = (pv_fed_solo){.data = data, .model = model, .ctx = ctx};
    pv_status status = init(s, l, epochs, steps, seed);
    if (status != PV_OK) pv_fed_solo_clear(s);
    return status;
}

void pv_fed_solo_clear(pv_fed_solo *s)
{
    pv_train_step_clear(&s->train);
    pv_fed_order_clear(&s->order);
    pv_free(s->index);
    *s = (pv_fed_solo){0};
}

static pv_status one_step(pv_fed_solo *s, double *loss, int64_t *correct)
{
    pv_fed_order_batch(&s->order, s->step, s->index);
    pv_batch_fill(&s->train.batch, s->model, s->data, s->index, &s->augment, s->order.seed,
                  (uint64_t)s->step);
    pv_plan_set_step(s->train.plan, (uint64_t)s->step);
    PV_TRY(pv_train_step_run(&s->train, s->step, pv_schedule_lr(&s->schedule, s->step), loss,
                             correct));
    if (!isfinite(*loss))
        PV_FAIL(PV_ERR_NUMERIC,
                "step %lld: the loss is not finite; lower the learning rate (it is %g)",
                (long long)s->step + 1, s->schedule.lr);
    s->step++;
    return PV_OK;
}

pv_status pv_fed_solo_run(pv_fed_solo *s, int64_t steps, pv_fed_progress *about)
{
    double loss, sum = 0;
    int64_t correct, right = 0, done = 0;
    for (; done < steps && s->step < s->steps; done++) {
        PV_TRY(pv_ctx_check(s->ctx));
        PV_TRY(one_step(s, &loss, &correct));
        sum += loss;
        right += correct;
    }
    if (about != NULL)
        *about = (pv_fed_progress){.loss = sum / (double)done,
                                   .accuracy = (double)right / (double)(done * s->order.batch),
                                   .steps = done};
    return pv_model_from_plan(s->model, &s->train.nodes, s->train.plan);
}

pv_status pv_fed_solo_save(const pv_fed_solo *s, pv_writer *w)
{
    pv_writer_u64le(w, (uint64_t)s->step);
    for (size_t i = 0; i < s->model->params; i++)
        pv_fed_save_floats(w, s->model->param[i].value.data,
                           pv_tensor_count(&s->model->param[i].value));
    PV_TRY(pv_fed_save_optim(w, &s->train.optim, s->train.graph, s->train.plan));
    return pv_writer_status(w);
}

pv_status pv_fed_solo_load(pv_fed_solo *s, pv_reader *r)
{
    uint64_t step = pv_reader_u64le(r, "step of training alone");
    for (size_t i = 0; i < s->model->params; i++)
        pv_fed_load_floats(r, s->model->param[i].value.data,
                           pv_tensor_count(&s->model->param[i].value), s->model->param[i].name);
    PV_TRY(pv_reader_status(r));
    PV_TRY(pv_fed_load_optim(r, &s->train.optim, s->train.graph, s->train.plan));
    s->step = (int64_t)step;
    return pv_model_to_plan(s->model, &s->train.nodes, s->train.plan);
}
