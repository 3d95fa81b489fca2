#include "cli/training_options.h"

#include "run/training.h"
#include <math.h>
#include <string.h>

static void take(double *target, double given)
{
    if (!isnan(given)) *target = given;
}

static pv_status apply_optim(pv_train_options *o, const pv_training_args *a, const char *command)
{
    pv_optim_kind kind = a->optim == NULL ? o->optim.kind : pv_optim_by_name(a->optim);
    if (kind != o->optim.kind) { /* rates of one optimiser mean nothing to another */
        o->optim.kind = kind;
        o->lr = kind == PV_SGD ? 0.05 : 0.001;
        o->optim.momentum = kind == PV_SGD ? 0.9 : 0;
        o->optim.nesterov = 0;
        o->optim.weight_decay = 0;
    }
    take(&o->lr, a->lr);
    take(&o->optim.momentum, a->momentum);
    take(&o->optim.weight_decay, a->weight_decay);
    take(&o->optim.clip_norm, a->clip_norm);
    take(&o->optim.clip_value, a->clip_value);
    if (a->nesterov) o->optim.nesterov = 1;
    if (kind != PV_SGD && (a->nesterov || !isnan(a->momentum)))
        PV_FAIL(PV_ERR_OPTION, "%s: --momentum and --nesterov belong to sgd, not to %s", command,
                pv_optim_name(kind));
    if (o->optim.nesterov && o->optim.momentum == 0)
        PV_FAIL(PV_ERR_OPTION, "%s: --nesterov needs --momentum above 0", command);
    return PV_OK;
}

pv_status pv_training_apply(pv_train_options *o, const pv_training_args *a, const char *command)
{
    PV_TRY(apply_optim(o, a, command));
    if (a->epochs != PV_OPTION_UNSET) o->epochs = (int)a->epochs;
    if (a->batch != PV_OPTION_UNSET) o->batch = a->batch;
    if (a->schedule != NULL) o->schedule = (pv_schedule_kind)pv_schedule_by_name(a->schedule);
    take(&o->step_epochs, a->step_epochs);
    take(&o->step_gamma, a->step_gamma);
    take(&o->poly_power, a->poly_power);
    take(&o->lr_floor, a->lr_floor);
    take(&o->label_smoothing, a->label_smoothing);
    if (a->augment != NULL) PV_TRY(pv_training_augment(&o->augment, a->augment));
    o->backend = strcmp(a->backend, "ref") == 0 ? PV_BACKEND_REF : PV_BACKEND_FAST;
    return PV_OK;
}
