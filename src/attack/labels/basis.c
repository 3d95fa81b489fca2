#include "attack/labels/basis.h"

#include "base/mem.h"
#include "privet/rng.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { PASSES = 4 };

float pv_basis_norm(const float *x, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) sum += (double)x[k] * x[k];
    return (float)sqrt(sum);
}

/* Rows of q [width, full] made orthonormal (modified Gram-Schmidt, twice). A row that is nothing
 * but the others becomes zero. */
static void orthonormal(double *q, int width, int64_t full)
{
    for (int i = 0; i < width; i++) {
        double *v = q + i * full, before = 0, after = 0;
        for (int64_t k = 0; k < full; k++) before += v[k] * v[k];
        for (int again = 0; again < 2; again++)
            for (int j = 0; j < i; j++) {
                const double *u = q + j * full;
                double dot = 0;
                for (int64_t k = 0; k < full; k++) dot += u[k] * v[k];
                for (int64_t k = 0; k < full; k++) v[k] -= dot * u[k];
            }
        for (int64_t k = 0; k < full; k++) after += v[k] * v[k];
        double scale = after > before * 1e-24 ? 1 / sqrt(after) : 0;
        for (int64_t k = 0; k < full; k++) v[k] *= scale;
    }
}

/* q becomes a basis of the sample's first `width` right singular vectors. */
static void iterate(double *q, double *next, const float *sample, int64_t taken, int width,
                    int64_t full)
{
    for (int pass = 0; pass < PASSES; pass++) {
        memset(next, 0, (size_t)(width * full) * sizeof *next);
        for (int64_t s = 0; s < taken; s++) {
            const float *x = sample + s * full;
            for (int i = 0; i < width; i++) {
                const double *v = q + i * full;
                double *out = next + i * full, dot = 0;
                for (int64_t k = 0; k < full; k++) dot += v[k] * x[k];
                for (int64_t k = 0; k < full; k++) out[k] += dot * x[k];
            }
        }
        memcpy(q, next, (size_t)(width * full) * sizeof *q);
        orthonormal(q, width, full);
    }
}

pv_status pv_basis_find(double *q, int width, int64_t full, const float *sample, int64_t taken,
                        uint64_t seed)
{
    pv_rng stream = pv_rng_make(seed, PV_STREAM_ATTACK), rng = pv_rng_fork(&stream, 0);
    double *next = pv_alloc((size_t)width, (size_t)full * sizeof *next);
    if (next == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a basis of %d directions", width);
    for (int64_t k = 0; k < width * full; k++) q[k] = pv_rng_normal(&rng);
    orthonormal(q, width, full);
    iterate(q, next, sample, taken, width, full);
    pv_free(next);
    return PV_OK;
}

void pv_basis_project(float *out, const float *g, const double *basis, int width, int64_t full)
{
    if (basis == NULL) {
        memcpy(out, g, (size_t)full * sizeof *out);
        return;
    }
    for (int i = 0; i < width; i++) {
        double dot = 0;
        for (int64_t k = 0; k < full; k++) dot += basis[i * full + k] * g[k];
        out[i] = (float)dot;
    }
}
