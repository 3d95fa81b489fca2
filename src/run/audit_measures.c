#include "run/audit_i.h"

#include "math/median.h"
#include <math.h>

pv_status pv_audit_text(char **out, const char *fmt, ...)
{
    pv_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    pv_status status = pv_str_vprintf(&s, fmt, ap);
    va_end(ap);
    if (status == PV_OK) {
        *out = pv_strdup(pv_str_text(&s));
        if (*out == NULL)
            status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    pv_str_clear(&s);
    return status;
}

static pv_status add_measure(pv_finding *f, const char *name, const char *unit, double value,
                             double low, double high, double baseline)
{
    pv_measure *m = &f->measure[f->measures];
    if (!isfinite(value)) return PV_OK;
    *m = (pv_measure){.value = value, .low = low, .high = high, .baseline = baseline};
    f->measures++;
    PV_TRY(pv_audit_text(&m->name, "%s", name));
    return pv_audit_text(&m->unit, "%s", unit);
}

pv_status pv_audit_add_measures(pv_finding *f, const pv_audit_scored *s)
{
    pv_status status = PV_OK;
    const pv_score *r = &s->run;
    int64_t n = r->samples;
    double *x = pv_alloc((size_t)n + 1, sizeof *x), error, base, psnr, ssim;
    f->measure = pv_calloc(4, sizeof *f->measure);
    if (x == NULL || f->measure == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a finding");
    for (int64_t i = 0; i < n; i++) x[i] = r->sample[i].error;
    error = pv_median(x, n);
    for (int64_t i = 0; i < n; i++) x[i] = r->sample[i].baseline_error;
    base = pv_median(x, n);
    PV_TRY_GOTO(add_measure(f, "median error", "", error, NAN, NAN, base));
    if (s->how.image) {
        for (int64_t i = 0; i < n; i++) x[i] = isnan(r->sample[i].psnr) ? 0 : r->sample[i].psnr;
        psnr = pv_median(x, n);
        PV_TRY_GOTO(add_measure(f, "median PSNR", "dB", psnr, NAN, NAN,
                                base > 0 ? -10 * log10(base) : NAN));
        for (int64_t i = 0; i < n; i++) x[i] = isnan(r->sample[i].ssim) ? 0 : r->sample[i].ssim;
        ssim = pv_median(x, n);
        PV_TRY_GOTO(add_measure(f, "median SSIM", "", ssim, NAN, NAN, NAN));
    }
    if (r->auc.negatives > 0)
        PV_TRY_GOTO(add_measure(f, "AUC, answer against decoy", "", r->auc.auc, r->auc.interval.low,
                                r->auc.interval.high, 0.5));
done:
    pv_free(x);
    return status;
}

/* Classes one by one, where there are not too many to read; their mean stands for all. */
enum { CLASSES = 1000 };
pv_status pv_audit_add_classes(pv_finding *f, const pv_audit_scored *s)
{
    const pv_score *r = &s->run;
    int measured = 0, one = 0;
    if (r->class == NULL) return PV_OK;
    for (int k = 0; k < r->classes; k++)
        if (r->class[k].auc.positives > 0) {
            measured++;
            one = k;
        }
    if (measured == 0) return PV_OK;
    f->measure = pv_calloc(1, sizeof *f->measure);
    f->class = pv_calloc((size_t)r->classes, sizeof *f->class);
    if (f->measure == NULL || f->class == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    int guesses = pv_finding_level(f) == PV_LEVEL_NONE; /* before the classes are there */
    const pv_interval *i = &r->class[one].auc.interval; /* two classes have the same area */
    PV_TRY(add_measure(f, "leak AUC", "", r->leak_auc, r->classes == 2 ? i->low : NAN,
                       r->classes == 2 ? i->high : NAN, 0.5));
    for (int k = 0; k < r->classes && r->classes <= CLASSES; k++) {
        const pv_class_leak *from = &r->class[k];
        int there = from->auc.positives > 0;
        f->class[f->classes] = (pv_class_result){.count = {from->right, from->rows},
                                                 .auc = there ? from->auc.auc : NAN,
                                                 .low = there ? from->auc.interval.low : NAN,
                                                 .high = there ? from->auc.interval.high : NAN};
        char **name = &f->class[f->classes++].name;
        if (pv_audit_wants(s->c, "secrets"))
            PV_TRY(pv_audit_text(name, "secret %d", k));
        else
            PV_TRY(pv_audit_text(name, "%s", pv_model_class_name(s->w->model, k)));
    }
    /* a ranking may tell classes apart that the attack's own threshold does not */
    if (!guesses || !pv_finding_ranks(f)) return PV_OK;
    pv_free(f->note);
    return pv_audit_text(&f->note,
                         "It says no more labels right than guessing does, but how it ranks the "
                         "rows tells classes apart: leak AUC %.3f. Whoever knows where to cut "
                         "reads them.",
                         r->leak_auc);
}

pv_status pv_audit_add_inner(pv_finding *f, const pv_audit_scored *s)
{
    const pv_inner_score *i = &s->run.inner;
    f->measure = pv_calloc(1, sizeof *f->measure);
    if (f->measure == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    return add_measure(f, "median error", "", i->error, NAN, NAN, i->baseline_error);
}

pv_status pv_audit_add_weights(pv_finding *f, const pv_audit_scored *s)
{
    const pv_weight_score *w = &s->run.weights;
    if (w->count == 0) return PV_OK;
    f->measure = pv_calloc(2, sizeof *f->measure);
    if (f->measure == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    PV_TRY(add_measure(f, "relative error of W and b", "", w->error, NAN, NAN, w->baseline_error));
    PV_TRY(add_measure(f, "rows labelled as by the true layer", "", w->agree, NAN, NAN, w->most));
    if (pv_finding_level(f) != PV_LEVEL_NONE || !(w->agree > (1 + w->most) / 2)) return PV_OK;
    pv_free(f->note); /* labels do not depend on how large weights are */
    return pv_audit_text(
        &f->note,
        "Its weights are no nearer than guessing, but its layer labels %.1f %% of "
        "the run's rows as the true one does: as a classifier it may serve as well.",
        100 * w->agree);
}
