/* What threads share in base: nothing but the switch that makes memory run out. Run under
 * ThreadSanitizer, too. */
#include "check.h"

#include "base/csprng.h"
#include "base/json.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 300 };

static void *work(void *argument)
{
    int me = *(int *)argument, wrong = 0;
    char expected[32];
    uint8_t key[PV_RUN_KEY_BYTES] = {(uint8_t)me};
    snprintf(expected, sizeof expected, "thread %d failed", me);
    for (int i = 0; i < ROUNDS; i++) {
        pv_csprng r;
        pv_str s = {0};
        json_t *j = json_object();
        wrong +=
            pv_trail_fail(PV_ERR_RUN, __FILE__, __LINE__, "thread %d failed", me) != PV_ERR_RUN;
        wrong += pv_csprng_derive(&r, key, "threads", (uint64_t)i, 0) != PV_OK;
        wrong += pv_json_set(j, "n", json_integer(me)) != PV_OK;
        wrong += pv_json_dump(&s, j, 0) != PV_OK;
        wrong += strcmp(pv_trail_text(), expected) != 0;
        pv_csprng_clear(&r);
        pv_str_clear(&s);
        json_decref(j);
    }
    *(int *)argument = wrong;
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    int argument[THREADS];
    for (int i = 0; i < THREADS; i++) {
        argument[i] = i;
        assert_int_equal(pthread_create(&thread[i], NULL, work, &argument[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(argument[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_do_not_meet)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
