/* A wire that is cut, slow or wrong somewhere: the parties recover, and nothing else comes out. */
#include "parties.h"

#include "proxy.h"

static const char *const kinds[] = {"", "cut", "delay", "duplicate", "truncate", "corrupt"};

typedef struct disturbed {
    crowd crowd;
    proxy proxy;
} disturbed;

static void begin(disturbed *d, proxy_fault fault)
{
    crowd *c = &d->crowd;
    crowd_init(c, 3);
    crowd_tcp(c, "127.0.0.1");
    proxy_start(&d->proxy, atoi(strrchr(c->party[0].address, ':') + 1), fault, 2);
    c->party[1].peer[0].address = d->proxy.address;
    for (int i = 0; i < 3; i++) {
        c->party[i].options.heartbeat = 0.2;
        c->party[i].options.silence = 1.5;
        c->party[i].options.handshake = 1.5;
    }
    crowd_start(c);
}

/* Conversations side by side, each disturbed at another byte. */
static void everywhere(proxy_fault_kind kind)
{
    /* TLS's handshake takes the first kilobyte and a half of a direction, HELLO the next, then come
     * frames. */
    static const size_t at[] = {0, 7, 300, 900, 1300, 1700, 2300, 2900, 3600, 4400};
    enum { AT = sizeof at / sizeof *at };
    int hits = 0;
    disturbed *d = calloc(2 * AT, sizeof *d);
    for (int i = 0; i < 2 * AT; i++) begin(&d[i], (proxy_fault){kind, i % 2, at[i / 2]});
    for (int i = 0; i < 2 * AT; i++) {
        crowd_join(&d[i].crowd);
        crowd_check(&d[i].crowd);
        proxy_end(&d[i].proxy);
        hits += atomic_load(&d[i].proxy.hit) > 0;
        crowd_free(&d[i].crowd);
    }
    free(d);
    print_message("%s: %d of %d conversations were disturbed\n", kinds[kind], hits, 2 * AT);
    assert_true(hits >= 14);
}

static void cut(void **state)
{
    (void)state;
    everywhere(PROXY_CUT);
}

static void delay(void **state)
{
    (void)state;
    everywhere(PROXY_DELAY);
}

static void duplicate(void **state)
{
    (void)state;
    everywhere(PROXY_DUPLICATE);
}

static void truncate_(void **state)
{
    (void)state;
    everywhere(PROXY_TRUNCATE);
}

static void corrupt(void **state)
{
    (void)state;
    everywhere(PROXY_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut),       cmocka_unit_test(delay),   cmocka_unit_test(duplicate),
        cmocka_unit_test(truncate_), cmocka_unit_test(corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
