#include "math/symmetric.h"

#include <float.h>
#include <math.h>

enum { SWEEPS = 60 };

static void rotate(double *a, double *vector, int64_t n, int64_t p, int64_t q)
{
    double apq = a[p * n + q];
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    a[p * n + p] -= t * apq;
    a[q * n + q] += t * apq;
    a[p * n + q] = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i == p || i == q) continue;
        double *ip = i < p ? &a[i * n + p] : &a[p * n + i];
        double *iq = i < q ? &a[i * n + q] : &a[q * n + i];
        double u = *ip, v = *iq;
        *ip = c * u - s * v;
        *iq = s * u + c * v;
    }
    for (int64_t i = 0; i < n; i++) {
        double u = vector[p * n + i], v = vector[q * n + i];
        vector[p * n + i] = c * u - s * v;
        vector[q * n + i] = s * u + c * v;
    }
}

static void order(double *value, double *vector, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t most = i;
        for (int64_t k = i + 1; k < n; k++)
            if (value[k] > value[most]) most = k;
        if (most == i) continue;
        double t = value[i];
        value[i] = value[most];
        value[most] = t;
        for (int64_t k = 0; k < n; k++) {
            t = vector[i * n + k];
            vector[i * n + k] = vector[most * n + k];
            vector[most * n + k] = t;
        }
    }
}

void pv_symmetric_eigen(double *a, double *value, double *vector, int64_t n)
{
    for (int64_t i = 0; i < n * n; i++) vector[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, on = 0;
        for (int64_t p = 0; p < n; p++) {
            on += a[p * n + p] * a[p * n + p];
            for (int64_t q = p + 1; q < n; q++) off += a[p * n + q] * a[p * n + q];
        }
        if (!(off > on * (DBL_EPSILON * DBL_EPSILON))) break;
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > DBL_MIN) rotate(a, vector, n, p, q);
    }
    for (int64_t i = 0; i < n; i++) value[i] = a[i * n + i];
    order(value, vector, n);
}

void pv_symmetric_power(double *out, const double *value, const double *vector, int64_t n,
                        int64_t rank, double ridge, double exponent)
{
    for (int64_t i = 0; i < n * n; i++) out[i] = 0;
    for (int64_t r = 0; r < rank && r < n && value[0] > 0; r++) {
        double most = value[r] > 0 ? value[r] : 0, base = most + ridge * value[0];
        if (!(base > 0)) break;
        double w = pow(base, exponent);
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < n; k++)
                out[i * n + k] += w * vector[r * n + i] * vector[r * n + k];
    }
}
