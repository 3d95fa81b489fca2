#include "run/audit_i.h"

#include <math.h>

enum { BINS = 10 };

static pv_status add_trials(pv_finding *f, const pv_guess *g)
{
    f->trial = pv_calloc(g->tries + 1, sizeof *f->trial);
    if (f->trial == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    for (size_t i = 0; i < g->tries; i++) {
        const pv_guess_try *t = &g->tried[i];
        pv_trial *one = &f->trial[f->trials++];
        *one = (pv_trial){
            .at = t->x, .count = {t->right, t->count}, .chance = t->chance, .kept = t->kept};
        PV_TRY(pv_audit_text(&one->name, "%s", t->name));
    }
    return PV_OK;
}

/* From what saying any class at all would make it sure of, 1/classes, to certain. */
static int bin_of(double sure, double least)
{
    int k = (int)((sure - least) / (1 - least) * BINS);
    return k < 0 ? 0 : k >= BINS ? BINS - 1 : k;
}

/* Scores that are no probabilities may lie between 0 and 1 as well, and have no histogram. */
static pv_status add_histogram(pv_finding *f, const pv_audit_scored *s)
{
    double least = s->how.classes > 1 ? 1.0 / s->how.classes : 0;
    pv_count bin[BINS] = {{0, 0}};
    if (!s->c->attack->probable) return PV_OK;
    for (int64_t i = 0; i < s->run.samples; i++) {
        const pv_sample_score *one = &s->run.sample[i];
        const pv_guess_item *g = &s->c->guess.item[one->target];
        if (g->confidence == NULL || one->guess >= g->batch) return PV_OK;
        double sure = g->confidence[one->guess];
        if (!(sure >= 0 && sure <= 1)) return PV_OK;
        int k = bin_of(sure, least);
        bin[k].n++;
        bin[k].k += one->label_right;
    }
    f->sure = pv_calloc(BINS, sizeof *f->sure);
    if (f->sure == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    for (int k = 0; k < BINS; k++)
        f->sure[f->sures++] = (pv_confidence){.from = least + (1 - least) * k / BINS,
                                              .to = least + (1 - least) * (k + 1) / BINS,
                                              .count = bin[k]};
    return PV_OK;
}

pv_status pv_audit_add_tries(pv_finding *f, const pv_audit_scored *s)
{
    PV_TRY(add_trials(f, &s->c->guess));
    return s->run.samples > 0 ? add_histogram(f, s) : PV_OK;
}
