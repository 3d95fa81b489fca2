#include "fed/server.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "fed/save.h"
#include <string.h>

pv_status pv_fed_server_init(pv_fed_server *s, const pv_fed_options *o, pv_model *model,
                             int64_t rounds, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    const pv_plan_options plan = {.size = sizeof plan, .threads = pv_ctx_threads(ctx)};
    const pv_optim_options optim = pv_fed_optim(&o->learning);
    *s = (pv_fed_server){.options = o, .model = model};
    PV_TRY_GOTO(pv_fed_layout_init(&s->layout, model));
    s->weights = pv_fed_vector_new(&s->layout);
    if (o->algorithm == PV_FEDAVG && o->server_momentum > 0)
        s->velocity = pv_fed_vector_new(&s->layout);
    if (s->weights == NULL ||
        (o->algorithm == PV_FEDAVG && o->server_momentum > 0 && s->velocity == NULL))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the %lld weights of a model",
                     (long long)s->layout.size);
    pv_fed_from_model(s->weights, &s->layout);
    if (o->algorithm == PV_FEDAVG) goto done;
    s->schedule = pv_fed_schedule(&o->learning, rounds / o->epochs, rounds);
    PV_TRY_GOTO(pv_update_step_init(&s->update, model, &optim, &plan));
done:
    if (status != PV_OK) pv_fed_server_clear(s);
    return status;
}

void pv_fed_server_clear(pv_fed_server *s)
{
    pv_update_step_clear(&s->update);
    pv_fed_layout_clear(&s->layout);
    pv_free(s->weights);
    pv_free(s->velocity);
    *s = (pv_fed_server){0};
}

/* Equation 13, by any optimiser. */
static pv_status fedsgd(pv_fed_server *s, const float *mean, int64_t round)
{
    pv_update_step *u = &s->update;
    const pv_fed_layout *l = &s->layout;
    for (int i = 0; i < l->params; i++) {
        if (u->param[i] == PV_NONE) {
            memcpy(s->weights + l->offset[i], mean + l->offset[i],
                   (size_t)(l->offset[i + 1] - l->offset[i]) * sizeof *mean);
            continue;
        }
        PV_TRY(pv_plan_write(u->plan, u->param[i], s->weights + l->offset[i], PV_F32));
        PV_TRY(pv_plan_write(u->plan, u->gradient[i], mean + l->offset[i], PV_F32));
    }
    PV_TRY(pv_update_step_run(u, round, pv_schedule_lr(&s->schedule, round)));
    for (int i = 0; i < l->params; i++)
        if (u->param[i] != PV_NONE)
            PV_TRY(pv_plan_read(u->plan, u->param[i], s->weights + l->offset[i], PV_F32));
    return PV_OK;
}

static void fedavg(pv_fed_server *s, const float *mean)
{
    const pv_fed_layout *l = &s->layout;
    const float lr = (float)s->options->server_lr, beta = (float)s->options->server_momentum;
    for (int i = 0; i < l->params; i++) {
        int state = pv_model_param_is_state(s->model, i);
        for (int64_t k = l->offset[i]; k < l->offset[i + 1]; k++) {
            if (state || s->velocity == NULL) {
                s->weights[k] += (state ? 1 : lr) * mean[k];
                continue;
            }
            s->velocity[k] = beta * s->velocity[k] + mean[k];
            s->weights[k] += lr * s->velocity[k];
        }
    }
}

pv_status pv_fed_server_apply(pv_fed_server *s, const float *mean, int64_t round)
{
    if (s->options->algorithm == PV_FEDSGD) return fedsgd(s, mean, round);
    fedavg(s, mean);
    return PV_OK;
}

pv_status pv_fed_server_save(const pv_fed_server *s, pv_writer *w)
{
    pv_fed_save_floats(w, s->weights, s->layout.size);
    if (s->velocity != NULL) pv_fed_save_floats(w, s->velocity, s->layout.size);
    if (s->update.plan != NULL)
        PV_TRY(pv_fed_save_optim(w, &s->update.optim, s->update.graph, s->update.plan));
    return pv_writer_status(w);
}

pv_status pv_fed_server_load(pv_fed_server *s, pv_reader *r)
{
    pv_fed_load_floats(r, s->weights, s->layout.size, "weights");
    if (s->velocity != NULL) pv_fed_load_floats(r, s->velocity, s->layout.size, "velocity");
    if (s->update.plan != NULL)
        PV_TRY(pv_fed_load_optim(r, &s->update.optim, s->update.graph, s->update.plan));
    return pv_reader_status(r);
}
