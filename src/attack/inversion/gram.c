#include "attack/inversion/gram.h"

#include "attack/inversion/inversion.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "math/least.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const pv_attack_option options[] = {{"tolerance", "1e-6"}, {"bias", "1"}, {NULL, NULL}};

/* ---- how every row's G moved W */

typedef struct motion {
    double *c;     /* [steps, classes, rows]: C before the step */
    double *alpha; /* [steps] */
} motion;

static void softmax(double *p, const double *z, int classes)
{
    double most = z[0], sum = 0;
    for (int k = 1; k < classes; k++) most = z[k] > most ? z[k] : most;
    for (int k = 0; k < classes; k++) sum += p[k] = exp(z[k] - most);
    for (int k = 0; k < classes; k++) p[k] /= sum;
}

static pv_status follow(motion *out, const pv_scores *s, const int32_t *label,
                        const pv_gram_settings *set)
{
    int classes = s->classes;
    int64_t n = s->rows, wide = classes * n;
    double *v = pv_calloc((size_t)(2 * wide + classes), sizeof *v), *c = v + wide;
    out->c = pv_alloc((size_t)s->steps, (size_t)wide * sizeof(double));
    out->alpha = pv_alloc((size_t)s->steps, sizeof(double));
    if (v == NULL || out->c == NULL || out->alpha == NULL) {
        pv_free(v);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " steps of %" PRId64 " rows", s->steps,
                n);
    }
    double alpha = 1, v_alpha = 0, *p = c + wide;
    for (int64_t t = 0; t < s->steps; t++) {
        memcpy(out->c + t * wide, c, (size_t)wide * sizeof *c);
        out->alpha[t] = alpha;
        for (int64_t k = 0; k < wide; k++) v[k] = set->momentum * v[k] + set->decay * c[k];
        for (int64_t i = s->first[t]; i < s->first[t + 1]; i++) {
            softmax(p, s->z + i * classes, classes);
            p[label[s->row[i]]] -= 1;
            for (int k = 0; k < classes; k++) v[k * n + s->row[i]] += p[k] / set->batch;
        }
        for (int64_t k = 0; k < wide; k++) c[k] -= s->lr[t] * v[k];
        v_alpha = set->momentum * v_alpha + set->decay * alpha;
        alpha -= s->lr[t] * v_alpha;
    }
    pv_free(v);
    return PV_OK;
}

/* ---- least squares of one row */

typedef struct room {
    double *a, *b, *x, *tau;
    int64_t *order, *at; /* at [most]: the row's scores, their steps */
    int64_t most;        /* times that a row comes, at most */
} room;

static pv_status room_init(room *r, const pv_scores *s)
{
    int64_t n = s->rows + s->classes, *times = pv_calloc((size_t)s->rows, sizeof *times);
    *r = (room){0};
    for (int64_t i = 0; times != NULL && i < s->count; i++)
        if (++times[s->row[i]] > r->most) r->most = times[s->row[i]];
    size_t m = (size_t)(r->most * s->classes);
    r->a = pv_alloc(m, (size_t)n * sizeof *r->a);
    r->b = pv_alloc(2 * m, sizeof *r->b);
    r->x = pv_alloc((size_t)n, sizeof *r->x);
    r->tau = pv_alloc((size_t)n, sizeof *r->tau);
    r->order = pv_alloc((size_t)n, sizeof *r->order);
    r->at = pv_alloc((size_t)(2 * r->most), sizeof *r->at);
    int failed = times == NULL || r->a == NULL || r->b == NULL || r->x == NULL || r->tau == NULL ||
                 r->order == NULL || r->at == NULL;
    pv_free(times);
    if (failed) PV_FAIL(PV_ERR_MEMORY, "out of memory for a system of %zu equations", m);
    return PV_OK;
}

static void room_clear(room *r)
{
    pv_free(r->a);
    pv_free(r->b);
    pv_free(r->x);
    pv_free(r->tau);
    pv_free(r->order);
    pv_free(r->at);
}

/* gram row of row i; adds to left what the fit leaves, and to all the logits' own square. */
static void solve_row(double *gram, room *r, const pv_scores *s, const motion *mo, int64_t i,
                      double tolerance, double *left, double *all)
{
    int classes = s->classes;
    int64_t n = s->rows, width = n + classes, times = 0;
    for (int64_t t = 0; t < s->steps; t++)
        for (int64_t k = s->first[t]; k < s->first[t + 1]; k++) {
            if (s->row[k] != i || times == r->most) continue;
            r->at[2 * times] = k;
            r->at[2 * times++ + 1] = t;
        }
    for (int again = 0; again < 2; again++) { /* the second time for the residue */
        for (int64_t e = 0; e < times; e++)
            for (int k = 0; k < classes; k++) {
                double *to = r->a + (e * classes + k) * width;
                int64_t t = r->at[2 * e + 1];
                memcpy(to, mo->c + (t * classes + k) * n, (size_t)n * sizeof *to);
                for (int q = 0; q < classes; q++) to[n + q] = q == k ? mo->alpha[t] : 0;
                r->b[e * classes + k] = s->z[r->at[2 * e] * classes + k];
            }
        if (again == 0)
            pv_least_squares(r->x, r->a, r->b, times * classes, width, 1, tolerance, r->order,
                             r->tau);
    }
    for (int64_t e = 0; e < times * classes; e++) {
        double rest = r->b[e];
        for (int64_t k = 0; k < width; k++) rest -= r->a[e * width + k] * r->x[k];
        *left += rest * rest;
        *all += r->b[e] * r->b[e];
    }
    memcpy(gram + i * n, r->x, (size_t)n * sizeof *gram);
}

pv_status pv_gram_solve(double *gram, double *loss, const pv_scores *s, const int32_t *label,
                        const pv_gram_settings *set, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    motion mo = {0};
    room r = {0};
    double left = 0, all = 0;
    if (s->rows > PV_GRAM_ROWS)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "the Gram matrix of %" PRId64 " rows is too much for least squares; up to %d",
                s->rows, PV_GRAM_ROWS);
    PV_TRY_GOTO(follow(&mo, s, label, set));
    PV_TRY_GOTO(room_init(&r, s));
    for (int64_t i = 0; i < s->rows; i++) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        solve_row(gram, &r, s, &mo, i, set->tolerance, &left, &all);
        pv_ctx_progress(ctx, "gram", (uint64_t)i + 1, (uint64_t)s->rows);
    }
    *loss = all > 0 ? sqrt(left / all) : 0;
done:
    pv_free(mo.c);
    pv_free(mo.alpha);
    room_clear(&r);
    return status;
}

/* Feature p of all rows up to its own scale and shift, as those of known rows show them: how the
 * network normalises need not be known. */
static void calibrate(double *x, int64_t rows, int64_t p, const pv_known_samples *k)
{
    int64_t d = k->sample;
    double mean[2] = {0}, square = 0, cross = 0;
    for (int64_t i = 0; i < k->n; i++) {
        mean[0] += x[k->at[i] * d + p] / (double)k->n;
        mean[1] += k->x[i * d + p] / (double)k->n;
    }
    for (int64_t i = 0; i < k->n; i++) {
        double from = x[k->at[i] * d + p] - mean[0];
        square += from * from;
        cross += from * (k->x[i * d + p] - mean[1]);
    }
    double scale = square > 0 ? cross / square : 0;
    for (int64_t j = 0; j < rows; j++) x[j * d + p] = mean[1] + scale * (x[j * d + p] - mean[0]);
}

pv_status pv_gram_features(double *x, const double *gram, int64_t rows, const pv_known_samples *k,
                           double tolerance)
{
    pv_status status = PV_OK;
    int64_t d = k->sample, m = k->n;
    double *a = pv_alloc((size_t)m, (size_t)(d + 1) * sizeof *a),
           *b = pv_alloc((size_t)m, (size_t)rows * sizeof *b),
           *solution = pv_alloc((size_t)(d + 1), (size_t)rows * sizeof *solution),
           *tau = pv_alloc((size_t)(d + 1), sizeof *tau);
    int64_t *order = pv_alloc((size_t)(d + 1), sizeof *order);
    if (a == NULL || b == NULL || solution == NULL || tau == NULL || order == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the features of %" PRId64 " rows", rows);
    for (int64_t i = 0; i < m; i++) {
        memcpy(a + i * (d + 1), k->x + i * d, (size_t)d * sizeof *a);
        a[i * (d + 1) + d] = 1;
        for (int64_t j = 0; j < rows; j++) b[i * rows + j] = gram[j * rows + k->at[i]];
    }
    pv_least_squares(solution, a, b, m, d + 1, rows, tolerance, order, tau);
    for (int64_t j = 0; j < rows; j++)
        for (int64_t p = 0; p < d; p++) x[j * d + p] = solution[p * rows + j];
    for (int64_t p = 0; p < d; p++) calibrate(x, rows, p, k);
    for (int64_t i = 0; i < m; i++) memcpy(x + k->at[i] * d, k->x + i * d, (size_t)d * sizeof *x);
done:
    pv_free(a);
    pv_free(b);
    pv_free(solution);
    pv_free(tau);
    pv_free(order);
    return status;
}

/* ---- the attack */

static pv_status own_labels(int32_t *label, const pv_scores *s, const pv_public *known)
{
    if (known->own_label == NULL || known->batch < 1)
        PV_FAIL(PV_ERR_USAGE, "gram needs the label party's own labels and its batch");
    for (int64_t i = 0; i < s->rows; i++) {
        if (s->index[i] >= known->own || known->own_label[s->index[i]] < 0 ||
            known->own_label[s->index[i]] >= s->classes)
            PV_FAIL(PV_ERR_RANGE, "row %" PRId64 " has no label among %d classes", s->index[i],
                    s->classes);
        label[i] = known->own_label[s->index[i]];
    }
    return PV_OK;
}

/* Without a known row: inner products as they are, less what a bias that learns adds to each. */
static pv_status answer_inner(pv_guess *guess, const pv_scores *s, const double *gram, double bias,
                              const pv_attack_target *target, size_t targets, double loss,
                              double seconds)
{
    for (size_t t = 0; t < targets; t++) {
        int64_t step = 0;
        while (step < s->steps && s->number[step] != target[t].step) step++;
        if (step == s->steps)
            PV_FAIL(PV_ERR_NOT_FOUND, "there are no logits of step %" PRIu64, target[t].step);
        const int32_t *row = s->row + s->first[step];
        int64_t n = s->first[step + 1] - s->first[step];
        PV_TRY(pv_guess_claim(guess, t, n, 0, 0, 0));
        PV_TRY(pv_guess_claim_inner(guess, t));
        pv_guess_item *item = &guess->item[t];
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < n; k++)
                item->inner[i * n + k] = (float)(gram[row[i] * s->rows + row[k]] - bias);
        item->loss = loss;
        item->seconds = seconds / (double)targets;
        item->finished = 1;
    }
    return PV_OK;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_gram;
    pv_status status = PV_OK;
    pv_scores s = {0};
    pv_known_samples k = {0};
    double begin = pv_clock_seconds(), loss = 0, bias, *gram = NULL, *x = NULL;
    int32_t *label = NULL;
    float *raw = NULL;
    (void)budget;
    pv_gram_settings set = {
        .batch = (double)known->batch, .momentum = known->momentum, .decay = known->decay};
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&set.tolerance, a, option, count, "tolerance", 0, 1));
    PV_TRY(pv_attack_option_number(&bias, a, option, count, "bias", 0, 1e6));
    PV_TRY_GOTO(pv_scores_init(&s, view, views));
    if (known->known > 0) PV_TRY_GOTO(pv_known_samples_init(&k, &s, known, a->name));
    label = pv_alloc((size_t)s.rows, sizeof *label);
    x = pv_alloc((size_t)s.rows, (size_t)k.sample * sizeof *x);
    raw = pv_alloc((size_t)s.rows, (size_t)k.sample * sizeof *raw);
    gram = s.rows <= PV_GRAM_ROWS ? pv_alloc((size_t)s.rows, (size_t)s.rows * sizeof *gram) : NULL;
    if (label == NULL || x == NULL || raw == NULL || (s.rows <= PV_GRAM_ROWS && gram == NULL))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the features of %" PRId64 " rows", s.rows);
    PV_TRY_GOTO(own_labels(label, &s, known));
    PV_TRY_GOTO(pv_gram_solve(gram, &loss, &s, label, &set, ctx));
    if (k.n == 0) {
        PV_TRY_GOTO(
            answer_inner(guess, &s, gram, bias, target, targets, loss, pv_clock_seconds() - begin));
        goto done;
    }
    PV_TRY_GOTO(pv_gram_features(x, gram, s.rows, &k, 1e-9));
    for (int64_t i = 0; i < s.rows; i++)
        pv_sample_restore(raw + i * k.sample, x + i * k.sample, known->model);
    PV_TRY_GOTO(pv_scores_answer(guess, &s, target, targets, raw, k.sample, loss,
                                 pv_clock_seconds() - begin, 1));
done:
    pv_free(gram);
    pv_free(label);
    pv_free(x);
    pv_free(raw);
    pv_known_samples_clear(&k);
    pv_scores_clear(&s);
    return status;
}

const pv_attack pv_attack_gram = {
    .name = "gram",
    .version = 1,
    .summary = "features of all rows from how their logits change, with some known rows",
    .source = "privet's own: changes of logits are inner products of activations",
    .wants = "rows",
    .reads = "logits",
    .control = "logits",
    .known = -1,
    .needs = PV_NEEDS_OWN_LABELS,
    .options = options,
    .run = run,
};
