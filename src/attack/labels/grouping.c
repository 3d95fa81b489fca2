#include "attack/labels/grouping.h"

#include "attack/labels/layer.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "privet/metric.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Coordinates kept for each class: W moves, and takes its row space along. */
enum { COORDINATES = 3, MOST_COORDINATES = 96 };
static const double CLEAN = 1e-3; /* violations (layer.h) below this are no noise's */
static const double ALIKE = 0.9;  /* of the labels, between the groups and what the layer says */
static const double SAME = 0.99;  /* two starts that agree so well: no third is needed */

/* held [rows]: the known labels, -1 elsewhere. */
static pv_status hold(int32_t *held, const pv_releases *r, const pv_public *known, int classes,
                      const pv_attack *a)
{
    int64_t there = 0;
    for (int64_t i = 0; i < r->rows; i++) held[i] = -1;
    if (known->known_label == NULL || known->known_row == NULL || known->known < 1)
        PV_FAIL(PV_ERR_USAGE, "%s needs the labels of some rows; none is known", a->name);
    for (int64_t i = 0; i < known->known; i++) {
        int64_t row = pv_releases_row(r, known->known_row[i]);
        int32_t label = known->known_label[i];
        if (label < 0 || label >= classes)
            PV_FAIL(PV_ERR_RANGE,
                    "known label %" PRId32 " of row %" PRId64 " is none of %d classes", label,
                    known->known_row[i], classes);
        if (row < 0) continue;
        held[row] = label;
        there++;
    }
    if (there == 0)
        PV_FAIL(PV_ERR_USAGE, "%s: none of the %" PRId64 " rows of known label has a gradient here",
                a->name, known->known);
    return PV_OK;
}

/* Which class each group is, by the rows whose class is known. */
static pv_status name_groups(pv_mixture *m, const int32_t *held)
{
    pv_status status = PV_OK;
    int n = m->groups;
    double *cost = pv_calloc((size_t)n, (size_t)n * sizeof *cost);
    int32_t *class = pv_alloc((size_t)n, sizeof *class),
            *group = pv_alloc((size_t)n, sizeof *group);
    if (cost == NULL || class == NULL || group == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the names of %d groups", n);
    for (int64_t row = 0; row < m->d->r->rows; row++)
        for (int k = 0; k < n && held[row] >= 0; k++)
            cost[held[row] * n + k] -= log(m->share[row * n + k] + 1e-12) + 28;
    PV_TRY_GOTO(pv_assignment_solve(group, NULL, cost, n, n));
    for (int k = 0; k < n; k++) class[group[k]] = k;
    pv_mixture_rename(m, class);
done:
    pv_free(cost);
    pv_free(class);
    pv_free(group);
    return status;
}

typedef struct search {
    pv_mixture m;
    int32_t *held, *label, *nearest;
    double *margin, *nearest_margin;
    uint8_t *sure;       /* [rows] is label the likeliest by far? */
    double best, agreed; /* likelihood; most that the best and another start agree */
    double strength;
    int64_t rounds, starts, most;
    int refine;
} search;

static void copy(const pv_mixture *m, int32_t *label, double *margin)
{
    for (int64_t row = 0; row < m->d->r->rows; row++) {
        label[row] = m->label[row];
        margin[row] = pv_mixture_margin(m, row);
    }
}

/* Agreement of two namings over what their group sizes would give by chance (Cohen's kappa), on the
 * rows that the first is sure of; 0 when those are fewer than one in a hundred. */
static double agreement(const int32_t *a, const uint8_t *sure, const int32_t *b, int64_t rows,
                        int groups)
{
    int64_t same = 0, n = 0, of_a[PV_MIXTURE_GROUPS] = {0}, of_b[PV_MIXTURE_GROUPS] = {0};
    double chance = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (!sure[i]) continue;
        n++;
        same += a[i] == b[i];
        of_a[a[i]]++;
        of_b[b[i]]++;
    }
    if (100 * n < rows) return 0;
    for (int k = 0; k < groups; k++)
        chance += (double)of_a[k] / (double)n * ((double)of_b[k] / (double)n);
    return chance < 1 ? ((double)same / (double)n - chance) / (1 - chance) : 0;
}

/* How far the best window's means stand out of what the mean of as many random directions would be:
 * n·R² of the n releases of a group, of which noise alone gives 1, and a choice among groups up to
 * as many as there are dimensions. */
static double strength(const pv_mixture *m)
{
    const pv_directions *d = m->d;
    double most = 0, all = (double)d->r->count;
    for (int w = 0; w < d->windows; w++) {
        double n = 5 * (double)(d->first[w + 1] - d->first[w]), kappa = 0; /* with neighbours */
        for (int b = PV_MIXTURE_BINS / 2; b < PV_MIXTURE_BINS; b++) {
            double k = m->kappa[w * PV_MIXTURE_BINS + b];
            kappa += 2.0 / PV_MIXTURE_BINS * k;
        }
        double r = kappa / (kappa + d->rank), here = (n < all ? n : all) / m->groups * r * r;
        if (here > most) most = here;
    }
    return most / d->rank;
}

static void keep(search *s)
{
    static const double SURE = 0.9;
    pv_mixture *m = &s->m;
    int64_t rows = m->d->r->rows;
    double agreed = agreement(s->label, s->sure, m->label, rows, m->groups);
    if (s->starts++ > 0 && agreed > s->agreed) s->agreed = agreed;
    if (m->likelihood <= s->best) return;
    s->best = m->likelihood;
    s->strength = strength(m);
    copy(m, s->label, s->margin);
    for (int64_t i = 0; i < rows; i++) s->sure[i] = m->share[i * m->groups + m->label[i]] > SURE;
}

/* Under too much noise for its number of rows the mixture fits the noise, each start in another
 * way, or nothing at all: then known rows alone say more. */
static void doubt(search *s)
{
    static const double AGREED = 0.8;
    int64_t rows = s->m.d->r->rows;
    if (s->starts < 2 || (s->agreed >= AGREED && s->strength >= 1)) return;
    memcpy(s->label, s->nearest, (size_t)rows * sizeof *s->label);
    memcpy(s->margin, s->nearest_margin, (size_t)rows * sizeof *s->margin);
}

static pv_status one_start(search *s, int64_t number, int named, uint64_t seed, const pv_ctx *ctx)
{
    pv_rng stream = pv_rng_make(seed, PV_STREAM_ATTACK),
           rng = pv_rng_fork(&stream, (uint64_t)number + 1);
    pv_mixture *m = &s->m;
    if (named && number == 0) {
        m->held = s->held;
        pv_mixture_start(m, &rng);
        pv_mixture_expect(m);
        copy(m, s->nearest, s->nearest_margin);
        return pv_mixture_fit(m, s->refine ? s->rounds : 0, ctx);
    }
    m->held = NULL;
    pv_mixture_scatter(m, &rng);
    PV_TRY(pv_mixture_fit(m, s->rounds, ctx));
    if (!named) return PV_OK;
    PV_TRY(name_groups(m, s->held));
    m->held = s->held;
    return pv_mixture_fit(m, s->rounds, ctx);
}

static pv_status search_init(search *s, const pv_directions *d)
{
    size_t rows = (size_t)d->r->rows;
    *s = (search){.best = -INFINITY};
    PV_TRY(pv_mixture_init(&s->m, d));
    s->held = pv_alloc(rows, sizeof *s->held);
    s->label = pv_calloc(rows, sizeof *s->label);
    s->margin = pv_calloc(rows, sizeof *s->margin);
    s->nearest = pv_calloc(rows, sizeof *s->nearest);
    s->nearest_margin = pv_calloc(rows, sizeof *s->nearest_margin);
    s->sure = pv_calloc(rows, 1);
    if (s->held == NULL || s->label == NULL || s->margin == NULL || s->nearest == NULL ||
        s->nearest_margin == NULL || s->sure == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the groups of %zu rows", rows);
    return PV_OK;
}

static void search_clear(search *s)
{
    pv_mixture_clear(&s->m);
    pv_free(s->held);
    pv_free(s->label);
    pv_free(s->margin);
    pv_free(s->nearest);
    pv_free(s->nearest_margin);
    pv_free(s->sure);
}

/* Options of the attack a that start and end the search. */
static pv_status configure(search *s, const pv_attack *a, int named, const pv_attack_option *option,
                           int options, const pv_budget *budget)
{
    int no = 0;
    PV_TRY(pv_attack_option_count(&s->rounds, a, option, options, "rounds", 0, 10000));
    PV_TRY(pv_attack_option_count(&s->most, a, option, options, "restarts", 1, 1000));
    if (named) PV_TRY(pv_attack_option_choice(&no, a, option, options, "refine", "yes|no"));
    if (budget->restarts > 0) s->most = budget->restarts;
    if (no) s->most = 1;
    s->refine = !no;
    return PV_OK;
}

int pv_grouping_classes(const pv_public *known)
{
    return known->classes > 0 ? known->classes : pv_model_what(known->model).classes;
}

int pv_grouping_width(int classes)
{
    int width = COORDINATES * classes;
    if (width > MOST_COORDINATES) width = MOST_COORDINATES;
    return width < classes ? classes : width;
}

pv_status pv_grouping_find(pv_grouping *g, const pv_releases *r, double exponent,
                           const pv_attack *a, int named, const pv_public *known,
                           const pv_attack_option *option, int options, const pv_budget *budget,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_directions d = {0};
    search s = {0};
    double begin = pv_clock_seconds();
    int classes = pv_grouping_classes(known);
    *g = (pv_grouping){.finished = 1};
    if (classes < 2 || classes > PV_MIXTURE_GROUPS)
        PV_FAIL(PV_ERR_UNSUPPORTED, "%s tells 2 to %d classes apart; there are %d", a->name,
                PV_MIXTURE_GROUPS, classes);
    PV_TRY_GOTO(pv_directions_init(&d, r, classes, exponent));
    PV_TRY_GOTO(search_init(&s, &d));
    PV_TRY_GOTO(configure(&s, a, named, option, options, budget));
    if (named) PV_TRY_GOTO(hold(s.held, r, known, classes, a));
    for (int64_t i = 0; i < s.most; i++) {
        if (i > 0 && budget->seconds > 0 && pv_clock_seconds() - begin >= budget->seconds) {
            g->finished = 0;
            break;
        }
        PV_TRY_GOTO(one_start(&s, i, named, budget->seed, ctx));
        keep(&s);
        pv_ctx_progress(ctx, a->name, (uint64_t)i + 1, (uint64_t)s.most);
        if (named && s.agreed >= SAME) break;
    }
    if (named) doubt(&s);
    g->loss = -s.best;
    g->rounds = s.m.rounds;
    g->label = s.label;
    g->margin = s.margin;
    s.label = NULL;
    s.margin = NULL;
done:
    search_clear(&s);
    pv_directions_clear(&d);
    return status;
}

void pv_grouping_clear(pv_grouping *g)
{
    pv_free(g->label);
    pv_free(g->margin);
    *g = (pv_grouping){0};
}

/* Groups become labels that follow from the layer itself, where no noise hides it. Rows whose
 * gradients are all zero keep what they had. */
static pv_status sharpen(pv_grouping *g, const pv_releases *r, int classes, const pv_attack *a,
                         int named, const pv_public *known)
{
    pv_status status = PV_OK;
    pv_layer l = {0};
    int32_t *held = NULL;
    if (named) {
        held = pv_alloc((size_t)r->rows, sizeof *held);
        if (held == NULL) PV_FAIL_MEMORY((size_t)r->rows * sizeof *held);
        PV_TRY_GOTO(hold(held, r, known, classes, a));
    }
    PV_TRY_GOTO(pv_layer_read(&l, r, classes, g->label, held));
    int64_t same = 0;
    for (int64_t i = 0; i < r->rows; i++) same += l.label[i] == g->label[i];
    /* a layer that moves fast is lost on the way, and what is found then fits something else */
    int found = l.violation < CLEAN && (double)same >= ALIKE * (double)(r->rows - l.blank);
    for (int64_t i = 0; i < r->rows && found; i++) {
        if (l.label[i] < 0) {
            g->margin[i] = 0;
            continue;
        }
        g->label[i] = l.label[i];
        g->margin[i] = l.margin[i];
    }
done:
    pv_layer_clear(&l);
    pv_free(held);
    return status;
}

pv_status pv_grouping_run(pv_guess *guess, const pv_attack *a, int named,
                          const pv_view *const *view, int views, const pv_public *known,
                          const pv_attack_target *target, size_t targets,
                          const pv_attack_option *option, int options, const pv_budget *budget,
                          const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_releases r = {0};
    pv_grouping g = {0};
    double begin = pv_clock_seconds();
    int no;
    PV_TRY(pv_attack_option_check(a, option, options));
    PV_TRY_GOTO(pv_releases_init(&r, view, views, pv_grouping_width(pv_grouping_classes(known)),
                                 budget->seed, ctx));
    PV_TRY_GOTO(pv_grouping_find(&g, &r, -0.5, a, named, known, option, options, budget, ctx));
    PV_TRY_GOTO(pv_attack_option_choice(&no, a, option, options, "layer", "yes|no"));
    if (!no) PV_TRY_GOTO(sharpen(&g, &r, pv_grouping_classes(known), a, named, known));
    PV_TRY_GOTO(pv_releases_answer(guess, &r, target, targets, g.label, g.margin, g.loss,
                                   pv_clock_seconds() - begin, g.rounds, g.finished));
done:
    pv_grouping_clear(&g);
    pv_releases_clear(&r);
    return status;
}
