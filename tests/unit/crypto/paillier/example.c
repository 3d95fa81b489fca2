/* The example of docs/paillier.md. */
#include "paillier_key.h"

#include <stdlib.h>
#include <unistd.h>

static void test_example(void **state)
{
    (void)state;
    enum { LIMBS = TEST_PAILLIER_LIMBS };
    char folder[] = "/tmp/privet-paillier-XXXXXX", key[64], pub[64];
    uint8_t proof[PV_PAILLIER_ROOTS * LIMBS * 8];
    uint64_t m[3 * LIMBS] = {0}, c[6 * LIMBS], sum[2 * LIMBS], result[LIMBS], want[LIMBS] = {0};
    const pv_wide weights[3] = {pv_wide_from(1000), pv_wide_from(-20), pv_wide_from(3)};
    const pv_ctx ctx = {.threads = 2};
    pv_csprng r;
    pv_paillier_sk *sk = test_paillier_key("safe");
    pv_paillier_pk *pk = NULL;
    pv_paillier_blind *b = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(key, sizeof key, "%s/bank", folder);
    snprintf(pub, sizeof pub, "%s/bank.pub", folder);
    CHECK_OK(pv_paillier_prove(proof, sk, PV_PAILLIER_FILE_CONTEXT,
                               sizeof PV_PAILLIER_FILE_CONTEXT - 1));
    CHECK_OK(pv_paillier_sk_save(sk, key));
    CHECK_OK(pv_paillier_pk_save(pv_paillier_public(sk), proof, sizeof proof, pub));
    pv_paillier_sk_free(sk);
    m[0] = 7;
    m[LIMBS] = 8;
    m[2 * LIMBS] = 9;

    CHECK_OK(pv_csprng_init(&r));
    CHECK_OK(pv_paillier_sk_load(&sk, key));
    CHECK_OK(pv_paillier_encrypt_owner(c, sk, m, 3, &r, &ctx));

    CHECK_OK(pv_paillier_pk_load(&pk, pub));
    CHECK_OK(pv_paillier_blind_new(&b, pk, PV_BLIND_FULL, &r, &ctx));
    CHECK_OK(pv_paillier_products(sum, pk, c, weights, 16, 1, 1, 3, &ctx));
    CHECK_OK(pv_paillier_rerandomize(sum, b, sum, NULL, 1, &r, &ctx));

    CHECK_OK(pv_paillier_decrypt(result, sk, sum, 1, &ctx));
    want[0] = 7 * 1000 - 8 * 20 + 9 * 3;
    assert_memory_equal(result, want, sizeof want);

    pv_paillier_blind_free(b);
    pv_paillier_pk_free(pk);
    pv_paillier_sk_free(sk);
    pv_csprng_clear(&r);
    assert_int_equal(unlink(key) | unlink(pub) | rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
