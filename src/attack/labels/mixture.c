#include "attack/labels/mixture.h"

#include "base/ctx.h"
#include "base/mem.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const double SMOOTH = 0.7;      /* λ: weight of the next window */
static const double KAPPA_START = 3;   /* before anything is known of the spread */
static const double KAPPA_MOST = 60;   /* no release is proof on its own */
static const double SHRINK = 20;       /* releases that pull κ of a bin to that of all windows */
static const double PRIOR_LEAST = 0.5; /* rows that every group has beforehand */

pv_status pv_mixture_init(pv_mixture *m, const pv_directions *d)
{
    size_t rows = (size_t)d->r->rows, groups = (size_t)d->groups, windows = (size_t)d->windows,
           means = windows * groups * (size_t)d->r->width;
    *m = (pv_mixture){.d = d, .groups = d->groups};
    m->mean = pv_calloc(means, sizeof(double));
    m->length = pv_calloc(windows, groups * sizeof(double));
    m->kappa = pv_calloc(windows, PV_MIXTURE_BINS * sizeof(double));
    m->used = pv_calloc(windows, PV_MIXTURE_BINS * sizeof(double));
    m->prior = pv_calloc(groups, sizeof(double));
    m->score = pv_calloc(rows * groups, sizeof(double));
    m->share = pv_calloc(rows * groups, sizeof(double));
    m->doubt = pv_calloc(rows, sizeof(double));
    m->cosine = pv_calloc((size_t)d->r->count, groups * sizeof *m->cosine);
    m->label = pv_calloc(rows, sizeof *m->label);
    m->sum = pv_calloc(means, sizeof(double));
    m->smooth =
        pv_calloc(means > windows * 2 * PV_MIXTURE_BINS ? means : windows * 2 * PV_MIXTURE_BINS,
                  sizeof(double));
    m->moment = pv_calloc(windows, 2 * PV_MIXTURE_BINS * sizeof(double));
    if (m->mean == NULL || m->length == NULL || m->kappa == NULL || m->used == NULL ||
        m->prior == NULL || m->score == NULL || m->share == NULL || m->doubt == NULL ||
        m->cosine == NULL || m->label == NULL || m->sum == NULL || m->smooth == NULL ||
        m->moment == NULL) {
        pv_mixture_clear(m);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu groups of %zu rows", groups, rows);
    }
    return PV_OK;
}

void pv_mixture_clear(pv_mixture *m)
{
    pv_free(m->mean);
    pv_free(m->length);
    pv_free(m->kappa);
    pv_free(m->used);
    pv_free(m->prior);
    pv_free(m->score);
    pv_free(m->share);
    pv_free(m->doubt);
    pv_free(m->cosine);
    pv_free(m->label);
    pv_free(m->sum);
    pv_free(m->smooth);
    pv_free(m->moment);
    *m = (pv_mixture){0};
}

/* v [windows, n] += its neighbours by λ to the distance; out: scratch. */
static void smooth(double *v, double *out, int windows, int64_t n)
{
    memcpy(out, v, (size_t)(windows * n) * sizeof *v);
    for (int w = 1; w < windows; w++)
        for (int64_t k = 0; k < n; k++) out[w * n + k] += SMOOTH * out[(w - 1) * n + k];
    for (int w = windows - 1; w-- > 0;)
        for (int64_t k = 0; k < n; k++) v[w * n + k] += SMOOTH * v[(w + 1) * n + k];
    /* forward sums hold the window itself already */
    for (int w = 1; w < windows; w++)
        for (int64_t k = 0; k < n; k++) v[w * n + k] += SMOOTH * out[(w - 1) * n + k];
}

/* mean from sum. */
static void point(pv_mixture *m)
{
    int n = m->d->r->width, groups = m->groups;
    smooth(m->sum, m->smooth, m->d->windows, (int64_t)groups * n);
    for (int64_t i = 0; i < (int64_t)m->d->windows * groups; i++) {
        const double *s = m->sum + i * n;
        double *u = m->mean + i / groups * groups * n + i % groups, square = 0;
        for (int k = 0; k < n; k++) square += s[k] * s[k];
        m->length[i] = sqrt(square);
        for (int k = 0; k < n; k++) u[k * groups] = square > 0 ? s[k] / m->length[i] : 0;
    }
}

static void reset(pv_mixture *m)
{
    m->fitted = 0;
    for (int64_t i = 0; i < (int64_t)m->d->windows * PV_MIXTURE_BINS; i++)
        m->kappa[i] = KAPPA_START;
    for (int k = 0; k < m->groups; k++) m->prior[k] = 1.0 / m->groups;
    memset(m->sum, 0,
           (size_t)m->d->windows * (size_t)(m->groups * m->d->r->width) * sizeof *m->sum);
}

/* ---- starts */

/* out [groups]: y·mean of a window. */
static void products(double *restrict out, const pv_mixture *m, int w, int64_t i)
{
    int n = m->d->r->width, groups = m->groups;
    const float *y = m->d->y + i * n;
    const double *mean = m->mean + (int64_t)w * groups * n;
    for (int k = 0; k < groups; k++) out[k] = 0;
    for (int p = 0; p < n; p++)
        for (int k = 0; k < groups; k++) out[k] += y[p] * mean[p * groups + k];
}

/* How far release i is from the means of window 0 that there are; nothing counts that has hardly a
 * length. */
static double distance(const pv_mixture *m, int64_t i, const int *have)
{
    double nearest = 2, product[PV_MIXTURE_GROUPS];
    if (m->d->bin[i] < 4) return 0;
    products(product, m, 0, i);
    for (int k = 0; k < m->groups; k++)
        if (have[k] && 1 - product[k] < nearest) nearest = 1 - product[k];
    return nearest > 0 ? nearest : 0;
}

static int64_t draw(const pv_mixture *m, int64_t from, int64_t to, const int *have, pv_rng *rng)
{
    double all = 0;
    for (int64_t i = from; i < to; i++) all += distance(m, i, have);
    double left = pv_rng_uniform(rng) * all;
    for (int64_t i = from; i < to; i++) {
        double d = distance(m, i, have);
        if (d > 0 && (left -= d) <= 0) return i;
    }
    return from + (int64_t)pv_rng_below(rng, (uint64_t)(to - from));
}

/* Means of the groups that have none, out of window w, where the others' are in mean[0]. */
static void scatter(pv_mixture *m, int w, int *have, pv_rng *rng)
{
    int n = m->d->r->width;
    int64_t from = m->d->first[w], to = m->d->first[w + 1];
    for (int k = 0; k < m->groups; k++) {
        if (have[k]) continue;
        int64_t i = draw(m, from, to, have, rng);
        double *s = m->sum + ((int64_t)w * m->groups + k) * n;
        for (int p = 0; p < n; p++) s[p] = m->mean[p * m->groups + k] = m->d->y[i * n + p];
        have[k] = 1;
    }
}

static void start(pv_mixture *m, int *have, pv_rng *rng)
{
    int n = m->d->r->width, missing = 0, w = 0;
    for (int k = 0; k < m->groups; k++) missing |= !have[k];
    if (missing) {
        /* half of the time where nothing is fitted yet, and every row has a gradient */
        w = pv_rng_below(rng, 2) ? 0 : (int)pv_rng_below(rng, (uint64_t)m->d->windows);
        point(m); /* those that are there, as they are at w */
        memmove(m->mean, m->mean + (int64_t)w * m->groups * n,
                (size_t)(m->groups * n) * sizeof *m->mean);
        scatter(m, w, have, rng);
    }
    point(m);
}

void pv_mixture_scatter(pv_mixture *m, pv_rng *rng)
{
    int have[PV_MIXTURE_GROUPS] = {0};
    reset(m);
    start(m, have, rng);
}

void pv_mixture_start(pv_mixture *m, pv_rng *rng)
{
    const pv_directions *d = m->d;
    int n = d->r->width, have[PV_MIXTURE_GROUPS] = {0};
    reset(m);
    for (int w = 0; w < d->windows; w++)
        for (int64_t i = d->first[w]; i < d->first[w + 1]; i++) {
            int32_t k = m->held == NULL ? -1 : m->held[d->r->row[i]];
            if (k < 0) continue;
            double *s = m->sum + ((int64_t)w * m->groups + k) * n;
            for (int p = 0; p < n; p++) s[p] += (1 + d->bin[i]) * d->y[i * n + p];
            have[k] = 1;
        }
    start(m, have, rng);
}

/* ---- the two steps */

/* Entropy over its most: 1 for a row that nothing is known of. Such rows would drown the few that
 * are known, so their equal part in every group is taken off. */
static double doubt_of(const double *share, int groups)
{
    double entropy = 0;
    for (int k = 0; k < groups; k++)
        if (share[k] > 1e-12) entropy -= share[k] * log(share[k]);
    return entropy / log(groups);
}

/* Of release i in the mean of group k. */
static double weight_of(const pv_mixture *m, int w, int64_t i, int k)
{
    int64_t row = m->d->r->row[i];
    double share = m->share[row * m->groups + k] - m->doubt[row] * m->prior[k];
    return m->used[w * PV_MIXTURE_BINS + m->d->bin[i]] * share;
}

/* cosine [groups] of release i, in window w, with the means of the other releases. With itself
 * among them, noise alone would make groups that agree with themselves. */
static void cosines(double *cosine, const pv_mixture *m, int w, int64_t i)
{
    products(cosine, m, w, i);
    if (!m->fitted) return;
    for (int k = 0; k < m->groups; k++) {
        double own = weight_of(m, w, i, k), all = m->length[w * m->groups + k];
        double square = all * all - 2 * own * all * cosine[k] + own * own;
        cosine[k] = square > 1e-12 * all * all ? (all * cosine[k] - own) / sqrt(square) : 0;
    }
}

void pv_mixture_expect(pv_mixture *m)
{
    const pv_directions *d = m->d;
    int groups = m->groups;
    double total = 0, now[PV_MIXTURE_GROUPS];
    for (int64_t row = 0; row < d->r->rows; row++)
        for (int k = 0; k < groups; k++) m->score[row * groups + k] = log(m->prior[k]);
    for (int w = 0; w < d->windows; w++) {
        for (int64_t i = d->first[w]; i < d->first[w + 1]; i++) {
            double kappa = m->kappa[w * PV_MIXTURE_BINS + d->bin[i]];
            double *score = m->score + d->r->row[i] * (int64_t)groups;
            total += 0.5 * (d->rank - 1) * log1p(kappa) - kappa;
            const float *cosine = m->cosine + i * groups;
            if (!m->fitted) cosines(now, m, w, i);
            for (int k = 0; k < groups; k++)
                score[k] += kappa * (m->fitted ? (double)cosine[k] : now[k]);
        }
    }
    for (int64_t row = 0; row < d->r->rows; row++) {
        const double *score = m->score + row * groups;
        double *share = m->share + row * groups, most = -DBL_MAX, sum = 0;
        int best = 0;
        for (int k = 0; k < groups; k++)
            if (score[k] > most) most = score[best = k];
        for (int k = 0; k < groups; k++) sum += share[k] = exp(score[k] - most);
        for (int k = 0; k < groups; k++) share[k] /= sum;
        m->label[row] = best;
        total += most + log(sum);
        if (m->held == NULL || m->held[row] < 0) continue;
        for (int k = 0; k < groups; k++) share[k] = k == m->held[row];
        m->label[row] = m->held[row];
    }
    m->likelihood = total / (double)d->r->count;
}

static void maximise_means(pv_mixture *m)
{
    const pv_directions *d = m->d;
    int n = d->r->width, groups = m->groups;
    memset(m->sum, 0, (size_t)d->windows * (size_t)(groups * n) * sizeof *m->sum);
    for (int64_t row = 0; row < d->r->rows; row++)
        m->doubt[row] = doubt_of(m->share + row * groups, groups);
    memcpy(m->used, m->kappa, (size_t)d->windows * PV_MIXTURE_BINS * sizeof *m->used);
    for (int w = 0; w < d->windows; w++)
        for (int64_t i = d->first[w]; i < d->first[w + 1]; i++) {
            const float *y = d->y + i * n;
            for (int k = 0; k < groups; k++) {
                double weight = weight_of(m, w, i, k);
                double *s = m->sum + ((int64_t)w * groups + k) * n;
                for (int p = 0; p < n && fabs(weight) > 1e-6; p++) s[p] += weight * y[p];
            }
        }
    point(m);
    m->fitted = 1;
}

static double kappa_of(double sum, double count, int rank)
{
    double mean = count > 0 ? sum / count : 0;
    if (mean < 0.001) mean = 0.001;
    if (mean > 0.9999) mean = 0.9999;
    double kappa = mean * (rank - mean * mean) / (1 - mean * mean);
    return kappa < KAPPA_MOST ? kappa : KAPPA_MOST;
}

static void maximise_spread(pv_mixture *m)
{
    const pv_directions *d = m->d;
    int groups = m->groups;
    enum { PAIR = 2 * PV_MIXTURE_BINS };
    double all[PAIR] = {0}, sum = 0, count = 0, cosine[PV_MIXTURE_GROUPS];
    memset(m->moment, 0, (size_t)d->windows * PAIR * sizeof *m->moment);
    for (int w = 0; w < d->windows; w++) {
        double *moment = m->moment + w * PAIR;
        for (int64_t i = d->first[w]; i < d->first[w + 1]; i++) {
            const double *share = m->share + d->r->row[i] * (int64_t)groups;
            cosines(cosine, m, w, i);
            for (int k = 0; k < groups; k++) {
                moment[d->bin[i]] += share[k] * cosine[k];
                m->cosine[i * groups + k] = (float)cosine[k];
            }
            moment[PV_MIXTURE_BINS + d->bin[i]]++;
        }
        for (int b = 0; b < PAIR; b++) all[b] += moment[b];
    }
    for (int b = 0; b < PV_MIXTURE_BINS; b++) {
        sum += all[b];
        count += all[PV_MIXTURE_BINS + b];
    }
    smooth(m->moment, m->smooth, d->windows, PAIR);
    for (int b = 0; b < PV_MIXTURE_BINS; b++) {
        /* few releases of this length: rather what holds for all, and of this window likewise */
        double mean = (all[b] + SHRINK * sum / count) / (all[PV_MIXTURE_BINS + b] + SHRINK);
        for (int w = 0; w < d->windows; w++) {
            const double *moment = m->moment + w * PAIR;
            m->kappa[w * PV_MIXTURE_BINS + b] =
                kappa_of(moment[b] + SHRINK * mean, moment[PV_MIXTURE_BINS + b] + SHRINK, d->rank);
        }
    }
}

static void maximise_prior(pv_mixture *m)
{
    int64_t rows = m->d->r->rows;
    for (int k = 0; k < m->groups; k++) m->prior[k] = PRIOR_LEAST;
    for (int64_t row = 0; row < rows; row++)
        for (int k = 0; k < m->groups; k++) m->prior[k] += m->share[row * m->groups + k];
    for (int k = 0; k < m->groups; k++) m->prior[k] /= (double)rows + m->groups * PRIOR_LEAST;
}

pv_status pv_mixture_fit(pv_mixture *m, int64_t rounds, const pv_ctx *ctx)
{
    int64_t rows = m->d->r->rows;
    int32_t *before = pv_alloc((size_t)rows, sizeof *before);
    if (before == NULL) PV_FAIL_MEMORY((size_t)rows * sizeof *before);
    pv_mixture_expect(m);
    for (int64_t round = 0; round < rounds; round++) {
        int64_t changed = 0;
        pv_status status = pv_ctx_check(ctx);
        if (status != PV_OK) {
            pv_free(before);
            return status;
        }
        memcpy(before, m->label, (size_t)rows * sizeof *before);
        maximise_means(m);
        maximise_spread(m);
        maximise_prior(m);
        pv_mixture_expect(m);
        m->rounds++;
        for (int64_t i = 0; i < rows; i++) changed += before[i] != m->label[i];
        if (round > 0 && changed <= rows / 1000) break;
    }
    pv_free(before);
    return PV_OK;
}

void pv_mixture_rename(pv_mixture *m, const int32_t *to)
{
    int n = m->d->r->width, groups = m->groups;
    for (int64_t i = 0; i < (int64_t)m->d->windows * n; i++) {
        double *mean = m->mean + i * groups;
        memcpy(m->smooth, mean, (size_t)groups * sizeof *mean);
        for (int k = 0; k < groups; k++) mean[to[k]] = m->smooth[k];
    }
    memcpy(m->smooth, m->prior, (size_t)groups * sizeof *m->smooth);
    for (int k = 0; k < groups; k++) m->prior[to[k]] = m->smooth[k];
    m->fitted = 0;
    pv_mixture_expect(m);
}

double pv_mixture_margin(const pv_mixture *m, int64_t row)
{
    const double *score = m->score + row * m->groups;
    double next = -DBL_MAX;
    for (int k = 0; k < m->groups; k++)
        if (k != m->label[row] && score[k] > next) next = score[k];
    return m->groups > 1 ? score[m->label[row]] - next : 0;
}
