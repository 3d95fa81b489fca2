#include "math/lu.h"

#include <math.h>

void pv_lu_factor(double *a, int32_t *pivot, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        int64_t p = k;
        for (int64_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[p * n + k])) p = i;
        pivot[k] = (int32_t)p;
        for (int64_t j = 0; p != k && j < n; j++) {
            double t = a[k * n + j];
            a[k * n + j] = a[p * n + j];
            a[p * n + j] = t;
        }
        /* The whole column is zero: there is nothing to eliminate, and 0/0 would spoil L. */
        if (a[k * n + k] == 0.0) continue;
        for (int64_t i = k + 1; i < n; i++) {
            double l = a[i * n + k] /= a[k * n + k];
            for (int64_t j = k + 1; j < n; j++) a[i * n + j] -= l * a[k * n + j];
        }
    }
}

void pv_lu_solve(const double *lu, const int32_t *pivot, int64_t n, double *b, int64_t columns)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; pivot[i] != i && c < columns; c++) {
            double t = b[i * columns + c];
            b[i * columns + c] = b[pivot[i] * columns + c];
            b[pivot[i] * columns + c] = t;
        }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            for (int64_t c = 0; c < columns; c++)
                b[i * columns + c] -= lu[i * n + j] * b[j * columns + c];
    for (int64_t i = n - 1; i >= 0; i--) {
        for (int64_t j = i + 1; j < n; j++)
            for (int64_t c = 0; c < columns; c++)
                b[i * columns + c] -= lu[i * n + j] * b[j * columns + c];
        for (int64_t c = 0; c < columns; c++) b[i * columns + c] /= lu[i * n + i];
    }
}

void pv_lu_inverse(const double *lu, const int32_t *pivot, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) out[i * n + j] = i == j ? 1.0 : 0.0;
    pv_lu_solve(lu, pivot, n, out, n);
}

double pv_lu_logdet(const double *lu, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += log(fabs(lu[i * n + i]));
    return sum;
}
