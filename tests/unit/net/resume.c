/* One party dies at every point of a conversation, before and after what it wrote was durable, and
 * a successor takes over from its store. */
#include "parties.h"

/* How many points and flushes an undisturbed party goes through. */
static void measure(int who, int *points, int *flushes)
{
    crowd c;
    crowd_init(&c, 3);
    crowd_tcp(&c, "127.0.0.1");
    crowd_run(&c);
    *points = c.party[who].points;
    *flushes = c.party[who].store.flushes;
    crowd_free(&c);
}

static crowd *begin(int who, int point, int flush, int late)
{
    crowd *c = malloc(sizeof *c);
    crowd_init(c, 3);
    crowd_tcp(c, "127.0.0.1");
    c->party[who].kill_at = point;
    c->party[who].store.fail_at = flush;
    c->party[who].store.fail_late = late;
    crowd_start(c);
    return c;
}

/* Side by side. */
static void every_point(int who)
{
    enum { MANY = 100 };
    crowd *c[MANY];
    int points, flushes, n = 0;
    measure(who, &points, &flushes);
    assert_true(points > 8 && flushes > 4);
    assert_true(points + 2 * flushes < MANY);
    for (int point = 1; point <= points; point++) c[n++] = begin(who, point, 0, 0);
    /* the last flushes, of pv_hub_finish, may be one more or one less */
    for (int flush = 1; flush < flushes; flush++)
        for (int late = 0; late < 2; late++) c[n++] = begin(who, 0, flush, late);
    for (int i = 0; i < n; i++) {
        crowd_join(c[i]);
        if (c[i]->party[who].kills != 1) print_error("%d of %d: not killed\n", i, n);
        assert_int_equal(c[i]->party[who].kills, 1);
        crowd_check(c[i]);
        crowd_free(c[i]);
        free(c[i]);
    }
}

static void server(void **state)
{
    (void)state;
    every_point(0);
}

static void client(void **state)
{
    (void)state;
    every_point(1);
}

/* All of them, again and again. */
static void everybody(void **state)
{
    (void)state;
    for (int k = 2; k < 12; k += 3) {
        crowd c;
        crowd_init(&c, 3);
        crowd_tcp(&c, "127.0.0.1");
        for (int i = 0; i < 3; i++) {
            c.party[i].kill_at = k + i;
            c.party[i].store.fail_at = k + 2 - i;
            c.party[i].store.fail_late = i & 1;
        }
        crowd_run(&c);
        crowd_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server),
        cmocka_unit_test(client),
        cmocka_unit_test(everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
