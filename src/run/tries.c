#include "run/tries.h"

#include "base/ctx.h"
#include "base/mem.h"
#include <math.h>

static const double LOST = 0.01; /* of what the best attempt answers rightly */
enum { PROBE_ROWS = 10000, PROBE_SEEDS = 3 };

typedef struct attempt {
    pv_hidden hidden;
    pv_retrain_result result;
} attempt;

static pv_status probe(pv_probing *out, const pv_hidden *h, const pv_retrain_options *o,
                       const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_data *learn = NULL, *read = NULL;
    pv_cut_at cut = o->guard.cut;
    if (cut.stage == 0) cut.stage = h->kept + 1;
    PV_TRY(pv_data_holdout(&learn, &read, o->train.train, 0.5, o->train.seed));
    const pv_probing_options how = {.learn = learn,
                                    .read = read,
                                    .rows = PROBE_ROWS,
                                    .seeds = PROBE_SEEDS,
                                    .seed = o->train.seed};
    status = pv_probing_run(out, h, &cut, &how, ctx);
    pv_data_free(learn);
    pv_data_free(read);
    return status;
}

static pv_status one(pv_try *t, attempt *a, const pv_tries_options *o, int number,
                     const pv_ctx *ctx)
{
    pv_hidden_options how = o->hidden;
    pv_retrain_options retrain = o->retrain;
    how.seed += (uint64_t)number;
    retrain.train.seed += (uint64_t)number;
    *t = (pv_try){.seed = retrain.train.seed, .seen = pv_probing_none()};
    PV_TRY(pv_hidden_make(&a->hidden, o->old, retrain.train.train, &how));
    PV_TRY(pv_retrain(&a->hidden, &retrain, ctx, &a->result));
    t->collapsed = a->result.collapsed;
    if (!t->collapsed) PV_TRY(probe(&t->seen, &a->hidden, &retrain, ctx));
    if (t->collapsed)
        pv_ctx_log(ctx, PV_LOG_INFO, "try %d of %d, seed %llu: ended at chance", number + 1,
                   o->count, (unsigned long long)t->seed);
    else
        pv_ctx_log(ctx, PV_LOG_INFO,
                   "try %d of %d, seed %llu: answers %.2f %% of training rows, of which fresh "
                   "probes read %.1f points more than the prior",
                   number + 1, o->count, (unsigned long long)t->seed, 100 * t->seen.answered,
                   100 * pv_probing_excess(&t->seen));
    return PV_OK;
}

static int choose(const pv_try *t, int count)
{
    double best = 0;
    int chosen = -1;
    for (int i = 0; i < count; i++)
        if (!t[i].collapsed) best = fmax(best, t[i].seen.answered);
    for (int i = 0; i < count; i++) {
        if (t[i].collapsed || !(t[i].seen.answered >= best - LOST)) continue;
        if (chosen < 0 || pv_probing_excess(&t[i].seen) < pv_probing_excess(&t[chosen].seen))
            chosen = i;
    }
    return chosen;
}

pv_status pv_tries_run(pv_try *list, int *chosen, pv_hidden *h, pv_retrain_result *r,
                       const pv_tries_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    attempt *all = pv_calloc((size_t)o->count, sizeof *all);
    *h = (pv_hidden){0};
    *r = (pv_retrain_result){0};
    if (all == NULL) PV_FAIL_MEMORY((size_t)o->count * sizeof *all);
    for (int i = 0; i < o->count; i++) PV_TRY_GOTO(one(&list[i], &all[i], o, i, ctx));
    *chosen = choose(list, o->count);
    if (*chosen < 0)
        PV_FAIL_GOTO(PV_ERR_NUMERIC,
                     "all %d trainings against readers ended at chance: lower the weight of hiding "
                     "or the learning rate, or lengthen the ramp",
                     o->count);
    *h = all[*chosen].hidden;
    *r = all[*chosen].result;
    all[*chosen] = (attempt){0};
done:
    for (int i = 0; i < o->count; i++) {
        pv_hidden_clear(&all[i].hidden);
        pv_retrain_result_clear(&all[i].result);
    }
    pv_free(all);
    return status;
}
