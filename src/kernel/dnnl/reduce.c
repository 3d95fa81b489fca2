#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/loops.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* A reduction sees its input as groups of neighbouring axes that are alternately kept and reduced.
 * Nearly all are [kept, reduced, kept], each possibly 1: rows and columns of matrices, means over
 * pixels. Others are walked element by element. */
typedef struct groups {
    int simple;
    int64_t outer, reduced, inner;
} groups;

enum {
    PARALLEL_FROM = 1 << 19,
    CHUNK = 1 << 12, /* columns are summed in chunks of about this many elements' rows */
    FOLD = 16,       /* narrow rows are summed FOLD at a time, as one row of whole vectors */
    FOLD_MAX = 48,
    MAX_CHUNKS = 64,
};

static groups group(const pv_call *call)
{
    groups g = {.simple = 1, .outer = 1, .reduced = 1, .inner = 1};
    const pv_shape *s = &call->in[0].shape;
    int stage = 0; /* 0 outer, 1 reduced, 2 inner */
    for (int k = 0; k < s->ndim; k++) {
        if (s->dim[k] == 1) continue;
        int reduced = call->attr.axes >> k & 1;
        if (stage == 0 && reduced) stage = 1;
        if (stage == 1 && !reduced) stage = 2;
        if (stage == 2 && reduced) g.simple = 0;
        *(stage == 0 ? &g.outer : stage == 1 ? &g.reduced : &g.inner) *= s->dim[k];
    }
    return g;
}

/* Rows of one chunk: the same for any number of threads. */
static int64_t chunk_rows(const groups *g)
{
    int64_t rows = CHUNK * 4 / g->inner + 1, least = (g->reduced + MAX_CHUNKS - 1) / MAX_CHUNKS;
    if (rows < least) rows = least;
    return (rows + FOLD - 1) / FOLD * FOLD;
}

/* Scratch: a row of float64 sums for each chunk of an outer index. */
static int64_t chunks_of(const groups *g)
{
    int64_t rows = chunk_rows(g);
    return (g->reduced + rows - 1) / rows;
}

static pv_status sum_prepare(pv_call *call)
{
    groups g = group(call);
    if (g.simple && g.inner > 1)
        call->scratch_bytes = (size_t)(g.outer * chunks_of(&g) * g.inner) * sizeof(double);
    else if (!g.simple)
        call->scratch_bytes = (size_t)pv_shape_count(&call->out.shape) * sizeof(double);
    else if (g.outer == 1)
        call->scratch_bytes = MAX_CHUNKS * sizeof(double);
    return PV_OK;
}

static void sum_chunk(const float *x, int64_t rows, int64_t width, double *out)
{
    const pv_loops *loops = pv_loops_best();
    memset(out, 0, (size_t)width * sizeof *out);
    if (width % FOLD != 0 && width <= FOLD_MAX && rows >= FOLD) {
        double wide[FOLD * FOLD_MAX] = {0};
        loops->sum_columns(x, rows / FOLD, FOLD * width, wide);
        for (int64_t j = 0; j < FOLD * width; j++) out[j % width] += wide[j];
        x += rows / FOLD * FOLD * width;
        rows %= FOLD;
    }
    loops->sum_columns(x, rows, width, out);
}

static void sum_columns(const pv_call *call, const groups *g)
{
    int64_t rows = chunk_rows(g), chunks = chunks_of(g), items = g->outer * chunks;
    const float *x = call->in[0].data;
    double *partial = call->scratch;
    float *y = call->out.data;
    int parallel = call->threads > 1 && g->outer * g->reduced * g->inner >= PARALLEL_FROM;
#pragma omp parallel for schedule(static) num_threads(call->threads) if (parallel)
    for (int64_t i = 0; i < items; i++) {
        int64_t first = i % chunks * rows, left = g->reduced - first;
        sum_chunk(x + (i / chunks * g->reduced + first) * g->inner, left < rows ? left : rows,
                  g->inner, partial + i * g->inner);
    }
    for (int64_t k = 0; k < g->outer; k++, partial += chunks * g->inner, y += g->inner) {
        for (int64_t c = 1; c < chunks; c++)
            for (int64_t j = 0; j < g->inner; j++) partial[j] += partial[c * g->inner + j];
        for (int64_t j = 0; j < g->inner; j++) y[j] = (float)partial[j];
    }
}

/* Everything to one number: MAX_CHUNKS pieces, added in order. */
static void sum_all(const pv_call *call, int64_t n)
{
    const pv_loops *loops = pv_loops_best();
    const float *x = call->in[0].data;
    double *partial = call->scratch, total = 0.0;
    int64_t each = (n + MAX_CHUNKS - 1) / MAX_CHUNKS;
    if (each < CHUNK) each = CHUNK;
    int64_t pieces = (n + each - 1) / each;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && n >= PARALLEL_FROM)
    for (int64_t i = 0; i < pieces; i++)
        partial[i] = loops->sum_row(x + i * each, n - i * each < each ? n - i * each : each);
    for (int64_t i = 0; i < pieces; i++) total += partial[i];
    *(float *)call->out.data = (float)total;
}

/* Offset in the result of every element in turn, with the reduced axes at 0. */
static void walk_start(const pv_call *call, int64_t step[PV_MAX_DIMS])
{
    int64_t stride = 1;
    for (int k = call->in[0].shape.ndim - 1; k >= 0; k--) {
        step[k] = call->attr.axes >> k & 1 ? 0 : stride;
        stride *= call->out.shape.dim[k];
    }
}

static int64_t walk_next(const pv_shape *s, const int64_t *step, int64_t *index, int64_t at)
{
    for (int k = s->ndim - 1; k >= 0; k--) {
        at += step[k];
        if (++index[k] < s->dim[k]) return at;
        at -= step[k] * s->dim[k];
        index[k] = 0;
    }
    return at;
}

static void sum_any(const pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    const float *x = call->in[0].data;
    double *total = call->scratch;
    int64_t step[PV_MAX_DIMS] = {0}, index[PV_MAX_DIMS] = {0}, at = 0;
    int64_t n = pv_shape_count(s), results = pv_shape_count(&call->out.shape);
    memset(total, 0, (size_t)results * sizeof *total);
    walk_start(call, step);
    for (int64_t i = 0; i < n; i++, at = walk_next(s, step, index, at)) total[at] += (double)x[i];
    for (int64_t i = 0; i < results; i++) ((float *)call->out.data)[i] = (float)total[i];
}

static void sum(const pv_call *call)
{
    const pv_loops *loops = pv_loops_best();
    groups g = group(call);
    const float *x = call->in[0].data;
    float *y = call->out.data;
    if (!g.simple) {
        sum_any(call);
    } else if (g.inner > 1) {
        sum_columns(call, &g);
    } else if (g.outer == 1) {
        sum_all(call, g.reduced);
    } else {
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && g.outer * g.reduced >= PARALLEL_FROM)
        for (int64_t k = 0; k < g.outer; k++)
            y[k] = (float)loops->sum_row(x + k * g.reduced, g.reduced);
    }
}

static void reduce_max(const pv_call *call)
{
    const pv_loops *loops = pv_loops_best();
    groups g = group(call);
    const pv_shape *s = &call->in[0].shape;
    const float *x = call->in[0].data;
    float *y = call->out.data;
    int64_t n = pv_shape_count(s), results = pv_shape_count(&call->out.shape);
    for (int64_t i = 0; i < results; i++) y[i] = -INFINITY;
    if (!g.simple) {
        int64_t step[PV_MAX_DIMS] = {0}, index[PV_MAX_DIMS] = {0}, at = 0;
        walk_start(call, step);
        for (int64_t i = 0; i < n; i++, at = walk_next(s, step, index, at))
            y[at] = x[i] > y[at] ? x[i] : y[at];
        return;
    }
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && n >= PARALLEL_FROM)
    for (int64_t k = 0; k < g.outer; k++) {
        const float *from = x + k * g.reduced * g.inner;
        if (g.inner == 1)
            y[k] = loops->max_row(from, g.reduced);
        else
            loops->max_columns(from, g.reduced, g.inner, y + k * g.inner);
    }
}

const pv_kernel pv_dnnl_sum = {.prepare = sum_prepare, .run = sum};
const pv_kernel pv_dnnl_reduce_max = {.run = reduce_max};
