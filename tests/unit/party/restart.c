/* A party dies at each point of its role, once, is started again with its folder, and the run ends
 * as if nothing had happened. */
#include "toy.h"

#include <signal.h>
#include <sys/resource.h>

enum { CLIENTS = 2 };

/* How many points a party passes when nothing happens. */
static int points_of(int party)
{
    toy_crowd c;
    toy_init(&c, CLIENTS + 1, 1, "");
    toy_all(&c);
    toy_check(&c);
    int points = c.run[party].points;
    toy_free(&c);
    return points;
}

static void die_everywhere(int party)
{
    int points = points_of(party), restarted = 0;
    assert_true(points > 4 * TOY_STEPS);
    for (int k = 1; k <= points; k++) {
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, "");
        c.run[party].kill_at = k;
        toy_all(&c);
        assert_int_equal(c.run[party].kills, 1);
        toy_check(&c);
        json_t *j = toy_result(&c, party);
        assert_int_equal(json_integer_value(json_object_get(j, "restarts")), 1);
        json_decref(j);
        restarted++;
        toy_free(&c);
    }
    print_message("%s was killed at each of %d points\n", toy_name(party), restarted);
}

static void the_server(void **state)
{
    (void)state;
    die_everywhere(0);
}

static void a_client(void **state)
{
    (void)state;
    die_everywhere(1);
}

/* A step of which nothing had reached the disk draws other secrets when it is executed again; one
 * of which something had draws the same. */
static void attempts(void **state)
{
    (void)state;
    for (int durable = 0; durable < 2; durable++) {
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, "");
        c.run[1].kill_at = durable ? 6 : 5; /* after, or before, the flush of the first update */
        toy_all(&c);
        toy_check(&c);
        assert_int_equal(c.run[1].masks, TOY_STEPS + 1);
        assert_int_equal(c.run[1].mask[0] == c.run[1].mask[1], durable);
        for (int i = 2; i <= TOY_STEPS; i++) assert_true(c.run[1].mask[i] != c.run[1].mask[i - 1]);
        toy_free(&c);
    }
}

/* Everybody at once, at points drawn at random. */
static void all_together(void **state)
{
    (void)state;
    unsigned seed = 12345;
    for (int round = 0; round < 6; round++) {
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, "");
        for (int i = 0; i <= CLIENTS; i++) {
            seed = seed * 1103515245u + 12345u;
            c.run[i].kill_at = 1 + (int)(seed >> 16) % 16;
        }
        toy_all(&c);
        toy_check(&c);
        toy_free(&c);
    }
}

/* ---- a full disk */

/* Files can't grow beyond some size, each of them in turn: whoever is hit stops and says so; with
 * room again all go on, and the run ends as if nothing had happened. */
static void full_disk(void **state)
{
    (void)state;
    int stopped = 0;
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t most = 500; most < 64000; most += most / 2) {
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, "");
        small = before;
        small.rlim_cur = most;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        toy_all(&c);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        int hit = 0;
        for (int i = 0; i <= CLIENTS; i++) {
            if (c.status[i] == PV_ERR_IO)
                hit++;
            else if (c.status[i] != PV_OK && c.status[i] != PV_ERR_CANCELLED)
                fail_msg("%s, %lu bytes: %s", toy_name(i), (unsigned long)most, c.trail[i]);
            if (c.status[i] == PV_ERR_IO && strstr(c.trail[i], "File too large") == NULL)
                fail_msg("%s, %lu bytes: %s", toy_name(i), (unsigned long)most, c.trail[i]);
            atomic_store(&c.run[i].cancel, 0);
        }
        stopped += hit > 0;
        toy_all(&c);
        toy_check(&c);
        toy_free(&c);
    }
    print_message("stopped by a full disk %d times\n", stopped);
    assert_true(stopped >= 5);
}

/* ---- on_loss = proceed */

static const char PROCEED[] = "on_loss = proceed\nmin_parties = 1\nloss_timeout = 0.5\n";

/* b dies for good in its second step: it is named, and what the others did counts. The server dies
 * after it gave b up, and gives it up again without waiting. */
static void given_up(void **state)
{
    (void)state;
    for (int server_dies = 0; server_dies < 2; server_dies++) {
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, PROCEED);
        c.run[2].kill_at = 11; /* before its second update */
        c.run[2].vanish = 1;
        c.run[0].kill_at = server_dies ? 12 : 0; /* at the end of that step */
        toy_all(&c);
        assert_int_equal(c.status[2], PV_ERR_RUN);
        for (int i = 0; i < 2; i++) {
            if (c.status[i] != PV_OK)
                print_error("%s: %s\n%s", toy_name(i), c.trail[i], c.run[i].log);
            assert_int_equal(c.status[i], PV_OK);
        }
        assert_int_equal(c.run[0].kills, server_dies);
        json_t *j = toy_result(&c, 0);
        const json_t *dropped = json_object_get(j, "dropped");
        assert_int_equal(json_array_size(dropped), 1);
        assert_string_equal(json_string_value(json_array_get(dropped, 0)), "b");
        const char *said = strstr(c.run[0].log, "server gives b up in step 2");
        assert_non_null(said);
        assert_int_equal(strstr(said + 1, "server gives b up in step 2") != NULL, server_dies);
        json_decref(j);
        toy_free(&c);
    }
}

/* b breaks the protocol in its second step: it alone is out and hears why. The server that dies
 * afterwards decides the same again. Nobody goes on without one who is needed. */
static void broken(void **state)
{
    (void)state;
    static const char NEEDED[] = "on_loss = proceed\nmin_parties = 2\nloss_timeout = 0.5\n";
    for (int k = 0; k < 4; k++) { /* 2: all are needed; 3: they are waited for */
        toy_crowd c;
        toy_init(&c, CLIENTS + 1, 1, k < 2 ? PROCEED : k == 2 ? NEEDED : "");
        c.run[2].odd_at = 2;
        c.run[2].vanish = k < 2;            /* its end does not stop the others */
        c.run[0].kill_at = k == 1 ? 12 : 0; /* at the end of that step */
        toy_all(&c);
        for (int i = 0; i < 2; i++) {
            if ((c.status[i] == PV_OK) != (k < 2))
                print_error("%s: %s\n%s", toy_name(i), c.trail[i], c.run[i].log);
            assert_int_equal(c.status[i] == PV_OK, k < 2);
        }
        if (k >= 2)
            assert_non_null(strstr(c.trail[0], "b sent 'mask' where 'update' was expected"));
        if (k < 2) {
            assert_int_equal(c.status[2], PV_ERR_PEER);
            if (strstr(c.trail[2], "b sent 'mask' where 'update' was expected") == NULL)
                fail_msg("%d: %s", k, c.trail[2]);
            json_t *j = toy_result(&c, 0);
            const json_t *dropped = json_object_get(j, "dropped");
            assert_int_equal(json_array_size(dropped), 1);
            assert_string_equal(json_string_value(json_array_get(dropped, 0)), "b");
            assert_non_null(strstr(c.run[0].log, "b is given up for the rest of the run: b sent"));
            assert_int_equal(strstr(c.run[0].log, "found before it died") != NULL, k == 1);
            json_decref(j);
        }
        assert_int_equal(c.run[0].kills, k == 1);
        toy_free(&c);
    }
}

/* Silent in the first step, before anything was committed: the server that comes back does not
 * wait to be introduced to b, who is gone. */
static void given_up_in_the_first_step(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, CLIENTS + 1, 1, PROCEED);
    c.run[2].kill_at = 5;
    c.run[2].vanish = 1;
    c.run[0].kill_at = 6;
    toy_all(&c);
    for (int i = 0; i < 2; i++) {
        if (c.status[i] != PV_OK) print_error("%s: %s\n%s", toy_name(i), c.trail[i], c.run[i].log);
        assert_int_equal(c.status[i], PV_OK);
    }
    assert_int_equal(c.run[0].kills, 1);
    assert_non_null(strstr(c.run[0].log, "server gives b up in step 1"));
    toy_free(&c);
}

/* Nobody who is needed is given up: b comes back long after loss_timeout, and the result is as if
 * nothing had happened. */
static void those_needed_are_waited_for(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, CLIENTS + 1, 1, "on_loss = proceed\nmin_parties = 2\nloss_timeout = 0.1\n");
    c.run[2].kill_at = 12;
    c.run[2].pause = 400;
    toy_all(&c);
    assert_int_equal(c.run[2].kills, 1);
    toy_check(&c);
    toy_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server),
        cmocka_unit_test(a_client),
        cmocka_unit_test(attempts),
        cmocka_unit_test(all_together),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(given_up),
        cmocka_unit_test(given_up_in_the_first_step),
        cmocka_unit_test(broken),
        cmocka_unit_test(those_needed_are_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
