/* What blinding hides and what it does not: distributions, and the attacks that HALF and keys
 * without safe primes fall to, as controls of those that FULL and safe primes withstand. */
#include "common.h"

#include <gmp.h>

enum { TRIALS = 40, BASES = 6 };

/* The public Jacobi symbol (c/n). */
static int jacobi(const uint64_t *c, const pv_paillier_pk *pk)
{
    mpz_t a, n;
    return mpz_jacobi(mpz_roinit_n(a, c, CIPHER), mpz_roinit_n(n, pv_paillier_n(pk), LIMBS));
}

/* ---- the owner's encryption */

static void test_below(void **state)
{
    (void)state;
    /* uniform below 6·2^61: three quarters of all candidates; chi-squared of 11 degrees of freedom
     * is above 37.4 one time in 10,000 */
    enum { DRAWS = 12000, CELLS = 12 };
    static uint64_t x[DRAWS];
    const uint64_t end = (uint64_t)6 << 61;
    double seen[CELLS] = {0}, chi = 0;
    pv_csprng r = test_random(30);
    pv_paillier_below(x, DRAWS, &end, 1, &r);
    for (int i = 0; i < DRAWS; i++) {
        assert_true(x[i] < end);
        seen[x[i] / (end / CELLS)]++;
    }
    for (int i = 0; i < CELLS; i++)
        chi += (seen[i] - DRAWS / CELLS) * (seen[i] - DRAWS / CELLS) / (DRAWS / CELLS);
    if (chi >= 37.4) print_error("chi squared %g, seed 30\n", chi);
    assert_true(chi < 37.4);
}

static void residue(uint64_t *rho, const pv_paillier_sk *sk, const uint64_t *xp, const uint64_t *xq)
{
    uint64_t x[LIMBS];
    memcpy(x, xp, sizeof x / 2);
    memcpy(x + LIMBS / 2, xq, sizeof x / 2);
    CHECK_OK(pv_paillier_owner_residues(rho, sk, x, 1, 1));
}

/* Exponents below p-1 reach every n-th residue modulo p² once: the base's power of p-1 is 1, and
 * none of its powers of (p-1)/2 and 2 is (p-1 = 2·p', p' prime). */
static void test_generator(void **state)
{
    (void)state;
    static const uint64_t zero[LIMBS / 2], two[LIMBS / 2] = {2}, one[CIPHER] = {1};
    uint64_t rho[CIPHER], square[CIPHER], m[LIMBS], none[LIMBS] = {0}, half[LIMBS / 2];
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(31);
    for (int i = 0; i < 2; i++) {
        const uint64_t *order = sk->half[i].order;
        mpn_rshift(half, order, LIMBS / 2, 1);
        residue(rho, sk, i == 0 ? order : zero, i == 0 ? zero : order);
        assert_memory_equal(rho, one, sizeof rho);
        residue(rho, sk, i == 0 ? two : zero, i == 0 ? zero : two);
        assert_memory_not_equal(rho, one, sizeof rho);
        residue(rho, sk, i == 0 ? half : zero, i == 0 ? zero : half);
        assert_memory_not_equal(rho, one, sizeof rho);
        CHECK_OK(pv_modsq_mul(pk->square, square, rho, rho, 1, 1));
        assert_memory_equal(square, one, sizeof square);
    }
    /* and all of them are encryptions of 0 */
    uint64_t x[LIMBS];
    for (int i = 0; i < 5; i++) {
        pv_paillier_below(x, 1, sk->half[0].order, LIMBS / 2, &r);
        pv_paillier_below(x + LIMBS / 2, 1, sk->half[1].order, LIMBS / 2, &r);
        CHECK_OK(pv_paillier_owner_residues(rho, sk, x, 1, 1));
        CHECK_OK(pv_paillier_decrypt(m, sk, rho, 1, NULL));
        assert_memory_equal(m, none, sizeof m);
    }
    pv_paillier_sk_free(sk);
}

/* Symbols modulo p and q of the owner's ciphertexts are coins, independent of each other: each of
 * the four pairs is binomial, 400 trials of 1/4; within 100 ± 38 but 1 time in 10,000 or so. */
static void test_owner_symbols(void **state)
{
    (void)state;
    enum { DRAWS = 400 };
    static uint64_t m[DRAWS * LIMBS], c[DRAWS * CIPHER];
    static const char *const keys[] = {"safe", "djn"};
    for (int key = 0; key < 2; key++) {
        int seen[4] = {0};
        pv_paillier_sk *sk = test_paillier_key(keys[key]);
        pv_csprng r = test_random(32);
        CHECK_OK(pv_paillier_encrypt_owner(c, sk, m, DRAWS, &r, NULL));
        for (int i = 0; i < DRAWS; i++) {
            int bits = 0;
            for (int k = 0; k < 2; k++) {
                mpz_t a, p;
                bits = 2 * bits + (mpz_jacobi(mpz_roinit_n(a, c + i * CIPHER, CIPHER),
                                              mpz_roinit_n(p, sk->half[k].p.m, LIMBS / 2)) == 1);
            }
            seen[bits]++;
        }
        for (int i = 0; i < 4; i++) {
            if (seen[i] < 62 || seen[i] > 138) print_error("pair %d: %d, seed 32\n", i, seen[i]);
            assert_in_range(seen[i], 62, 138);
        }
        pv_paillier_sk_free(sk);
    }
}

/* ---- results that go back to the owner */

typedef struct result {
    pv_wide w[TRIALS][BASES]; /* the secrets of who computed */
    uint64_t c[TRIALS * CIPHER];
} result;

/* Enc(sum of w·m), blinded, as a party sends it to the key's owner. */
static void compute(result *out, const uint64_t *base, const pv_paillier_blind *b, pv_csprng *r)
{
    const pv_paillier_pk *pk = pv_paillier_blind_public(b);
    for (int t = 0; t < TRIALS; t++)
        for (int i = 0; i < BASES; i++) out->w[t][i] = pv_wide_random(r, 20);
    CHECK_OK(pv_paillier_products(out->c, pk, base, out->w[0], 20, TRIALS, 1, BASES, NULL));
    CHECK_OK(pv_paillier_rerandomize(out->c, b, out->c, NULL, TRIALS, r, NULL));
}

/* How often (c/n) is the parity of the sum of w over the bases whose symbol is -1. */
static int parities(const result *x, const uint64_t *base, const pv_paillier_pk *pk)
{
    int right = 0;
    for (int t = 0; t < TRIALS; t++) {
        uint64_t sum = 0;
        for (int i = 0; i < BASES; i++)
            if (jacobi(base + i * CIPHER, pk) < 0) sum += x->w[t][i].limb[0];
        right += jacobi(x->c + t * CIPHER, pk) == (sum % 2 ? -1 : 1);
    }
    return right;
}

static void test_jacobi(void **state)
{
    (void)state;
    static result x;
    uint64_t m[BASES * LIMBS], base[BASES * CIPHER];
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(33);
    pv_residue_random(m, pk, BASES, &r);
    CHECK_OK(pv_paillier_encrypt_owner(base, sk, m, BASES, &r, NULL));
    for (int how = PV_BLIND_TEXTBOOK; how <= PV_BLIND_FULL; how++) {
        pv_paillier_blind *b = NULL;
        CHECK_OK(pv_paillier_blind_new(&b, pk, (pv_paillier_blinding)how, &r, NULL));
        compute(&x, base, b, &r);
        int right = parities(&x, base, pk);
        print_message("blinding %d: %d of %d parities of w from the public symbol\n", how, right,
                      TRIALS);
        /* HALF is the control: all; of coins, 7 or fewer or 33 or more of 40 are 1 in 10,000 */
        if (how == PV_BLIND_HALF)
            assert_int_equal(right, TRIALS);
        else
            assert_in_range(right, 8, 32);
        pv_paillier_blind_free(b);
    }
    pv_paillier_sk_free(sk);
}

/* c's image among the cube roots of 1 modulo p: 0, 1 or 2, by the powers of `third` = z^((p-1)/3).
 * -1 where there is none. */
static int cube_class(const uint64_t *c, mpz_srcptr p, const mpz_t third)
{
    mpz_t a, e, power;
    int class = -1;
    mpz_inits(e, power, NULL);
    mpz_sub_ui(e, p, 1);
    mpz_divexact_ui(e, e, 3);
    mpz_powm(e, mpz_roinit_n(a, c, CIPHER), e, p);
    mpz_set_ui(power, 1);
    for (int i = 0; i < 3 && class < 0; i++) {
        if (mpz_cmp(power, e) == 0) class = i;
        mpz_mul(power, power, third);
        mpz_mod(power, power, p);
    }
    mpz_clears(e, power, NULL);
    return class;
}

/* How often the class of a result is the sum of w times the classes of the bases, modulo 3. */
static int classes(const result *x, const uint64_t *base, mpz_srcptr p, const mpz_t third)
{
    int right = 0;
    for (int t = 0; t < TRIALS; t++) {
        int64_t sum = 0;
        for (int i = 0; i < BASES; i++)
            sum += pv_wide_low(x->w[t][i]) * cube_class(base + i * CIPHER, p, third);
        right += cube_class(x->c + t * CIPHER, p, third) == (int)((sum % 3 + 3) % 3);
    }
    return right;
}

/* The DJN key has p-1 = 2·p'·k, and 3 divides k: its owner sees sums of w modulo 3 through FULL
 * whenever h and y' are cubes modulo p, one time in nine; SEED is such a time. Textbook hides. */
static void test_cubes(void **state)
{
    (void)state;
    enum { SEED = 1 };
    static result x;
    mpz_t p_, third;
    uint64_t m[BASES * LIMBS] = {0}, base[BASES * CIPHER];
    pv_paillier_sk *sk = test_paillier_key("djn");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    mpz_srcptr p = mpz_roinit_n(p_, sk->half[1].p.m, LIMBS / 2);
    pv_csprng r = test_random(34);
    mpz_init(third);
    assert_int_equal(mpz_fdiv_ui(p, 3), 1);
    for (unsigned long z = 2; z < 100; z++) { /* a z that is no cube */
        mpz_set_ui(third, z);
        mpz_t e;
        mpz_init(e);
        mpz_sub_ui(e, p, 1);
        mpz_divexact_ui(e, e, 3);
        mpz_powm(third, third, e, p);
        mpz_clear(e);
        if (mpz_cmp_ui(third, 1) != 0) break;
    }
    CHECK_OK(pv_paillier_encrypt_owner(base, sk, m, BASES, &r, NULL));
    for (int how = PV_BLIND_TEXTBOOK; how <= PV_BLIND_FULL; how += 2) {
        pv_paillier_blind *b = NULL;
        pv_csprng seeded = test_random(SEED);
        CHECK_OK(pv_paillier_blind_new(&b, pk, (pv_paillier_blinding)how, &seeded, NULL));
        compute(&x, base, b, &r);
        int right = classes(&x, base, p, third);
        print_message("blinding %d, key without safe primes: %d of %d sums of w modulo 3\n", how,
                      right, TRIALS);
        if (how == PV_BLIND_FULL)
            assert_int_equal(right, TRIALS);
        else
            assert_in_range(right, 3, 26); /* of thirds, more is 1 in 10,000 */
        pv_paillier_blind_free(b);
    }
    mpz_clear(third);
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below),         cmocka_unit_test(test_generator),
        cmocka_unit_test(test_owner_symbols), cmocka_unit_test(test_jacobi),
        cmocka_unit_test(test_cubes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
