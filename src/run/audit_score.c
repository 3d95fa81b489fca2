#include "run/audit_i.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

pv_status pv_answers_init(pv_answers *a, size_t targets)
{
    *a = (pv_answers){.item = pv_calloc(targets > 0 ? targets : 1, sizeof *a->item)};
    if (a->item == NULL) PV_FAIL_MEMORY(targets * sizeof *a->item);
    a->count = targets;
    return PV_OK;
}

pv_status pv_answer_set(pv_answers *a, size_t i, int64_t batch, int64_t width)
{
    pv_answer *one = &a->item[i];
    *one = (pv_answer){.batch = batch,
                       .x = pv_calloc((size_t)batch, (size_t)width * sizeof *one->x),
                       .label = pv_calloc((size_t)batch, sizeof *one->label),
                       .row = pv_calloc((size_t)batch, sizeof *one->row),
                       .owner = pv_calloc((size_t)batch, sizeof *one->owner),
                       .known = pv_calloc((size_t)batch, 1)};
    if (one->x == NULL || one->label == NULL || one->row == NULL || one->owner == NULL ||
        one->known == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the answers to a batch of %lld",
                (long long)batch);
    a->samples += batch;
    return PV_OK;
}

void pv_answers_clear(pv_answers *a)
{
    for (size_t i = 0; i < a->count; i++) {
        pv_free(a->item[i].x);
        pv_free(a->item[i].label);
        pv_free(a->item[i].opened);
        pv_free(a->item[i].row);
        pv_free(a->item[i].owner);
        pv_free(a->item[i].known);
    }
    pv_free(a->item);
    *a = (pv_answers){0};
}

double pv_distance_of(const pv_distance *d, const float *a, const float *b)
{
    double sum = 0;
    for (int64_t i = 0; i < d->width; i++) {
        double e = (double)a[i] - b[i];
        if (d->norm != NULL && d->norm->n > 0) e *= d->norm->inverse_std[i % d->norm->n];
        sum += e * e;
    }
    return sum / (double)d->width;
}

static double error_of(const pv_scorer *how, const float *guess, const float *answer)
{
    double e = pv_distance_of(&how->distance, guess, answer);
    return isfinite(e) ? e : HUGE_VAL;
}

/* A candidate that is the answer itself is none. */
static int is_same(const pv_scorer *how, const float *decoy, const float *answer)
{
    return memcmp(decoy, answer, (size_t)how->distance.width * sizeof *decoy) == 0;
}

/* ---- which guess of a batch is about which answer */

/* Batches up to this size are matched as a whole. */
enum { TELL_APART = 64 };

int pv_score_is_partial(int64_t guesses, int64_t answers)
{
    return guesses < answers && answers > TELL_APART;
}

/* By the images; where none are claimed, by the labels. A guess that is not a number is as far away
 * as anything can be. */
static pv_status match(int32_t *guess_of, const pv_scorer *how, const pv_guess_item *g,
                       const pv_answer *a)
{
    pv_status status = PV_OK;
    int n = (int)a->batch;
    double *cost = pv_alloc((size_t)n * (size_t)n, sizeof *cost);
    if (cost == NULL) PV_FAIL_MEMORY((size_t)n * (size_t)n * sizeof *cost);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            double c = 0;
            if (k >= g->batch)
                c = 1e30;
            else if (g->x != NULL)
                c = fmin(
                    error_of(how, g->x + k * how->distance.width, a->x + i * how->distance.width),
                    1e30);
            else if (g->label != NULL)
                c = g->label[k] != a->label[i];
            cost[i * n + k] = c;
        }
    PV_TRY_GOTO(pv_assignment_solve(guess_of, NULL, cost, n, n));
done:
    pv_free(cost);
    return status;
}

static void score_image(pv_sample_score *s, const pv_scorer *how, const float *guess,
                        const float *answer, float *boxed)
{
    int64_t width = how->distance.width;
    s->error = error_of(how, guess, answer);
    s->recovered = s->error < how->distance.criterion;
    s->identified = isfinite(s->error);
    for (int64_t d = 0; d < how->decoys && s->identified; d++)
        s->identified = is_same(how, how->decoy + d * width, answer) ||
                        error_of(how, guess, how->decoy + d * width) > s->error;
    s->psnr = s->ssim = NAN;
    if (!how->image) return;
    for (int64_t i = 0; i < width; i++)
        boxed[i] = isfinite(guess[i]) ? fminf(fmaxf(guess[i], 0), 1) : 0;
    s->psnr = pv_psnr(boxed, answer, width, 1);
    if (how->sample.ndim == 3 && how->sample.dim[0] >= 11 && how->sample.dim[1] >= 11)
        if (pv_ssim(&s->ssim, boxed, answer, (int)how->sample.dim[0], (int)how->sample.dim[1],
                    (int)how->sample.dim[2], 1) != PV_OK)
            s->ssim = NAN; /* no figure is better than a wrong one */
}

/* Labels alone: as many as agree are right, whichever of the batch each belongs to. */
static pv_status match_labels(int32_t *guess_of, const pv_guess_item *g, const pv_answer *a)
{
    int64_t n = a->batch < g->batch ? a->batch : g->batch;
    uint8_t *taken = pv_calloc((size_t)g->batch + 1, 1);
    if (taken == NULL) PV_FAIL_MEMORY((size_t)g->batch);
    for (int64_t i = 0; i < a->batch; i++) guess_of[i] = -1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < g->batch && guess_of[i] < 0; k++)
            if (!taken[k] && g->label[k] == a->label[i]) taken[k] = 1, guess_of[i] = (int32_t)k;
    for (int64_t i = 0, k = 0; i < a->batch; i++) {
        if (guess_of[i] >= 0) continue;
        while (k < g->batch && taken[k]) k++;
        guess_of[i] = (int32_t)k; /* g->batch: none is left */
        if (k < g->batch) taken[k] = 1;
    }
    pv_free(taken);
    return PV_OK;
}

/* The share of candidates that would count as a recovery of answer i, or with i < 0 of any of the
 * batch: what a row drawn from the same source hits. Where that takes too long, few candidates
 * stand for all. */
static double drawn_share(const pv_scorer *how, const pv_answer *a, int64_t i)
{
    int64_t width = how->distance.width, n = 0, hits = 0;
    int64_t first = i < 0 ? 0 : i, last = i < 0 ? a->batch : i + 1;
    int64_t most = (int64_t)2e7 / (width * (last - first)) + 1;
    for (int64_t d = 0; d < how->decoys && n < most; d++) {
        const float *x = how->decoy + d * width;
        int hit = 0, same = 0;
        for (int64_t k = first; k < last && !hit && !same; k++) {
            same = is_same(how, x, a->x + k * width); /* one of them: that is no draw */
            hit = !same && error_of(how, x, a->x + k * width) < how->distance.criterion;
        }
        n += !same;
        hits += hit;
    }
    return n > 0 ? (double)hits / (double)n : 0;
}

/* The answer that is nearest to guess j: where a step was about more samples than an attack can
 * tell apart, its guesses may be about any of them. */
static int64_t nearest(const pv_scorer *how, const pv_guess_item *g, int64_t j, const pv_answer *a)
{
    int64_t width = how->distance.width, best = 0;
    double least = HUGE_VAL;
    for (int64_t i = 0; g->x != NULL && i < a->batch; i++) {
        double e = error_of(how, g->x + j * width, a->x + i * width);
        if (e < least) least = e, best = i;
    }
    return best;
}

static void score_sample(pv_score *s, const pv_scorer *how, size_t target, const pv_guess_item *g,
                         int64_t j, const pv_answer *a, int64_t i, const int32_t *name,
                         float *boxed)
{
    int64_t width = how->distance.width;
    const float *answer = a->x + i * width;
    pv_sample_score *one = &s->sample[s->samples++];
    *one = (pv_sample_score){
        .target = target, .guess = j, .answer = i, .error = HUGE_VAL, .psnr = NAN, .ssim = NAN};
    one->baseline_error = error_of(how, how->baseline, answer);
    one->baseline_recovered = one->baseline_error < how->distance.criterion;
    if (j < g->batch) {
        if (g->x != NULL) score_image(one, how, g->x + j * width, answer, boxed);
        if (g->label != NULL) {
            int32_t label = g->label[j];
            if (name != NULL && label >= 0 && label < how->classes) label = name[label];
            one->label_right = label == a->label[i];
        }
    }
    s->recovered += one->recovered;
    s->identified += one->identified;
    s->labels += one->label_right;
    s->baseline_recovered += one->baseline_recovered;
}

/* Each guess is about the row in its place. */
static void score_rows(pv_score *s, const pv_scorer *how, size_t target, const pv_guess_item *g,
                       const pv_answer *a, const int32_t *name, float *boxed)
{
    for (int64_t i = 0; i < a->batch; i++) {
        if (a->known[i]) continue;
        if (g->x != NULL) s->drawn += drawn_share(how, a, i);
        score_sample(s, how, target, g, i, a, i, name, boxed);
    }
}

static pv_status score_target(pv_score *s, const pv_scorer *how, size_t target,
                              const pv_guess_item *g, const pv_answer *a, const int32_t *name)
{
    pv_status status = PV_OK;
    int32_t *guess_of = pv_calloc((size_t)a->batch, sizeof *guess_of);
    float *boxed = pv_alloc((size_t)how->distance.width, sizeof *boxed);
    if (guess_of == NULL || boxed == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for scoring a guess");
    s->has_x |= g->x != NULL;
    s->has_label |= g->label != NULL;
    s->has_inner |= g->inner != NULL;
    s->finished &= g->finished;
    if (how->rows) {
        score_rows(s, how, target, g, a, name, boxed);
        goto done;
    }
    if (g->x != NULL && pv_score_is_partial(g->batch, a->batch)) {
        s->drawn += (double)g->batch * drawn_share(how, a, -1);
        for (int64_t j = 0; j < g->batch; j++)
            score_sample(s, how, target, g, j, a, nearest(how, g, j, a), NULL, boxed);
        goto done;
    }
    if (g->x == NULL && g->label != NULL)
        PV_TRY_GOTO(match_labels(guess_of, g, a));
    else if (a->batch <= TELL_APART)
        PV_TRY_GOTO(match(guess_of, how, g, a));
    else /* as many as there are rows: the attack says itself which is which */
        for (int64_t i = 0; i < a->batch; i++) guess_of[i] = (int32_t)i;
    for (int64_t i = 0; i < a->batch; i++) {
        if (g->x != NULL && a->batch <= TELL_APART) s->drawn += drawn_share(how, a, i);
        score_sample(s, how, target, g, guess_of[i], a, i, NULL, boxed);
    }
done:
    pv_free(guess_of);
    pv_free(boxed);
    return status;
}

/* Positives: (guess, its answer); negatives: (guess, a decoy); the score is how close they are. */
static pv_status rank(pv_score *s, const pv_scorer *how, const pv_guess *guess,
                      const pv_answers *answers)
{
    pv_status status = PV_OK;
    int64_t decoys = how->decoys < 20 ? how->decoys : 20, n = 0;
    size_t most = (size_t)(s->samples * (1 + decoys));
    double *closeness = pv_alloc(most > 0 ? most : 1, sizeof *closeness);
    uint8_t *positive = pv_calloc(most > 0 ? most : 1, 1);
    if (closeness == NULL || positive == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for ranking %lld guesses",
                     (long long)s->samples);
    for (int64_t i = 0; i < s->samples; i++) {
        const pv_sample_score *one = &s->sample[i];
        const pv_guess_item *g = &guess->item[one->target];
        if (g->x == NULL || one->guess >= g->batch || !isfinite(one->error)) continue;
        const float *x = g->x + one->guess * how->distance.width;
        positive[n] = 1;
        closeness[n++] = -one->error;
        const float *answer = answers->item[one->target].x + one->answer * how->distance.width;
        for (int64_t d = 0; d < decoys; d++)
            if (!is_same(how, how->decoy + d * how->distance.width, answer))
                closeness[n++] = -error_of(how, x, how->decoy + d * how->distance.width);
    }
    if (n > 1 && decoys > 0) PV_TRY_GOTO(pv_auc(&s->auc, closeness, positive, n, 0.95));
done:
    pv_free(closeness);
    pv_free(positive);
    return status;
}

pv_status pv_score_init(pv_score *s, const pv_scorer *how, const pv_guess *guess,
                        const pv_answers *answers)
{
    pv_status status = PV_OK;
    int32_t *name = NULL;
    int64_t most = 1;
    for (size_t i = 0; i < answers->count; i++)
        most += answers->item[i].batch > guess->item[i].batch ? answers->item[i].batch
                                                              : guess->item[i].batch;
    *s = (pv_score){.finished = 1, .leak_auc = NAN};
    s->sample = pv_calloc((size_t)most, sizeof *s->sample);
    if (s->sample == NULL) PV_FAIL_MEMORY((size_t)most * sizeof *s->sample);
    if (how->renames) {
        name = pv_alloc((size_t)how->classes, sizeof *name);
        if (name == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d groups", how->classes);
        PV_TRY_GOTO(pv_labels_name(name, guess, answers, how->classes));
    }
    for (size_t i = 0; i < answers->count; i++)
        PV_TRY_GOTO(score_target(s, how, i, &guess->item[i], &answers->item[i], name));
    if (s->has_x) PV_TRY_GOTO(rank(s, how, guess, answers));
    if (s->has_inner)
        PV_TRY_GOTO(
            pv_inner_score_init(&s->inner, guess, answers, how->inner, how->distance.width));
    if (how->rows && s->has_label)
        PV_TRY_GOTO(pv_labels_leak(s, guess, answers, name, how->classes, how->ranks));
done:
    pv_free(name);
    if (status != PV_OK) pv_score_clear(s);
    return status;
}

void pv_score_clear(pv_score *s)
{
    pv_free(s->sample);
    pv_free(s->class);
    *s = (pv_score){0};
}
