#include "attack/labels/mixture.h"

#include "base/mem.h"
#include "math/symmetric.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { WINDOW = 512, A_GROUP = 40, MOST_WINDOWS = 256 };
static const double RIDGE = 1e-3;
/* Lengths over the step's root mean square at which bins begin. */
static const double EDGE[PV_MIXTURE_BINS - 1] = {1.0 / 256, 1.0 / 64, 1.0 / 16, 0.25, 0.5, 1, 1.5};

/* Windows of whole steps: enough releases for a mean of each group, not too many windows. */
static void divide(pv_directions *d)
{
    const pv_releases *r = d->r;
    int64_t least = WINDOW > A_GROUP * d->groups ? WINDOW : A_GROUP * d->groups;
    if (least < r->count / MOST_WINDOWS + 1) least = r->count / MOST_WINDOWS + 1;
    d->first[0] = 0;
    for (int64_t s = 0; s < r->steps; s++) {
        int64_t end = r->first[s + 1];
        int enough = end - d->first[d->windows] >= least && r->count - end >= least;
        if (enough || s == r->steps - 1) d->first[++d->windows] = end;
    }
}

/* power [width, width] = C^exponent of the releases from..to as unit vectors. */
static void whiten(double *power, double *scratch, const pv_directions *d, int64_t from, int64_t to)
{
    const pv_releases *r = d->r;
    int n = r->width;
    double *c = scratch, *vector = c + n * n, *value = vector + n * n;
    memset(c, 0, (size_t)(n * n) * sizeof *c);
    for (int64_t i = from; i < to; i++) {
        const float *x = r->x + i * n;
        double square = 0;
        for (int k = 0; k < n; k++) square += (double)x[k] * x[k];
        if (!(square > 0)) continue;
        for (int p = 0; p < n; p++)
            for (int q = p; q < n; q++) c[p * n + q] += x[p] / square * x[q];
    }
    pv_symmetric_eigen(c, value, vector, n);
    pv_symmetric_power(power, value, vector, n, d->rank, RIDGE, d->exponent);
}

static void turn(pv_directions *d, const double *power, int64_t from, int64_t to)
{
    const pv_releases *r = d->r;
    int n = r->width;
    for (int64_t i = from; i < to; i++) {
        const float *x = r->x + i * n;
        float *y = d->y + i * n;
        for (int p = 0; p < n; p++) {
            double sum = 0;
            for (int q = 0; q < n; q++) sum += power[p * n + q] * x[q];
            y[p] = (float)sum;
        }
    }
}

/* y of one step: lengths become bins. */
static void measure(pv_directions *d, int64_t step)
{
    const pv_releases *r = d->r;
    int n = r->width;
    int64_t from = r->first[step], to = r->first[step + 1];
    double all = 0;
    for (int64_t i = from * n; i < to * n; i++) all += (double)d->y[i] * d->y[i];
    double root = to > from ? sqrt(all / (double)(to - from)) : 0;
    for (int64_t i = from; i < to; i++) {
        float *y = d->y + i * n;
        double square = 0;
        int bin = 0;
        for (int k = 0; k < n; k++) square += (double)y[k] * y[k];
        double length = sqrt(square);
        while (bin < PV_MIXTURE_BINS - 1 && length >= EDGE[bin] * root) bin++;
        d->bin[i] = (uint8_t)bin;
        for (int k = 0; k < n && length > 0; k++) y[k] = (float)(y[k] / length);
    }
}

pv_status pv_directions_init(pv_directions *d, const pv_releases *r, int groups, double exponent)
{
    pv_status status = PV_OK;
    size_t n = (size_t)r->width;
    double *power = pv_alloc(3 * n * n + n, sizeof *power);
    *d = (pv_directions){.r = r, .groups = groups, .exponent = exponent};
    d->rank = groups < r->width ? groups : r->width;
    d->first = pv_alloc((size_t)r->steps + 1, sizeof *d->first);
    d->y = pv_alloc((size_t)r->count, n * sizeof *d->y);
    d->bin = pv_alloc((size_t)r->count, sizeof *d->bin);
    if (power == NULL || d->first == NULL || d->y == NULL || d->bin == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the directions of %" PRId64 " gradients",
                     r->count);
    divide(d);
    for (int w = 0; w < d->windows; w++) {
        whiten(power, power + n * n, d, d->first[w], d->first[w + 1]);
        turn(d, power, d->first[w], d->first[w + 1]);
    }
    for (int64_t s = 0; s < r->steps; s++) measure(d, s);
done:
    pv_free(power);
    if (status != PV_OK) pv_directions_clear(d);
    return status;
}

void pv_directions_clear(pv_directions *d)
{
    pv_free(d->first);
    pv_free(d->y);
    pv_free(d->bin);
    *d = (pv_directions){0};
}
