#include "privet/optim.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { LINE_EVALUATIONS = 25 };
static const double SUFFICIENT_DECREASE = 1e-4, CURVATURE = 0.9, LEAST_CURVATURE = 1e-10;

struct pv_lbfgs {
    pv_lbfgs_options options;
    size_t n;
    int64_t iterations, evaluations;
    int pairs, newest; /* of the ring of (s, y) */
    double *s, *y;     /* [history, n] */
    double *rho, *alpha;
    double scale;  /* of the initial inverse Hessian: s.y / y.y */
    double length; /* of the last move along direction */
    double *direction, *gradient, *previous, *origin, *trial;
    int converged;
};

/* Partial sums, always the same ones, so that additions need not wait for each other: two loops
 * over a full history are half of an attack's time otherwise. */
static double dot(const double *a, const double *b, size_t n)
{
    enum { LANES = 8 };
    double part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) part[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sum += a[i] * b[i];
    for (size_t k = 0; k < LANES; k++) sum += part[k];
    return sum;
}

static double largest(const double *a, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i]) <= most)) most = fabs(a[i]);
    return most;
}

pv_status pv_lbfgs_new(pv_lbfgs **out, size_t n, const pv_lbfgs_options *options)
{
    *out = NULL;
    if (options->size != sizeof *options)
        PV_FAIL(PV_ERR_USAGE, "pv_lbfgs_options.size is %zu, %zu was expected", options->size,
                sizeof *options);
    if (n == 0 || options->history < 0 || options->max_iter < 0 || options->max_eval < 0 ||
        !(options->lr >= 0 && options->tolerance_grad >= 0 && options->tolerance_change >= 0))
        PV_FAIL(PV_ERR_OPTION,
                "L-BFGS needs at least one variable and options that are not negative");
    pv_lbfgs *o = pv_calloc(1, sizeof *o);
    if (o == NULL) PV_FAIL_MEMORY(sizeof *o);
    pv_lbfgs_options *s = &o->options;
    *s = *options;
    if (s->history == 0) s->history = 100;
    if (s->max_iter == 0) s->max_iter = 20;
    if (s->max_eval == 0) s->max_eval = s->max_iter * 5 / 4;
    if (s->lr == 0) s->lr = 1;
    if (s->tolerance_grad == 0) s->tolerance_grad = 1e-7;
    if (s->tolerance_change == 0) s->tolerance_change = 1e-9;
    o->n = n;
    o->scale = 1;
    size_t history = (size_t)s->history;
    o->s = n > SIZE_MAX / history ? NULL : pv_alloc(history * n, sizeof(double));
    o->y = n > SIZE_MAX / history ? NULL : pv_alloc(history * n, sizeof(double));
    o->rho = pv_alloc(2 * history, sizeof(double));
    o->direction = pv_calloc(n, 5 * sizeof(double));
    if (o->s == NULL || o->y == NULL || o->rho == NULL || o->direction == NULL) {
        pv_lbfgs_free(o);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for L-BFGS over %zu variables with a history of %zu",
                n, history);
    }
    o->alpha = o->rho + history;
    o->gradient = o->direction + n;
    o->previous = o->gradient + n;
    o->origin = o->previous + n;
    o->trial = o->origin + n;
    *out = o;
    return PV_OK;
}

void pv_lbfgs_free(pv_lbfgs *o)
{
    if (o == NULL) return;
    pv_free(o->s);
    pv_free(o->y);
    pv_free(o->rho);
    pv_free(o->direction);
    pv_free(o);
}

int pv_lbfgs_converged(const pv_lbfgs *o)
{
    return o->converged;
}

int64_t pv_lbfgs_evaluations(const pv_lbfgs *o)
{
    return o->evaluations;
}

/* Remember (s, y) of the last move when its curvature is positive. */
static void remember(pv_lbfgs *o)
{
    size_t n = o->n;
    int slot = o->pairs == 0 ? 0 : (o->newest + 1) % o->options.history;
    double *s = o->s + (size_t)slot * n, *y = o->y + (size_t)slot * n;
    double *difference = o->trial; /* the oldest pair must survive when this one is refused */
    for (size_t i = 0; i < n; i++) difference[i] = o->gradient[i] - o->previous[i];
    double curvature = o->length * dot(difference, o->direction, n);
    if (!(curvature > LEAST_CURVATURE)) return;
    for (size_t i = 0; i < n; i++) {
        y[i] = difference[i];
        s[i] = o->length * o->direction[i];
    }
    o->rho[slot] = 1 / curvature;
    o->scale = curvature / dot(y, y, n);
    o->newest = slot;
    if (o->pairs < o->options.history) o->pairs++;
}

/* direction = -H gradient: the two-loop recursion (algorithm 7.4). */
static void two_loops(pv_lbfgs *o)
{
    size_t n = o->n;
    int history = o->options.history;
    double *d = o->direction;
    for (size_t i = 0; i < n; i++) d[i] = -o->gradient[i];
    for (int k = 0; k < o->pairs; k++) {
        int slot = (o->newest - k + history) % history;
        double *s = o->s + (size_t)slot * n, *y = o->y + (size_t)slot * n;
        o->alpha[slot] = o->rho[slot] * dot(s, d, n);
        for (size_t i = 0; i < n; i++) d[i] -= o->alpha[slot] * y[i];
    }
    for (size_t i = 0; i < n; i++) d[i] *= o->scale;
    for (int k = o->pairs - 1; k >= 0; k--) {
        int slot = (o->newest - k + history) % history;
        double *s = o->s + (size_t)slot * n, *y = o->y + (size_t)slot * n;
        double beta = o->rho[slot] * dot(y, d, n);
        for (size_t i = 0; i < n; i++) d[i] += (o->alpha[slot] - beta) * s[i];
    }
}

typedef struct problem {
    pv_lbfgs *o;
    pv_objective objective;
    void *user;
    double *x;
    int budget; /* evaluations left in this step */
} problem;

/* A point on the line origin + t * direction. */
typedef struct point {
    double t, value, slope;
} point;

/* The objective at x into o->gradient. A value that is not finite counts as infinite: a line search
 * can step back from it. */
static pv_status evaluate(problem *p, double *value)
{
    p->o->evaluations++;
    p->budget--;
    PV_TRY(p->objective(p->user, p->x, value, p->o->gradient));
    if (!isfinite(*value) || !isfinite(largest(p->o->gradient, p->o->n))) *value = INFINITY;
    return PV_OK;
}

static pv_status evaluate_at(problem *p, double t, point *at)
{
    pv_lbfgs *o = p->o;
    at->t = t;
    for (size_t i = 0; i < o->n; i++) p->x[i] = o->origin[i] + t * o->direction[i];
    PV_TRY(evaluate(p, &at->value));
    at->slope = isfinite(at->value) ? dot(o->gradient, o->direction, o->n) : INFINITY;
    return PV_OK;
}

/* Minimiser of the cubic through both values and slopes (equation 3.59), kept within the middle
 * 80 % of the interval, which so shrinks by a tenth at least. */
static double interpolate(const point *a, const point *b)
{
    double width = b->t - a->t, middle = a->t + width / 2;
    if (!isfinite(a->value) || !isfinite(b->value)) return middle;
    double d1 = a->slope + b->slope - 3 * (a->value - b->value) / (a->t - b->t);
    double square = d1 * d1 - a->slope * b->slope;
    if (square < 0) return middle;
    double d2 = width > 0 ? sqrt(square) : -sqrt(square);
    double t = b->t - width * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
    double share = (t - a->t) / width;
    return !isfinite(share) ? middle : a->t + width * fmin(fmax(share, 0.1), 0.9);
}

/* Algorithm 3.6. low is the best point that decreases enough; o->trial keeps its gradient. */
static pv_status zoom(problem *p, const point *start, point low, point high, point *found)
{
    pv_lbfgs *o = p->o;
    double reach = largest(o->direction, o->n);
    for (int k = 0; k < LINE_EVALUATIONS && p->budget > 0; k++) {
        if (fabs(high.t - low.t) * reach < o->options.tolerance_change) break;
        point now;
        PV_TRY(evaluate_at(p, interpolate(&low, &high), &now));
        if (now.value > start->value + SUFFICIENT_DECREASE * now.t * start->slope ||
            now.value >= low.value) {
            high = now;
            continue;
        }
        if (now.slope * (high.t - low.t) >= 0) high = low;
        low = now;
        memcpy(o->trial, o->gradient, o->n * sizeof(double));
        if (fabs(now.slope) <= -CURVATURE * start->slope) break;
    }
    *found = low;
    return PV_OK;
}

/* Algorithm 3.5: a step that meets the strong Wolfe conditions, or the best one found. Leaves x and
 * o->gradient there. */
static pv_status line_search(problem *p, double t, double value, double slope, point *found)
{
    pv_lbfgs *o = p->o;
    const point start = {0, value, slope};
    point before = start, now;
    *found = start;
    memcpy(o->trial, o->gradient, o->n * sizeof(double));
    for (int k = 0; k < LINE_EVALUATIONS && p->budget > 0; k++, t *= 2) {
        PV_TRY(evaluate_at(p, t, &now));
        if (now.value > start.value + SUFFICIENT_DECREASE * t * slope ||
            (k > 0 && now.value >= before.value)) {
            PV_TRY(zoom(p, &start, before, now, found));
            break;
        }
        memcpy(o->trial, o->gradient, o->n * sizeof(double));
        *found = now;
        if (fabs(now.slope) <= -CURVATURE * slope) break;
        if (now.slope >= 0) {
            PV_TRY(zoom(p, &start, now, before, found));
            break;
        }
        before = now;
    }
    memcpy(o->gradient, o->trial, o->n * sizeof(double));
    for (size_t i = 0; i < o->n; i++) p->x[i] = o->origin[i] + found->t * o->direction[i];
    return PV_OK;
}

static pv_status not_finite(pv_lbfgs *o, double *x, int moved)
{
    if (moved) memcpy(x, o->origin, o->n * sizeof(double));
    o->pairs = 0;
    o->iterations = 0;
    o->scale = 1;
    PV_FAIL(PV_ERR_NUMERIC, "L-BFGS: the objective is not finite; begin elsewhere or lower lr");
}

pv_status pv_lbfgs_step(pv_lbfgs *o, double *x, pv_objective objective, void *user, double *value,
                        double *last)
{
    const pv_lbfgs_options *s = &o->options;
    problem p = {.o = o, .objective = objective, .user = user, .x = x, .budget = s->max_eval};
    size_t n = o->n;
    double now;
    PV_TRY(evaluate(&p, &now));
    *value = now;
    if (last != NULL) *last = now;
    if (!isfinite(now)) return not_finite(o, x, o->iterations > 0);
    o->converged = largest(o->gradient, n) <= s->tolerance_grad;
    for (int k = 0; k < s->max_iter && !o->converged; k++) {
        if (o->iterations > 0) remember(o);
        two_loops(o);
        double length = s->lr, before = now, slope = dot(o->gradient, o->direction, n);
        if (o->iterations++ == 0) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += fabs(o->gradient[i]);
            length *= fmin(1, 1 / sum);
        }
        memcpy(o->previous, o->gradient, n * sizeof(double));
        memcpy(o->origin, x, n * sizeof(double));
        o->length = 0;
        if (slope > -s->tolerance_change) {
            o->converged = 1;
            break;
        }
        if (s->strong_wolfe) {
            point found;
            PV_TRY(line_search(&p, length, now, slope, &found));
            length = found.t;
            now = found.value;
        } else {
            for (size_t i = 0; i < n; i++) x[i] += length * o->direction[i];
            if (k + 1 < s->max_iter) PV_TRY(evaluate(&p, &now));
        }
        o->length = length;
        if (!isfinite(now)) return not_finite(o, x, 1);
        if (last != NULL) *last = now;
        if (k + 1 == s->max_iter || p.budget <= 0) break;
        o->converged = largest(o->gradient, n) <= s->tolerance_grad ||
                       length * largest(o->direction, n) <= s->tolerance_change ||
                       fabs(now - before) < s->tolerance_change;
    }
    return PV_OK;
}
