/* Memory runs out, request by request: nothing crashes, nothing leaks. */
#include "common.h"

static void test_keys(void **state)
{
    (void)state;
    uint64_t p[LIMBS / 2], q[LIMBS / 2], n[LIMBS];
    uint8_t proof[PV_PAILLIER_ROOTS * LIMBS * 8];
    pv_paillier_sk *sk = NULL;
    pv_paillier_pk *pk = NULL;
    pv_status status;
    test_paillier_number(p, LIMBS / 2, "djn", "p");
    test_paillier_number(q, LIMBS / 2, "djn", "q");
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_paillier_assemble(&sk, p, q, 2048, 0, PV_MODSQ_PORTABLE);
        assert_int_equal(status == PV_OK, sk != NULL);
        if (sk != NULL) memcpy(n, pv_paillier_n(pv_paillier_public(sk)), sizeof n);
        pv_paillier_sk_free(sk);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_paillier_pk_new(&pk, (const uint8_t *)n, sizeof n);
        assert_int_equal(status == PV_OK, pk != NULL);
        pv_paillier_pk_free(pk);
    }
    sk = test_paillier_key("djn");
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_prove(proof, sk, "", 0);
    pv_paillier_sk_free(sk);
}

static void test_work(void **state)
{
    (void)state;
    enum { N = 2 };
    uint64_t m[N * LIMBS] = {5}, c[N * CIPHER], d[N * CIPHER];
    uint8_t bytes[N * CIPHER * 8];
    pv_wide e[2 * N] = {pv_wide_from(1), pv_wide_from(-2), pv_wide_from(3), pv_wide_from(0)};
    pv_paillier_sk *sk = test_paillier_key("djn");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(1);
    pv_paillier_blind *b = NULL;
    pv_paillier_pool *pool = NULL;
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_encrypt_owner(c, sk, m, N, &r, NULL);
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_decrypt(m, sk, c, N, NULL);
    assert_true(m[0] == 5);
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_mul(d, pk, c, e, 4, N, NULL);
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_products(d, pk, c, e, 4, N, 1, N, NULL);
    pv_paillier_cipher_store(bytes, c, N, pk);
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_cipher_load(c, bytes, N, pk, "x");
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_encrypt(c, pk, m, N, &r, NULL);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_paillier_blind_new(&b, pk, PV_BLIND_TEXTBOOK, &r, NULL);
        if (status == PV_OK) status = pv_paillier_pool_new(&pool, b, 1);
        if (status == PV_OK) status = pv_paillier_pool_fill(pool, 1, &r, NULL);
        if (status == PV_OK) status = pv_paillier_pool_rerandomize(d, pool, c, m, N, &r, NULL);
        pv_paillier_pool_free(pool);
        pv_paillier_blind_free(b);
        pool = NULL;
        b = NULL;
    }
    check_decrypts(sk, c, m, N);
    pv_paillier_sk_free(sk);
}

/* Tables: few requests, but each costs a table. */
static void test_tables(void **state)
{
    (void)state;
    uint64_t m[LIMBS] = {5}, c[CIPHER];
    pv_paillier_sk *sk = test_paillier_key("safe");
    pv_paillier_blind *b = NULL;
    pv_csprng r = test_random(2);
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    status = pv_paillier_encrypt_owner(c, sk, m, 1, &r, NULL);
    check_decrypts(sk, c, m, 1);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_paillier_blind_new(&b, pv_paillier_public(sk), PV_BLIND_HALF, &r, NULL);
        if (status == PV_OK) status = pv_paillier_encrypt_blind(c, b, m, 1, &r, NULL);
        pv_paillier_blind_free(b);
        b = NULL;
    }
    check_decrypts(sk, c, m, 1);
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
