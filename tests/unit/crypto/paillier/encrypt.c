/* Round trips of every way to encrypt, batches, threads, pools; decryption that notices faults. */
#include "common.h"

enum { MANY = 9 };

typedef struct fixture {
    pv_paillier_sk *sk;
    const pv_paillier_pk *pk;
    pv_csprng r;
    uint64_t m[MANY * LIMBS], c[MANY * CIPHER], d[MANY * CIPHER];
} fixture;

static fixture *make(const char *key, uint64_t seed)
{
    fixture *f = pv_calloc(1, sizeof *f);
    assert_non_null(f);
    f->sk = test_paillier_key(key);
    f->pk = pv_paillier_public(f->sk);
    f->r = test_random(seed);
    pv_residue_random(f->m, f->pk, MANY, &f->r);
    memset(f->m, 0, LIMBS * sizeof *f->m); /* the first is 0, the second n - 1 */
    memcpy(f->m + LIMBS, pv_paillier_n(f->pk), LIMBS * sizeof *f->m);
    f->m[LIMBS]--;
    return f;
}

static void done(fixture *f)
{
    pv_paillier_sk_free(f->sk);
    pv_free(f);
}

static void differ(const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_memory_not_equal(a + i * CIPHER, b + i * CIPHER, CIPHER * sizeof *a);
}

static void test_owner(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "djn", "safe"};
    for (int i = 0; i < 3; i++) {
        fixture *f = make(keys[i], 1);
        CHECK_OK(pv_paillier_encrypt_owner(f->c, f->sk, f->m, MANY, &f->r, NULL));
        check_decrypts(f->sk, f->c, f->m, MANY);
        CHECK_OK(pv_paillier_encrypt_owner(f->d, f->sk, f->m, MANY, &f->r, NULL));
        check_decrypts(f->sk, f->d, f->m, MANY);
        differ(f->c, f->d, MANY);
        CHECK_OK(pv_paillier_encrypt_owner(NULL, f->sk, NULL, 0, &f->r, NULL));
        done(f);
    }
}

static void test_public(void **state)
{
    (void)state;
    fixture *f = make("safe", 2);
    CHECK_OK(pv_paillier_encrypt(f->c, f->pk, f->m, MANY, &f->r, NULL));
    check_decrypts(f->sk, f->c, f->m, MANY);
    for (int how = PV_BLIND_TEXTBOOK; how <= PV_BLIND_FULL; how++) {
        pv_paillier_blind *b = NULL;
        CHECK_OK(pv_paillier_blind_new(&b, f->pk, (pv_paillier_blinding)how, &f->r, NULL));
        CHECK_OK(pv_paillier_encrypt_blind(f->c, b, f->m, MANY, &f->r, NULL));
        check_decrypts(f->sk, f->c, f->m, MANY);
        CHECK_OK(pv_paillier_rerandomize(f->d, b, f->c, NULL, MANY, &f->r, NULL));
        check_decrypts(f->sk, f->d, f->m, MANY);
        differ(f->c, f->d, MANY);
        /* in place, m added to itself */
        CHECK_OK(pv_paillier_rerandomize(f->d, b, f->d, f->m, MANY, &f->r, NULL));
        uint64_t twice[MANY * LIMBS];
        for (int i = 0; i < MANY; i++)
            pv_residue_add(twice + i * LIMBS, f->m + i * LIMBS, f->m + i * LIMBS, f->pk);
        check_decrypts(f->sk, f->d, twice, MANY);
        pv_paillier_blind_free(b);
    }
    done(f);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void test_cancel(void **state)
{
    (void)state;
    fixture *f = make("djn", 5);
    pv_ctx ctx = {.cancelled = stop};
    pv_wide e = pv_wide_from(3);
    CHECK_FAILS(pv_paillier_encrypt_owner(f->c, f->sk, f->m, 1, &f->r, &ctx), PV_ERR_CANCELLED, "");
    CHECK_FAILS(pv_paillier_encrypt(f->c, f->pk, f->m, 1, &f->r, &ctx), PV_ERR_CANCELLED, "");
    CHECK_FAILS(pv_paillier_decrypt(f->m, f->sk, f->c, 1, &ctx), PV_ERR_CANCELLED, "");
    CHECK_FAILS(pv_paillier_mul(f->d, f->pk, f->c, &e, 8, 1, &ctx), PV_ERR_CANCELLED, "");
    CHECK_FAILS(pv_paillier_products(f->d, f->pk, f->c, &e, 8, 1, 1, 1, &ctx), PV_ERR_CANCELLED,
                "");
    done(f);
}

static void test_pool(void **state)
{
    (void)state;
    fixture *f = make("safe", 6);
    pv_paillier_blind *b = NULL;
    pv_paillier_pool *pool = NULL;
    CHECK_OK(pv_paillier_encrypt_owner(f->c, f->sk, f->m, MANY, &f->r, NULL));
    CHECK_OK(pv_paillier_blind_new(&b, f->pk, PV_BLIND_HALF, &f->r, NULL));
    CHECK_OK(pv_paillier_pool_new(&pool, b, 5));
    assert_int_equal(pv_paillier_pool_left(pool), 0);
    CHECK_OK(pv_paillier_pool_fill(pool, 3, &f->r, NULL));
    assert_int_equal(pv_paillier_pool_left(pool), 3);
    CHECK_OK(pv_paillier_pool_fill(pool, 9, &f->r, NULL));
    assert_int_equal(pv_paillier_pool_left(pool), 5);
    CHECK_OK(pv_paillier_pool_rerandomize(f->d, pool, f->c, NULL, 2, &f->r, NULL));
    assert_int_equal(pv_paillier_pool_left(pool), 3);
    check_decrypts(f->sk, f->d, f->m, 2);
    differ(f->c, f->d, 2);
    /* 3 from the pool, the rest drawn; nothing twice: rho = d/c differ */
    CHECK_OK(pv_paillier_pool_rerandomize(f->d, pool, f->c, NULL, MANY, &f->r, NULL));
    assert_int_equal(pv_paillier_pool_left(pool), 0);
    check_decrypts(f->sk, f->d, f->m, MANY);
    CHECK_OK(pv_modsq_inverse(f->pk->square, f->c, f->c, MANY));
    CHECK_OK(pv_modsq_mul(f->pk->square, f->d, f->d, f->c, MANY, 1));
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < i; k++) differ(f->d + i * CIPHER, f->d + k * CIPHER, 1);
    pv_paillier_pool_free(pool);
    pv_paillier_pool_free(NULL);
    pv_paillier_blind_free(b);
    done(f);
}

static void broken(fixture *f, uint64_t *word)
{
    uint64_t m[2 * LIMBS];
    memset(m, 7, sizeof m);
    *word ^= 1 << 7;
    CHECK_FAILS(pv_paillier_decrypt(m, f->sk, f->c, 2, NULL), PV_ERR_NUMERIC, "");
    for (int i = 0; i < 2 * LIMBS; i++) assert_int_equal(m[i], 0);
    *word ^= 1 << 7;
    check_decrypts(f->sk, f->c, f->m, 2);
}

/* Each of these alone would give a plaintext that is right modulo one prime and wrong modulo the
 * other: the key to n. */
static void test_faults(void **state)
{
    (void)state;
    fixture *f = make("djn", 7);
    CHECK_OK(pv_paillier_encrypt_owner(f->c, f->sk, f->m, 2, &f->r, NULL));
    for (int i = 0; i < 2; i++) {
        pv_paillier_half *h = &f->sk->half[i];
        broken(f, &h->h[3]);
        broken(f, &h->p2.rr[5]);
        broken(f, &h->p2.m[9]);
        broken(f, &h->p.m[2]);
        broken(f, &h->order[1]);
    }
    broken(f, &f->sk->half[1].inverse[4]);
    done(f);
}

static void test_shared_factor(void **state)
{
    (void)state;
    fixture *f = make("djn", 8);
    uint64_t p[LIMBS / 2];
    test_paillier_number(p, LIMBS / 2, "djn", "p");
    memset(f->c, 0, CIPHER * sizeof *f->c);
    memcpy(f->c, p, sizeof p);
    CHECK_FAILS(pv_paillier_decrypt(f->m, f->sk, f->c, 1, NULL), PV_ERR_NUMERIC, "");
    done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owner),  cmocka_unit_test(test_public),
        cmocka_unit_test(test_cancel), cmocka_unit_test(test_pool),
        cmocka_unit_test(test_faults), cmocka_unit_test(test_shared_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
