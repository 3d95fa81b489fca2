#include "run/audit_i.h"

#include "codec/png.h"
#include "report/html.h"
#include "run/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXHIBITS = 100, TARGETS_SHOWN = 2000 };

/* What a k of n counts. Each metric of a case is a finding of its own. */
typedef enum metric { RECOVERED, IDENTIFICATION, LABELS, METRICS } metric;

static const char *const metric_name[] = {"recovered", "identification", "labels"};

/* ---- text into findings */
static pv_status text(char **out, const char *fmt, ...) PV_PRINTF(2, 3);
static pv_status text(char **out, const char *fmt, ...)
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

static int64_t hits(const pv_score *s, metric m)
{
    return m == RECOVERED ? s->recovered : m == IDENTIFICATION ? s->identified : s->labels;
}

static pv_status write_control(pv_control *out, const pv_score *score, metric m, int positive,
                               double bound, const char *what)
{
    out->count = (pv_count){hits(score, m), score->samples};
    out->bound = bound;
    out->unfinished = !score->finished;
    out->holds = pv_control_holds(out, positive);
    return text(&out->what, "%s", what);
}

static pv_status write_budget(char **out, const pv_audit_scored *s)
{
    const pv_budget *b = &s->w->o->budget;
    double evaluations = 0;
    for (size_t i = 0; i < s->c->guess.count; i++)
        evaluations += (double)s->c->guess.item[i].evaluations;
    pv_str t = {0};
    pv_status status = PV_OK;
    if (b->restarts > 0) PV_TRY_GOTO(pv_str_printf(&t, "%d restarts at most, ", b->restarts));
    if (b->seconds > 0) PV_TRY_GOTO(pv_str_printf(&t, "%g s at most, ", b->seconds));
    PV_TRY_GOTO(pv_str_printf(&t, "%.0f evaluations a target on average",
                              s->c->guess.count > 0 ? evaluations / (double)s->c->guess.count : 0));
    status = text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

static pv_status write_options(char **out, const pv_audit_scored *s)
{
    pv_str t = {0};
    pv_status status = PV_OK;
    const pv_attack *a = s->c->attack;
    for (const pv_attack_option *o = a->options; o != NULL && o->name != NULL; o++)
        PV_TRY_GOTO(
            pv_str_printf(&t, "%s%s=%s", t.size > 0 ? " " : "", o->name,
                          pv_attack_option_get(a, s->w->o->option, s->w->o->options, o->name)));
    status = text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

/* ---- measures */
static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *x, int64_t n)
{
    if (n == 0) return NAN;
    qsort(x, (size_t)n, sizeof *x, ascending);
    return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static pv_status add_measure(pv_finding *f, const char *name, const char *unit, double value,
                             double low, double high, double baseline)
{
    pv_measure *m = &f->measure[f->measures];
    if (!isfinite(value)) return PV_OK;
    *m = (pv_measure){.value = value, .low = low, .high = high, .baseline = baseline};
    f->measures++;
    PV_TRY(text(&m->name, "%s", name));
    return text(&m->unit, "%s", unit);
}

static pv_status write_measures(pv_finding *f, const pv_audit_scored *s)
{
    pv_status status = PV_OK;
    const pv_score *r = &s->run;
    int64_t n = r->samples;
    double *x = pv_alloc((size_t)n + 1, sizeof *x), error, base, psnr, ssim;
    f->measure = pv_calloc(4, sizeof *f->measure);
    if (x == NULL || f->measure == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a finding");
    for (int64_t i = 0; i < n; i++) x[i] = r->sample[i].error;
    error = median(x, n);
    for (int64_t i = 0; i < n; i++) x[i] = r->sample[i].baseline_error;
    base = median(x, n);
    PV_TRY_GOTO(add_measure(f, "median error", "", error, NAN, NAN, base));
    if (s->how.image) {
        for (int64_t i = 0; i < n; i++) x[i] = isnan(r->sample[i].psnr) ? 0 : r->sample[i].psnr;
        psnr = median(x, n);
        PV_TRY_GOTO(add_measure(f, "median PSNR", "dB", psnr, NAN, NAN,
                                base > 0 ? -10 * log10(base) : NAN));
        for (int64_t i = 0; i < n; i++) x[i] = isnan(r->sample[i].ssim) ? 0 : r->sample[i].ssim;
        ssim = median(x, n);
        PV_TRY_GOTO(add_measure(f, "median SSIM", "", ssim, NAN, NAN, NAN));
    }
    if (r->auc.negatives > 0)
        PV_TRY_GOTO(add_measure(f, "AUC, answer against decoy", "", r->auc.auc, r->auc.interval.low,
                                r->auc.interval.high, 0.5));
done:
    pv_free(x);
    return status;
}

/* ---- exhibits */
static pv_status picture(char **out, const pv_shape *shape, const float *x)
{
    pv_tensor image = {0};
    pv_bytes png = {0};
    pv_str base64 = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_tensor_init(&image, PV_U8, *shape));
    for (int64_t i = 0; i < pv_tensor_count(&image); i++) {
        float v = isfinite(x[i]) ? fminf(fmaxf(x[i], 0), 1) : 0;
        ((uint8_t *)image.data)[i] = (uint8_t)(255 * v + 0.5f);
    }
    PV_TRY_GOTO(pv_png_encode(&png, &image));
    PV_TRY_GOTO(pv_html_base64(&base64, png.data, png.size));
    PV_TRY_GOTO(text(out, "%s", pv_str_text(&base64)));
done:
    pv_str_clear(&base64);
    pv_bytes_clear(&png);
    pv_tensor_clear(&image);
    return status;
}

static int by_error(const void *a, const void *b)
{
    const pv_sample_score *x = *(const pv_sample_score *const *)a,
                          *y = *(const pv_sample_score *const *)b;
    return x->error < y->error ? -1 : x->error > y->error ? 1 : x < y ? -1 : x > y;
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

static pv_status write_exhibit(pv_exhibit *e, const pv_audit_scored *s, const pv_sample_score *one)
{
    const pv_audit_work *w = s->w;
    const pv_answer *a = &s->answers.item[one->target];
    const pv_guess_item *g = &s->c->guess.item[one->target];
    int64_t width = s->how.distance.width;
    int drawable = s->how.image && s->how.sample.ndim == 3 &&
                   (s->how.sample.dim[2] == 1 || s->how.sample.dim[2] == 3);
    *e = (pv_exhibit){.item = one - s->run.sample,
                      .recovered = one->recovered,
                      .error = finite_or_nan(one->error),
                      .baseline_error = finite_or_nan(one->baseline_error),
                      .psnr = finite_or_nan(one->psnr),
                      .ssim = one->ssim,
                      .step = (int64_t)s->c->target[one->target].step};
    PV_TRY(text(&e->party, "%s", w->party[a->owner[one->answer]].name));
    if (!w->o->with_originals)
        return text(&e->what, "%s %lld", s->how.image ? "image" : "row",
                    (long long)a->row[one->answer]);
    PV_TRY(text(&e->what, "%s %lld: %s", s->how.image ? "image" : "row",
                (long long)a->row[one->answer],
                pv_model_class_name(w->model, a->label[one->answer])));
    if (!drawable || g->x == NULL || one->guess >= g->batch) return PV_OK;
    PV_TRY(picture(&e->original, &s->how.sample, a->x + one->answer * width));
    PV_TRY(picture(&e->guess, &s->how.sample, g->x + one->guess * width));
    return picture(&e->baseline, &s->how.sample, s->baseline);
}

static pv_status write_exhibits(pv_finding *f, const pv_audit_scored *s)
{
    pv_status status = PV_OK;
    int64_t n = s->run.samples;
    const pv_sample_score **order = pv_alloc((size_t)n + 1, sizeof *order);
    f->exhibit = pv_calloc(EXHIBITS, sizeof *f->exhibit);
    if (order == NULL || f->exhibit == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a finding");
    for (int64_t i = 0; i < n; i++) order[i] = &s->run.sample[i];
    qsort(order, (size_t)n, sizeof *order, by_error);
    for (int64_t i = 0; i < n && i < EXHIBITS; i++) {
        f->exhibits++;
        PV_TRY_GOTO(write_exhibit(&f->exhibit[i], s, order[i]));
    }
done:
    pv_free(order);
    return status;
}

/* How far each target was missed: the plot of all errors. */
static pv_status write_errors(pv_finding *f, const pv_audit_scored *s)
{
    int64_t n = s->run.samples < TARGETS_SHOWN ? s->run.samples : TARGETS_SHOWN;
    f->target = pv_calloc((size_t)n + 1, sizeof *f->target);
    if (f->target == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    if (s->run.samples > TARGETS_SHOWN) return PV_OK;
    for (int64_t i = 0; i < n; i++) {
        const pv_sample_score *one = &s->run.sample[i];
        f->target[f->targets++] = (pv_target){finite_or_nan(one->error),
                                              finite_or_nan(one->baseline_error), one->recovered};
    }
    return PV_OK;
}

/* ---- one finding */
/* What the attack had in its hands, for the sentence on the page. */
static const char *means_of(const pv_audit_scored *s)
{
    if (strcmp(s->c->attack->wants, "rows") == 0) return "the rows it was sent";
    return s->c->owner != NULL ? "what its owner sent" : "what it received";
}

static pv_status write_what(pv_finding *f, const pv_audit_scored *s, metric m)
{
    const pv_audit_case *c = s->c;
    int images = s->how.image;
    PV_TRY(text(&f->secret, "%s", c->claim->secret));
    PV_TRY(text(&f->claim, "%s", c->claim->text));
    PV_TRY(text(&f->adversary, "%s", c->adversary));
    PV_TRY(text(&f->about, "%s", c->owner != NULL ? c->owner : ""));
    PV_TRY(text(&f->assumed, "%s",
                c->attack->active ? "active: it may alter what it sends"
                                  : "passive: it followed the protocol, kept what it received and "
                                    "computed afterwards"));
    PV_TRY(text(&f->knows, "the model's architecture, the scenario, and what its view holds; never "
                           "another party's files or keys"));
    PV_TRY(text(&f->attack, "%s", c->attack->name));
    f->attack_version = c->attack->version;
    f->active = c->attack->active;
    PV_TRY(write_options(&f->options, s));
    PV_TRY(text(&f->metric, "%s", metric_name[m]));
    f->limit = m == RECOVERED ? s->how.distance.criterion : NAN;
    PV_TRY(text(&f->means, "%s", means_of(s)));
    PV_TRY(text(&f->verb, "%s",
                m == RECOVERED        ? "recovered"
                : m == IDENTIFICATION ? "identified"
                                      : "read"));
    PV_TRY(text(&f->item_one, "%s", m == LABELS ? "label" : images ? "image" : "row"));
    PV_TRY(text(&f->item_many, "%s", m == LABELS ? "labels" : images ? "images" : "rows"));
    f->seed = s->w->o->budget.seed;
    f->seconds = c->seconds;
    f->seconds_each = c->targets > 0 ? c->seconds / (double)c->targets : 0;
    PV_TRY(write_budget(&f->budget, s));
    if (m == RECOVERED)
        PV_TRY(text(&f->criterion, "mean squared error below %g%s", s->how.distance.criterion,
                    images ? " in [0,1]" : " in units of the standard deviation"));
    else if (m == IDENTIFICATION)
        PV_TRY(text(&f->criterion, "closer to its original than to any other of %lld %s",
                    (long long)s->how.decoys, images ? "images" : "rows"));
    else
        PV_TRY(text(&f->criterion, "the label is right"));
    return text(&f->note, "%s",
                s->partial
                    ? "Each step was about more samples than the attack tells apart: n counts "
                      "its guesses, each held against the nearest sample of the step."
                    : "");
}

static pv_status write_chance(pv_finding *f, const pv_audit_scored *s, metric m)
{
    double n = (double)s->run.samples;
    if (m == RECOVERED) {
        const char *what = s->how.image ? "images" : "rows";
        double mean = (double)s->run.baseline_recovered;
        f->chance = n > 0 ? fmax(mean, s->run.drawn) / n : 0;
        if (s->run.drawn > mean)
            return text(&f->chance_what, "one of the victims' other %s, drawn", what);
        return text(&f->chance_what, "the mean of all victims' %s", what);
    }
    if (m == IDENTIFICATION) {
        f->chance = 1 / (double)s->how.decoys;
        return text(&f->chance_what, "a pick among %lld candidates", (long long)s->how.decoys);
    }
    f->chance = n > 0 ? (double)s->base_labels / n : 0;
    return text(&f->chance_what, "%s",
                s->equal_classes ? "all classes in equal numbers"
                                 : "labels in the proportions of all targets'");
}

static pv_status write_controls(pv_finding *f, const pv_audit_scored *s, metric m)
{
    double least = s->w->o->least > 0 ? s->w->o->least : 0.8;
    double most = m == LABELS ? 0.5 : f->chance + (1 - f->chance) * 0.4;
    PV_TRY(write_control(&f->positive, &s->positive, m, 1, least,
                         "drawn samples under weights where the attack is at home"));
    return write_control(&f->negative, &s->negative, m, 0,
                         m == RECOVERED ? fmin(f->chance + 0.1, 1) : most,
                         "the run's weights with what other samples left behind");
}

static pv_status add_finding(pv_findings *out, const pv_audit_scored *s, metric m,
                             int with_exhibits)
{
    pv_finding *grown = pv_realloc(out->finding, (size_t)out->findings + 1, sizeof *grown);
    if (grown == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    out->finding = grown;
    pv_finding *f = &out->finding[out->findings];
    *f = (pv_finding){.count = {hits(&s->run, m), s->run.samples}};
    out->findings++;
    PV_TRY(text(&f->id, "F%d", out->findings));
    PV_TRY(write_what(f, s, m));
    PV_TRY(write_chance(f, s, m));
    PV_TRY(write_controls(f, s, m));
    f->finished = s->run.finished && s->c->failure.size == 0 && s->run.samples > 0;
    if (!f->finished && s->c->failure.size == 0 && s->run.samples == 0 && s->c->unkept > 0)
        PV_TRY(text(&f->unfinished,
                    "of %zu steps (one a victim) the view kept hashes only; a run whose [view] "
                    "has full or every:N can be attacked",
                    s->c->unkept));
    else if (!f->finished)
        PV_TRY(text(&f->unfinished, "%s",
                    s->c->failure.size > 0 ? pv_str_text(&s->c->failure)
                    : s->run.samples == 0  ? "the view has nothing about any step of a victim"
                                           : "the attack ran out of its budget"));
    pv_finding_settle(f);
    if (m == RECOVERED) PV_TRY(write_measures(f, s));
    if (m == RECOVERED) PV_TRY(write_errors(f, s));
    return with_exhibits ? write_exhibits(f, s) : PV_OK;
}

pv_status pv_audit_score(pv_findings *f, pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    pv_audit_scored s = {.w = w, .c = c};
    int labels_only = strcmp(c->attack->wants, "labels") == 0;
    if (c->failure.size > 0) /* its guesses are not worth scoring, its failure is worth telling */
        c->targets = 0;
    PV_TRY_GOTO(pv_audit_answers(&s.answers, w, c));
    PV_TRY_GOTO(pv_audit_scorer(&s));
    PV_TRY_GOTO(pv_score_init(&s.run, &s.how, &c->guess, &s.answers));
    if (c->failure.size == 0) {
        PV_TRY_GOTO(pv_score_init(&s.positive, &s.how, &c->positive_guess, &c->positive.answers));
        PV_TRY_GOTO(pv_audit_score_negative(&s, labels_only));
    }
    if (labels_only || strcmp(c->claim->secret, "labels") == 0) {
        PV_TRY_GOTO(add_finding(f, &s, LABELS, 0));
    } else {
        PV_TRY_GOTO(add_finding(f, &s, RECOVERED, 1));
        /* the nearest of a step's samples is nearest by construction: that identifies nothing */
        if (s.run.has_x && s.how.decoys > 1 && !s.partial)
            PV_TRY_GOTO(add_finding(f, &s, IDENTIFICATION, 0));
    }
done:
    pv_audit_scored_clear(&s);
    return status;
}
