#include "math/least.h"

#include <math.h>
#include <string.h>

static double below(const double *a, int64_t m, int64_t n, int64_t from, int64_t column)
{
    double sum = 0;
    for (int64_t i = from; i < m; i++) sum += a[i * n + column] * a[i * n + column];
    return sum;
}

static void exchange(double *a, int64_t m, int64_t n, int64_t p, int64_t q, int64_t *order)
{
    for (int64_t i = 0; i < m; i++) {
        double t = a[i * n + p];
        a[i * n + p] = a[i * n + q];
        a[i * n + q] = t;
    }
    int64_t t = order[p];
    order[p] = order[q];
    order[q] = t;
}

/* v = (1, a[from+1..m) of `column`); (I - tau·v·vᵀ) onto columns first.. of c [m,width]. */
static void reflect(double *c, int64_t width, int64_t first, const double *a, int64_t m, int64_t n,
                    int64_t from, double tau)
{
    for (int64_t j = first; j < width; j++) {
        double dot = c[from * width + j];
        for (int64_t i = from + 1; i < m; i++) dot += a[i * n + from] * c[i * width + j];
        dot *= tau;
        c[from * width + j] -= dot;
        for (int64_t i = from + 1; i < m; i++) c[i * width + j] -= dot * a[i * n + from];
    }
}

int64_t pv_least_squares(double *x, double *a, double *b, int64_t m, int64_t n, int64_t k,
                         double tolerance, int64_t *order, double *tau)
{
    int64_t rank = 0, most = m < n ? m : n;
    double largest = 0;
    for (int64_t j = 0; j < n; j++) order[j] = j;
    for (; rank < most; rank++) {
        int64_t best = rank;
        double length = -1;
        for (int64_t j = rank; j < n; j++) {
            double l = below(a, m, n, rank, j);
            if (l > length) {
                length = l;
                best = j;
            }
        }
        length = sqrt(length);
        if (rank == 0) largest = length;
        if (!(length > tolerance * largest)) break;
        if (best != rank) exchange(a, m, n, rank, best, order);
        double head = a[rank * n + rank], alpha = head > 0 ? -length : length, v = head - alpha;
        tau[rank] = -v / alpha;
        for (int64_t i = rank + 1; i < m; i++) a[i * n + rank] /= v;
        a[rank * n + rank] = alpha;
        reflect(a, n, rank + 1, a, m, n, rank, tau[rank]);
        reflect(b, k, 0, a, m, n, rank, tau[rank]);
    }
    memset(x, 0, (size_t)(n * k) * sizeof *x);
    for (int64_t i = rank; i-- > 0;)
        for (int64_t c = 0; c < k; c++) {
            double sum = b[i * k + c];
            for (int64_t j = i + 1; j < rank; j++) sum -= a[i * n + j] * x[order[j] * k + c];
            x[order[i] * k + c] = sum / a[i * n + i];
        }
    return rank;
}
