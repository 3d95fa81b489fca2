#include "fed/learning.h"

#include "nn/model_i.h"
#include <math.h>

pv_status pv_fed_learning_check(const pv_fed_learning *l, const pv_scenario *s)
{
    if (l->optim != 0 && (l->momentum > 0 || l->nesterov))
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] momentum and nesterov belong to optim = sgd, not to %s", s->path,
                pv_optim_name(pv_fed_optim(l).kind));
    if (l->nesterov && l->momentum == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] nesterov needs a momentum above 0, such as 0.9",
                s->path);
    if (s->schema.kind != 0 && s->schema.kind != PV_DATA_IMAGE &&
        (l->flip || l->shift > 0 || l->cutout > 0))
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] flip, shift and cutout work on images only", s->path);
    return PV_OK;
}

pv_optim_options pv_fed_optim(const pv_fed_learning *l)
{
    static const pv_optim_kind kind[] = {PV_SGD, PV_ADAM, PV_ADAMW};
    return (pv_optim_options){.size = sizeof(pv_optim_options),
                              .kind = kind[l->optim],
                              .momentum = l->momentum,
                              .nesterov = l->nesterov,
                              .weight_decay = l->weight_decay};
}

pv_schedule pv_fed_schedule(const pv_fed_learning *l, int64_t batches, int64_t steps)
{
    return (pv_schedule){.kind = (pv_schedule_kind)l->schedule,
                         .lr = l->lr,
                         .floor = l->lr_floor,
                         .warmup = llround(l->warmup * (double)batches),
                         .steps = steps,
                         .every = llround(l->step_epochs * (double)batches),
                         .gamma = l->step_gamma,
                         .power = l->poly_power};
}

pv_augment pv_fed_augment(const pv_fed_learning *l)
{
    return (pv_augment){.flip = l->flip, .shift = (int)l->shift, .cutout = (int)l->cutout};
}

pv_status pv_fed_model(pv_model **m, const pv_scenario *s)
{
    const pv_schema *schema = &s->schema;
    const pv_model_domain domain = {.size = sizeof domain,
                                    .kind = schema->kind,
                                    .sample = schema->sample,
                                    .classes = schema->classes};
    *m = NULL;
    if (schema->kind == 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: a [schema] is missing: kind, shape and classes of the samples say what the "
                "model is for",
                s->path);
    if (s->model == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scenario] has no model; write model = lenet5", s->path);
    PV_TRY_CONTEXT(pv_model_new_domain(m, s->model, &domain, s->seed), "%s: [scenario] model",
                   s->path);
    for (int i = 0; i < schema->classes; i++) {
        pv_status status = pv_model_set_class(*m, i, schema->class_name[i]);
        if (status == PV_OK) continue;
        pv_model_free(*m);
        *m = NULL;
        return status;
    }
    return PV_OK;
}

void pv_fed_set_norm(pv_model *m, pv_norm *norm)
{
    pv_norm_clear(&m->norm);
    m->norm = *norm;
    *norm = (pv_norm){0};
}

void pv_fed_learning_train(pv_train_options *out, const pv_fed_learning *l)
{
    *out = (pv_train_options){.size = sizeof *out,
                              .batch = l->batch,
                              .optim = pv_fed_optim(l),
                              .lr = l->lr,
                              .schedule = (pv_schedule_kind)l->schedule,
                              .warmup_epochs = l->warmup,
                              .step_epochs = l->step_epochs,
                              .step_gamma = l->step_gamma,
                              .poly_power = l->poly_power,
                              .lr_floor = l->lr_floor,
                              .label_smoothing = l->label_smoothing,
                              .augment = pv_fed_augment(l)};
}
