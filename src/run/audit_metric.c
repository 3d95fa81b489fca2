#include "run/audit_i.h"

#include <math.h>
#include <string.h>

static pv_status write_control(pv_control *out, const pv_count *count, const pv_score *score,
                               int positive, double bound, const char *what)
{
    out->count = *count;
    out->bound = fmin(bound, 1);
    out->unfinished = !score->finished;
    out->holds = pv_control_holds(out, positive);
    return pv_audit_text(&out->what, "%s", what);
}

static double least_of(const pv_audit_scored *s)
{
    return s->w->o->least > 0 ? s->w->o->least : 0.8;
}

/* Guesses about messages, as they are made of drawn samples; of rows, as the auditor wrote notes
 * about them. */
static const char *what_of(const pv_audit_scored *s, int positive)
{
    if (!s->how.rows)
        return positive ? "drawn samples under weights where the attack is at home"
                        : "the run's weights with what other samples left behind";
    if (s->c->reads->cut)
        return positive ? "activations of drawn samples behind one layer of a drawn network"
                        : "the same, asked about other drawn samples";
    return positive ? "logits of a small regression on drawn rows"
                    : "the same, asked about other drawn rows";
}

static pv_status controls_of(pv_finding *f, const pv_audit_scored *s,
                             pv_count (*hits)(const pv_score *), double low, double high)
{
    pv_count a = hits(&s->positive), b = hits(&s->negative);
    PV_TRY(write_control(&f->positive, &a, &s->positive, 1, low, what_of(s, 1)));
    return write_control(&f->negative, &b, &s->negative, 0, high, what_of(s, 0));
}

static double above(double chance, double share)
{
    return chance + (1 - chance) * share;
}

/* ---- recovered: how near a guess is to its original */
static int is_about_labels(const pv_audit_scored *s)
{
    if (pv_audit_wants(s->c, "secrets") || pv_audit_wants(s->c, "answers")) return 0;
    return strcmp(s->c->attack->wants, "labels") == 0 || strcmp(s->c->claim->secret, "labels") == 0;
}

static int is_about_weights(const pv_audit_scored *s)
{
    return s->c->reads->score != NULL;
}

static int claims_samples(const pv_audit_scored *s)
{
    if (pv_audit_wants(s->c, "secrets") || pv_audit_wants(s->c, "answers")) return 0;
    return !is_about_labels(s) && !is_about_weights(s) && !s->run.has_inner;
}

static int claims_recovery(const pv_audit_scored *s)
{
    return claims_samples(s) && !s->c->attack->rough;
}

static pv_count recovered_hits(const pv_score *s)
{
    return (pv_count){s->recovered, s->samples};
}

static pv_status recovered_criterion(char **out, const pv_audit_scored *s)
{
    return pv_audit_text(out, "mean squared error below %g%s", s->how.distance.criterion,
                         s->how.image ? " in [0,1]" : " in units of the standard deviation");
}

static pv_status recovered_chance(pv_finding *f, const pv_audit_scored *s)
{
    double n = (double)s->run.samples, mean = (double)s->run.baseline_recovered;
    const char *what = s->how.image ? "images" : "rows";
    f->chance = n > 0 ? fmax(mean, s->run.drawn) / n : 0;
    if (s->run.drawn > mean)
        return pv_audit_text(&f->chance_what, "one of the victims' other %s, drawn", what);
    return pv_audit_text(&f->chance_what, "the mean of all victims' %s", what);
}

static pv_status recovered_controls(pv_finding *f, const pv_audit_scored *s)
{
    return controls_of(f, s, recovered_hits, least_of(s), fmin(f->chance + 0.1, 1));
}

static pv_status recovered_more(pv_finding *f, const pv_audit_scored *s)
{
    PV_TRY(pv_audit_add_measures(f, s));
    PV_TRY(pv_audit_add_errors(f, s));
    return pv_audit_add_exhibits(f, s);
}

static const pv_audit_metric recovered = {.name = "recovered",
                                          .verb = "recovered",
                                          .limited = 1,
                                          .applies = claims_recovery,
                                          .hits = recovered_hits,
                                          .criterion = recovered_criterion,
                                          .chance = recovered_chance,
                                          .controls = recovered_controls,
                                          .more = recovered_more};

/* ---- identification: nearer to its original than to others */

/* The nearest of a step's samples is nearest by construction: that identifies nothing. */
static int can_identify(const pv_audit_scored *s)
{
    return claims_samples(s) && s->run.has_x && s->how.decoys > 1 && !s->partial;
}

static pv_count identified_hits(const pv_score *s)
{
    return (pv_count){s->identified, s->samples};
}

static pv_status identified_criterion(char **out, const pv_audit_scored *s)
{
    return pv_audit_text(out, "closer to its original than to any other of %lld %s",
                         (long long)s->how.decoys, s->how.image ? "images" : "rows");
}

static pv_status identified_chance(pv_finding *f, const pv_audit_scored *s)
{
    f->chance = 1 / (double)s->how.decoys;
    return pv_audit_text(&f->chance_what, "a pick among %lld candidates", (long long)s->how.decoys);
}

static pv_status identified_controls(pv_finding *f, const pv_audit_scored *s)
{
    return controls_of(f, s, identified_hits, least_of(s), above(f->chance, 0.4));
}

/* Of what does not claim to be the sample itself, pictures and errors stand here. */
static pv_status identified_more(pv_finding *f, const pv_audit_scored *s)
{
    return s->c->attack->rough ? recovered_more(f, s) : PV_OK;
}

static const pv_audit_metric identification = {.name = "identification",
                                               .verb = "identified",
                                               .applies = can_identify,
                                               .hits = identified_hits,
                                               .criterion = identified_criterion,
                                               .chance = identified_chance,
                                               .controls = identified_controls,
                                               .more = identified_more};

/* ---- inner products */
static int claims_inner(const pv_audit_scored *s)
{
    return !is_about_labels(s) && s->run.has_inner;
}

static pv_count inner_hits(const pv_score *s)
{
    return (pv_count){s->inner.right, s->inner.count};
}

static pv_status inner_criterion(char **out, const pv_audit_scored *s)
{
    (void)s;
    return pv_audit_text(out, "off by at most 1 %% of the two rows' lengths");
}

static pv_status inner_chance(pv_finding *f, const pv_audit_scored *s)
{
    const pv_inner_score *i = &s->run.inner;
    f->chance = i->count > 0 ? (double)i->baseline / (double)i->count : 0;
    return pv_audit_text(&f->chance_what, "the mean of all pairs' inner products, and of all "
                                          "squares");
}

static pv_status inner_controls(pv_finding *f, const pv_audit_scored *s)
{
    const pv_inner_score *i = &s->negative.inner;
    double chance = i->count > 0 ? (double)i->baseline / (double)i->count : 0;
    return controls_of(f, s, inner_hits, least_of(s), above(chance, 0.4));
}

static const pv_audit_metric inner = {
    .name = "inner-products",
    .verb = "found",
    .one = "inner product of two rows",
    .many = "inner products of two rows",
    .note = "Inner products of the same rows hang together; the interval takes them for "
            "independent.",
    .applies = claims_inner,
    .hits = inner_hits,
    .criterion = inner_criterion,
    .chance = inner_chance,
    .controls = inner_controls,
    .more = pv_audit_add_inner};

/* ---- a layer */
static pv_count weight_hits(const pv_score *s)
{
    return (pv_count){s->weights.right, s->weights.count};
}

static pv_status weight_criterion(char **out, const pv_audit_scored *s)
{
    (void)s;
    return pv_audit_text(out, "off by at most 10 %% of the root mean square of all weights, less "
                              "their mean over the classes");
}

static double weight_chance_of(const pv_score *s)
{
    const pv_weight_score *w = &s->weights;
    return w->count > 0 ? (double)w->baseline / (double)w->count : 0;
}

static pv_status weight_chance(pv_finding *f, const pv_audit_scored *s)
{
    f->chance = weight_chance_of(&s->run);
    return pv_audit_text(&f->chance_what, "zero for every weight");
}

static pv_status weight_controls(pv_finding *f, const pv_audit_scored *s)
{
    pv_count a = weight_hits(&s->positive), b = weight_hits(&s->negative);
    PV_TRY(write_control(&f->positive, &a, &s->positive, 1, least_of(s),
                         "probabilities by a drawn layer of drawn inputs, of the run's sizes"));
    return write_control(&f->negative, &b, &s->negative, 0,
                         above(weight_chance_of(&s->negative), 0.4),
                         "the same by another drawn layer");
}

static const pv_audit_metric weights = {.name = "weights",
                                        .verb = "worked out",
                                        .one = "weight",
                                        .many = "weights",
                                        .note = "Weights are worked out together; the interval "
                                                "takes them for independent.",
                                        .applies = is_about_weights,
                                        .hits = weight_hits,
                                        .criterion = weight_criterion,
                                        .chance = weight_chance,
                                        .controls = weight_controls,
                                        .more = pv_audit_add_weights};

/* ---- labels */
pv_count pv_audit_label_hits(const pv_score *s)
{
    return (pv_count){s->labels, s->samples};
}

static pv_status label_criterion(char **out, const pv_audit_scored *s)
{
    return pv_audit_text(out, "%s",
                         !s->how.rows     ? "the label is right"
                         : s->how.renames ? "the row is in the group of its class, when groups are "
                                            "named as fits best"
                                          : "the row's label is right");
}

static pv_status label_chance(pv_finding *f, const pv_audit_scored *s)
{
    double n = (double)s->run.samples;
    f->chance = n > 0 ? s->base_labels / n : 0;
    return pv_audit_text(&f->chance_what, "%s",
                         s->how.rows && s->how.renames
                             ? "the most frequent class for every row, or, if that is more, these "
                               "groups with labels drawn anew"
                         : s->c->reads->cut
                             ? "each customer's most frequent class for all of its rows"
                         : s->how.rows      ? "the most frequent class for every row"
                         : s->equal_classes ? "all classes in equal numbers"
                                            : "labels in the proportions of all targets'");
}

/* A control has classes in other proportions than the run: what is above its own chance counts. */
static pv_status row_bound(double *bound, double share, const pv_audit_scored *s,
                           const pv_guess *guess, const pv_score *score, const pv_answers *answers)
{
    double right = 0, n = (double)score->samples;
    *bound = share;
    if (n < 1) return PV_OK;
    PV_TRY(pv_labels_chance(&right, guess, answers, s->how.renames, s->how.classes, s->w->seed));
    *bound = above(right / n, share);
    return PV_OK;
}

pv_status pv_audit_row_controls(pv_finding *f, const pv_audit_scored *s, const char *positive,
                                const char *negative)
{
    const pv_audit_case *c = s->c;
    double low = least_of(s), high = 0.4;
    pv_count a = pv_audit_label_hits(&s->positive), b = pv_audit_label_hits(&s->negative);
    PV_TRY(row_bound(&low, low, s, &c->positive_guess, &s->positive, &c->positive.answers));
    PV_TRY(row_bound(&high, high, s, &c->negative_guess, &s->negative, &c->negative.answers));
    PV_TRY(write_control(&f->positive, &a, &s->positive, 1, low, positive));
    return write_control(&f->negative, &b, &s->negative, 0, high, negative);
}

static pv_status label_controls(pv_finding *f, const pv_audit_scored *s)
{
    if (!s->how.rows) return controls_of(f, s, pv_audit_label_hits, least_of(s), 0.5);
    return pv_audit_row_controls(
        f, s,
        s->c->reads->cut
            ? "a drawn network that leaves its secret readable, samples alike within a class"
        : s->c->attack->needs & PV_NEEDS_OWN_MODEL
            ? "drawn labels, and samples that lie close to others of their label"
            : "a drawn layer and drawn labels, of the run's sizes",
        "the same, with labels drawn anew behind it");
}

static pv_status label_more(pv_finding *f, const pv_audit_scored *s)
{
    PV_TRY(pv_audit_add_classes(f, s));
    return pv_audit_add_tries(f, s);
}

static const pv_audit_metric labels = {.name = "labels",
                                       .verb = "read",
                                       .one = "label",
                                       .many = "labels",
                                       .applies = is_about_labels,
                                       .hits = pv_audit_label_hits,
                                       .criterion = label_criterion,
                                       .chance = label_chance,
                                       .controls = label_controls,
                                       .more = label_more};

const pv_audit_metric *const pv_audit_metrics[] = {&recovered,
                                                   &identification,
                                                   &inner,
                                                   &weights,
                                                   &labels,
                                                   &pv_audit_metric_secrets,
                                                   &pv_audit_metric_agreement,
                                                   NULL};
