/* Who does not belong is refused, the reason is logged, and the run goes on. */
#include "stranger.h"

#include "net/handshake.h"
#include "view/transcript.h"

#include <errno.h>
#include <signal.h>

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

/* The server's hub may be a moment late to listen. */
static stranger knock(const crowd *c)
{
    usleep(50000);
    return stranger_connect(port_of(c->party[0].address));
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

static void say(stranger *s, const pv_frame_header *h, const void *payload)
{
    uint8_t head[PV_FRAME_HEADER];
    pv_frame_encode(head, h);
    SSL_write(s->ssl, head, sizeof head); /* the other end may have hung up */
    if (h->size > 0 && payload != NULL) SSL_write(s->ssl, payload, (int)h->size);
}

/* As client a, with its certificate. */
static void say_hello(stranger *s, const crowd *c, int64_t clock)
{
    unsigned char *der = NULL;
    int size = i2d_X509(pv_certificate_x509(pv_identity_certificate(c->party[1].identity)), &der);
    pv_hello hello = {.name = "a",
                      .role = "client",
                      .scheme = "sums",
                      .certificate = der,
                      .certificate_size = (size_t)size,
                      .agreement = (char *)c->party[0].options.agreement,
                      .clock = clock,
                      .need = 1,
                      .from = 1};
    pv_bytes b;
    assert_true(stranger_tls(s, c->party[1].identity, TLS1_3_VERSION));
    CHECK_OK(pv_hello_encode(&b, &hello));
    OPENSSL_free(der);
    say(s, &(pv_frame_header){.type = PV_TYPE_HELLO, .size = b.size}, b.data);
    pv_bytes_clear(&b);
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

/* ---- one of the parties, as it should not be */

static void seal_of(uint8_t out[PV_SEAL_BYTES], const crowd *c, uint64_t step, int how)
{
    pv_hash scenario;
    pv_seal s = {.step = step};
    const char *text = c->party[0].options.agreement;
    CHECK_OK(pv_hash_of(&scenario, text, strlen(text)));
    CHECK_OK(pv_transcript_begin(&s.sent, &scenario, "a", "server"));
    CHECK_OK(pv_transcript_begin(&s.received, &scenario, "server", "a"));
    if (how == 1) s.received.count = UINT64_MAX; /* it has what was never sent */
    if (how == 2) s.received.hash.byte[0] ^= 1;  /* it has something else */
    if (how == 3) s.sent.count = 1;              /* it sent what never came */
    CHECK_OK(pv_seal_sign(&s, c->party[1].identity, &scenario, how == 4 ? "b" : "server"));
    if (how == 5) s.signature[63] ^= 1;
    pv_seal_encode(out, &s);
}

typedef struct misdeed {
    pv_frame_header header;
    int seal; /* how seal_of makes it, -1: none */
    pv_status status;
    const char *text;
} misdeed;

static void misdeeds(void **state)
{
    (void)state;
    enum { SIZE = PV_SEAL_BYTES };
    static const misdeed all[] = {
        {{UPDATE, 1, 2, 2}, -1, PV_ERR_PEER, "frame 2 came after frame 0"},
        {{UPDATE, 1, UINT64_MAX, 2}, -1, PV_ERR_PEER, "frame 18446744073709551615 came after"},
        {{UPDATE, 1, 0, 2}, -1, PV_ERR_PEER, "can't have number 0"},
        {{UPDATE, 1, 1, UINT64_MAX}, -1, PV_ERR_PEER, "at most 268435456 are taken"},
        {{UPDATE, 1, 1, 0}, -1, PV_ERR_PEER, "the number of tensors"},
        {{UPDATE, 1, 1, 1}, -1, PV_ERR_PEER, "the number of tensors"},
        {{MODEL, 1, 1, 2}, -1, PV_ERR_PEER, "a sent 'model' where 'update' was expected"},
        {{99, 1, 1, 2}, -1, PV_ERR_PEER, "a frame of type 99, which this scheme does not have"},
        {{PV_TYPE_HELLO, 0, 0, 2}, -1, PV_ERR_PEER, "broke the protocol"},
        {{PV_TYPE_WELCOME, 0, 0, 2}, -1, PV_ERR_PEER, "broke the protocol"},
        {{PV_TYPE_PING, 0, 0, 1}, -1, PV_ERR_PEER, "a frame 'ping' of 1 bytes, 0 were expected"},
        {{PV_TYPE_PING, 0, 7, 0}, -1, PV_ERR_PEER, "can't have number 7"},
        {{PV_TYPE_REFUSE, 0, 0, 2}, -1, PV_ERR_PEER, "unknown reason 0"},
        {{PV_TYPE_BYE, 0, 0, PV_BYE_BYTES}, -1, PV_ERR_PEER, "a has finished its part of the run"},
        {{PV_TYPE_SEAL, 1, 1, SIZE}, 1, PV_ERR_PEER, "acknowledges frame 18446744073709551615"},
        {{PV_TYPE_SEAL, 1, 1, SIZE}, 2, PV_ERR_PEER, "another transcript of what was sent to it"},
        {{PV_TYPE_SEAL, 1, 1, SIZE}, 3, PV_ERR_PEER, "does not agree with what came from it"},
        {{PV_TYPE_SEAL, 1, 1, SIZE}, 4, PV_ERR_PEER, "the signature of a over seal does not hold"},
        {{PV_TYPE_SEAL, 1, 1, SIZE}, 5, PV_ERR_PEER, "the signature of a over seal does not hold"},
        {{PV_TYPE_SEAL, 2, 1, SIZE}, 0, PV_ERR_PEER, "is of step 1 in a frame of step 2"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const misdeed *d = &all[i];
        crowd c;
        pv_hub *h = NULL;
        pv_message m;
        uint8_t payload[PV_SEAL_BYTES] = {0};
        crowd_init(&c, 2);
        crowd_tcp(&c, "127.0.0.1");
        CHECK_OK(pv_hub_open(&h, &c.party[0].ctx, &c.party[0].options));
        stranger s = knock(&c);
        say_hello(&s, &c, (int64_t)time(NULL) * 1000);
        CHECK_OK(pv_hub_wait(h, 10));
        if (d->seal >= 0) seal_of(payload, &c, 1, d->seal);
        say(&s, &d->header, d->header.size <= sizeof payload ? payload : NULL);
        if (d->seal >= 0) /* a seal is looked at when something stands behind it */
            say(&s, &(pv_frame_header){.type = UPDATE, .step = 2, .number = 2, .size = 2}, "\0");
        pv_trail_clear();
        pv_status status = pv_recv(&m, h, 0, UPDATE, 10);
        if (status != d->status || strstr(pv_trail_text(), d->text) == NULL)
            fail_msg("misdeed %zu: %s: %s", i, pv_status_name(status), pv_trail_text());
        pv_trail_clear();
        stranger_free(&s);
        pv_hub_free(h);
        crowd_free(&c);
    }
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
        cmocka_unit_test(misdeeds),
        cmocka_unit_test(floods),
        cmocka_unit_test(other_authority),
        cmocka_unit_test(of_this_authority),
        cmocka_unit_test(wrong_role),
        cmocka_unit_test(impostor),
    };
    signal(SIGPIPE, SIG_IGN); /* OpenSSL's own sockets */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
