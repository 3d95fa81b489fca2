#include "attack/activations.h"
#include "attack/extraction/answers.h"
#include "attack/extraction/extraction.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "math/least.h"
#include "nn/model_i.h"
#include "privet/optim.h"
#include <math.h>
#include <string.h>

/* More rows than unknowns only average the rounding of float32 out. */
enum { LEAST_ROWS = 1000, TIMES = 4, ITERATIONS = 50 };
/* A probability below this has lost digits to float32, or is zero. */
#define SMALLEST 1e-35
/* An activation that adds less than this to the others is taken for one of them. */
#define TOLERANCE 1e-6
/* Half of a hundredth: what a rounded probability leaves open. */
#define HALF 0.005

static const pv_attack_option options[] = {{"ridge", "1e-6"}, {"rounds", "20"}, {NULL, NULL}};

/* ---- rows beside what was told of them */
typedef struct fit {
    const pv_activations *own;
    const pv_told *told;
    int64_t d; /* with the 1 of the bias */
    int c;
    double *w;     /* [c, d] */
    double *z, *t; /* [c]: logits of a row, and what they should make */
    double ridge, deadline;
    int64_t evaluations, most;
    int exhausted;
    const pv_ctx *ctx;
} fit;

/* The activation k of a row; the last one is 1. */
static double input(const fit *f, const float *a, int64_t k)
{
    return k < f->d - 1 ? a[k] : 1;
}

static const float *row_of(const fit *f, int64_t i)
{
    return f->own->a + f->told->row[i] * f->own->width;
}

/* z becomes the probabilities by w. */
static void predict(const fit *f, const double *w, const float *a)
{
    double most = -HUGE_VAL, sum = 0;
    for (int k = 0; k < f->c; k++) {
        const double *v = w + k * f->d;
        double z = v[f->d - 1];
        for (int64_t j = 0; j < f->d - 1; j++) z += v[j] * a[j];
        f->z[k] = z;
        most = fmax(most, z);
    }
    for (int k = 0; k < f->c; k++) sum += f->z[k] = exp(f->z[k] - most);
    for (int k = 0; k < f->c; k++) f->z[k] /= sum;
}

/* ---- all probabilities: log p_k less the mean over k is linear in the activations */
static int is_usable(const fit *f, int64_t i)
{
    const float *p = f->told->probability + i * f->c;
    for (int k = 0; k < f->c; k++)
        if (!(p[k] >= SMALLEST)) return 0;
    return 1;
}

static void fill_row(const fit *f, int64_t i, double *a, double *b)
{
    const float *p = f->told->probability + i * f->c;
    double mean = 0;
    for (int k = 0; k < f->c; k++) mean += log(p[k]) / f->c;
    for (int k = 0; k < f->c; k++) b[k] = log(p[k]) - mean;
    for (int64_t j = 0; j < f->d; j++) a[j] = input(f, row_of(f, i), j);
}

static pv_status solve_linear(fit *f)
{
    int64_t usable = 0, most = TIMES * f->d > LEAST_ROWS ? TIMES * f->d : LEAST_ROWS, m = 0;
    size_t d = (size_t)f->d, c = (size_t)f->c;
    for (int64_t i = 0; i < f->told->rows; i++) usable += is_usable(f, i);
    if (usable == 0)
        PV_FAIL(PV_ERR_NUMERIC, "every answer has a probability of zero: none can be solved with");
    if (most > usable) most = usable;
    double *a = pv_alloc((size_t)most, d * sizeof *a), *b = pv_alloc((size_t)most, c * sizeof *b);
    double *x = pv_alloc(d, c * sizeof *x), *tau = pv_alloc(d, sizeof *tau);
    int64_t *order = pv_alloc(d, sizeof *order);
    pv_status status = PV_OK;
    if (a == NULL || b == NULL || x == NULL || tau == NULL || order == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld equations", (long long)most);
    PV_TRY_GOTO(pv_ctx_check(f->ctx));
    for (int64_t i = 0, k = 0; i < f->told->rows; i++) {
        if (!is_usable(f, i)) continue;
        if (k++ * most / usable != m) continue; /* spread over all of them */
        fill_row(f, i, a + m * f->d, b + m * f->c);
        m++;
    }
    pv_least_squares(x, a, b, m, f->d, f->c, TOLERANCE, order, tau);
    for (int64_t j = 0; j < f->d; j++)
        for (int k = 0; k < f->c; k++) f->w[k * f->d + j] = x[j * f->c + k];
    f->evaluations = 1;
done:
    pv_free(a);
    pv_free(b);
    pv_free(x);
    pv_free(tau);
    pv_free(order);
    return status;
}

/* ---- less than that: multinomial logistic regression on what was told */

/* t: the distribution that goes with what was told and is nearest to what w predicts (z). Of the
 * other labels of a row only their sum is known; a rounded probability may lie anywhere in its
 * hundredth. */
static void nearest(const fit *f, int64_t i)
{
    int y = f->told->label[i];
    double p = f->z[y], q = 1;
    if (f->told->sure != NULL)
        q = fmin(fmax(p, f->told->sure[i] - HALF), fmin(f->told->sure[i] + HALF, 1));
    double others = 1 - p > 1e-300 ? (1 - q) / (1 - p) : 0;
    for (int k = 0; k < f->c; k++) f->t[k] = k == y ? q : others * f->z[k];
}

/* Cross entropy of t against z, less the entropy of t: zero where z fits. */
static double divergence(const fit *f)
{
    double sum = 0;
    for (int k = 0; k < f->c; k++)
        if (f->t[k] > 0) sum += f->t[k] * log(f->t[k] / fmax(f->z[k], 1e-300));
    return sum;
}

static pv_status evaluate(void *user, const double *w, double *value, double *slope)
{
    fit *f = user;
    int64_t n = f->told->rows, cells = f->c * f->d;
    PV_TRY(pv_ctx_check(f->ctx));
    if ((f->most > 0 && f->evaluations >= f->most) ||
        (f->deadline > 0 && pv_clock_seconds() >= f->deadline)) {
        f->exhausted = 1;
        return PV_ERR_TIMEOUT;
    }
    f->evaluations++;
    *value = 0;
    memset(slope, 0, (size_t)cells * sizeof *slope);
    for (int64_t i = 0; i < n; i++) {
        const float *a = row_of(f, i);
        predict(f, w, a);
        nearest(f, i);
        *value += divergence(f) / (double)n;
        for (int k = 0; k < f->c; k++) {
            double g = (f->z[k] - f->t[k]) / (double)n, *s = slope + k * f->d;
            for (int64_t j = 0; j < f->d - 1; j++) s[j] += g * a[j];
            s[f->d - 1] += g;
        }
    }
    for (int64_t j = 0; j < cells; j++) {
        *value += f->ridge * w[j] * w[j] / 2;
        slope[j] += f->ridge * w[j];
    }
    return PV_OK;
}

static pv_status regress(fit *f, int64_t rounds)
{
    pv_lbfgs *l;
    pv_status status = PV_OK;
    const pv_lbfgs_options o = {.size = sizeof o,
                                .max_iter = ITERATIONS,
                                .tolerance_grad = 1e-9,
                                .tolerance_change = 1e-14,
                                .strong_wolfe = 1};
    PV_TRY(pv_lbfgs_new(&l, (size_t)(f->c * f->d), &o));
    for (int64_t r = 0; r < rounds && status == PV_OK && !pv_lbfgs_converged(l); r++) {
        double value;
        pv_ctx_progress(f->ctx, "solve", (uint64_t)r, (uint64_t)rounds);
        status = pv_lbfgs_step(l, f->w, evaluate, f, &value, NULL);
    }
    pv_lbfgs_free(l);
    if (status != PV_OK && (f->exhausted || status == PV_ERR_NUMERIC)) {
        pv_trail_clear(); /* the best it has is a result */
        status = PV_OK;
    }
    return status;
}

/* ---- the guess */
static void centre(fit *f)
{
    for (int64_t j = 0; j < f->d; j++) {
        double mean = 0;
        for (int k = 0; k < f->c; k++) mean += f->w[k * f->d + j] / f->c;
        for (int k = 0; k < f->c; k++) f->w[k * f->d + j] -= mean;
    }
}

/* How far the answers are from what w would have answered: the mean divergence. */
static double loss_of(fit *f)
{
    double sum = 0;
    for (int64_t i = 0; i < f->told->rows; i++) {
        predict(f, f->w, row_of(f, i));
        if (f->told->probability != NULL)
            for (int k = 0; k < f->c; k++) f->t[k] = f->told->probability[i * f->c + k];
        else
            nearest(f, i);
        sum += divergence(f);
    }
    return sum / (double)f->told->rows;
}

static pv_status fit_init(fit *f, const pv_activations *own, const pv_told *told)
{
    f->own = own;
    f->told = told;
    f->c = told->classes;
    f->d = own->width + 1;
    f->w = pv_calloc((size_t)f->c, (size_t)f->d * sizeof *f->w);
    f->z = pv_alloc((size_t)f->c, sizeof *f->z);
    f->t = pv_alloc((size_t)f->c, sizeof *f->t);
    if (f->w == NULL || f->z == NULL || f->t == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a layer of %lld weights",
                (long long)(f->c * f->d));
    return PV_OK;
}

static void fit_clear(fit *f)
{
    pv_free(f->w);
    pv_free(f->z);
    pv_free(f->t);
}

static pv_status check_known(const pv_public *known)
{
    const pv_model *m = known->own_model;
    if (known->own_data == NULL || m == NULL)
        PV_FAIL(PV_ERR_USAGE, "solve needs the rows that were asked about and the party's own "
                              "layers, and they are not there");
    size_t n = m->layers.count;
    if (known->own_head != 1 || n == 0 || m->layers.layer[n - 1].kind != PV_LAYER_DENSE)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s: solve is for a shared layer whose outputs are the answers' "
                "logits, and here other layers lie behind it",
                pv_model_name(m));
    return PV_OK;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_solve;
    pv_status status = PV_OK;
    pv_activations own = {0};
    pv_told told = {0};
    int64_t rounds;
    double begin = pv_clock_seconds();
    fit f = {.deadline = budget->seconds > 0 ? begin + budget->seconds : 0,
             .most = budget->evaluations,
             .ctx = ctx};
    (void)target;
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&f.ridge, a, option, count, "ridge", 0, 1));
    PV_TRY(pv_attack_option_count(&rounds, a, option, count, "rounds", 1, 100000));
    PV_TRY(check_known(known));
    PV_TRY_GOTO(pv_told_init(&told, view, views, pv_model_what(known->own_model).classes,
                             pv_data_count(known->own_data)));
    PV_TRY_GOTO(pv_activations_init(&own, known->own_model, known->own_head, known->own_data, ctx));
    PV_TRY_GOTO(fit_init(&f, &own, &told));
    PV_TRY_GOTO(told.probability != NULL ? solve_linear(&f) : regress(&f, rounds));
    centre(&f);
    for (size_t t = 0; t < targets; t++) {
        pv_guess_item *item = &guess->item[t];
        PV_TRY_GOTO(pv_guess_claim(guess, t, f.c, f.d, 0, 0));
        for (int64_t j = 0; j < f.c * f.d; j++) item->x[j] = (float)f.w[j];
        item->loss = loss_of(&f);
        item->seconds = (pv_clock_seconds() - begin) / (double)targets;
        item->evaluations = f.evaluations;
        item->finished = !f.exhausted;
    }
done:
    fit_clear(&f);
    pv_activations_clear(&own);
    pv_told_clear(&told);
    return status;
}

const pv_attack pv_attack_solve = {
    .name = "solve",
    .version = 1,
    .summary = "the shared layer, from its own activations and the answers to them",
    .source = "Tramèr et al. 2016, Stealing Machine Learning Models via Prediction APIs",
    .wants = "weights",
    .reads = "answer",
    .control = "answers",
    .needs = PV_NEEDS_OWN_DATA | PV_NEEDS_OWN_MODEL,
    .options = options,
    .run = run,
};
