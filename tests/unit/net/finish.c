/* The end of a run: one end dies before or after its goodbye, comes back late or never. */
#include "parties.h"

#include "proxy.h"

/* A party restarted when all has been over for long: alone, it ends well and at once. */
static void after_all(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        crowd c;
        crowd_init(&c, 3);
        crowd_tcp(&c, "127.0.0.1");
        crowd_run(&c);
        party *p = &c.party[who];
        double before = pv_clock_seconds();
        p->finish = 30;
        party_thread(p);
        assert_true(pv_clock_seconds() - before < 5);
        crowd_check(&c);
        crowd_free(&c);
    }
}

/* One dies at its last commit and comes back only when the others have gone as far as they can. */
static void late(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (int after = 0; after < 2; after++) {
            crowd c;
            atomic_int go_on;
            atomic_init(&go_on, 0);
            crowd_init(&c, 3);
            crowd_tcp(&c, "127.0.0.1");
            c.party[who].go_on = &go_on;
            /* points of a client: wait, 3 times (take, send, commit), finish; of the server: wait,
             * 3 times (send, 2 takes, note, commit), finish */
            c.party[who].kill_at = (who == 0 ? 16 : 10) + after;
            for (int i = 0; i < 3; i++) c.party[i].finish = 60;
            crowd_start(&c);
            usleep(400000);
            atomic_store(&go_on, 1);
            crowd_join(&c);
            assert_int_equal(c.party[who].kills, 1);
            crowd_check(&c);
            crowd_free(&c);
        }
}

/* Once it has all it needs from somebody, an end waits for a goodbye only so long. */
static void never(void **state)
{
    (void)state;
    crowd c;
    party *p;
    pv_hub *h = NULL;
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    p = &c.party[1];
    p->store.fail_at = 6; /* positions at the end, with the server's goodbye in them, get lost */
    pthread_create(&c.party[0].thread, NULL, party_thread, &c.party[0]);
    p->options.recovered = memory_recovered(&p->store);
    CHECK_OK(pv_hub_open(&h, &p->ctx, &p->options));
    pv_status s = script_run(h, p);
    pv_hub_free(h);
    pthread_join(c.party[0].thread, NULL);
    assert_int_equal(c.party[0].status, PV_OK);
    if (s != PV_OK) { /* it died there: the server has gone home */
        h = NULL;
        p->store.fail_at = 0;
        p->options.recovered = memory_recovered(&p->store);
        CHECK_OK(pv_hub_open(&h, &p->ctx, &p->options));
        double before = pv_clock_seconds();
        CHECK_OK(pv_hub_finish(h, 0.5));
        assert_true(pv_clock_seconds() - before < 5);
        pv_hub_free(h);
    }
    crowd_free(&c);
}

/* With a patience nobody is waited for without end: not one who is gone, nor one who stays and
 * takes nothing, nor one who takes everything and never says goodbye. */
static void out_of_patience(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        crowd c;
        pv_hub *a = NULL, *b = NULL;
        pv_message m;
        double x = 1;
        pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
        crowd_init(&c, 2);
        crowd_tcp(&c, "127.0.0.1");
        c.party[0].peer[0].patience = 0.5;
        CHECK_OK(pv_hub_open(&a, &c.party[0].ctx, &c.party[0].options));
        CHECK_OK(pv_hub_open(&b, &c.party[1].ctx, &c.party[1].options));
        CHECK_OK(pv_hub_wait(a, 20));
        CHECK_OK(pv_hub_wait(b, 20));
        CHECK_OK(pv_send(a, 0, MODEL, &part, 1));
        CHECK_OK(pv_commit(a, 1, NULL, 0));
        CHECK_OK(pv_flush(a));
        if (k == 0) {
            pv_hub_free(b);
            b = NULL;
        }
        if (k == 2) {
            CHECK_OK(pv_recv(&m, b, 0, MODEL, 20));
            pv_message_clear(&m);
            CHECK_OK(pv_commit(b, 1, NULL, 0));
            CHECK_OK(pv_flush(b));
        }
        double before = pv_clock_seconds();
        CHECK_OK(pv_hub_finish(a, 20));
        assert_true(pv_clock_seconds() - before < 10);
        assert_int_equal(pv_hub_dropped(a, 0), k < 2);
        pv_hub_free(a);
        pv_hub_free(b);
        crowd_free(&c);
    }
}

/* Somebody who sends what nobody takes. */
static void data_at_the_end(void **state)
{
    (void)state;
    crowd c;
    pv_hub *a = NULL, *b = NULL;
    double x = 1;
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    CHECK_OK(pv_hub_open(&a, &c.party[0].ctx, &c.party[0].options));
    CHECK_OK(pv_hub_open(&b, &c.party[1].ctx, &c.party[1].options));
    CHECK_OK(pv_hub_wait(a, 20));
    CHECK_OK(pv_hub_wait(b, 20));
    CHECK_OK(pv_commit(a, 1, NULL, 0));
    CHECK_OK(pv_send(b, 0, UPDATE, &part, 1));
    CHECK_OK(pv_commit(b, 1, NULL, 0));
    CHECK_OK(pv_flush(b));
    CHECK_FAILS(pv_hub_finish(a, 20), PV_ERR_PEER,
                "a sent frame 1 that nobody here takes: this end is done");
    /* the server may have said goodbye before the frame reached it: then that is what is heard
     * first */
    pv_trail_clear();
    assert_int_equal(pv_hub_finish(b, 20), PV_ERR_PEER);
    assert_true(strstr(pv_trail_text(), "server refuses to go on: a sent frame 1") != NULL ||
                strstr(pv_trail_text(), "server has finished without taking all") != NULL);
    pv_hub_free(a);
    pv_hub_free(b);
    crowd_free(&c);
}

/* Somebody who goes home while more is expected of it. */
static void gone_too_early(void **state)
{
    (void)state;
    crowd c;
    pv_hub *a = NULL;
    pv_message m;
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    c.party[1].steps = 0;
    pthread_create(&c.party[1].thread, NULL, party_thread, &c.party[1]);
    CHECK_OK(pv_hub_open(&a, &c.party[0].ctx, &c.party[0].options));
    CHECK_OK(pv_hub_wait(a, 20));
    CHECK_FAILS(pv_recv(&m, a, 0, UPDATE, 20), PV_ERR_PEER,
                "a has finished its part of the run, and more was expected from it");
    pv_hub_free(a);
    pthread_join(c.party[1].thread, NULL);
    assert_int_not_equal(c.party[1].status, PV_OK);
    crowd_free(&c);
}

/* What a role notes when all is over. */
static void noted_last(void **state)
{
    (void)state;
    crowd c;
    pv_hub *a = NULL;
    pv_view *v = NULL;
    pv_view_payload payload;
    double x = 3;
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    c.party[1].steps = 0;
    pthread_create(&c.party[1].thread, NULL, party_thread, &c.party[1]);
    CHECK_OK(pv_hub_open(&a, &c.party[0].ctx, &c.party[0].options));
    CHECK_OK(pv_hub_wait(a, 20));
    CHECK_OK(pv_hub_finish(a, 5));
    CHECK_OK(pv_note(a, PV_VIEW_PUBLISHED, MODEL, &part, 1));
    CHECK_OK(pv_flush(a));
    CHECK_FAILS(pv_send(a, 0, MODEL, &part, 1), PV_ERR_USAGE, "nothing can be sent after");
    pv_hub_free(a);
    pthread_join(c.party[1].thread, NULL);
    assert_int_equal(c.party[1].status, PV_OK);
    CHECK_OK(pv_view_open(&v, c.party[0].view));
    assert_int_equal(pv_view_count(v), 1);
    CHECK_OK(pv_view_load(&payload, v, 0));
    assert_true(*(const double *)payload.parts.part[0].data == 3);
    pv_view_payload_clear(&payload);
    pv_view_free(v);
    crowd_free(&c);
}

/* The wire is cut around every byte of the end. */
static void cut(void **state)
{
    (void)state;
    enum { N = 48 };
    crowd *c = calloc(N, sizeof *c);
    proxy *p = calloc(N, sizeof *p);
    for (int i = 0; i < N; i++) {
        crowd_init(&c[i], 2);
        crowd_tcp(&c[i], "127.0.0.1");
        c[i].party[0].steps = c[i].party[1].steps = 1;
        proxy_fault fault = {PROXY_CUT, i % 2, (size_t)(1500 + 50 * (i / 2))};
        proxy_start(&p[i], atoi(strrchr(c[i].party[0].address, ':') + 1), fault, 1);
        c[i].party[1].peer[0].address = p[i].address;
        c[i].party[0].finish = c[i].party[1].finish = 2;
        crowd_start(&c[i]);
    }
    int hits = 0;
    for (int i = 0; i < N; i++) {
        crowd_join(&c[i]);
        crowd_check(&c[i]);
        proxy_end(&p[i]);
        hits += atomic_load(&p[i].hit);
        crowd_free(&c[i]);
    }
    print_message("%d of %d were cut\n", hits, N);
    assert_true(hits >= N / 3);
    free(c);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_all),       cmocka_unit_test(late),
        cmocka_unit_test(never),           cmocka_unit_test(out_of_patience),
        cmocka_unit_test(data_at_the_end), cmocka_unit_test(gone_too_early),
        cmocka_unit_test(noted_last),      cmocka_unit_test(cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
