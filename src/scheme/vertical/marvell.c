#include "scheme/vertical/marvell.h"

#include <assert.h>
#include <math.h>

/* Class 0 is the one with the smaller variance: u <= v, across[1] = 0. */
typedef struct problem {
    double u, v, g, p, budget; /* budget: of p·b + (1-p)·(a + (d-1)·x) */
    double others;             /* d - 1 */
} problem;

typedef struct point {
    double a, b, x, j;
} point;

static double ratio(double x)
{
    return x + 1 / x;
}

/* The best b for this a and x, and J there. */
static void settle(point *at, const problem *q)
{
    double most = (q->budget - (1 - q->p) * (at->a + q->others * at->x)) / q->p;
    at->b = fmax(fmin(sqrt(at->a * (at->a + q->g)), most), q->v);
    at->j = (at->a + q->g) / at->b + (at->b + q->g) / at->a;
    if (q->others > 0 && q->v > 0) at->j += q->others * ratio(at->x / q->v);
    if (q->others > 0 && q->v == 0) at->j += q->others * 2; /* no variance, no noise: all alike */
}

typedef void (*inner)(point *at, const problem *q);

/* Golden sections for the least J over *coordinate in [low, high], on a scale of logarithms. */
static void least(point *at, double *coordinate, double low, double high, const problem *q,
                  inner solve)
{
    enum { STEPS = 48 };
    const double golden = 0.6180339887498949;
    double from = log(low), to = log(high);
    point best = *at;
    best.j = INFINITY;
    for (int i = -1; i < STEPS; i++) {
        double left = to - golden * (to - from), right = from + golden * (to - from), j[2];
        /* both ends first: the least often lies there */
        const double try[2] = {i < 0 ? from : left, i < 0 ? to : right};
        for (int k = 0; k < 2; k++) {
            *coordinate = exp(try[k]);
            solve(at, q);
            j[k] = at->j;
            if (at->j < best.j) best = *at;
        }
        if (i < 0) continue;
        if (j[0] < j[1])
            to = right;
        else
            from = left;
    }
    *at = best;
}

static void best_a(point *at, const problem *q)
{
    double most = (q->budget - q->p * q->v) / (1 - q->p) - q->others * at->x;
    double low = fmax(at->x, most * 1e-12);
    least(at, &at->a, low, fmax(most, low), q, settle);
}

static double above(double x, double floor)
{
    return fmax(x - floor, 0);
}

void pv_marvell_solve(pv_marvell *out, double u, double v, double g, double p, double power,
                      int64_t d)
{
    assert(u >= 0 && v >= 0 && g > 0 && p > 0 && p < 1 && power > 0 && d >= 1);
    const int small = u <= v ? 0 : 1, large = 1 - small;
    problem q = {fmin(u, v), fmax(u, v), g, small == 0 ? p : 1 - p, 0, (double)(d - 1)};
    q.budget = power + q.p * q.v + (1 - q.p) * (double)d * q.u;
    point at = {0, 0, q.u, 0};
    double most = fmin(q.v, q.u + power / ((1 - q.p) * (double)d));
    if (d > 1 && most > q.u)
        least(&at, &at.x, fmax(q.u, most * 1e-12), most, &q, best_a);
    else
        best_a(&at, &q);
    out->along[small] = above(at.a, q.u);
    out->along[large] = above(at.b, q.v);
    out->across[small] = d > 1 ? above(at.x, q.u) : 0;
    out->across[large] = 0;
    out->divergence = fmax(0.5 * at.j - (double)d, 0);
}
