/* Several threads at once: each its own objects, the public ones shared. */
#include "keys.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 50 };

static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static const authority *shared_ca;
static const pv_certificate *shared_certificate;

/* No cmocka here: its assertions are for one thread. NULL when all went well. */
static void *work(void *arg)
{
    char text[PV_HASH_TEXT];
    const int64_t now = *(int64_t *)arg;
    for (int i = 0; i < ROUNDS; i++) {
        pv_hash h;
        if (pv_hash_of(&h, "abc", 3) != PV_OK) return "hash";
        if (strcmp(pv_hash_text(&h, text), of_abc) != 0) return "another hash";
        if (pv_certificate_check(shared_certificate, shared_ca->certificate, now) != PV_OK)
            return "check";
        if (pv_certificate_check(shared_certificate, shared_certificate, now) != PV_ERR_AUTH)
            return "check of what must fail";
        if (strstr(pv_trail_text(), "no authority's") == NULL) return "another's trail";
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    int64_t now = (int64_t)time(NULL);
    pthread_t thread[THREADS];
    EVP_PKEY *key = NULL;
    authority ca = authority_make("ca", now - DAY, now + DAY);
    CHECK_OK(pv_key_make(&key));
    pv_certificate *c = certificate_of(issue(&ca, "alice", key, now - DAY, now + DAY));
    shared_ca = &ca;
    shared_certificate = c;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, work, &now), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(thread[i], &failed);
        if (failed != NULL) print_error("thread %d: %s\n", i, (const char *)failed);
        assert_null(failed);
    }
    pv_certificate_free(c);
    EVP_PKEY_free(key);
    authority_free(&ca);
}

/* The first hash of a process, by all at once. */
static void *hash_first(void *arg)
{
    pv_hash *h = arg;
    return pv_hash_of(h, "abc", 3) == PV_OK ? NULL : arg;
}

static void test_first(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    pv_hash h[THREADS];
    char text[PV_HASH_TEXT];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hash_first, &h[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(thread[i], &failed);
        assert_null(failed);
        assert_string_equal(pv_hash_text(&h[i], text), of_abc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first), /* before anything else has hashed */
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
