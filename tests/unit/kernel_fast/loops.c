/* What is neither a product nor elementwise, against the reference, over random shapes. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double BOUND = 1e-12;
enum { SEED = 21, CASES = 150 };

static int64_t between(pv_rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)pv_rng_below(r, (uint64_t)(high - low + 1));
}

static void check(pair_spec *spec, pv_rng *rng)
{
    pair p;
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT];
    spec->threads = (int)between(rng, 1, 2);
    spec->nin = pv_op_inputs(spec->op);
    pair_make(&p, spec, rng);
    pair_run(&p);
    double error = pair_error(&p);
    /* normal numbers cancel in sums: what is left is small beside the terms */
    if (!(error <= (spec->op == PV_OP_SUM || spec->op == PV_OP_INVERSE ? 100 * BOUND : BOUND)))
        fail_msg("%s: seed %d: %s -> %s, axes %x, threads %d: error %g", pv_op_name(spec->op), SEED,
                 pv_shape_text(&spec->in[0], a), pv_shape_text(&spec->out, b), spec->attr.axes,
                 spec->threads, error);
    pair_free(&p);
}

/* 1 to 6 dimensions of 1 to 7, or now and then one that is large enough for two threads. */
static pv_shape random_shape(pv_rng *rng)
{
    pv_shape s = {.ndim = (int32_t)between(rng, 1, PV_MAX_DIMS)};
    int64_t longest = s.ndim > 4 ? 5 : 9;
    for (int k = 0; k < s.ndim; k++) s.dim[k] = between(rng, 1, longest);
    if (s.ndim <= 3 && between(rng, 0, 3) == 0)
        s.dim[between(rng, 0, s.ndim - 1)] = between(rng, 1, 9000);
    return s;
}

static void shapes(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int i = 0; i < CASES; i++) {
        pv_shape x = random_shape(&rng);
        pair_spec s = {.op = PV_OP_PERMUTE, .in = {x}, .out = x};
        uint32_t axis[PV_MAX_DIMS] = {0, 1, 2, 3, 4, 5};
        pv_rng_shuffle(&rng, axis, (size_t)x.ndim);
        for (int k = 0; k < x.ndim; k++) {
            s.attr.axis[k] = (int32_t)axis[k];
            s.out.dim[k] = x.dim[axis[k]];
        }
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_BROADCAST, .in = {x}, .out = x};
        for (int k = 0; k < x.ndim; k++)
            if (between(&rng, 0, 1)) s.in[0].dim[k] = 1;
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_SLICE, .in = {x}, .out = x};
        for (int k = 0; k < x.ndim; k++) {
            s.attr.begin[k] = between(&rng, 0, x.dim[k] - 1);
            s.out.dim[k] = between(&rng, 1, x.dim[k] - s.attr.begin[k]);
        }
        check(&s, &rng);
        s.op = PV_OP_PAD;
        s.in[0] = s.out;
        s.out = x;
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_CONCAT, .in = {x, x}, .out = x};
        s.attr.axis[0] = (int32_t)between(&rng, 0, x.ndim - 1);
        s.in[1].dim[s.attr.axis[0]] = between(&rng, 1, 5);
        s.out.dim[s.attr.axis[0]] += s.in[1].dim[s.attr.axis[0]];
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_RESHAPE, .in = {x}, .out = PV_SHAPE(pv_shape_count(&x))};
        check(&s, &rng);
    }
}

static void reductions(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 1);
    for (int i = 0; i < CASES; i++) {
        pv_shape x = random_shape(&rng);
        pair_spec s = {.op = PV_OP_SUM, .in = {x}, .out = x};
        s.attr.axes = (uint32_t)between(&rng, 0, (1 << x.ndim) - 1);
        for (int k = 0; k < x.ndim; k++)
            if (s.attr.axes >> k & 1) s.out.dim[k] = 1;
        check(&s, &rng);
        s.op = PV_OP_REDUCE_MAX;
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_ARGMAX, .in = {x}, .out = x};
        s.out.dim[x.ndim - 1] = 1;
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_SOFTMAX, .in = {x}, .out = x};
        check(&s, &rng);
        s.op = PV_OP_LOG_SOFTMAX;
        check(&s, &rng);
    }
}

/* Gradients of biases: a few columns, very many rows. */
static void column_sums(void **state)
{
    static const int64_t columns[] = {1, 5, 6, 10, 16, 20, 64, 84, 130};
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 2);
    for (int i = 0; i < 9; i++) {
        pair_spec s = {.op = PV_OP_SUM,
                       .in = {PV_SHAPE(8, 24, 96, columns[i])},
                       .out = PV_SHAPE(1, 1, 1, columns[i]),
                       .attr = {.axes = 7}};
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_SUM,
                        .in = {PV_SHAPE(8, 24, 16, columns[i])},
                        .out = PV_SHAPE(8, 1, 1, columns[i]),
                        .attr = {.axes = 6}};
        check(&s, &rng);
    }
}

/* A sum of 2^24 ones and small numbers keeps them all: no single float32 could. */
static void sums_are_exact_enough(void **state)
{
    (void)state;
    enum { ROWS = 1 << 20, COLUMNS = 4 };
    static float x[ROWS * COLUMNS], y[COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = 100.1f;
    pv_call call = {.op = PV_OP_SUM, .nin = 1, .threads = 2, .attr = {.axes = 1}};
    call.in[0] = (pv_operand){PV_F32, PV_SHAPE(ROWS, COLUMNS), x};
    call.out = (pv_operand){PV_F32, PV_SHAPE(1, COLUMNS), y};
    assert_int_equal(pv_dnnl_sum.prepare(&call), PV_OK);
    call.scratch = malloc(call.scratch_bytes);
    assert_non_null(call.scratch);
    pv_dnnl_sum.run(&call);
    free(call.scratch);
    for (int i = 0; i < COLUMNS; i++) {
        double off = (double)y[i] / ((double)100.1f * ROWS) - 1.0;
        assert_true(off < 1e-6 && off > -1e-6);
    }
}

static void pools(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 3);
    for (int i = 0; i < CASES; i++) {
        pv_window win = {.kernel = {2, 2}, .stride = {2, 2}, .groups = 1};
        int64_t h = 2 * between(&rng, 1, 8), w = 2 * between(&rng, 1, 12);
        if (i % 2 == 1) /* any window */
            for (int k = 0; k < 2; k++) {
                win.kernel[k] = (int32_t)between(&rng, 1, 4);
                win.stride[k] = (int32_t)between(&rng, 1, 4);
                if (i % 4 == 1) { /* no padding, one pixel at a time */
                    win.stride[k] = 1;
                    continue;
                }
                win.pad[k] = (int32_t)between(&rng, 0, win.kernel[k] / 2);
                win.pad_end[k] = (int32_t)between(&rng, 0, win.kernel[k] / 2);
            }
        h += win.kernel[0] - 2 > 0 ? win.kernel[0] - 2 : 0;
        w += win.kernel[1] - 2 > 0 ? win.kernel[1] - 2 : 0;
        int64_t oh = (h + win.pad[0] + win.pad_end[0] - win.kernel[0]) / win.stride[0] + 1;
        int64_t ow = (w + win.pad[1] + win.pad_end[1] - win.kernel[1]) / win.stride[1] + 1;
        /* one is large enough for two threads */
        int64_t n = i == 0 ? 300 : between(&rng, 1, 5), c = i == 0 ? 40 : between(&rng, 1, 70);
        pv_shape x = PV_SHAPE(n, h, w, c), y = PV_SHAPE(n, oh, ow, c);
        win.full[0] = (int32_t)h, win.full[1] = (int32_t)w;
        pair_spec s = {.op = PV_OP_AVGPOOL, .in = {x}, .out = y, .attr = {.window = win}};
        check(&s, &rng);
        s.op = PV_OP_MAXPOOL_INDEX;
        check(&s, &rng);
        s.op = PV_OP_AVGPOOL_T;
        s.in[0] = y, s.out = x;
        check(&s, &rng);
        s.op = PV_OP_POOL_SCATTER;
        s.in[1] = y, s.indices[1] = h * w;
        check(&s, &rng);
        s.op = PV_OP_POOL_GATHER;
        s.in[0] = x, s.out = y;
        check(&s, &rng);
    }
}

static void indices(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 4);
    for (int i = 0; i < CASES; i++) {
        int64_t rows = between(&rng, 1, 20), d = between(&rng, 1, 20), n = between(&rng, 1, 40);
        /* a few indices are outside the table */
        pair_spec s = {.op = PV_OP_GATHER,
                       .in = {PV_SHAPE(rows, d), PV_SHAPE(2, n)},
                       .out = PV_SHAPE(2, n, d),
                       .indices = {0, rows + 1}};
        check(&s, &rng);
        s.op = PV_OP_SCATTER;
        s.out = s.in[0];
        s.in[0] = PV_SHAPE(2, n, d);
        check(&s, &rng);
        s = (pair_spec){.op = PV_OP_ONE_HOT,
                        .in = {PV_SHAPE(n)},
                        .out = PV_SHAPE(n, rows),
                        .indices = {rows + 1}};
        check(&s, &rng);
        s = (pair_spec){
            .op = PV_OP_UNIFORM, .out = PV_SHAPE(between(&rng, 1, 20000)), .attr = {.stream = 7}};
        check(&s, &rng);
    }
}

static void linear_algebra(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 5);
    for (int i = 0; i < 30; i++) {
        int64_t n = between(&rng, 1, 12), b = between(&rng, 1, 3);
        pair_spec s = {.op = PV_OP_INVERSE, .in = {PV_SHAPE(b, n, n)}, .out = PV_SHAPE(b, n, n)};
        check(&s, &rng);
        s.op = PV_OP_LOGDET;
        s.out = PV_SHAPE(b);
        check(&s, &rng);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),         cmocka_unit_test(reductions),
        cmocka_unit_test(column_sums),    cmocka_unit_test(sums_are_exact_enough),
        cmocka_unit_test(pools),          cmocka_unit_test(indices),
        cmocka_unit_test(linear_algebra),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
