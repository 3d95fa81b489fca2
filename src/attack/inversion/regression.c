#include "attack/inversion/inversion.h"
#include "attack/inversion/scores.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "math/lu.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { KNOWN_MOST = 600, EPOCHS_MOST = 64, RIDGES = 7 };
static const pv_attack_option options[] = {{"kernel", "best"}, {NULL, NULL}};

/* ---- what is known of a row: its logits of every epoch, standardised */

typedef struct traces {
    int64_t rows, width;
    double *f; /* [rows, width] */
} traces;

static pv_status traces_init(traces *out, const pv_scores *s)
{
    int c = s->classes;
    int64_t *times = pv_calloc((size_t)s->rows, sizeof *times), most = 0;
    *out = (traces){.rows = s->rows};
    if (times == NULL) PV_FAIL_MEMORY((size_t)s->rows * sizeof *times);
    for (int64_t i = 0; i < s->count; i++)
        if (++times[s->row[i]] > most) most = times[s->row[i]];
    /* many epochs: neighbours are averaged */
    int64_t each = (most + EPOCHS_MOST - 1) / EPOCHS_MOST, epochs = (most + each - 1) / each;
    out->width = epochs * c;
    out->f = pv_calloc((size_t)s->rows, (size_t)out->width * sizeof *out->f);
    double *mean = pv_calloc((size_t)out->width * 3, sizeof *mean);
    int64_t *there = pv_calloc((size_t)s->rows, (size_t)epochs * sizeof *there);
    if (out->f == NULL || mean == NULL || there == NULL) {
        pv_free(times);
        pv_free(mean);
        pv_free(there);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the logits of %" PRId64 " rows", s->rows);
    }
    memset(times, 0, (size_t)s->rows * sizeof *times);
    for (int64_t i = 0; i < s->count; i++) {
        int64_t row = s->row[i], e = times[row]++ / each;
        there[row * epochs + e]++;
        for (int k = 0; k < c; k++) out->f[row * out->width + e * c + k] += s->z[i * c + k];
    }
    double *square = mean + out->width, *count = square + out->width;
    for (int64_t j = 0; j < s->rows * out->width; j++) {
        int64_t p = j % out->width, n = there[j / out->width * epochs + p / c];
        if (n == 0) continue;
        out->f[j] /= (double)n;
        mean[p] += out->f[j];
        square[p] += out->f[j] * out->f[j];
        count[p]++;
    }
    for (int64_t j = 0; j < s->rows * out->width; j++) {
        int64_t p = j % out->width, n = there[j / out->width * epochs + p / c];
        double m = mean[p] / count[p], v = square[p] / count[p] - m * m;
        out->f[j] = n > 0 && v > 0 ? (out->f[j] - m) / sqrt(v) : 0; /* an epoch it missed: as all */
    }
    pv_free(times);
    pv_free(mean);
    pv_free(there);
    return PV_OK;
}

/* ---- kernel ridge regression */

typedef struct fit {
    const traces *t;
    const pv_known_samples *k;
    int64_t n;      /* known rows that are used */
    int64_t *at;    /* [n] which of the known */
    double *kernel; /* [n, n] */
    double *lu;     /* [n, n] */
    double *inverse;
    int32_t *pivot;
    double *y, *alpha; /* [n, sample] */
    double *mean;      /* [sample] */
    double width;      /* of the radial kernel, squared; 0: the linear kernel */
    double loss;       /* left-one-out mean square, over that of the mean */
} fit;

static double similar(const fit *f, int64_t a, int64_t b)
{
    const double *u = f->t->f + a * f->t->width, *v = f->t->f + b * f->t->width;
    double sum = 0;
    for (int64_t p = 0; p < f->t->width; p++)
        sum += f->width > 0 ? (u[p] - v[p]) * (u[p] - v[p]) : u[p] * v[p];
    /* 1: where the known rows' mean is not that of all, a constant is learned, too */
    return f->width > 0 ? exp(-sum / (2 * f->width)) : 1 + sum / (double)f->t->width;
}

static pv_status fit_init(fit *f, const traces *t, const pv_known_samples *k)
{
    *f = (fit){.t = t, .k = k, .n = k->n < KNOWN_MOST ? k->n : KNOWN_MOST};
    size_t n = (size_t)f->n, d = (size_t)k->sample;
    f->at = pv_alloc(n, sizeof *f->at);
    f->kernel = pv_alloc(n, n * sizeof *f->kernel);
    f->lu = pv_alloc(n, n * sizeof *f->lu);
    f->inverse = pv_alloc(n, n * sizeof *f->inverse);
    f->pivot = pv_alloc(n, sizeof *f->pivot);
    f->y = pv_alloc(n, d * sizeof *f->y);
    f->alpha = pv_alloc(n, d * sizeof *f->alpha);
    f->mean = pv_calloc(d, sizeof *f->mean);
    if (f->at == NULL || f->kernel == NULL || f->lu == NULL || f->inverse == NULL ||
        f->pivot == NULL || f->y == NULL || f->alpha == NULL || f->mean == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a regression on %" PRId64 " rows", f->n);
    for (int64_t i = 0; i < f->n; i++) {
        f->at[i] = i * k->n / f->n;
        for (size_t p = 0; p < d; p++) f->mean[p] += k->x[(size_t)f->at[i] * d + p] / (double)f->n;
    }
    for (int64_t i = 0; i < f->n; i++)
        for (size_t p = 0; p < d; p++)
            f->y[(size_t)i * d + p] = k->x[(size_t)f->at[i] * d + p] - f->mean[p];
    return PV_OK;
}

static void fit_clear(fit *f)
{
    pv_free(f->at);
    pv_free(f->kernel);
    pv_free(f->lu);
    pv_free(f->inverse);
    pv_free(f->pivot);
    pv_free(f->y);
    pv_free(f->alpha);
    pv_free(f->mean);
}

/* alpha = (K + ridge)^-1·y. The residue of a row that is left out is alpha_i over its entry of the
 * inverse's diagonal. */
static void solve(fit *f, double ridge)
{
    int64_t n = f->n, d = f->k->sample;
    double left = 0, all = 0;
    memcpy(f->lu, f->kernel, (size_t)(n * n) * sizeof *f->lu);
    for (int64_t i = 0; i < n; i++) f->lu[i * n + i] += ridge;
    pv_lu_factor(f->lu, f->pivot, n);
    pv_lu_inverse(f->lu, f->pivot, n, f->inverse);
    memset(f->alpha, 0, (size_t)(n * d) * sizeof *f->alpha);
    for (int64_t i = 0; i < n; i++) {
        double *alpha = f->alpha + i * d;
        for (int64_t j = 0; j < n; j++)
            for (int64_t p = 0; p < d; p++) alpha[p] += f->inverse[i * n + j] * f->y[j * d + p];
        for (int64_t p = 0; p < d; p++) {
            double r = alpha[p] / f->inverse[i * n + i];
            left += r * r;
            all += f->y[i * d + p] * f->y[i * d + p];
        }
    }
    f->loss = all > 0 && isfinite(left) ? left / all : INFINITY;
}

static void fill(fit *f, double width)
{
    f->width = width;
    for (int64_t i = 0; i < f->n; i++)
        for (int64_t j = 0; j <= i; j++)
            f->kernel[i * f->n + j] = f->kernel[j * f->n + i] =
                similar(f, f->k->at[f->at[i]], f->k->at[f->at[j]]);
}

/* The kernel and ridge whose left-one-out error is least. which: 0 best, 1 linear, 2 radial. */
static pv_status choose(fit *f, int which, const pv_ctx *ctx)
{
    double scale[3] = {0, (double)f->t->width, 0.1 * (double)f->t->width}, best = INFINITY,
           ridge_of = 1, width_of = 0;
    for (int w = 0; w < 3; w++) {
        if ((which == 1 && w > 0) || (which == 2 && w == 0)) continue;
        fill(f, scale[w]);
        for (int r = 0; r < RIDGES; r++) {
            double ridge = pow(10, -6 + 1.5 * r);
            PV_TRY(pv_ctx_check(ctx));
            solve(f, ridge);
            if (!(f->loss < best)) continue;
            best = f->loss;
            ridge_of = ridge;
            width_of = scale[w];
        }
    }
    fill(f, width_of);
    solve(f, ridge_of);
    return PV_OK;
}

static void predict(float *raw, const fit *f, int64_t row, double *x, const pv_model *m)
{
    int64_t d = f->k->sample;
    memcpy(x, f->mean, (size_t)d * sizeof *x);
    for (int64_t i = 0; i < f->n; i++) {
        double w = similar(f, row, f->k->at[f->at[i]]);
        for (int64_t p = 0; p < d; p++) x[p] += w * f->alpha[i * d + p];
    }
    pv_sample_restore(raw, x, m);
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_regression;
    pv_status status = PV_OK;
    pv_scores s = {0};
    pv_known_samples k = {0};
    traces t = {0};
    fit f = {0};
    double begin = pv_clock_seconds(), *x = NULL;
    float *raw = NULL;
    int which;
    (void)budget;
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_choice(&which, a, option, count, "kernel", "best|linear|radial"));
    PV_TRY_GOTO(pv_scores_init(&s, view, views));
    PV_TRY_GOTO(pv_known_samples_init(&k, &s, known, a->name));
    PV_TRY_GOTO(traces_init(&t, &s));
    PV_TRY_GOTO(fit_init(&f, &t, &k));
    x = pv_alloc((size_t)k.sample, sizeof *x);
    raw = pv_calloc((size_t)s.rows, (size_t)k.sample * sizeof *raw);
    if (x == NULL || raw == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the features of %" PRId64 " rows", s.rows);
    PV_TRY_GOTO(choose(&f, which, ctx));
    for (int64_t i = 0; i < s.rows; i++) predict(raw + i * k.sample, &f, i, x, known->model);
    PV_TRY_GOTO(pv_scores_answer(guess, &s, target, targets, raw, k.sample, f.loss,
                                 pv_clock_seconds() - begin, 1));
done:
    pv_free(x);
    pv_free(raw);
    pv_free(t.f);
    fit_clear(&f);
    pv_known_samples_clear(&k);
    pv_scores_clear(&s);
    return status;
}

const pv_attack pv_attack_regression = {
    .name = "regression",
    .version = 1,
    .summary = "features from a row's logits over the epochs, by what known rows teach",
    .source =
        "kernel ridge regression; the decoder of He, Zhang, Lee 2019, Model Inversion Attacks "
        "Against Collaborative Inference, in closed form",
    .wants = "rows",
    .reads = "logits",
    .control = "still-logits",
    .known = 100,
    .options = options,
    .run = run,
};
