/* Plaintexts and bytes: residues, slots, ciphertexts as they cross. */
#include "common.h"

static void test_residues(void **state)
{
    (void)state;
    uint64_t a[LIMBS], b[LIMBS], s[LIMBS], zero[LIMBS] = {0}, most[LIMBS], one[LIMBS] = {1};
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(1);
    memcpy(most, pv_paillier_n(pk), sizeof most);
    most[0]--;
    pv_residue_add(s, most, one, pk);
    assert_memory_equal(s, zero, sizeof s);
    pv_residue_sub(s, zero, one, pk);
    assert_memory_equal(s, most, sizeof s);
    pv_residue_sub(s, most, most, pk);
    assert_memory_equal(s, zero, sizeof s);
    pv_residue_add(s, most, most, pk);
    pv_residue_add(s, s, one, pk);
    assert_memory_equal(s, most, sizeof s);
    for (int i = 0; i < 1000; i++) {
        pv_residue_random(a, pk, 1, &r);
        pv_residue_random(b, pk, 1, &r);
        assert_true(pv_crt_below(a, pv_paillier_n(pk), LIMBS));
        pv_residue_add(s, a, b, pk);
        pv_residue_sub(s, s, a, pk);
        assert_memory_equal(s, b, sizeof s);
        memcpy(s, a, sizeof s);
        pv_residue_add(s, s, s, pk);
        pv_residue_sub(s, s, a, pk);
        assert_memory_equal(s, a, sizeof s);
    }
    pv_paillier_sk_free(sk);
}

/* Uniform below n: each sixteenth of the range as often as its share, chi-squared of 15 degrees of
 * freedom, which is above 44.3 one time in 10,000. */
static void test_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    uint64_t a[LIMBS];
    double seen[16] = {0}, chi = 0, share;
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(20);
    double top = (double)pv_paillier_n(pk)[LIMBS - 1];
    for (int i = 0; i < DRAWS; i++) {
        pv_residue_random(a, pk, 1, &r);
        seen[(int)((double)a[LIMBS - 1] / top * 16 * (1 - 1e-12))]++;
    }
    share = DRAWS / 16.0;
    for (int i = 0; i < 16; i++) chi += (seen[i] - share) * (seen[i] - share) / share;
    if (chi >= 44.3) print_error("chi squared %g, seed 20\n", chi);
    assert_true(chi < 44.3);
    pv_paillier_sk_free(sk);
}

static pv_wide wide(const char *hex)
{
    pv_wide w = {{0}};
    for (; *hex != 0; hex++) {
        w = pv_wide_shl(w, 4);
        w.limb[0] |= (uint64_t)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
    }
    return w;
}

static int equal(pv_wide a, pv_wide b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void test_slots_known(void **state)
{
    (void)state;
    uint64_t m[LIMBS], want[LIMBS] = {0}, over = 0;
    pv_wide v[3] = {pv_wide_from(1), pv_wide_from(-1), pv_wide_from(2)}, out[3];
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    assert_int_equal(pv_slots_fit(pk, 61), 33);
    assert_int_equal(pv_slots_fit(pk, 134), 15);
    assert_int_equal(pv_slots_fit(pk, 256), 7);
    assert_int_equal(pv_slots_fit(pk, 1), 2046);
    /* 1 - 2^8 + 2·2^16 = 0x1ff01 */
    pv_slots_pack(m, v, 3, 8, pk);
    want[0] = 0x1ff01;
    assert_memory_equal(m, want, sizeof m);
    /* -1 alone is n - 1 */
    pv_slots_pack(m, v + 1, 1, 8, pk);
    memcpy(want, pv_paillier_n(pk), sizeof want);
    want[0]--;
    assert_memory_equal(m, want, sizeof m);
    pv_slots_unpack(out, m, 3, 8, pk, &over);
    assert_true(over == 0 && equal(out[0], v[1]) && equal(out[1], pv_wide_from(0)) &&
                equal(out[2], pv_wide_from(0)));
    /* nothing */
    pv_slots_pack(m, v, 0, 8, pk);
    memset(want, 0, sizeof want);
    assert_memory_equal(m, want, sizeof m);
    pv_slots_unpack(out, m, 0, 8, pk, &over);
    assert_true(over == 0);
    m[0] = 1;
    pv_slots_unpack(out, m, 0, 8, pk, &over);
    assert_true(over == 1);
    pv_paillier_sk_free(sk);
}

static void test_slots_random(void **state)
{
    (void)state;
    static pv_wide v[2046], out[2046];
    uint64_t m[LIMBS], over = 0;
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(2);
    for (unsigned slot = 1; slot <= 256; slot++) {
        size_t most = (size_t)pv_slots_fit(pk, slot);
        for (size_t slots = most; slots > 0; slots /= 3) {
            /* |v| < 2^(slot-1): not the least of two's complement */
            for (size_t i = 0; i < slots; i++) do
                    v[i] = pv_wide_random(&r, slot);
                while (slot > 1 && equal(v[i], pv_wide_neg(v[i])) && v[i].limb[3] != 0);
            if (slot > 1) { /* the extremes */
                v[0] = pv_wide_sub(pv_wide_shl(pv_wide_from(1), slot - 1), pv_wide_from(1));
                v[slots - 1] = pv_wide_neg(v[0]);
            } else {
                memset(v, 0, sizeof v);
            }
            pv_slots_pack(m, v, slots, slot, pk);
            assert_true(pv_crt_below(m, pv_paillier_n(pk), LIMBS));
            pv_slots_unpack(out, m, slots, slot, pk, &over);
            assert_memory_equal(out, v, slots * sizeof *v);
            assert_int_equal(over, 0);
        }
    }
    pv_paillier_sk_free(sk);
}

/* Values wider than their slot run into the next and come out again when they are taken away; a
 * value at the top goes round n and comes back. */
static void test_slots_wide(void **state)
{
    (void)state;
    enum { SLOT = 61 };
    pv_wide v[33], mask[33], out[33];
    uint64_t a[LIMBS], b[LIMBS], s[LIMBS], over = 0;
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(3);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 33; i++) {
            v[i] = pv_wide_random(&r, SLOT - 1);
            mask[i] = pv_wide_random(&r, 256);
        }
        pv_slots_pack(a, v, 33, SLOT, pk);
        pv_slots_pack(b, mask, 33, SLOT, pk);
        pv_residue_add(s, a, b, pk);
        for (int i = 0; i < 33; i++) mask[i] = pv_wide_neg(mask[i]);
        pv_slots_pack(b, mask, 33, SLOT, pk);
        pv_residue_add(s, s, b, pk);
        pv_slots_unpack(out, s, 33, SLOT, pk, &over);
        assert_memory_equal(out, v, sizeof v);
        assert_int_equal(over, 0);
    }
    /* a bound that was broken in the last slot is seen */
    v[0] = wide("1000000000000000"); /* 2^60 */
    pv_slots_pack(a, v, 1, SLOT, pk);
    pv_slots_unpack(out, a, 1, SLOT, pk, &over);
    assert_int_equal(over, 1);
    over = 0;
    v[0] = pv_wide_neg(v[0]); /* -2^60 still is a digit, -2^60 - 1 is not */
    pv_slots_pack(a, v, 1, SLOT, pk);
    pv_slots_unpack(out, a, 1, SLOT, pk, &over);
    assert_true(over == 0 && equal(out[0], v[0]));
    v[0] = pv_wide_sub(v[0], pv_wide_from(1));
    pv_slots_pack(a, v, 1, SLOT, pk);
    pv_slots_unpack(out, a, 1, SLOT, pk, &over);
    assert_int_equal(over, 1);
    pv_paillier_sk_free(sk);
}

static void test_bytes(void **state)
{
    (void)state;
    enum { N = 3 };
    uint64_t c[N * CIPHER], d[N * CIPHER], m[N * LIMBS], k[N * LIMBS];
    uint8_t bytes[N * CIPHER * 8];
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_csprng r = test_random(4);
    size_t cipher = pv_paillier_cipher_bytes(pk), residue = pv_residue_bytes(pk);
    assert_int_equal(cipher, 512);
    assert_int_equal(residue, 256);
    pv_residue_random(m, pk, N, &r);
    pv_residue_store(bytes, m, N, pk);
    assert_int_equal(bytes[0], m[0] & 255);
    assert_int_equal(bytes[9], m[1] >> 8 & 255);
    CHECK_OK(pv_residue_load(k, bytes, N, pk, "x"));
    assert_memory_equal(k, m, sizeof m);
    memcpy(bytes + residue, pv_paillier_n(pk), residue);
    CHECK_FAILS(pv_residue_load(k, bytes, N, pk, "Y' from bank"), PV_ERR_PEER,
                "Y' from bank: number 2 of 3 is not below n");
    CHECK_OK(pv_paillier_encrypt_owner(c, sk, m, N, &r, NULL));
    pv_paillier_cipher_store(bytes, c, N, pk);
    CHECK_OK(pv_paillier_cipher_load(d, bytes, N, pk, "x"));
    assert_memory_equal(c, d, sizeof c);
    CHECK_OK(pv_paillier_cipher_load(d, bytes, 0, pk, "x"));
    memset(bytes + 2 * cipher, 0, cipher);
    CHECK_FAILS(pv_paillier_cipher_load(d, bytes, N, pk, "enc-a from shop"), PV_ERR_PEER,
                "enc-a from shop: ciphertext 3 of 3 is zero");
    memcpy(bytes + 2 * cipher, pk->n2, cipher);
    CHECK_FAILS(pv_paillier_cipher_load(d, bytes, N, pk, "x"), PV_ERR_PEER,
                "ciphertext 3 of 3 is not below n^2");
    pv_paillier_cipher_store(bytes, c, N, pk);
    memset(bytes + cipher, 0, cipher);
    memcpy(bytes + cipher, sk->half[0].p.m, residue / 2);
    CHECK_FAILS(pv_paillier_cipher_load(d, bytes, N, pk, "x"), PV_ERR_PEER,
                "ciphertext 2 of 3 shares a factor with n");
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residues),    cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_slots_known), cmocka_unit_test(test_slots_random),
        cmocka_unit_test(test_slots_wide),  cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
