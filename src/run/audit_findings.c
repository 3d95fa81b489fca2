#include "run/audit_i.h"

#include <math.h>
#include <string.h>

/* What a k of n counts. Each metric of a case is a finding of its own. */
typedef enum metric { RECOVERED, IDENTIFICATION, LABELS, METRICS } metric;

static const char *const metric_name[] = {"recovered", "identification", "labels"};

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
    return pv_audit_text(&out->what, "%s", what);
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
    status = pv_audit_text(out, "%s", pv_str_text(&t));
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
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

/* ---- one finding */
/* "66 known rows", "one known label a class"; nothing when nothing was known. */
static pv_status say_known(pv_str *out, const char *before, const pv_audit_case *c)
{
    const pv_known *k = &c->known;
    if (k->count == 0) return PV_OK;
    if (k->each == 1) return pv_str_printf(out, "%sone known label a class", before);
    if (k->each > 1)
        return pv_str_printf(out, "%s%lld known labels a class", before, (long long)k->each);
    return pv_str_printf(out, "%s%lld known row%s", before, (long long)k->count,
                         k->count == 1 ? "" : "s");
}

/* What the attack had in its hands, for the sentence on the page. */
static pv_status write_means(char **out, const pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    pv_str t = {0};
    pv_status status = PV_OK;
    const char *means = c->reads->means != NULL                 ? c->reads->means
                        : strcmp(c->attack->wants, "rows") == 0 ? "the rows it was sent"
                        : c->owner != NULL                      ? "what its owner sent"
                                                                : "what it received";
    if (c->attack->needs & PV_NEEDS_OWN_MODEL) means = "its own layers and rows";
    PV_TRY_GOTO(pv_str_append(&t, means));
    PV_TRY_GOTO(say_known(&t, " and ", c));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

static pv_status write_knows(char **out, const pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    unsigned needs = c->attack->needs;
    pv_str t = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_append(&t, "the model's architecture, the scenario, "));
    if (needs & PV_NEEDS_OWN_DATA) PV_TRY_GOTO(pv_str_append(&t, "its own rows, "));
    if (needs & PV_NEEDS_OWN_LABELS) PV_TRY_GOTO(pv_str_append(&t, "its own labels, "));
    if (needs & PV_NEEDS_OWN_MODEL)
        PV_TRY_GOTO(pv_str_append(&t, "the layers that it trained itself, "));
    if (c->known.count > 0) {
        PV_TRY_GOTO(say_known(&t, "", c));
        PV_TRY_GOTO(pv_str_printf(&t, " (%lld, drawn by the audit's seed; they do not count), ",
                                  (long long)c->known.count));
    }
    PV_TRY_GOTO(pv_str_append(&t, "and what its view holds; never another party's files or keys"));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

static pv_status write_what(pv_finding *f, const pv_audit_scored *s, metric m)
{
    const pv_audit_case *c = s->c;
    int images = s->how.image;
    PV_TRY(pv_audit_text(&f->secret, "%s", c->claim->secret));
    PV_TRY(pv_audit_text(&f->claim, "%s", c->claim->text));
    PV_TRY(pv_audit_text(&f->adversary, "%s", c->adversary));
    PV_TRY(pv_audit_text(&f->about, "%s", c->owner != NULL ? c->owner : ""));
    PV_TRY(pv_audit_text(&f->assumed, "%s",
                         c->attack->active
                             ? "active: it may alter what it sends"
                             : "passive: it followed the protocol, kept what it received and "
                               "computed afterwards"));
    PV_TRY(write_knows(&f->knows, s));
    PV_TRY(pv_audit_text(&f->attack, "%s", c->attack->name));
    f->attack_version = c->attack->version;
    f->active = c->attack->active;
    PV_TRY(write_options(&f->options, s));
    PV_TRY(pv_audit_text(&f->metric, "%s", metric_name[m]));
    f->limit = m == RECOVERED ? s->how.distance.criterion : NAN;
    PV_TRY(write_means(&f->means, s));
    PV_TRY(pv_audit_text(&f->verb, "%s",
                         m == RECOVERED        ? "recovered"
                         : m == IDENTIFICATION ? "identified"
                                               : "read"));
    PV_TRY(pv_audit_text(&f->item_one, "%s", m == LABELS ? "label" : images ? "image" : "row"));
    PV_TRY(pv_audit_text(&f->item_many, "%s", m == LABELS ? "labels" : images ? "images" : "rows"));
    f->seed = s->w->o->budget.seed;
    f->seconds = c->seconds;
    double each = s->how.rows ? (double)s->run.samples : (double)c->targets;
    f->seconds_each = each > 0 ? c->seconds / each : 0;
    PV_TRY(write_budget(&f->budget, s));
    if (m == RECOVERED)
        PV_TRY(pv_audit_text(&f->criterion, "mean squared error below %g%s",
                             s->how.distance.criterion,
                             images ? " in [0,1]" : " in units of the standard deviation"));
    else if (m == IDENTIFICATION)
        PV_TRY(pv_audit_text(&f->criterion, "closer to its original than to any other of %lld %s",
                             (long long)s->how.decoys, images ? "images" : "rows"));
    else
        PV_TRY(pv_audit_text(&f->criterion, "%s",
                             !s->how.rows ? "the label is right"
                             : !s->how.renames
                                 ? "the row's label is right"
                                 : "the row is in the group of its class, when groups "
                                   "are named as fits best"));
    return pv_audit_text(
        &f->note, "%s",
        s->partial ? "Each step was about more samples than the attack tells apart: n counts "
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
            return pv_audit_text(&f->chance_what, "one of the victims' other %s, drawn", what);
        return pv_audit_text(&f->chance_what, "the mean of all victims' %s", what);
    }
    if (m == IDENTIFICATION) {
        f->chance = 1 / (double)s->how.decoys;
        return pv_audit_text(&f->chance_what, "a pick among %lld candidates",
                             (long long)s->how.decoys);
    }
    f->chance = n > 0 ? s->base_labels / n : 0;
    return pv_audit_text(&f->chance_what, "%s",
                         s->how.rows && s->how.renames
                             ? "the most frequent class for every row, or, if that is more, these "
                               "groups with labels drawn anew"
                         : s->how.rows      ? "the most frequent class for every row"
                         : s->equal_classes ? "all classes in equal numbers"
                                            : "labels in the proportions of all targets'");
}

/* A control has classes in other proportions than the run: the share of what is above its own
 * chance counts. */
static pv_status above_chance(double *bound, double share, const pv_audit_scored *s,
                              const pv_guess *guess, const pv_score *score,
                              const pv_answers *answers)
{
    double right = 0, n = (double)score->samples;
    *bound = share;
    if (n < 1) return PV_OK;
    PV_TRY(pv_labels_chance(&right, guess, answers, s->how.renames, s->how.classes, s->w->seed));
    *bound = right / n + share * (1 - right / n);
    return PV_OK;
}

static pv_status write_row_controls(pv_finding *f, const pv_audit_scored *s, metric m, double least)
{
    const pv_audit_case *c = s->c;
    double low = least, high = 0.4;
    PV_TRY(above_chance(&low, least, s, &c->positive_guess, &s->positive, &c->positive.answers));
    PV_TRY(above_chance(&high, 0.4, s, &c->negative_guess, &s->negative, &c->negative.answers));
    PV_TRY(write_control(&f->positive, &s->positive, m, 1, low,
                         "a drawn layer and drawn labels, of the run's sizes"));
    return write_control(&f->negative, &s->negative, m, 0, high,
                         "the same, with labels drawn anew behind it");
}

static pv_status write_controls(pv_finding *f, const pv_audit_scored *s, metric m)
{
    double least = s->w->o->least > 0 ? s->w->o->least : 0.8;
    double most = m == LABELS ? 0.5 : f->chance + (1 - f->chance) * 0.4;
    if (m == LABELS && s->how.rows) return write_row_controls(f, s, m, least);
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
    PV_TRY(pv_audit_text(&f->id, "F%d", out->findings));
    PV_TRY(write_what(f, s, m));
    PV_TRY(write_chance(f, s, m));
    PV_TRY(write_controls(f, s, m));
    f->finished = s->run.finished && s->c->failure.size == 0 && s->run.samples > 0;
    if (!f->finished && s->c->failure.size == 0 && s->run.samples == 0 && s->c->unkept > 0)
        PV_TRY(pv_audit_text(
            &f->unfinished,
            "of %zu steps (one a victim) the view kept hashes only; a run whose [view] "
            "has full or every:N can be attacked",
            s->c->unkept));
    else if (!f->finished)
        PV_TRY(pv_audit_text(&f->unfinished, "%s",
                             s->c->failure.size > 0 ? pv_str_text(&s->c->failure)
                             : s->run.samples == 0
                                 ? "the view has nothing about any step of a victim"
                                 : "the attack ran out of its budget"));
    pv_finding_settle(f);
    if (m == RECOVERED) PV_TRY(pv_audit_add_measures(f, s));
    if (m == RECOVERED) PV_TRY(pv_audit_add_errors(f, s));
    if (m == LABELS) PV_TRY(pv_audit_add_classes(f, s));
    return with_exhibits ? pv_audit_add_exhibits(f, s) : PV_OK;
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
