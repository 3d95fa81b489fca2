/* The vector code that valgrind can't run is timed: powers with sparse and with dense exponents, in
 * turns, and the medians of both compared. What is looked for is gross, a skipped multiplication or
 * a table row that is not read; a percent is noise on a machine that does other things beside. */
#include "base/clock.h"
#include "check.h"
#include "math/modular/modsq.h"

#include <stdlib.h>

enum { LIMBS = 16, COUNT = 8, TIMES = 41, BITS = 1024 };

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The medians' ratio, dense over sparse. */
static double ratio(const pv_modsq *r, const pv_modsq_table *t, const uint64_t *base, uint64_t *out)
{
    static uint64_t e[2][COUNT * LIMBS];
    double took[2][TIMES];
    memset(e[0], 0, sizeof e[0]);
    memset(e[1], 0xff, sizeof e[1]);
    for (size_t i = 0; i < COUNT; i++) e[0][i * LIMBS] = 1;
    for (int i = 0; i < 2 * TIMES; i++) {
        double begun = pv_clock_thread_seconds();
        if (t != NULL)
            CHECK_OK(pv_modsq_table_pow(t, out, e[i % 2], COUNT, 1));
        else
            CHECK_OK(pv_modsq_pow_each(r, out, base, e[i % 2], BITS, COUNT, 1));
        took[i % 2][i / 2] = pv_clock_thread_seconds() - begun;
    }
    for (int k = 0; k < 2; k++) qsort(took[k], TIMES, sizeof **took, order);
    return took[1][TIMES / 2] / took[0][TIMES / 2];
}

static void exponents_do_not_change_the_time(void **state)
{
    uint64_t m[LIMBS], base[COUNT * 2 * LIMBS] = {0}, out[COUNT * 2 * LIMBS];
    pv_modsq *r;
    pv_modsq_table *t;
    (void)state;
    memset(m, 0x5b, sizeof m);
    for (size_t i = 0; i < COUNT; i++) base[i * 2 * LIMBS] = (uint64_t)1 << (i + 1);
    if (pv_modsq_new(&r, m, LIMBS, PV_MODSQ_IFMA) != PV_OK) {
        print_message("skipped: no AVX-512 IFMA\n");
        exit(77);
    }
    CHECK_OK(pv_modsq_table_new(&t, r, base, BITS, 0, 1));
    for (int k = 0; k < 2; k++) {
        double seen = 0;
        for (int try = 0; try < 5; try++) { /* a disturbed measurement is made again */
            seen = ratio(r, k ? t : NULL, base, out);
            if (seen > 0.95 && seen < 1.05) break;
        }
        print_message("%s: dense exponents take %.3f of the time of sparse ones\n",
                      k ? "fixed base" : "power", seen);
        assert_true(seen > 0.95 && seen < 1.05);
    }
    pv_modsq_table_free(t);
    pv_modsq_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exponents_do_not_change_the_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
