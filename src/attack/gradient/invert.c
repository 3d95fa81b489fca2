#include "attack/gradient/invert.h"

#include "attack/gradient/records.h"
#include "attack/gradient/restore.h"
#include "attack/gradient/search.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "privet/rng.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STARTS_MAX = 1000 };
enum { ZERO, NORMAL, UNIFORM }; /* how a start is drawn */
/* What keeps the samples of a batch, all at zero, from moving as one. */
static const double APART = 0.01;

typedef struct inversion {
    const pv_attack *attack;
    int joint; /* the labels are variables unless known */
    const pv_public *known;
    const pv_budget *budget;
    const pv_ctx *ctx;
    pv_matching_options how;
    pv_search_options search_how;
    int init, use_labels;
    int64_t starts;
    int ready; /* matching and search are those of `how` */
    pv_matching matching;
    pv_search search;
    pv_restore restore;
    double *start, *best; /* [variables] */
    double *low, *high;   /* [samples] */
} inversion;

static pv_status read_options(inversion *v, const pv_attack_option *option, int options)
{
    static const pv_match match[] = {PV_MATCH_L2, PV_MATCH_LAYERS, PV_MATCH_COSINE};
    const pv_attack *a = v->attack;
    int choice, unknown;
    PV_TRY(pv_attack_option_check(a, option, options));
#define NUMBER(out, name, low, high)                                                               \
    PV_TRY(pv_attack_option_number(out, a, option, options, name, low, high))
#define CHOICE(out, name, words)                                                                   \
    PV_TRY(pv_attack_option_choice(out, a, option, options, name, words))
    PV_TRY(pv_attack_option_count(&v->search_how.steps, a, option, options, "steps", 1, 100000000));
    PV_TRY(pv_attack_option_count(&v->starts, a, option, options, "restarts", 1, STARTS_MAX));
    NUMBER(&v->search_how.lr, "lr", 1e-9, 1e3);
    NUMBER(&v->how.tv, "tv", 0, 1e3);
    NUMBER(&v->search_how.stop, "stop", 0, 1);
    CHOICE(&choice, "objective", "l2|layers|cosine");
    v->how.match = match[choice];
    CHOICE(&v->search_how.adam, "optimiser", "lbfgs|adam");
    CHOICE(&v->search_how.wolfe, "line_search", "none|wolfe");
    CHOICE(&v->init, "init", "zero|normal|uniform");
    CHOICE(&unknown, "known_labels", "yes|no");
#undef NUMBER
#undef CHOICE
    v->use_labels = !unknown;
    v->how.threads = pv_ctx_threads(v->ctx);
    v->search_how.evaluations = v->budget->evaluations;
    if (v->budget->restarts > 0)
        v->starts = v->budget->restarts < STARTS_MAX ? v->budget->restarts : STARTS_MAX;
    return PV_OK;
}

static void forget_plan(inversion *v)
{
    pv_search_clear(&v->search);
    pv_matching_clear(&v->matching);
    pv_free(v->start);
    v->start = NULL;
    v->ready = 0;
}

/* Channel or feature of number k of a sample. */
static size_t column(const pv_norm *norm, size_t k)
{
    return k % (size_t)norm->n;
}

/* The plan for a batch, unless it is the one that is there. */
static pv_status prepare(inversion *v, int64_t batch, int joint)
{
    const pv_norm *norm = pv_model_norm(v->known->model);
    if (v->ready && v->how.batch == batch && v->how.joint == joint) return PV_OK;
    forget_plan(v);
    v->how.batch = batch;
    v->how.joint = joint;
    PV_TRY(pv_matching_init(&v->matching, v->known->model, &v->how));
    PV_TRY(pv_search_init(&v->search, &v->matching));
    size_t n = v->matching.variables;
    v->start = pv_calloc(n, 4 * sizeof *v->start);
    if (v->start == NULL) PV_FAIL_MEMORY(n * 4 * sizeof *v->start);
    v->best = v->start + n;
    v->low = v->best + n;
    v->high = v->low + n;
    for (size_t k = 0; k < v->matching.samples; k++) {
        double mean = norm->n == 0 ? 0 : norm->mean[column(norm, k)];
        double by = norm->n == 0 ? 1 : norm->inverse_std[column(norm, k)];
        v->low[k] = (0 - mean) * by;
        v->high[k] = (1 - mean) * by;
    }
    int images = pv_model_what(v->known->model).kind == PV_DATA_IMAGE;
    v->search_how.low = images ? v->low : NULL;
    v->search_how.high = images ? v->high : NULL;
    v->ready = 1;
    return PV_OK;
}

/* Where start number `start` of a target begins. */
static void draw(inversion *v, size_t target, int64_t start)
{
    pv_rng stream = pv_rng_make(v->budget->seed, PV_STREAM_ATTACK);
    pv_rng rng = pv_rng_fork(&stream, (uint64_t)target * STARTS_MAX + (uint64_t)start);
    int how = v->init == ZERO && start > 0 ? NORMAL : v->init, images = v->search_how.low != NULL;
    for (size_t k = 0; k < v->matching.variables; k++) {
        if (how == NORMAL || k >= v->matching.samples)
            v->start[k] = pv_rng_normal(&rng);
        else if (how == ZERO)
            v->start[k] = v->how.batch == 1 ? 0 : APART * pv_rng_normal(&rng);
        else if (images)
            v->start[k] = v->low[k] + (v->high[k] - v->low[k]) * pv_rng_uniform(&rng);
        else
            v->start[k] = sqrt(3) * (2 * pv_rng_uniform(&rng) - 1); /* of variance 1 */
    }
}

/* Every start, or as many as it takes: v->best gets the best point of them. */
static pv_status search(inversion *v, pv_guess_item *item, size_t target, const char *what)
{
    pv_search *s = &v->search;
    item->loss = INFINITY;
    item->finished = 1;
    for (int64_t start = 0; start < v->starts && item->loss > v->search_how.stop; start++) {
        draw(v, target, start);
        pv_status status = pv_search_run(s, v->start, &v->search_how, what, v->ctx);
        item->evaluations += s->evaluations;
        if (s->loss < item->loss) {
            item->loss = s->loss;
            memcpy(v->best, s->best, v->matching.variables * sizeof *v->best);
        }
        if (!s->finished) item->finished = 0;
        if (status != PV_OK) return status;
        if (v->search_how.deadline > 0 && pv_clock_seconds() >= v->search_how.deadline) break;
    }
    if (item->loss > v->search_how.stop && v->search_how.deadline > 0 &&
        pv_clock_seconds() >= v->search_how.deadline)
        item->finished = 0;
    return PV_OK;
}

static int32_t most_likely(const double *logit, int64_t classes)
{
    int64_t best = 0;
    for (int64_t k = 1; k < classes; k++)
        if (logit[k] > logit[best]) best = k;
    return (int32_t)best;
}

/* The guess in the units of the data. */
static void fill(const inversion *v, pv_guess_item *item, const int32_t *restored)
{
    const pv_norm *norm = pv_model_norm(v->known->model);
    int64_t classes = pv_model_what(v->known->model).classes;
    for (size_t k = 0; k < v->matching.samples; k++) {
        double x = v->best[k];
        if (norm->n > 0) x = x / norm->inverse_std[column(norm, k)] + norm->mean[column(norm, k)];
        if (v->search_how.low != NULL) x = fmin(fmax(x, 0), 1);
        item->x[k] = (float)x;
    }
    for (int64_t i = 0; i < item->batch; i++) {
        item->confidence[i] = -item->loss;
        if (item->label == NULL) continue;
        item->label[i] = v->how.joint
                             ? most_likely(v->best + v->matching.samples + i * classes, classes)
                             : restored[i];
    }
}

static pv_status invert_one(inversion *v, pv_guess *guess, size_t i, const pv_view *const *view,
                            int views, const pv_attack_target *target, const char *what)
{
    pv_status status = PV_OK;
    pv_gradient_record record = {0};
    int32_t label[PV_GRADIENT_BATCH];
    const int32_t *given;
    int64_t batch;
    pv_guess_item *item = &guess->item[i];
    pv_shape sample = pv_model_what(v->known->model).sample;
    double begin = pv_clock_seconds();
    PV_TRY_GOTO(pv_gradient_record_init(&record, view, views, v->known, target));
    PV_TRY_GOTO(pv_gradient_record_batch(&batch, &given, &record, target, PV_GRADIENT_BATCH));
    if (!v->use_labels) given = NULL;
    PV_TRY_GOTO(prepare(v, batch, v->joint && given == NULL));
    PV_TRY_GOTO(pv_matching_set_weights(&v->matching, record.weight));
    PV_TRY_GOTO(pv_matching_set_target(&v->matching, record.gradient));
    if (!v->how.joint && given == NULL) {
        if (v->restore.plan == NULL)
            PV_TRY_GOTO(pv_restore_init(&v->restore, v->known->model, v->budget->seed));
        PV_TRY_GOTO(
            pv_restore_labels(&v->restore, label, NULL, record.weight, record.gradient, batch));
    }
    if (!v->how.joint)
        PV_TRY_GOTO(pv_matching_set_labels(&v->matching, given != NULL ? given : label));
    PV_TRY_GOTO(pv_guess_claim(guess, i, batch, pv_shape_count(&sample), given == NULL, 1));
    status = search(v, item, i, what);
    if (isfinite(item->loss)) {
        fill(v, item, label);
    } else { /* not one evaluation within the budget, or none that was a number */
        pv_free(item->x);
        item->x = NULL;
        item->loss = DBL_MAX;
        for (int64_t k = 0; k < batch; k++) item->confidence[k] = -DBL_MAX;
        for (int64_t k = 0; item->label != NULL && !v->how.joint && k < batch; k++)
            item->label[k] = label[k];
    }
    item->seconds = pv_clock_seconds() - begin;
done:
    pv_gradient_record_clear(&record);
    return status;
}

pv_status pv_invert(pv_guess *guess, const pv_attack *attack, int joint, const pv_view *const *view,
                    int views, const pv_public *known, const pv_attack_target *target,
                    size_t targets, const pv_attack_option *option, int options,
                    const pv_budget *budget, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    inversion v = {.attack = attack, .joint = joint, .known = known, .budget = budget, .ctx = ctx};
    double begin = pv_clock_seconds();
    PV_TRY(read_options(&v, option, options));
    for (size_t i = 0; i < targets; i++) {
        char what[64];
        snprintf(what, sizeof what, "%s, target %zu of %zu", attack->name, i + 1, targets);
        if (budget->seconds > 0)
            v.search_how.deadline = begin + budget->seconds * (double)(i + 1) / (double)targets;
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(invert_one(&v, guess, i, view, views, &target[i], what));
    }
done:
    forget_plan(&v);
    pv_restore_clear(&v.restore);
    return status;
}
