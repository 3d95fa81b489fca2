/* Do messages say more than their plaintexts? Each flaw is made here, and must be found; without
 * it, nothing must be. The key is the published one with safe primes. */
#include "base/csprng_test.h"
#include "check.h"
#include "paillier_key.h"

#include "attack/inversion/ciphertexts.h"
#include <gmp.h>

enum { LIMBS = TEST_PAILLIER_LIMBS, CIPHER = 2 * LIMBS, TERMS = 6, ROWS = 40, BITS = 60 };

static pv_paillier_sk *key;

/* What the owner sent, and what comes back by one kind of blinding; -1: without any. */
typedef struct exchange {
    uint64_t sent[TERMS * CIPHER], got[ROWS * CIPHER];
    pv_wide e[ROWS * TERMS];
} exchange;

static void converse(exchange *x, int how, uint64_t seed)
{
    const pv_paillier_pk *pk = pv_paillier_public(key);
    static uint64_t m[TERMS * LIMBS], mask[ROWS * LIMBS];
    pv_paillier_blind *blind = NULL;
    pv_csprng r;
    pv_csprng_test(&r, seed);
    pv_residue_random(m, pk, TERMS, &r);
    CHECK_OK(pv_paillier_encrypt_owner(x->sent, key, m, TERMS, &r, NULL));
    for (int i = 0; i < ROWS * TERMS; i++) x->e[i] = pv_wide_random(&r, BITS);
    CHECK_OK(pv_paillier_products(x->got, pk, x->sent, x->e, BITS, ROWS, 1, TERMS, NULL));
    pv_residue_random(mask, pk, ROWS, &r);
    if (how >= 0) {
        CHECK_OK(pv_paillier_blind_new(&blind, pk, (pv_paillier_blinding)how, &r, NULL));
        CHECK_OK(pv_paillier_rerandomize(x->got, blind, x->got, mask, ROWS, &r, NULL));
    } else { /* the mask alone: times 1 + R·n, by a ciphertext of R without randomness */
        static uint64_t one[ROWS * CIPHER];
        mpz_t n, c;
        mpz_init(c);
        mpz_roinit_n(n, pv_paillier_n(pk), LIMBS);
        for (int i = 0; i < ROWS; i++) {
            mpz_t plain;
            mpz_mul(c, mpz_roinit_n(plain, mask + i * LIMBS, LIMBS), n);
            mpz_add_ui(c, c, 1);
            memset(one + i * CIPHER, 0, CIPHER * sizeof *one);
            for (size_t k = 0; k < mpz_size(c); k++)
                one[(size_t)i * CIPHER + k] = mpz_getlimbn(c, (mp_size_t)k);
        }
        mpz_clear(c);
        CHECK_OK(pv_paillier_add(x->got, pk, x->got, one, ROWS, NULL));
    }
    pv_paillier_blind_free(blind);
    pv_csprng_clear(&r);
}

static pv_blinding_found look(const exchange *x)
{
    pv_blinding_found f;
    CHECK_OK(pv_ciphertexts_blinding(&f, pv_paillier_public(key), x->sent, TERMS, x->e, BITS,
                                     x->got, ROWS, NULL));
    print_message("bare product %zu, parity %zu of %zu (by chance %.2g)\n", f.product, f.parity,
                  f.results, f.chance);
    return f;
}

static void what_blinding_leaves(void **state)
{
    (void)state;
    static exchange x;
    converse(&x, -1, 1);
    pv_blinding_found none = look(&x);
    assert_int_equal(none.product, ROWS);
    assert_int_equal(none.parity, ROWS);
    converse(&x, PV_BLIND_HALF, 2);
    pv_blinding_found half = look(&x);
    assert_int_equal(half.product, 0);
    assert_int_equal(half.parity, ROWS);
    assert_true(half.chance < 1e-11);
    for (int how = 0; how < 2; how++) {
        converse(&x, how ? PV_BLIND_FULL : PV_BLIND_TEXTBOOK, 3 + (uint64_t)how);
        pv_blinding_found full = look(&x);
        assert_int_equal(full.product, 0);
        assert_true(full.chance > 1e-4);
    }
}

/* The same plaintexts and the owner's same randomness, two times other weights of the same sum:
 * what comes back differs in nothing that these tests see. */
static void other_weights(void **state)
{
    (void)state;
    static exchange x;
    pv_blinding_found f;
    converse(&x, PV_BLIND_FULL, 7);
    for (int i = 0; i < ROWS * TERMS; i++) /* a guess that is wrong */
        x.e[i] = pv_wide_add(x.e[i], pv_wide_from(i % TERMS == 0));
    CHECK_OK(pv_ciphertexts_blinding(&f, pv_paillier_public(key), x.sent, TERMS, x.e, BITS, x.got,
                                     ROWS, NULL));
    assert_int_equal(f.product, 0);
    assert_true(f.chance > 1e-4);
    converse(&x, -1, 8); /* and a wrong guess is told from a right one where nothing is blinded */
    for (int i = 0; i < ROWS / 2 * TERMS; i++)
        x.e[i] = pv_wide_add(x.e[i], pv_wide_from(i % TERMS == 0));
    CHECK_OK(pv_ciphertexts_blinding(&f, pv_paillier_public(key), x.sent, TERMS, x.e, BITS, x.got,
                                     ROWS, NULL));
    assert_int_equal(f.product, ROWS / 2);
}

static void masks(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    static uint64_t y[COUNT * LIMBS];
    const pv_paillier_pk *pk = pv_paillier_public(key);
    pv_masks_found f;
    pv_csprng r;
    pv_csprng_test(&r, 11);
    pv_residue_random(y, pk, COUNT, &r);
    pv_ciphertexts_masks(&f, pk, y, COUNT, 1952);
    assert_int_equal(f.pairs, COUNT * (COUNT - 1) / 2);
    assert_int_equal(f.reused, 0);
    assert_true(f.chance < 1e-25);
    /* two of them under one mask: apart by a plaintext, in either direction */
    uint64_t hidden[LIMBS] = {0};
    memcpy(hidden, y + 9 * LIMBS, 1900 / 8);
    pv_residue_add(y + 40 * LIMBS, y + 3 * LIMBS, hidden, pk);
    pv_residue_sub(y + 41 * LIMBS, y + 4 * LIMBS, hidden, pk);
    pv_ciphertexts_masks(&f, pk, y, COUNT, 1952);
    assert_int_equal(f.reused, 2);
    pv_csprng_clear(&r);
}

static void low_bits(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    uint64_t *y = pv_alloc(COUNT, LIMBS * sizeof *y);
    const pv_paillier_pk *pk = pv_paillier_public(key);
    pv_low_bits_found f;
    pv_csprng r;
    assert_non_null(y);
    pv_csprng_test(&r, 12);
    pv_residue_random(y, pk, COUNT, &r);
    pv_ciphertexts_low_bits(&f, pk, y, COUNT, 8);
    print_message("low 8 bits of %d residues: chi-squared %.1f of %d (by chance %.3f)\n", COUNT,
                  f.chi, f.freedom, f.chance);
    assert_int_equal(f.freedom, 255);
    assert_true(f.chance > 1e-4 && f.chance < 1 - 1e-4);
    /* one in twenty is masked at the scale of its factors: its low bits are the data's, small */
    for (int i = 0; i < COUNT; i += 20) y[(size_t)i * LIMBS] &= ~(uint64_t)0xff;
    pv_ciphertexts_low_bits(&f, pk, y, COUNT, 8);
    assert_true(f.chance < 1e-6);
    pv_free(y);
    pv_csprng_clear(&r);
}

static void out_of_memory(void **state)
{
    (void)state;
    static exchange x;
    pv_status status = PV_OK;
    converse(&x, PV_BLIND_TEXTBOOK, 13);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_blinding_found f;
        status = pv_ciphertexts_blinding(&f, pv_paillier_public(key), x.sent, 2, x.e, BITS, x.got,
                                         2, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_blinding_leaves),
        cmocka_unit_test(other_weights),
        cmocka_unit_test(masks),
        cmocka_unit_test(low_bits),
        cmocka_unit_test(out_of_memory),
    };
    key = test_paillier_key("safe");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pv_paillier_sk_free(key);
    return failed;
}
