#include "scheme/vertical/protect.h"

#include "base/mem.h"
#include "base/secret.h"
#include "crypto/identity/hash.h"
#include "math/cdp.h"
#include "math/noise.h"
#include "scheme/vertical/marvell.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Standard deviations of noise that the slots have room for. */
#define ROOM 8.0

static double norm(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* The discrete Gaussian's σ as an integer at scale fg. */
static double gauss_sigma(const pv_protect *p)
{
    return ceil(ldexp(p->noise * p->clip / (double)p->batch, p->fg));
}

static int in(double x, double low, double high)
{
    return x >= low && x <= high; /* false for what is no number */
}

static pv_status check_gauss(const pv_protect *p)
{
    if (!(p->delta > 0 && p->delta < 1))
        PV_FAIL(PV_ERR_OPTION, "protect = gauss: delta = %g, expected a number between 0 and 1",
                p->delta);
    if (!in(p->clip, 1e-6, 1e3))
        PV_FAIL(PV_ERR_OPTION, "protect = gauss: clip = %g, expected 1e-6 to 1000", p->clip);
    if (!in(gauss_sigma(p), 1, (double)PV_NOISE_MOST))
        PV_FAIL(PV_ERR_OPTION,
                "protect = gauss: noise of %g·%g/%lld at 2^-%d is not between 2^-%d and 2^%d; "
                "change noise, clip or gradient_scale",
                p->noise, p->clip, (long long)p->batch, p->fg, p->fg, 28 - p->fg);
    return PV_OK;
}

pv_status pv_protect_check(const pv_protect *p)
{
    static const char *const name[] = {"none", "iso", "marvell", "rr", "gauss"};
    assert(p->classes >= 2 && p->columns >= 1 && p->head >= 1 && p->batch >= 1 && p->fg > 0);
    assert(p->gradient > 0);
    if (p->how == PV_PROTECT_NONE) return PV_OK;
    if (p->how == PV_PROTECT_RR) {
        if (!in(p->epsilon, 1e-6, 40))
            PV_FAIL(PV_ERR_OPTION, "protect = rr: epsilon = %g, expected 1e-6 to 40", p->epsilon);
        return PV_OK;
    }
    if (!in(p->noise, 1e-6, 1e6))
        PV_FAIL(PV_ERR_OPTION, "protect = %s: noise = %g, expected 1e-6 to 1e6", name[p->how],
                p->noise);
    if (p->how == PV_PROTECT_ISO) return PV_OK;
    if (p->head != 1 || p->columns != p->classes)
        PV_FAIL(
            PV_ERR_OPTION,
            "protect = %s works on the logits: %lld dense layers from the shared one on and %lld "
            "outputs of it for %d classes; take head = 1, or protect = iso or rr",
            name[p->how], (long long)p->head, (long long)p->columns, p->classes);
    return p->how == PV_PROTECT_GAUSS ? check_gauss(p) : PV_OK;
}

int pv_protect_everywhere(const pv_protect *p)
{
    return p->how == PV_PROTECT_GAUSS;
}

double pv_protect_keep(const pv_protect *p)
{
    return 1 / (1 + (p->classes - 1) * exp(-p->epsilon));
}

/* A stream for these labels alone. */
static pv_status labels_stream(pv_csprng *r, const int32_t *label, const pv_protect *p,
                               int64_t count, const uint8_t key[PV_RUN_KEY_BYTES])
{
    static const char purpose[] = "vertical/labels ";
    pv_status status = PV_OK;
    pv_hasher h;
    pv_hash hash;
    char hex[PV_HASH_TEXT], text[sizeof purpose + PV_HASH_TEXT];
    const int64_t classes = p->classes;
    PV_TRY(pv_hasher_init(&h));
    pv_hasher_add(&h, &p->epsilon, sizeof p->epsilon);
    pv_hasher_add(&h, &classes, sizeof classes);
    pv_hasher_add(&h, label, (size_t)count * sizeof *label);
    PV_TRY(pv_hasher_end(&h, &hash));
    snprintf(text, sizeof text, "%s%s", purpose, pv_hash_text(&hash, hex));
    status = pv_csprng_derive(r, key, text, 0, 0);
    pv_secret_wipe(&hash, sizeof hash);
    pv_secret_wipe(hex, sizeof hex);
    pv_secret_wipe(text, sizeof text);
    return status;
}

/* What is replaced is drawn, not what is kept: 1 - keep has digits where keep rounds to 1. */
pv_status pv_protect_labels(int32_t *label, const pv_protect *p, int64_t count,
                            const uint8_t key[PV_RUN_KEY_BYTES])
{
    pv_csprng r;
    if (p->how != PV_PROTECT_RR) return PV_OK;
    PV_TRY(labels_stream(&r, label, p, count, key));
    const double others = (p->classes - 1) * exp(-p->epsilon);
    const uint64_t least = (uint64_t)ceil(ldexp(others / (1 + others), 64));
    for (int64_t i = 0; i < count; i++) {
        assert(label[i] >= 0 && label[i] < p->classes);
        int32_t keep = pv_csprng_u64(&r) >= least;
        int32_t other = (int32_t)pv_csprng_below(&r, (uint64_t)p->classes - 1);
        other += other >= label[i];
        label[i] = keep * label[i] + (1 - keep) * other;
    }
    pv_csprng_clear(&r);
    return PV_OK;
}

double pv_protect_most(const pv_protect *p)
{
    const double m = (double)p->batch, c = (double)p->columns;
    switch (p->how) {
    case PV_PROTECT_ISO: /* a row of P - T is at most √2 long */
        return ROOM * p->noise * (p->head == 1 ? sqrt(2 / c) : p->gradient);
    case PV_PROTECT_MARVELL:
        /* A class of one row in m+1 gets its share's inverse of the power noise·|Δ|², |Δ| <= 2√2;
         * with more classes a row can also be the only one that is not of a certain class, and
         * is one of the others, at least half of the batch, for all others. */
        return ROOM * sqrt(8 * p->noise * (p->classes == 2 ? m + 1 : 2 * (m + 1) + 2 * c));
    case PV_PROTECT_GAUSS:
        return ROOM * ldexp(gauss_sigma(p), -p->fg) * m;
    default:
        return 0;
    }
}

void pv_protect_bounds(double *gradient, double *noise, const pv_protect *p)
{
    double most = pv_protect_most(p);
    int everywhere = pv_protect_everywhere(p);
    *gradient = everywhere ? (p->gradient + most) * fmax(0.5 * (double)p->columns, 1) : p->gradient;
    *noise = everywhere ? 0 : most;
}

double pv_protect_epsilon(const pv_protect *p, int64_t epochs)
{
    if (p->how == PV_PROTECT_RR) return p->epsilon;
    if (p->how != PV_PROTECT_GAUSS) return INFINITY;
    /* Another label moves its row of P - T by √2, and cutting to a ball moves no two points apart;
     * rounding to fg by at most half a unit in each entry of either. */
    double most = ldexp(fmin(2 * p->clip, M_SQRT2) / (double)p->batch, p->fg);
    most += sqrt((double)p->columns);
    double rho = pv_cdp_gaussian(most, gauss_sigma(p));
    return pv_cdp_epsilon(rho * (double)epochs, p->delta);
}

double pv_protect_error(double divergence)
{
    double least = 0.5 - sqrt(divergence) / 4;
    return least < 0 ? 0 : least;
}

static void iso(double *shown, const pv_protect *p, const double *g, int64_t rows, pv_csprng *r)
{
    double longest = 0;
    for (int64_t i = 0; i < rows; i++)
        longest = fmax(longest, norm(g + i * p->columns, p->columns));
    const double deviation = p->noise * longest / sqrt((double)p->columns);
    for (int64_t i = 0; i < rows * p->columns; i += 2) {
        double z[2];
        pv_noise_normal(z, 2, r);
        shown[i] = g[i] + deviation * z[0];
        if (i + 1 < rows * p->columns) shown[i + 1] = g[i + 1] + deviation * z[1];
    }
}

static void gauss(double *shown, const pv_protect *p, const double *g, int64_t rows, pv_csprng *r)
{
    const uint64_t sigma = (uint64_t)gauss_sigma(p);
    const double clip = p->clip / (double)p->batch;
    for (int64_t i = 0; i < rows; i++) {
        const double *row = g + i * p->columns;
        double length = norm(row, p->columns), shorter = length > clip ? clip / length : 1;
        for (int64_t k = 0; k < p->columns; k++) {
            int64_t fixed = llrint(ldexp(row[k] * shorter, p->fg)) + pv_noise_gaussian(sigma, r);
            shown[i * p->columns + k] = ldexp((double)fixed, -p->fg);
        }
    }
}

/* One class against the rest, in one batch. */
typedef struct contrast {
    double share;  /* of the class's rows; what is missing counts as one row more */
    double *apart; /* Δ [columns] */
    double u, v;   /* mean variance of a coordinate among the rest, in the class */
    int whole;     /* both sides are there */
} contrast;

/* The missing side is thought of as one row: the mean of these rows, had they other labels.
 * Otherwise a batch without a class would be known by having no noise. */
static void imagine(contrast *x, double spread[2], int64_t count[2], const pv_protect *p,
                    const int32_t *label, int64_t rows, int32_t one)
{
    const int64_t c = p->columns;
    const double m = (double)p->batch;
    const int there = count[1] > 0;
    for (int64_t k = 0; k < c; k++)
        x->apart[k] = k == one ? -1 / m : there ? 1 / m / (double)(c - 1) : 0;
    for (int64_t i = 0; i < rows && !there; i++) x->apart[label[i]] += 1 / m / (double)rows;
    spread[1 - there] = spread[there];
    count[1 - there] = 1;
}

static void compare(contrast *x, double *mean, const pv_protect *p, const double *g,
                    const int32_t *label, int64_t rows, int32_t one)
{
    const int64_t c = p->columns;
    int64_t count[2] = {0, 0};
    double spread[2] = {0, 0};
    for (int64_t k = 0; k < 2 * c; k++) mean[k] = 0;
    for (int64_t i = 0; i < rows; i++) {
        int side = label[i] == one;
        count[side]++;
        for (int64_t k = 0; k < c; k++) mean[side * c + k] += g[i * c + k];
    }
    for (int side = 0; side < 2; side++)
        for (int64_t k = 0; k < c && count[side] > 0; k++)
            mean[side * c + k] /= (double)count[side];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0, side = label[i] == one; k < c; k++) {
            double off = g[i * c + k] - mean[side * c + k];
            spread[side] += off * off;
        }
    /* Rows of P - T sum to zero: c-1 dimensions. */
    for (int side = 0; side < 2; side++)
        if (count[side] > 0) spread[side] /= (double)count[side] * (double)(c - 1);
    x->whole = count[0] > 0 && count[1] > 0;
    if (x->whole)
        for (int64_t k = 0; k < c; k++) x->apart[k] = mean[c + k] - mean[k];
    else
        imagine(x, spread, count, p, label, rows, one);
    x->share = (double)count[1] / (double)(count[0] + count[1]);
    x->u = spread[0];
    x->v = spread[1];
}

/* shown += noise of this contrast's solution, within the c-1 dimensions. */
static void spread_noise(double *shown, const pv_marvell *s, const contrast *x, double length,
                         double *z, const pv_protect *p, const int32_t *label, int64_t rows,
                         int32_t one, pv_csprng *r)
{
    const int64_t c = p->columns;
    for (int64_t i = 0; i < rows; i++) {
        int side = label[i] == one;
        double across = sqrt(s->across[side]), mean = 0;
        double along = sqrt(fmax(s->along[side] - s->across[side], 0)) / length;
        pv_noise_normal(z, (size_t)c + 1, r);
        for (int64_t k = 0; k < c; k++) mean += z[k] / (double)c;
        for (int64_t k = 0; k < c; k++)
            shown[i * c + k] += across * (z[k] - mean) + along * z[c] * x->apart[k];
    }
}

static pv_status marvell(double *shown, const pv_protect *p, const double *g, const int32_t *label,
                         int64_t rows, double *divergence, pv_csprng *r)
{
    const int64_t c = p->columns;
    const size_t size = (size_t)(rows * c + 4 * c + 1);
    double *room = pv_alloc(size, sizeof *room);
    if (room == NULL) PV_FAIL_MEMORY(size * sizeof *room);
    double *clean = room, *mean = clean + rows * c, *z = mean + 2 * c;
    contrast x = {.apart = z + c + 1};
    for (int64_t i = 0; i < rows * c; i++) shown[i] = clean[i] = g[i];
    for (int32_t one = p->classes == 2 ? 1 : 0; one < p->classes; one++) {
        pv_marvell solution;
        compare(&x, mean, p, clean, label, rows, one);
        double length = norm(x.apart, c);
        if (!(length > 0)) continue;
        pv_marvell_solve(&solution, x.u, x.v, length * length, x.share, p->noise * length * length,
                         c - 1);
        if (p->classes == 2 && x.whole) *divergence = solution.divergence;
        spread_noise(shown, &solution, &x, length, z, p, label, rows, one, r);
    }
    pv_secret_wipe(room, size * sizeof *room);
    pv_free(room);
    return PV_OK;
}

pv_status pv_protect_gradient(double *shown, const pv_protect *p, const double *g,
                              const int32_t *label, int64_t rows, double *divergence, pv_csprng *r)
{
    double left = NAN;
    const int64_t n = rows * p->columns;
    if (p->how == PV_PROTECT_ISO)
        iso(shown, p, g, rows, r);
    else if (p->how == PV_PROTECT_GAUSS)
        gauss(shown, p, g, rows, r);
    else if (p->how == PV_PROTECT_MARVELL)
        PV_TRY(marvell(shown, p, g, label, rows, &left, r));
    else
        for (int64_t i = 0; i < n; i++) shown[i] = g[i];
    if (p->how == PV_PROTECT_ISO || p->how == PV_PROTECT_MARVELL || p->how == PV_PROTECT_GAUSS) {
        const double most = (p->gradient + pv_protect_most(p)) / (double)p->batch;
        for (int64_t i = 0; i < n; i++) shown[i] = fmin(fmax(shown[i], -most), most);
    }
    if (divergence != NULL) *divergence = left;
    return PV_OK;
}
