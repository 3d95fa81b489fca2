/* The loops of every instruction set that this processor has give what the best one gives (which
 * conv.c and loops.c of this folder compare with the reference). */
#include "kernel/dnnl/loops.h"
#include "privet/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 22, CASES = 60, SIZE = 1 << 14 };
static float x[SIZE], w[SIZE], want[SIZE], got[SIZE];

static int64_t between(pv_rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)pv_rng_below(r, (uint64_t)(high - low + 1));
}

static void draw(pv_rng *rng)
{
    for (int i = 0; i < SIZE; i++) {
        x[i] = (float)pv_rng_normal(rng);
        w[i] = (float)pv_rng_normal(rng);
    }
    memset(want, 0, sizeof want);
    memset(got, 0, sizeof got);
}

static void same(const char *what, const char *isa)
{
    for (int i = 0; i < SIZE; i++)
        if (!(fabsf(want[i] - got[i]) <= 1e-4f * (1.0f + fabsf(want[i]))))
            fail_msg("%s by %s, seed %d: element %d is %g, not %g", what, isa, SEED, i,
                     (double)got[i], (double)want[i]);
}

static pv_direct random_direct(pv_rng *rng, int most_taps, int most_out)
{
    pv_direct d = {.rows = (int)between(rng, 1, 7),
                   .taps = (int)between(rng, 1, most_taps),
                   .step = between(rng, 1, 12),
                   .columns = between(rng, 1, 30),
                   .out = (int)between(rng, 1, most_out),
                   .relu = (int)between(rng, 0, 1)};
    d.row = (d.columns - 1) * d.step + 64;
    return d;
}

static void convolutions(const pv_loops *loops, pv_rng *rng)
{
    const pv_loops *best = pv_loops_best();
    for (int i = 0; i < CASES; i++) {
        draw(rng);
        pv_direct d = random_direct(rng, 40, PV_DIRECT_MAX_OUT);
        best->conv_row(&d, x, w, w + 9000, want);
        loops->conv_row(&d, x, w, w + 9000, got);
        same("conv_row", loops->isa);

        draw(rng);
        d = random_direct(rng, PV_DIRECT_MAX_TAPS, PV_DIRECT_MAX_OUT);
        best->conv_data_row(&d, x, w, want);
        loops->conv_data_row(&d, x, w, got);
        same("conv_data_row", loops->isa);

        draw(rng);
        d = random_direct(rng, 12, 8);
        best->conv_weights_rows(&d, x, d.row, w, 3, want);
        loops->conv_weights_rows(&d, x, d.row, w, 3, got);
        same("conv_weights_rows", loops->isa);
    }
}

static void rows(const pv_loops *loops, pv_rng *rng)
{
    const pv_loops *best = pv_loops_best();
    for (int i = 0; i < CASES; i++) {
        int64_t n = between(rng, 1, 60), m = between(rng, 1, 100), c = between(rng, 1, 40);
        double sum[2][100] = {0};
        draw(rng);
        best->sum_columns(x, n, m, sum[0]);
        loops->sum_columns(x, n, m, sum[1]);
        for (int64_t j = 0; j < m; j++) want[j] = (float)sum[0][j], got[j] = (float)sum[1][j];
        want[m] = (float)best->sum_row(x, n * m);
        got[m] = (float)loops->sum_row(x, n * m);
        same("sum", loops->isa);
        best->max_columns(x, n, m, want);
        loops->max_columns(x, n, m, got);
        want[m] = best->max_row(x, n * m);
        got[m] = loops->max_row(x, n * m);
        same("max", loops->isa);
        memcpy(want, x, sizeof want);
        memcpy(got, x, sizeof got);
        best->exp_all(want, n * m);
        loops->exp_all(got, n * m);
        same("exp", loops->isa);
        best->pool2(x, x + 4000, want, n, c);
        loops->pool2(x, x + 4000, got, n, c);
        same("pool2", loops->isa);
        best->unpool2(x, want, want + 8000, n, c);
        loops->unpool2(x, got, got + 8000, n, c);
        same("unpool2", loops->isa);
    }
}

static void every_instruction_set(void **state)
{
    (void)state;
    const pv_loops *tables[] = {&pv_loops_baseline, &pv_loops_avx2, &pv_loops_avx512};
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int k = 0; k < 3; k++) {
        convolutions(tables[k], &rng);
        rows(tables[k], &rng);
        if (tables[k] == pv_loops_best()) break; /* those after it need a better processor */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_instruction_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
