#include "kernel/dnnl/dnnl.h"
#include "privet/rng.h"

#include <omp.h>
#include <string.h>

enum { PARALLEL_FROM = 1 << 14 };

/* Element i of run `step` is word i mod 4 of Philox block step*2^40 + i/4 of the operation's
 * stream: its upper 24 bits, as every backend draws them. */
static void uniform(const pv_call *call)
{
    float *y = call->out.data;
    int64_t n = pv_shape_count(&call->out.shape), blocks = (n + 3) / 4;
    uint64_t seed = call->seed[0], first = call->seed[1] << 40, stream = call->attr.stream;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && n >= PARALLEL_FROM)
    for (int64_t b = 0; b < blocks; b++) {
        uint32_t word[4];
        pv_rng_block(seed, stream, first | (uint64_t)b, word);
        for (int64_t i = 4 * b; i < 4 * b + 4 && i < n; i++)
            y[i] = (float)(word[i % 4] >> 8) * 0x1p-24f;
    }
}

/* An index outside the table names a row of zeros, in all three. */

static void one_hot(const pv_call *call)
{
    const int32_t *index = call->in[0].data;
    float *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[0].shape);
    int64_t classes = call->out.shape.dim[call->out.shape.ndim - 1];
    memset(y, 0, (size_t)(n * classes) * sizeof *y);
    for (int64_t i = 0; i < n; i++)
        if (index[i] >= 0 && index[i] < classes) y[i * classes + index[i]] = 1.0f;
}

static void gather(const pv_call *call)
{
    const float *table = call->in[0].data;
    const int32_t *index = call->in[1].data;
    float *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[1].shape);
    int64_t rows = call->in[0].shape.dim[0], d = call->in[0].shape.dim[1];
    for (int64_t i = 0; i < n; i++) {
        if (index[i] >= 0 && index[i] < rows)
            memcpy(y + i * d, table + index[i] * d, (size_t)d * sizeof *y);
        else
            memset(y + i * d, 0, (size_t)d * sizeof *y);
    }
}

static void scatter(const pv_call *call)
{
    const float *values = call->in[0].data;
    const int32_t *index = call->in[1].data;
    float *table = call->out.data;
    int64_t n = pv_shape_count(&call->in[1].shape);
    int64_t rows = call->out.shape.dim[0], d = call->out.shape.dim[1];
    memset(table, 0, (size_t)(rows * d) * sizeof *table);
    for (int64_t i = 0; i < n; i++) {
        if (index[i] < 0 || index[i] >= rows) continue;
        for (int64_t j = 0; j < d; j++) table[index[i] * d + j] += values[i * d + j];
    }
}

const pv_kernel pv_dnnl_uniform = {.run = uniform};
const pv_kernel pv_dnnl_one_hot = {.run = one_hot};
const pv_kernel pv_dnnl_gather = {.run = gather};
const pv_kernel pv_dnnl_scatter = {.run = scatter};
