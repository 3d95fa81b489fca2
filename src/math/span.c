#include "math/span.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 };

/* In lanes, so that the compiler may use vectors without being told that sums may be reordered. */
static double dot(const double *a, const double *b, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sum += a[i] * b[i];
    for (int k = 0; k < LANES; k++) sum += lane[k];
    return sum;
}

int64_t pv_span(double *a, int64_t m, int64_t n, double tolerance)
{
    int64_t rank = 0;
    double longest = 0;
    for (int64_t i = 0; i < m; i++) longest = fmax(longest, sqrt(dot(a + i * n, a + i * n, n)));
    for (int64_t i = 0; i < m && rank < n; i++) {
        double *row = a + rank * n;
        if (i != rank) memcpy(row, a + i * n, (size_t)n * sizeof *row);
        for (int pass = 0; pass < 2; pass++)
            for (int64_t k = 0; k < rank; k++) {
                const double *q = a + k * n, along = dot(row, q, n);
                for (int64_t j = 0; j < n; j++) row[j] -= along * q[j];
            }
        double left = sqrt(dot(row, row, n));
        if (!(left > tolerance * longest)) continue;
        for (int64_t j = 0; j < n; j++) row[j] /= left;
        rank++;
    }
    return rank;
}
