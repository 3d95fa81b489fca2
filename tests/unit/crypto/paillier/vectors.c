/* The numbers of tests/vectors/paillier2048*.txt, computed elsewhere. */
#include "common.h"

enum { MOST = 8 };

static void number(uint64_t *out, size_t limbs, const char *key, const char *name, int i)
{
    char text[16];
    snprintf(text, sizeof text, "%s%d", name, i);
    test_paillier_number(out, limbs, key, text);
}

static void ciphertexts(const char *key, int count)
{
    static uint64_t m[MOST * LIMBS], r[MOST * CIPHER], c[MOST * CIPHER], own[MOST * CIPHER];
    uint64_t n[LIMBS];
    pv_paillier_sk *sk = test_paillier_key(key);
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    const pv_modsq *square = pk->square;
    test_paillier_number(n, LIMBS, key, "n");
    assert_int_equal(pv_paillier_bits(pk), 2048);
    assert_int_equal(pv_paillier_limbs(pk), LIMBS);
    assert_memory_equal(pv_paillier_n(pk), n, sizeof n);
    assert_int_equal(pv_paillier_safe(sk), strcmp(key, "safe") == 0);
    for (int i = 0; i < count; i++) {
        number(m + i * LIMBS, LIMBS, key, "m", i);
        number(r + i * CIPHER, CIPHER, key, "r", i);
        number(c + i * CIPHER, CIPHER, key, "c", i);
    }
    check_decrypts(sk, c, m, (size_t)count);
    for (int i = 0; i < count; i++) check_decrypts(sk, c + i * CIPHER, m + i * LIMBS, 1);
    check_decrypts(sk, c, m, 0);
    /* and by the formula, with the same randomness */
    if (strcmp(key, "djn") == 0) {
        uint64_t h[CIPHER], hs[CIPHER], known[CIPHER], x[MOST * LIMBS / 2];
        test_paillier_number(h, CIPHER, key, "h");
        test_paillier_number(known, CIPHER, key, "hs");
        CHECK_OK(pv_modsq_pow(square, hs, h, n, 2048, 1, 1));
        assert_memory_equal(hs, known, sizeof hs);
        for (int i = 0; i < count; i++) {
            number(x + i * LIMBS / 2, LIMBS / 2, key, "r", i);
            memcpy(r + i * CIPHER, hs, sizeof hs);
        }
        CHECK_OK(pv_modsq_pow_each(square, own, r, x, 1024, (size_t)count, 1));
    } else {
        CHECK_OK(pv_modsq_pow(square, own, r, n, 2048, (size_t)count, 1));
    }
    CHECK_OK(pv_modsq_mul_plain(square, own, own, m, (size_t)count, 1));
    assert_memory_equal(own, c, (size_t)count * CIPHER * sizeof *c);
    pv_paillier_sk_free(sk);
}

static void test_ciphertexts(void **state)
{
    (void)state;
    ciphertexts("", 8);
    ciphertexts("djn", 4);
    ciphertexts("safe", 6);
}

/* a + b, a·k and -a·k, by every way there is. */
static void arithmetic(const char *key, int a, int b)
{
    uint64_t x[2 * CIPHER], want[CIPHER], out[CIPHER], m[LIMBS], known[LIMBS];
    char name[32];
    pv_wide k[2] = {{{0}}};
    pv_paillier_sk *sk = test_paillier_key(key);
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    number(x, CIPHER, key, "c", a);
    number(x + CIPHER, CIPHER, key, "c", b);
    snprintf(name, sizeof name, key[0] == 0 ? "c%d_plus_c%d" : "c%d_times_c%d", a, b);
    test_paillier_number(want, CIPHER, key, name);
    CHECK_OK(pv_paillier_add(out, pk, x, x + CIPHER, 1, NULL));
    assert_memory_equal(out, want, sizeof out);
    CHECK_OK(pv_paillier_product(out, pk, x, 2, 1));
    assert_memory_equal(out, want, sizeof out);
    snprintf(name, sizeof name, "m%d_plus_m%d", a, b);
    test_paillier_number(m, LIMBS, key, name);
    check_decrypts(sk, out, m, 1);
    number(m, LIMBS, key, "m", a);
    number(known, LIMBS, key, "m", b);
    pv_residue_add(m, m, known, pk);
    test_paillier_number(known, LIMBS, key, name);
    assert_memory_equal(m, known, sizeof m);
    test_paillier_number(k[0].limb, PV_WIDE_LIMBS, key, "k");
    for (int minus = 0; minus < 2; minus++) {
        snprintf(name, sizeof name, "c%d_times_%sk", a, minus ? "minus_" : "");
        test_paillier_number(want, CIPHER, key, name);
        CHECK_OK(pv_paillier_mul(out, pk, x, k, 98, 1, NULL));
        assert_memory_equal(out, want, sizeof out);
        /* the second factor to the power of 0 */
        CHECK_OK(pv_paillier_products(out, pk, x, k, 98, 1, 1, 2, NULL));
        assert_memory_equal(out, want, sizeof out);
        snprintf(name, sizeof name, "m%d_times_%sk", a, minus ? "minus_" : "");
        test_paillier_number(m, LIMBS, key, name);
        check_decrypts(sk, out, m, 1);
        k[0] = pv_wide_neg(k[0]);
    }
    pv_paillier_sk_free(sk);
}

static void test_arithmetic(void **state)
{
    (void)state;
    arithmetic("safe", 4, 5);
}

/* paillier2048.txt tells its multiple of -k as n-k, a power of c itself: the same plaintext. */
static void test_first_key(void **state)
{
    (void)state;
    uint64_t c[CIPHER], out[CIPHER], want[CIPHER], m[LIMBS];
    pv_wide k = {{0}};
    pv_paillier_sk *sk = test_paillier_key("");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    test_paillier_number(c, CIPHER, "", "c5");
    test_paillier_number(out, CIPHER, "", "c6");
    CHECK_OK(pv_paillier_add(out, pk, c, out, 1, NULL));
    test_paillier_number(want, CIPHER, "", "c5_plus_c6");
    assert_memory_equal(out, want, sizeof out);
    test_paillier_number(k.limb, PV_WIDE_LIMBS, "", "k");
    CHECK_OK(pv_paillier_mul(out, pk, c, &k, 16, 1, NULL));
    test_paillier_number(want, CIPHER, "", "c5_times_k");
    assert_memory_equal(out, want, sizeof out);
    k = pv_wide_neg(k);
    CHECK_OK(pv_paillier_mul(out, pk, c, &k, 16, 1, NULL));
    test_paillier_number(m, LIMBS, "", "m5_times_minus_k");
    check_decrypts(sk, out, m, 1);
    test_paillier_number(want, CIPHER, "", "c5_times_minus_k");
    check_decrypts(sk, want, m, 1);
    pv_paillier_sk_free(sk);
}

/* The two codes that run everywhere give the same bits. */
static void test_codes(void **state)
{
    (void)state;
    enum { N = 3 };
    uint64_t p[LIMBS / 2], q[LIMBS / 2], m[N * LIMBS], c[2][N * CIPHER], out[N * LIMBS];
    static const pv_modsq_code code[2] = {PV_MODSQ_PORTABLE, PV_MODSQ_LANES};
    test_paillier_number(p, LIMBS / 2, "safe", "p");
    test_paillier_number(q, LIMBS / 2, "safe", "q");
    for (int i = 0; i < 2; i++) {
        pv_csprng r = test_random(5);
        pv_paillier_sk *sk = NULL;
        CHECK_OK(pv_paillier_assemble(&sk, q, p, 2048, 1, code[i]));
        pv_residue_random(m, pv_paillier_public(sk), N, &r);
        CHECK_OK(pv_paillier_encrypt_owner(c[i], sk, m, N, &r, NULL));
        CHECK_OK(pv_paillier_decrypt(out, sk, c[i], N, NULL));
        assert_memory_equal(out, m, sizeof m);
        pv_paillier_sk_free(sk);
    }
    assert_memory_equal(c[0], c[1], sizeof c[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ciphertexts),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_first_key),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
