/* Who does not belong is refused, the reason is logged, and the run goes on. */
#include "stranger.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* A server that waits for its clients. */
static void begin(crowd *c)
{
    crowd_init(c, 3);
    crowd_tcp(c, "127.0.0.1");
    c->party[0].options.handshake = 0.5;
    assert_int_equal(pthread_create(&c->party[0].thread, NULL, party_thread, &c->party[0]), 0);
}

/* The reason was logged; then come the clients, and all ends well. */
static void end(crowd *c, const char *reason)
{
    for (int i = 0; i < 500 && !party_said(&c->party[0], reason); i++) usleep(10000);
    if (!party_said(&c->party[0], reason)) print_error("no '%s' in:\n%s", reason, c->party[0].log);
    assert_true(party_said(&c->party[0], reason));
    assert_true(party_said(&c->party[0], "warning: refused a connection from 127.0.0.1:"));
    for (int i = 1; i < 3; i++)
        assert_int_equal(pthread_create(&c->party[i].thread, NULL, party_thread, &c->party[i]), 0);
    crowd_join(c);
    crowd_check(c);
    crowd_free(c);
}

static void plain_tcp(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    assert_int_equal(send(s.fd, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    end(&c, "TLS: http request");
}

static void tls12(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    assert_false(stranger_tls(&s, c.party[1].identity, TLS1_2_VERSION));
    stranger_free(&s);
    end(&c, "TLS: unsupported protocol");
}

static void without_certificate(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    /* As the client sees it the handshake is done: the server's answer comes later. */
    assert_true(stranger_tls(&s, NULL, TLS1_3_VERSION));
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    end(&c, "TLS: peer did not return a certificate");
}

static void slow_loris(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    double before = pv_clock_seconds();
    for (int i = 0; i < 4; i++) { /* a byte now and then does not help */
        assert_int_equal(send(s.fd, "\x16", 1, MSG_NOSIGNAL), 1);
        usleep(100000);
    }
    assert_true(stranger_hung_up(&s));
    assert_true(pv_clock_seconds() - before < 5);
    stranger_free(&s);
    end(&c, "it did not show who it is within 0.5 s");
}

static void slow_after_tls(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    assert_true(stranger_tls(&s, c.party[1].identity, TLS1_3_VERSION));
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    end(&c, "it did not show who it is within 0.5 s");
}

static void frame_of(crowd *c, const pv_frame_header *h, const char *reason)
{
    uint8_t head[PV_FRAME_HEADER];
    begin(c);
    stranger s = knock(c);
    assert_true(stranger_tls(&s, c->party[1].identity, TLS1_3_VERSION));
    pv_frame_encode(head, h);
    assert_int_equal(SSL_write(s.ssl, head, sizeof head), sizeof head);
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    end(c, reason);
}

static void four_gigabytes(void **state)
{
    (void)state;
    crowd c;
    frame_of(&c, &(pv_frame_header){.type = PV_TYPE_HELLO, .size = (uint64_t)1 << 32},
             "a frame 'hello' announces 4294967296 bytes, at most 270336 are taken");
    frame_of(&c,
             &(pv_frame_header){.type = UPDATE, .step = 1, .number = 1, .size = (uint64_t)1 << 32},
             "a frame of type 17 and 4294967296 bytes where a hello was expected");
}

static void rubbish(void **state)
{
    (void)state;
    crowd c;
    begin(&c);
    stranger s = knock(&c);
    assert_true(stranger_tls(&s, c.party[1].identity, TLS1_3_VERSION));
    char text[PV_FRAME_HEADER] = "not a frame, whatever it may be";
    assert_int_equal(SSL_write(s.ssl, text, sizeof text), sizeof text);
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    end(&c, "the beginning of a frame");
}

static void many(void **state)
{
    (void)state;
    crowd c;
    stranger s[100];
    crowd_init(&c, 3);
    crowd_tcp(&c, "127.0.0.1");
    assert_int_equal(pthread_create(&c.party[0].thread, NULL, party_thread, &c.party[0]), 0);
    usleep(50000);
    for (int i = 0; i < 100; i++) s[i] = stranger_connect(port_of(c.party[0].address));
    assert_true(stranger_hung_up(&s[0])); /* the oldest make room */
    end(&c, "too many connections had not shown who they are");
    for (int i = 0; i < 100; i++) stranger_free(&s[i]);
}

/* A party with a clock beyond all clocks: said to be off, nothing else. */
static void clock_of_old(void **state)
{
    (void)state;
    crowd c;
    for (int k = 0; k < 2; k++) {
        begin(&c);
        stranger s = knock(&c);
        say_hello(&s, &c, k == 0 ? INT64_MIN : INT64_MAX);
        const char *said = k == 0 ? "s behind this one" : "s ahead of this one";
        for (int i = 0; i < 500 && !party_said(&c.party[0], said); i++) usleep(10000);
        assert_true(party_said(&c.party[0], said));
        stranger_free(&s);
        for (int i = 1; i < 3; i++)
            pthread_create(&c.party[i].thread, NULL, party_thread, &c.party[i]);
        crowd_join(&c);
        crowd_check(&c);
        crowd_free(&c);
    }
}

/* No descriptor is left for who knocks: the thread does not run hot, and lets it in later. */
static void no_descriptors(void **state)
{
    (void)state;
    crowd c;
    pv_hub *h = NULL;
    struct rlimit before, small;
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    CHECK_OK(pv_hub_open(&h, &c.party[0].ctx, &c.party[0].options));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    small = before;
    int lowest = dup(0);
    close(lowest);
    small.rlim_cur = (rlim_t)lowest + 1; /* for the stranger's own end */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    stranger s = stranger_connect(port_of(c.party[0].address));
    double spent = pv_hub_seconds_of(h).channel;
    usleep(500000);
    spent = pv_hub_seconds_of(h).channel - spent;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(spent < 0.2);
    say_hello(&s, &c, (int64_t)time(NULL) * 1000);
    CHECK_OK(pv_hub_wait(h, 10));
    stranger_free(&s);
    pv_hub_free(h);
    crowd_free(&c);
}

/* A flood of signs of life, and one who comes again and again: the others are served. */
static void floods(void **state)
{
    (void)state;
    crowd c;
    static uint8_t ping[1000 * PV_FRAME_HEADER];
    for (int i = 0; i < 1000; i++)
        pv_frame_encode(ping + (size_t)i * PV_FRAME_HEADER,
                        &(pv_frame_header){.type = PV_TYPE_PING});
    begin(&c);
    pthread_create(&c.party[2].thread, NULL, party_thread, &c.party[2]);
    for (int i = 0; i < 50; i++) {
        stranger s = knock(&c);
        say_hello(&s, &c, (int64_t)time(NULL) * 1000);
        for (int k = 0; k < 10; k++) SSL_write(s.ssl, ping, sizeof ping);
        stranger_free(&s);
    }
    pthread_create(&c.party[1].thread, NULL, party_thread, &c.party[1]);
    crowd_join(&c);
    crowd_check(&c);
    crowd_free(&c);
}

/* ---- parties that are not what they should be: hubs like any other */

static void as(crowd *c, const pv_identity *identity, const char *name, const char *role,
               const char *reason)
{
    pv_hub *h = NULL;
    begin(c);
    pv_hub_options o = c->party[1].options;
    o.identity = identity;
    o.name = name;
    o.role = role;
    o.view = NULL;
    CHECK_OK(pv_hub_open(&h, NULL, &o));
    CHECK_FAILS(pv_hub_wait(h, 10), PV_ERR_AUTH, "server");
    pv_hub_free(h);
    end(c, reason);
}

static void other_authority(void **state)
{
    (void)state;
    crowd c, other;
    crowd_init(&other, 2);
    as(&c, other.party[1].identity, "a", "client", "TLS: the certificate was not accepted: ");
    crowd_free(&other);
}

/* Made in a folder that only holds the authority of this crowd's. */
static void of_this_authority(void **state)
{
    (void)state;
    crowd c;
    pv_identity *mallory = NULL, *old = NULL;
    for (int expired = 0; expired < 2; expired++) {
        pv_hub *h = NULL;
        begin(&c);
        crowd_identity(&mallory, c.folder, "mallory");
        expired_identity(&old, c.folder, "old");
        pv_hub_options o = c.party[1].options;
        o.identity = expired ? old : mallory;
        o.view = NULL;
        CHECK_OK(pv_hub_open(&h, NULL, &o));
        CHECK_FAILS(pv_hub_wait(h, 10), PV_ERR_AUTH,
                    expired ? "server does not take this party's certificate: TLS: the other end "
                              "says: sslv3 alert certificate expired"
                            : "server refuses this party: no party of this run");
        pv_hub_free(h);
        pv_identity_free(mallory);
        pv_identity_free(old);
        end(&c, expired ? "TLS: the certificate was not accepted: certificate has expired"
                        : "no party of this run that talks to server has the certificate of "
                          "'mallory'");
    }
}

static void wrong_role(void **state)
{
    (void)state;
    for (int name = 0; name < 2; name++) {
        crowd c;
        pv_hub *h = NULL;
        begin(&c);
        pv_hub_options o = c.party[1].options;
        o.view = NULL;
        if (name)
            o.name = "b";
        else
            o.role = "observer";
        CHECK_OK(pv_hub_open(&h, NULL, &o));
        CHECK_FAILS(pv_hub_wait(h, 10), PV_ERR_AUTH, "server refuses this party: ");
        pv_hub_free(h);
        end(&c, name ? "it has the certificate of a and calls itself 'b'"
                     : "a comes as 'observer', its role in this run is 'client'");
    }
}

/* Somebody else answers where the server should: the client says so and goes on trying. */
static void impostor(void **state)
{
    (void)state;
    crowd c;
    pv_hub *h = NULL;
    crowd_init(&c, 3);
    crowd_tcp(&c, "127.0.0.1");
    pv_hub_options o = c.party[0].options;
    o.identity = c.party[2].identity;
    o.view = NULL;
    CHECK_OK(pv_hub_open(&h, NULL, &o));
    for (int i = 1; i < 3; i++)
        assert_int_equal(pthread_create(&c.party[i].thread, NULL, party_thread, &c.party[i]), 0);
    for (int i = 0; i < 500 && !party_said(&c.party[1], "not the one of the run"); i++)
        usleep(10000);
    assert_true(party_said(&c.party[1], "answers as server, but: it shows the certificate of 'b'"));
    pv_hub_free(h);
    assert_int_equal(pthread_create(&c.party[0].thread, NULL, party_thread, &c.party[0]), 0);
    crowd_join(&c);
    crowd_check(&c);
    crowd_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_tcp),
        cmocka_unit_test(tls12),
        cmocka_unit_test(without_certificate),
        cmocka_unit_test(slow_loris),
        cmocka_unit_test(slow_after_tls),
        cmocka_unit_test(four_gigabytes),
        cmocka_unit_test(rubbish),
        cmocka_unit_test(many),
        cmocka_unit_test(clock_of_old),
        cmocka_unit_test(no_descriptors),
        cmocka_unit_test(floods),
        cmocka_unit_test(other_authority),
        cmocka_unit_test(of_this_authority),
        cmocka_unit_test(wrong_role),
        cmocka_unit_test(impostor),
    };
    signal(SIGPIPE, SIG_IGN); /* OpenSSL's own sockets */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
