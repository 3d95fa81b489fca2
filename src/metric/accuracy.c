#include "privet/metric.h"

#include "base/trail.h"

double pv_accuracy(const int32_t *predicted, const int32_t *truth, int64_t n)
{
    int64_t hits = 0;
    for (int64_t i = 0; i < n; i++) hits += predicted[i] == truth[i];
    return n > 0 ? (double)hits / (double)n : 0.0;
}

pv_status pv_confusion(int64_t *table, int k, const int32_t *predicted, const int32_t *truth,
                       int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (truth[i] < 0 || truth[i] >= k || predicted[i] < 0 || predicted[i] >= k)
            PV_FAIL(PV_ERR_RANGE, "sample %lld: label %d, predicted %d; labels must be 0 to %d",
                    (long long)i, truth[i], predicted[i], k - 1);
        table[(int64_t)truth[i] * k + predicted[i]]++;
    }
    return PV_OK;
}

static double ratio(int64_t a, int64_t b)
{
    return b > 0 ? (double)a / (double)b : 0.0;
}

void pv_class_scores(pv_class_score *out, const int64_t *table, int k)
{
    for (int c = 0; c < k; c++) {
        pv_class_score s = {.hits = table[(int64_t)c * k + c]};
        for (int j = 0; j < k; j++) {
            s.count += table[(int64_t)c * k + j];
            s.predicted += table[(int64_t)j * k + c];
        }
        s.precision = ratio(s.hits, s.predicted);
        s.recall = ratio(s.hits, s.count);
        s.f1 = ratio(2 * s.hits, s.predicted + s.count);
        out[c] = s;
    }
}
