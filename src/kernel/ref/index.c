#include "kernel/ref/ref.h"
#include "privet/rng.h"

#include <string.h>

/* Element i of run `step` is word i mod 4 of Philox block step·2^40 + i/4 of the operation's
 * stream: its upper 24 bits, which a float32 holds exactly, so that every backend draws the same
 * numbers. */
static void uniform(const pv_call *call)
{
    double *y = call->out.data;
    int64_t n = pv_shape_count(&call->out.shape);
    uint64_t seed = call->seed[0], first = call->seed[1] << 40;
    uint32_t word[4] = {0};
    for (int64_t i = 0; i < n; i++) {
        if (i % 4 == 0) pv_rng_block(seed, call->attr.stream, first | (uint64_t)i / 4, word);
        y[i] = (word[i % 4] >> 8) * 0x1p-24;
    }
}

/* An index outside the table names a row of zeros, in all three. */

static void one_hot(const pv_call *call)
{
    const int32_t *index = call->in[0].data;
    double *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[0].shape),
            classes = call->out.shape.dim[call->out.shape.ndim - 1];
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < classes; c++) y[i * classes + c] = index[i] == c ? 1.0 : 0.0;
}

static void gather(const pv_call *call)
{
    const double *table = call->in[0].data;
    const int32_t *index = call->in[1].data;
    double *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[1].shape);
    int64_t rows = call->in[0].shape.dim[0], d = call->in[0].shape.dim[1];
    for (int64_t i = 0; i < n; i++) {
        int inside = index[i] >= 0 && index[i] < rows;
        for (int64_t j = 0; j < d; j++) y[i * d + j] = inside ? table[index[i] * d + j] : 0.0;
    }
}

static void scatter(const pv_call *call)
{
    const double *values = call->in[0].data;
    const int32_t *index = call->in[1].data;
    double *table = call->out.data;
    int64_t n = pv_shape_count(&call->in[1].shape);
    int64_t rows = call->out.shape.dim[0], d = call->out.shape.dim[1];
    memset(table, 0, (size_t)(rows * d) * sizeof *table);
    for (int64_t i = 0; i < n; i++) {
        if (index[i] < 0 || index[i] >= rows) continue;
        for (int64_t j = 0; j < d; j++) table[index[i] * d + j] += values[i * d + j];
    }
}

const pv_kernel pv_ref_UNIFORM = {.run = uniform};
const pv_kernel pv_ref_ONE_HOT = {.run = one_hot};
const pv_kernel pv_ref_GATHER = {.run = gather};
const pv_kernel pv_ref_SCATTER = {.run = scatter};
