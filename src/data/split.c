#include "data/store.h"

#include "privet/rng.h"
#include <math.h>
#include <string.h>

/* The labels of a data set in its own order; all 0 when it has none. */
static int32_t *labels_of(const pv_data *data)
{
    int32_t *label = pv_alloc((size_t)data->count, sizeof *label);
    for (int64_t i = 0; label != NULL && i < data->count; i++)
        label[i] = pv_data_has_labels(data) ? pv_data_label(data, i) : 0;
    return label;
}

pv_status pv_data_holdout(pv_data **first, pv_data **rest, const pv_data *data, double fraction,
                          uint64_t seed)
{
    pv_status status = PV_OK;
    *first = *rest = NULL;
    int64_t n = fraction > 0.0 && fraction < 1.0 ? llround(fraction * (double)data->count) : 0;
    if (n < 1 || n >= data->count)
        PV_FAIL(PV_ERR_OPTION,
                "holding out %g of %lld samples: a fraction between 0 and 1 is expected that "
                "leaves at least one sample on either side",
                fraction, (long long)data->count);
    int32_t *label = labels_of(data);
    uint8_t *take = pv_alloc((size_t)data->count, 1);
    int64_t *index = pv_alloc((size_t)data->count, sizeof *index);
    if (label == NULL || take == NULL || index == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for holding out samples");
    PV_TRY_GOTO(pv_stratify(take, label, data->count, pv_data_classes(data), n, seed));
    /* What is held out from the back of the index, the others from its front. */
    int64_t front = 0, back = data->count - n;
    for (int64_t i = 0; i < data->count; i++) index[take[i] ? back++ : front++] = i;
    PV_TRY_GOTO(pv_data_subset(first, data, index, front));
    PV_TRY_GOTO(pv_data_subset(rest, data, index + front, n));
done:
    if (status != PV_OK) {
        pv_data_free(*first);
        *first = NULL;
    }
    pv_free(label);
    pv_free(take);
    pv_free(index);
    return status;
}

/* All samples sorted by class, shuffled within each: begin[c]..begin[c+1]. */
static void group(int64_t *order, int64_t *begin, const int32_t *label, int64_t count, int classes,
                  pv_rng *rng)
{
    memset(begin, 0, ((size_t)classes + 1) * sizeof *begin);
    for (int64_t i = 0; i < count; i++) begin[label[i] + 1]++;
    for (int c = 0; c < classes; c++) begin[c + 1] += begin[c];
    for (int64_t i = count; i-- > 0;) order[--begin[label[i] + 1]] = i;
    /* Filling moved every begin[c + 1] down to where class c starts. */
    memmove(begin, begin + 1, (size_t)classes * sizeof *begin);
    begin[classes] = count;
    for (int c = 0; c < classes; c++)
        for (int64_t i = begin[c + 1] - begin[c]; i > 1; i--) {
            int64_t *a = order + begin[c] + i - 1;
            int64_t *b = order + begin[c] + (int64_t)pv_rng_below(rng, (uint64_t)i);
            int64_t t = *a;
            *a = *b;
            *b = t;
        }
}

/* A class drawn by the weights q among those that are left; by what is left of each when the party
 * wants none of them. */
static int draw_class(const double *q, const int64_t *next, const int64_t *begin, int classes,
                      pv_rng *rng)
{
    double total = 0;
    int last = -1;
    for (int c = 0; c < classes; c++)
        if (next[c] < begin[c + 1]) total += q[c];
    int wanted = total > 0;
    for (int c = 0; !wanted && c < classes; c++) total += (double)(begin[c + 1] - next[c]);
    double u = pv_rng_uniform(rng) * total;
    for (int c = 0; c < classes && u >= 0; c++) {
        double weight = wanted ? q[c] : (double)(begin[c + 1] - next[c]);
        if (next[c] == begin[c + 1] || !(weight > 0)) continue;
        last = c;
        u -= weight;
    }
    return last;
}

/* Fill part[0..n) of one party from what its predecessors left. */
static void fill_dirichlet(int64_t *part, int64_t n, double *q, const int64_t *order, int64_t *next,
                           const int64_t *begin, int classes, double alpha, pv_rng *rng)
{
    double count = (double)begin[classes], total = 0;
    for (int c = 0; c < classes; c++) {
        double p = (double)(begin[c + 1] - begin[c]) / count;
        q[c] = p > 0 ? pv_rng_gamma(rng, alpha * p) : 0.0;
        total += q[c];
    }
    /* A tiny alpha underflows every weight: all of the mass then lies on one class. */
    if (!(total > 0)) {
        int64_t at = (int64_t)pv_rng_below(rng, (uint64_t)begin[classes]);
        for (int c = 0; c < classes; c++) q[c] = at >= begin[c] && at < begin[c + 1];
    }
    for (int64_t i = 0; i < n; i++)
        part[i] = order[next[draw_class(q, next, begin, classes, rng)]++];
}

pv_status pv_data_split(pv_data **parts, int k, const pv_data *data, double alpha, uint64_t seed)
{
    pv_status status = PV_OK;
    int64_t count = data->count;
    int classes = pv_data_has_labels(data) ? pv_data_classes(data) : 1, made = 0;
    if (k < 1 || k > count)
        PV_FAIL(PV_ERR_OPTION, "%lld samples can't be split into %d parts; 1 to %lld are possible",
                (long long)count, k, (long long)count);
    if (!(alpha >= 0.0) || isinf(alpha))
        PV_FAIL(PV_ERR_OPTION, "alpha %g: 0 (equal shares) or a positive number is expected",
                alpha);
    pv_rng split = pv_rng_make(seed, PV_STREAM_SPLIT), rng = pv_rng_fork(&split, (uint64_t)k);
    int32_t *label = labels_of(data);
    int64_t *order = pv_alloc((size_t)count, sizeof *order);
    int64_t *begin = pv_calloc((size_t)classes + 1, sizeof *begin);
    int64_t *next = pv_calloc((size_t)classes + 1, sizeof *next);
    int64_t *part = pv_alloc((size_t)(count / k + 1), sizeof *part);
    double *q = pv_calloc((size_t)classes, sizeof *q);
    if (!label || !order || !begin || !next || !part || !q)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for splitting %lld samples", (long long)count);
    if (alpha > 0) {
        group(order, begin, label, count, classes, &rng);
    } else {
        memset(label, 0, (size_t)count * sizeof *label);
        group(order, begin, label, count, 1, &rng);
    }
    memcpy(next, begin, ((size_t)classes + 1) * sizeof *next);
    for (int64_t at = 0; made < k; made++) {
        int64_t n = count / k + (made < count % k);
        if (alpha > 0)
            fill_dirichlet(part, n, q, order, next, begin, classes, alpha, &rng);
        else
            memcpy(part, order + at, (size_t)n * sizeof *part);
        at += n;
        PV_TRY_GOTO(pv_data_subset(&parts[made], data, part, n));
    }
done:
    if (status != PV_OK)
        for (int i = 0; i < made; i++) {
            pv_data_free(parts[i]);
            parts[i] = NULL;
        }
    pv_free(label);
    pv_free(order);
    pv_free(begin);
    pv_free(next);
    pv_free(part);
    pv_free(q);
    return status;
}
