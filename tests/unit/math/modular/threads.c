/* Results do not depend on the number of threads. */
#include "check.h"
#include "math/modular/modsq.h"

enum { LIMBS = 4, N = 2 * LIMBS, COUNT = 20 };

static void threads_agree(void **state)
{
    uint64_t m[LIMBS] = {0xfffffffffffffff1, 5, 7, 0x8000000000000001};
    static uint64_t x[COUNT * N], out[2][4][COUNT * N], e[COUNT];
    static pv_wide wide[COUNT];
    pv_modsq *r;
    pv_modsq_table *t;
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        x[i * N] = (uint64_t)1 << (i + 1);
        e[i] = i * 0x123456789;
        wide[i] = pv_wide_from((int64_t)i - 10);
    }
    CHECK_OK(pv_modsq_new(&r, m, LIMBS, PV_MODSQ_BEST));
    for (int k = 0; k < 2; k++) {
        int threads = k ? 3 : 1;
        CHECK_OK(pv_modsq_mul(r, out[k][0], x, x, COUNT, threads));
        CHECK_OK(pv_modsq_pow_each(r, out[k][1], x, e, 40, COUNT, threads));
        CHECK_OK(pv_modsq_table_new(&t, r, x, 40, 4, threads));
        CHECK_OK(pv_modsq_table_pow(t, out[k][2], e, COUNT, threads));
        CHECK_OK(pv_modsq_products(r, out[k][3], x, wide, 6, 4, 4, 5, threads));
        pv_modsq_table_free(t);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    pv_modsq_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
