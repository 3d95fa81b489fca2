/* One key and several threads: those of a batch, and callers of their own. */
#include "common.h"

#include <pthread.h>

/* More than a piece of work, on one thread and on two: the same ciphertexts. */
static void test_threads(void **state)
{
    (void)state;
    enum { COUNT = PV_PAILLIER_CHUNK + 5 };
    pv_paillier_sk *sk = test_paillier_key("safe");
    pv_csprng fill = test_random(3);
    uint64_t *m = pv_alloc(COUNT, LIMBS * sizeof *m), *out = pv_alloc(COUNT, LIMBS * sizeof *m);
    uint64_t *c[2] = {pv_alloc(COUNT, CIPHER * sizeof *m), pv_alloc(COUNT, CIPHER * sizeof *m)};
    pv_residue_random(m, pv_paillier_public(sk), COUNT, &fill);
    for (int threads = 1; threads <= 2; threads++) {
        pv_ctx ctx = {.threads = threads};
        pv_csprng r = test_random(4);
        CHECK_OK(pv_paillier_encrypt_owner(c[threads - 1], sk, m, COUNT, &r, &ctx));
    }
    assert_memory_equal(c[0], c[1], COUNT * CIPHER * sizeof *m);
    pv_ctx ctx = {.threads = 2};
    CHECK_OK(pv_paillier_decrypt(out, sk, c[0], COUNT, &ctx));
    assert_memory_equal(out, m, COUNT * LIMBS * sizeof *m);
    pv_free(m);
    pv_free(out);
    pv_free(c[0]);
    pv_free(c[1]);
    pv_paillier_sk_free(sk);
}

typedef struct caller {
    const pv_paillier_sk *sk;
    uint64_t seed;
    pv_status status;
    uint64_t m[3 * LIMBS], out[3 * LIMBS];
} caller;

static void *call(void *arg)
{
    caller *a = arg;
    uint64_t c[3 * CIPHER];
    pv_csprng r = test_random(a->seed);
    pv_residue_random(a->m, pv_paillier_public(a->sk), 3, &r);
    a->status = pv_paillier_encrypt_owner(c, a->sk, a->m, 3, &r, NULL);
    if (a->status == PV_OK) a->status = pv_paillier_decrypt(a->out, a->sk, c, 3, NULL);
    return NULL;
}

/* Both want the owner's tables, which the first one makes. */
static void test_callers(void **state)
{
    (void)state;
    pv_paillier_sk *sk = test_paillier_key("safe");
    pthread_t thread[2];
    caller both[2] = {{.sk = sk, .seed = 1}, {.sk = sk, .seed = 2}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call, &both[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        CHECK_OK(both[i].status);
        assert_memory_equal(both[i].m, both[i].out, sizeof both[i].m);
    }
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
