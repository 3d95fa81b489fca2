#include "attack/labels/split.h"

#include "base/mem.h"
#include "math/median.h"
#include <inttypes.h>
#include <string.h>

/* How many of the sorted scores lie below: the split in two whose sum of squares is least. */
static int64_t cut(const double *sorted, int64_t n)
{
    double all = 0, left = 0, best = -1;
    int64_t at = n;
    for (int64_t i = 0; i < n; i++) all += sorted[i];
    for (int64_t i = 1; i < n; i++) {
        left += sorted[i - 1];
        double low = left / (double)i, high = (all - left) / (double)(n - i);
        double between = (double)i * (double)(n - i) * (high - low) * (high - low);
        if (between > best && sorted[i] > sorted[i - 1]) {
            best = between;
            at = i;
        }
    }
    return at;
}

pv_status pv_split_labels(int32_t *label, const double *score, int64_t n, double share)
{
    double *sorted = pv_alloc((size_t)n, sizeof *sorted);
    if (sorted == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *sorted);
    memcpy(sorted, score, (size_t)n * sizeof *sorted);
    pv_sort(sorted, n);
    int64_t below = share > 0 ? n - (int64_t)(share * (double)n + 0.5) : cut(sorted, n);
    for (int64_t i = 0; i < n; i++) label[i] = below < n && score[i] >= sorted[below];
    pv_free(sorted);
    return PV_OK;
}

static void turn(int32_t *label, double *score, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        label[i] = !label[i];
        score[i] = -score[i];
    }
}

void pv_split_name(int32_t *label, double *score, const pv_releases *r, const pv_public *known)
{
    double sum[2] = {0};
    int64_t count[2] = {0}, ones = 0;
    for (int64_t i = 0; known->known_row != NULL && known->known_label != NULL && i < known->known;
         i++) {
        int64_t row = pv_releases_row(r, known->known_row[i]);
        int32_t y = known->known_label[i];
        if (row < 0 || y < 0 || y > 1) continue;
        sum[y] += score[row];
        count[y]++;
    }
    for (int64_t i = 0; i < r->rows; i++) ones += label[i];
    int turned = count[0] > 0 && count[1] > 0
                     ? sum[1] / (double)count[1] < sum[0] / (double)count[0]
                     : 2 * ones > r->rows;
    if (turned) turn(label, score, r->rows);
}
