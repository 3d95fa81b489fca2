#include "run/cuts_i.h"

/* Of rows that have no test split: this share is read, the others are learned from. */
static const double READ_SHARE = 0.5;

pv_status pv_cuts_prober_init(pv_cuts_prober *p, pv_cuts *out, const pv_hidden *hidden,
                              const pv_data *data, int own_test, const pv_cuts_options *o,
                              const pv_ctx *ctx)
{
    *p = (pv_cuts_prober){.o = o, .hidden = hidden, .ctx = ctx, .read = data};
    if (!out->secret)
        PV_FAIL(PV_ERR_OPTION,
                "%s takes no secret, so there is none that a probe could read off what crosses; "
                "privet retrain makes a model with one, and without probes any model has its cuts "
                "measured",
                o->model);
    if (own_test) {
        PV_TRY(pv_data_open(&p->learn, o->data, ctx));
        PV_TRY(pv_model_check_data(hidden->model, p->learn));
    } else {
        PV_TRY(pv_data_holdout(&p->learn, &p->rest, data, READ_SHARE, o->seed));
        p->read = p->rest;
    }
    out->probed = own_test ? 1 : 2;
    return PV_OK;
}

void pv_cuts_prober_clear(pv_cuts_prober *p)
{
    pv_data_free(p->learn);
    pv_data_free(p->rest);
    *p = (pv_cuts_prober){0};
}

pv_status pv_cuts_probe_row(pv_cuts_row *row, const pv_cuts_prober *p)
{
    const pv_probing_options o = {.learn = p->learn,
                                  .read = p->read,
                                  .rows = p->o->probe_rows,
                                  .seeds = p->o->probe_seeds,
                                  .epochs = p->o->probe_epochs,
                                  .seed = p->o->seed};
    return pv_probing_run(&row->probe, p->hidden, &row->cut, &o, p->ctx);
}
