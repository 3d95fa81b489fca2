/* The calls of a hub, one by one, between two ends that one thread drives. */
#include "parties.h"

#include "proxy.h"
#include "stranger.h"

#include "net/handshake.h"
#include "net/hub_i.h"

#include <inttypes.h>

typedef struct pair {
    crowd c;
    pv_hub *a, *b; /* the server; the client */
} pair;

static void open_end(pv_hub **h, party *p)
{
    p->options.recovered = memory_recovered(&p->store);
    CHECK_OK(pv_hub_open(h, &p->ctx, &p->options));
}

static void pair_open(pair *p, int channels)
{
    crowd_init(&p->c, 2);
    if (channels)
        crowd_channels(&p->c);
    else
        crowd_tcp(&p->c, "127.0.0.1");
    for (int i = 0; i < 2; i++) { /* no sign of life repairs a wake-up that was forgotten */
        p->c.party[i].options.heartbeat = 100;
        p->c.party[i].options.silence = 200;
    }
    open_end(&p->a, &p->c.party[0]);
    open_end(&p->b, &p->c.party[1]);
    CHECK_OK(pv_hub_wait(p->a, 20));
    CHECK_OK(pv_hub_wait(p->b, 20));
}

static void pair_free(pair *p)
{
    pv_hub_free(p->b);
    pv_hub_free(p->a);
    crowd_free(&p->c);
}

static void send_one(pv_hub *h, uint16_t type, double x)
{
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    CHECK_OK(pv_send(h, 0, type, &part, 1));
}

static pv_status take_one(pv_hub *h, uint16_t type, double *x)
{
    pv_message m;
    const pv_part *part;
    PV_TRY(pv_recv(&m, h, 0, type, 20));
    pv_status status = pv_parts_get(&part, &m.parts, m.what, "x", PV_F64, PV_SHAPE(1));
    if (status == PV_OK) *x = *(const double *)part->data;
    pv_message_clear(&m);
    return status;
}

static void order(void **state)
{
    (void)state;
    for (int channels = 0; channels < 2; channels++) {
        pair p;
        double x;
        pair_open(&p, channels);
        for (int i = 0; i < 20000; i++) send_one(p.a, i % 3 == 0 ? UPDATE : MODEL, i);
        CHECK_OK(pv_flush(p.a));
        for (int i = 0; i < 20000; i++) {
            CHECK_OK(take_one(p.b, i % 3 == 0 ? UPDATE : MODEL, &x));
            assert_true(x == i);
        }
        pair_free(&p);
    }
}

static void large(void **state)
{
    (void)state;
    pair p;
    pv_message m;
    size_t n = (size_t)13 << 20; /* 104 MiB */
    double *w = malloc(n * sizeof *w);
    pair_open(&p, 0);
    for (size_t i = 0; i < n; i++) w[i] = (double)i;
    pv_part part = {"x", PV_F64, PV_SHAPE((int64_t)n), w};
    CHECK_OK(pv_send(p.a, 0, MODEL, &part, 1));
    memset(w, 0, n * sizeof *w); /* it was copied */
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(pv_recv(&m, p.b, 0, MODEL, 60));
    assert_int_equal(m.parts.count, 1);
    const double *got = m.parts.part[0].data;
    for (size_t i = 0; i < n; i++)
        if (got[i] != (double)i) fail_msg("value %zu is %g", i, got[i]);
    pv_message_clear(&m);
    pv_message_clear(&m);
    free(w);
    pair_free(&p);
}

static void pending(void **state)
{
    (void)state;
    pair p;
    double x;
    pair_open(&p, 1);
    send_one(p.a, MODEL, 1);
    pv_message m;
    CHECK_FAILS(pv_recv(&m, p.b, 0, MODEL, 0.2), PV_ERR_TIMEOUT,
                "nothing came from server within 0.2 s; it is connected");
    assert_int_equal(p.c.party[0].store.flushes, 0);
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(pv_flush(p.a));
    assert_int_equal(p.c.party[0].store.flushes, 1);
    CHECK_OK(take_one(p.b, MODEL, &x));
    /* what the store did not take does not leave */
    send_one(p.a, MODEL, 2);
    p.c.party[0].store.fail_at = 2;
    CHECK_FAILS(pv_flush(p.a), PV_ERR_IO, "crash before");
    CHECK_FAILS(pv_recv(&m, p.b, 0, MODEL, 0.2), PV_ERR_TIMEOUT, "nothing came");
    CHECK_FAILS(pv_recv(&m, p.b, PV_PEER_ANY, 0, 0), PV_ERR_TIMEOUT, "from any peer");
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(take_one(p.b, MODEL, &x));
    assert_true(x == 2);
    pair_free(&p);
}

static void usage(void **state)
{
    (void)state;
    pair p;
    pv_message m;
    double x = 1;
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    pair_open(&p, 1);
    CHECK_FAILS(pv_send(p.a, 1, MODEL, &part, 1), PV_ERR_USAGE, "there is no peer 1");
    CHECK_FAILS(pv_send(p.a, 0, 99, &part, 1), PV_ERR_USAGE, "a message of type 99");
    CHECK_FAILS(pv_send(p.a, 0, PV_TYPE_SEAL, &part, 1), PV_ERR_USAGE, "a message of type 1");
    CHECK_FAILS(pv_recv(&m, p.a, 7, MODEL, 0), PV_ERR_USAGE, "there is no peer 7");
    CHECK_FAILS(pv_note(p.a, PV_VIEW_SENT, MODEL, &part, 1), PV_ERR_USAGE, "derived or published");
    CHECK_FAILS(pv_note(p.a, PV_VIEW_DERIVED, 99, &part, 1), PV_ERR_USAGE, "type 99");
    part.shape = PV_SHAPE(1 << 30);
    CHECK_FAILS(pv_send(p.a, 0, MODEL, &part, 1), PV_ERR_LIMIT, "receivers take at most 268435456");
    assert_int_equal(pv_hub_peers(p.a), 1);
    assert_int_equal(pv_hub_peer_index(p.a, "a"), 0);
    assert_int_equal(pv_hub_peer_index(p.a, "b"), -1);
    assert_string_equal(pv_hub_peer_name(p.b, 0), "server");
    assert_string_equal(pv_hub_peer_name(p.b, 1), "?");
    assert_int_equal(pv_hub_port(p.a), 0);
    pair_free(&p);
}

/* What breaks the protocol ends the run at both ends, with the reason. */
static void wrong_type(void **state)
{
    (void)state;
    pair p;
    double x;
    pair_open(&p, 0);
    send_one(p.a, UPDATE, 1);
    CHECK_OK(pv_flush(p.a));
    CHECK_FAILS(take_one(p.b, MODEL, &x), PV_ERR_PEER,
                "server sent 'update' where 'model' was expected");
    CHECK_FAILS(take_one(p.b, MODEL, &x), PV_ERR_PEER, "server sent 'update'");
    CHECK_FAILS(take_one(p.a, MODEL, &x), PV_ERR_PEER,
                "a refuses to go on: server sent 'update' where 'model' was expected");
    pair_free(&p);
}

/* ---- the scenarios are not the same */
static void mismatch(void **state)
{
    (void)state;
    for (int channels = 0; channels < 2; channels++) {
        pair p;
        crowd_init(&p.c, 2);
        p.c.party[1].options.agreement = "[scenario]\nscheme = sums\nrounds = 4\n";
        if (channels)
            crowd_channels(&p.c);
        else
            crowd_tcp(&p.c, "127.0.0.1");
        open_end(&p.a, &p.c.party[0]);
        open_end(&p.b, &p.c.party[1]);
        CHECK_FAILS(pv_hub_wait(p.a, 20), PV_ERR_MISMATCH,
                    "line 3 differs: 'rounds = 3' here, 'rounds = 4' there");
        CHECK_FAILS(pv_hub_wait(p.b, 20), PV_ERR_MISMATCH,
                    "line 3 differs: 'rounds = 4' here, 'rounds = 3' there");
        pair_free(&p);
    }
}

/* An old copy of a folder was put back: the peer no longer has what is asked for. */
static void old_journal(void **state)
{
    (void)state;
    pair p;
    double x;
    pair_open(&p, 0);
    for (uint64_t step = 1; step <= 2; step++) {
        pv_hub_set_step(p.a, step);
        pv_hub_set_step(p.b, step);
        send_one(p.a, MODEL, (double)step);
        CHECK_OK(pv_flush(p.a));
        CHECK_OK(take_one(p.b, MODEL, &x));
        CHECK_OK(pv_commit(p.b, step, NULL, 0));
        CHECK_OK(pv_flush(p.b));
        CHECK_OK(pv_commit(p.a, step, NULL, 0));
        CHECK_OK(pv_flush(p.a));
    }
    send_one(p.b, UPDATE, 5); /* behind its seals, which are taken with it */
    CHECK_OK(pv_flush(p.b));
    CHECK_OK(take_one(p.a, UPDATE, &x));
    pv_hub_free(p.b);
    memory_clear(&p.c.party[1].store);
    p.c.party[1].options.view = NULL;
    open_end(&p.b, &p.c.party[1]);
    CHECK_FAILS(pv_hub_wait(p.b, 20), PV_ERR_MISMATCH, "journals do not fit: ");
    CHECK_FAILS(take_one(p.a, UPDATE, &x), PV_ERR_MISMATCH,
                "was an older copy of a run's folder put back?");
    pair_free(&p);
}

/* Two ends that dial each other: a HELLO that was written before the other connection carried
 * anything comes late. It ends its own connection and nothing else; the same once more is believed.
 */
static void stale_hello(pair *p)
{
    const party *b = &p->c.party[1];
    uint8_t head[PV_FRAME_HEADER];
    pv_bytes payload = {0}, der = {0};
    CHECK_OK(pv_tls_certificate(&der, pv_identity_certificate(b->identity)));
    pv_hello old = {.certificate = der.data,
                    .certificate_size = der.size,
                    .agreement = (char *)(uintptr_t)b->options.agreement,
                    .clock = pv_hub_clock(),
                    .need = 1,
                    .from = 1};
    snprintf(old.name, sizeof old.name, "%s", b->options.name);
    snprintf(old.role, sizeof old.role, "%s", b->options.role);
    snprintf(old.scheme, sizeof old.scheme, "%s", b->options.scheme);
    CHECK_OK(pv_hello_encode(&payload, &old));
    stranger s = stranger_connect(port_of(p->c.party[0].address));
    assert_true(stranger_tls(&s, b->identity, TLS1_3_VERSION));
    pv_frame_encode(head, &(pv_frame_header){.type = PV_TYPE_HELLO, .size = payload.size});
    assert_int_equal(SSL_write(s.ssl, head, sizeof head), sizeof head);
    assert_int_equal(SSL_write(s.ssl, payload.data, (int)payload.size), payload.size);
    assert_true(stranger_hung_up(&s));
    stranger_free(&s);
    pv_bytes_clear(&payload);
    pv_bytes_clear(&der);
}

static void late_hello(void **state)
{
    (void)state;
    pair p;
    double x;
    pair_open(&p, 0);
    send_one(p.b, UPDATE, 1);
    CHECK_OK(pv_flush(p.b));
    CHECK_OK(take_one(p.a, UPDATE, &x));
    stale_hello(&p);
    send_one(p.b, UPDATE, 2);
    CHECK_OK(pv_flush(p.b));
    CHECK_OK(take_one(p.a, UPDATE, &x));
    assert_true(x == 2);
    stale_hello(&p);
    CHECK_FAILS(take_one(p.a, UPDATE, &x), PV_ERR_MISMATCH, "journals do not fit: ");
    pair_free(&p);
}

/* ---- replay */

static void reopen_a(pair *p)
{
    pv_hub_free(p->a);
    open_end(&p->a, &p->c.party[0]);
    pv_hub_set_step(p->a, p->c.party[0].store.step + 1);
}

static void replay(void **state)
{
    (void)state;
    pair p;
    double x;
    uint64_t value = 7;
    pair_open(&p, 0);
    pv_hub_set_step(p.a, 1);
    assert_false(pv_hub_replaying(p.a));
    assert_false(pv_decided(p.a, &value));
    assert_false(pv_hub_behind(p.a));
    send_one(p.a, MODEL, 1);
    CHECK_OK(pv_decide(p.a, &value));
    CHECK_OK(take_one(p.b, MODEL, &x));

    reopen_a(&p); /* the same again */
    assert_true(pv_hub_replaying(p.a));
    CHECK_OK(pv_hub_wait(p.a, 20));
    assert_true(pv_hub_behind(p.a)); /* a frame and a decision are to be made again */
    send_one(p.a, MODEL, 1);
    assert_true(pv_hub_behind(p.a)); /* the decision */
    value = 99;
    assert_true(pv_decided(p.a, &value));
    assert_int_equal(value, 7);
    value = 99;
    CHECK_OK(pv_decide(p.a, &value));
    assert_int_equal(value, 7);
    assert_false(pv_decided(p.a, &value));
    assert_false(pv_hub_behind(p.a));
    send_one(p.a, MODEL, 2);
    CHECK_OK(pv_commit(p.a, 1, NULL, 0));
    assert_false(pv_hub_replaying(p.a));
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(take_one(p.b, MODEL, &x));
    assert_true(x == 2); /* the first did not come twice */

    reopen_a(&p);
    assert_false(pv_hub_replaying(p.a));
    send_one(p.a, MODEL, 3);
    value = 1;
    CHECK_OK(pv_decide(p.a, &value));

    reopen_a(&p); /* something else than before */
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    x = 4;
    CHECK_FAILS(pv_send(p.a, 0, MODEL, &part, 1), PV_ERR_RUN, "steps must be deterministic");

    reopen_a(&p); /* or less */
    CHECK_FAILS(pv_commit(p.a, 2, NULL, 0), PV_ERR_RUN, "steps must be deterministic");

    reopen_a(&p); /* or no decision */
    send_one(p.a, MODEL, 3);
    CHECK_FAILS(pv_commit(p.a, 2, NULL, 0), PV_ERR_RUN, "made 1 decisions, before 2");
    pair_free(&p);
}

/* ---- giving up */
static void drop(void **state)
{
    (void)state;
    pair p;
    double x = 1;
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    pv_message m;
    pair_open(&p, 0);
    pv_hub_set_step(p.a, 1);
    CHECK_OK(pv_hub_drop(p.a, 0, "no answer for 60 s"));
    assert_true(pv_hub_dropped(p.a, 0));
    CHECK_FAILS(pv_send(p.a, 0, MODEL, &part, 1), PV_ERR_USAGE, "a was given up");
    CHECK_FAILS(pv_recv(&m, p.a, 0, MODEL, 1), PV_ERR_USAGE, "a was given up");
    assert_true(party_said(&p.c.party[0],
                           "warning: a is given up for the rest of the run: no answer for 60 s"));
    CHECK_FAILS(take_one(p.b, MODEL, &x), PV_ERR_AUTH,
                "server refuses to go on: it was given up: no answer for 60 s");
    CHECK_OK(pv_commit(p.a, 1, NULL, 0));
    CHECK_OK(pv_flush(p.a));
    /* It stays so. */
    reopen_a(&p);
    assert_true(pv_hub_dropped(p.a, 0));
    pv_hub_free(p.b);
    open_end(&p.b, &p.c.party[1]);
    CHECK_FAILS(pv_hub_wait(p.b, 20), PV_ERR_AUTH,
                "server refuses this party: it was given up for the rest of the run");
    CHECK_OK(pv_hub_finish(p.a, 1)); /* with nobody left */
    pair_free(&p);
}

/* ---- more than a window */

static void *take_steps(void *arg)
{
    party *p = arg;
    pv_hub *h = NULL;
    double x;
    p->status = pv_hub_open(&h, NULL, &p->options);
    if (p->status == PV_OK) p->status = pv_hub_wait(h, 20);
    for (uint64_t step = 1; step <= 40 && p->status == PV_OK; step++) {
        pv_hub_set_step(h, step);
        pv_message m;
        p->status = pv_recv(&m, h, 0, MODEL, 20);
        if (p->status == PV_OK) x = *(const double *)m.parts.part[0].data;
        if (p->status == PV_OK && x != (double)step) p->status = PV_ERR_NUMERIC;
        pv_message_clear(&m);
        if (p->status == PV_OK) p->status = pv_commit(h, step, NULL, 0);
    }
    if (p->status == PV_OK) p->status = pv_hub_finish(h, 20);
    snprintf(p->trail, sizeof p->trail, "%s", pv_trail_text());
    pv_hub_free(h);
    return NULL;
}

static void window(void **state)
{
    (void)state;
    crowd c;
    pv_hub *h = NULL;
    enum { N = 100000 };
    double *w = calloc(N, sizeof *w);
    pv_part part = {"x", PV_F64, PV_SHAPE(N), w};
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    c.party[0].options.window = c.party[1].options.window = 2000000; /* two and a half messages */
    open_end(&h, &c.party[0]);
    pthread_create(&c.party[1].thread, NULL, take_steps, &c.party[1]);
    CHECK_OK(pv_hub_wait(h, 20));
    for (uint64_t step = 1; step <= 40; step++) {
        pv_hub_set_step(h, step);
        w[0] = (double)step;
        CHECK_OK(pv_send(h, 0, MODEL, &part, 1));
        CHECK_OK(pv_commit(h, step, NULL, 0));
        CHECK_OK(pv_flush(h));
        size_t kept = 0;
        for (size_t i = 0; i < c.party[0].store.frames; i++) kept += c.party[0].store.frame[i].size;
        assert_true(kept < 4 * N * sizeof *w);
    }
    CHECK_OK(pv_hub_finish(h, 20));
    pthread_join(c.party[1].thread, NULL);
    if (c.party[1].status != PV_OK) print_error("%s\n", c.party[1].trail);
    assert_int_equal(c.party[1].status, PV_OK);
    pv_hub_free(h);
    free(w);
    crowd_free(&c);
}

/* A peer that never seals does not hold the sender for ever. */
static void never_sealed(void **state)
{
    (void)state;
    pair p;
    double before, w[1000] = {0};
    pv_part part = {"x", PV_F64, PV_SHAPE(1000), w};
    crowd_init(&p.c, 2);
    crowd_tcp(&p.c, "127.0.0.1");
    p.c.party[0].options.window = 20000;
    p.c.party[0].peer[0].patience = 0.3;
    open_end(&p.a, &p.c.party[0]);
    open_end(&p.b, &p.c.party[1]);
    CHECK_OK(pv_hub_wait(p.a, 20));
    before = pv_clock_seconds();
    for (uint64_t step = 1; step <= 3; step++) { /* two fit, and the third may begin */
        pv_hub_set_step(p.a, step);
        CHECK_OK(pv_send(p.a, 0, MODEL, &part, 1));
        CHECK_OK(pv_commit(p.a, step, NULL, 0));
    }
    pv_hub_set_step(p.a, 4);
    CHECK_FAILS(pv_send(p.a, 0, MODEL, &part, 1), PV_ERR_TIMEOUT,
                "a has not taken what it was sent within 0.3 s");
    assert_true(pv_clock_seconds() - before < 10);
    pair_free(&p);
}

/* Messages without a byte of data take memory, too: no more of them are read than fit. */
static void empty_ones(void **state)
{
    (void)state;
    pair p;
    pv_message m;
    pv_hub_traffic t[4];
    enum { N = 4000, WINDOW = 100000 };
    crowd_init(&p.c, 2);
    crowd_tcp(&p.c, "127.0.0.1");
    p.c.party[1].options.window = WINDOW;
    open_end(&p.a, &p.c.party[0]);
    open_end(&p.b, &p.c.party[1]);
    CHECK_OK(pv_hub_wait(p.a, 20));
    CHECK_OK(pv_hub_wait(p.b, 20));
    for (int i = 0; i < N; i++) CHECK_OK(pv_send(p.a, 0, MODEL, NULL, 0));
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(pv_recv(&m, p.b, 0, MODEL, 20));
    pv_message_clear(&m);
    usleep(300000);
    pv_hub_traffic_of(p.b, 0, t);
    assert_in_range(t[2].received_count, 10, WINDOW / 100);
    for (int i = 1; i < N; i++) {
        CHECK_OK(pv_recv(&m, p.b, 0, MODEL, 20));
        pv_message_clear(&m);
    }
    pair_free(&p);
}

/* ---- what it cost */
static void traffic(void **state)
{
    (void)state;
    pair p;
    double x;
    pv_hub_traffic t[4], u[4];
    pair_open(&p, 0);
    pv_hub_set_step(p.a, 1);
    send_one(p.a, MODEL, 1);
    CHECK_OK(pv_commit(p.a, 1, NULL, 0));
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(take_one(p.b, MODEL, &x));
    send_one(p.b, UPDATE, 1);
    CHECK_OK(pv_flush(p.b));
    CHECK_OK(take_one(p.a, UPDATE, &x));
    assert_int_equal(pv_hub_traffic_types(p.a), 4);
    pv_hub_traffic_of(p.a, 0, t);
    pv_hub_traffic_of(p.b, 0, u);
    assert_int_equal(t[1].type, PV_TYPE_SEAL);
    assert_int_equal(t[1].sent_count, 1);
    assert_int_equal(t[1].sent_bytes, 32 + PV_SEAL_BYTES);
    assert_int_equal(t[2].type, MODEL);
    assert_int_equal(t[2].sent_count, 1);
    assert_int_equal(t[2].sent_bytes, 32 + 24);
    assert_int_equal(t[2].received_count, 0);
    assert_int_equal(u[2].received_bytes, 32 + 24);
    assert_int_equal(t[3].received_bytes, u[3].sent_bytes);
    assert_true(t[0].sent_bytes > 500 && t[0].sent_bytes < 20000); /* TLS, HELLO */
    pv_hub_seconds s = pv_hub_seconds_of(p.a);
    assert_true(s.channel > 0 && s.view > 0 && s.waiting > 0 && s.journal >= 0);
    CHECK_OK(pv_commit(p.a, 2, NULL, 0));
    CHECK_OK(pv_flush(p.a));
    reopen_a(&p);
    pv_hub_traffic_of(p.a, 0, u);
    assert_int_equal(u[2].sent_count, 1); /* as committed */
    pair_free(&p);
}

/* ---- ways to reach each other */

static void version6(void **state)
{
    (void)state;
    crowd c;
    pv_hub *probe = NULL;
    crowd_init(&c, 3);
    pv_hub_options o = c.party[0].options;
    o.view = NULL;
    o.listen = "[::1]:0";
    if (pv_hub_open(&probe, NULL, &o) != PV_OK) {
        print_message("skipped: no IPv6 on this machine\n");
        crowd_free(&c);
        return;
    }
    pv_hub_free(probe);
    crowd_tcp(&c, "[::1]");
    crowd_run(&c);
    crowd_free(&c);
}

/* Each has an address of the other. */
static void mutual(void **state)
{
    (void)state;
    crowd c;
    char address[64];
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    snprintf(address, sizeof address, "%s", c.party[0].address);
    crowd_tcp(&c, "127.0.0.1"); /* another port */
    c.party[1].options.listen = address;
    c.party[0].peer[0].address = address;
    crowd_run(&c);
    crowd_free(&c);
}

static void nobody(void **state)
{
    (void)state;
    crowd c;
    pv_hub *h = NULL;
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    open_end(&h, &c.party[1]);
    CHECK_FAILS(pv_hub_wait(h, 0.5), PV_ERR_TIMEOUT,
                "not there after 0.5 s: server (never heard of, dialling 127.0.0.1:");
    CHECK_FAILS(pv_hub_wait(h, 0.1), PV_ERR_TIMEOUT, "Connection refused");
    double x = 1;
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    CHECK_FAILS(pv_send(h, 0, MODEL, &part, 1), PV_ERR_USAGE,
                "the view can't begin before server has shown its certificate");
    pv_hub_free(h);
    crowd_free(&c);
}

/* ---- what the store gives back */

static void positions(void **state)
{
    (void)state;
    pair p;
    double x;
    pv_hub *h = NULL;
    pair_open(&p, 0);
    memory_store *s = &p.c.party[0].store;
    pv_hub_set_step(p.a, 1);
    send_one(p.a, MODEL, 1);
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(take_one(p.b, MODEL, &x));
    CHECK_OK(pv_commit(p.a, 1, "state", 5));
    CHECK_OK(pv_flush(p.a));
    pv_hub_free(p.a);
    p.a = NULL;
    pv_hub_options o = p.c.party[0].options;
    o.listen = NULL;
    for (size_t n = 0; n < s->hub_size; n++) {
        o.recovered = memory_recovered(s);
        o.recovered.hub_size = n;
        assert_int_not_equal(pv_hub_open(&h, NULL, &o), PV_OK);
        assert_null(h);
    }
    o.recovered = memory_recovered(s);
    o.recovered.frames--;
    CHECK_FAILS(pv_hub_open(&h, NULL, &o), PV_ERR_FORMAT, "says that 2 were made");
    o.recovered = memory_recovered(s);
    o.recovered.frame++;
    o.recovered.frames--;
    CHECK_FAILS(pv_hub_open(&h, NULL, &o), PV_ERR_FORMAT, "frame 2 for a where frame 1 was");
    o.recovered = memory_recovered(s);
    ((uint8_t *)s->frame[0].payload)[20] ^= 1;
    CHECK_FAILS(pv_hub_open(&h, NULL, &o), PV_ERR_FORMAT, "are not those that were sent");
    ((uint8_t *)s->frame[0].payload)[20] ^= 1;
    s->hub[12 + 4] ^= 1; /* the peer's name */
    CHECK_FAILS(pv_hub_open(&h, NULL, &o), PV_ERR_MISMATCH, "where 'a' was expected");
    s->hub[12 + 4] ^= 1;
    CHECK_OK(pv_hub_open(&h, NULL, &o));
    pv_hub_free(h);
    pair_free(&p);
}

static void exhausted(void **state)
{
    (void)state;
    pair p;
    double x;
    pv_status status;
    pair_open(&p, 0);
    send_one(p.a, MODEL, 1);
    CHECK_OK(pv_flush(p.a));
    CHECK_OK(take_one(p.b, MODEL, &x));
    CHECK_OK(pv_commit(p.a, 1, "state", 5));
    CHECK_OK(pv_flush(p.a));
    pv_hub_free(p.a);
    pv_hub_free(p.b); /* the other's thread would take part in the count */
    p.a = p.b = NULL;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
        uint64_t value = 3;
        pv_hub *h = NULL;
        memory_store *s = &p.c.party[0].store;
        pv_hub_options o = p.c.party[0].options;
        o.recovered = memory_recovered(s);
        o.store.flush = NULL;
        status = pv_hub_open(&h, NULL, &o);
        if (status == PV_OK) status = pv_send(h, 0, MODEL, &part, 1);
        if (status == PV_OK) status = pv_note(h, PV_VIEW_DERIVED, MODEL, &part, 1);
        if (status == PV_OK) status = pv_decide(h, &value);
        if (status == PV_OK) status = pv_commit(h, 2, "state", 5);
        if (status == PV_OK) status = pv_flush(h);
        pv_hub_free(h);
    }
    pair_free(&p);
}

/* ---- through an HTTP proxy */

typedef struct http_proxy {
    int listener;
    char address[64], asked[512];
    pthread_t thread;
} http_proxy;

static void *http_answer(void *arg)
{
    http_proxy *p = arg;
    int from = accept(p->listener, NULL, NULL), done = 0;
    for (size_t n = 0; !done && n + 1 < sizeof p->asked; n++) {
        if (recv(from, p->asked + n, 1, 0) != 1) break;
        done = n >= 3 && memcmp(p->asked + n - 3, "\r\n\r\n", 4) == 0;
    }
    int to = -1;
    for (int i = 0; i < 500 && to < 0; i++) { /* the server may be late to listen */
        to = proxy_dial(atoi(strchr(p->asked, ':') + 1));
        if (to < 0) usleep(10000);
    }
    proxy_all(from, "HTTP/1.1 200 Connection established\r\n\r\n", 39);
    proxy wire = {.faulty = 0};
    proxy_direction there = {&wire, from, to, 0, 0}, back = {&wire, to, from, 1, 0};
    pthread_t other;
    pthread_create(&other, NULL, proxy_pump, &back);
    proxy_pump(&there);
    pthread_join(other, NULL);
    close(from);
    close(to);
    return NULL;
}

static void through_proxy(void **state)
{
    (void)state;
    crowd c;
    http_proxy p = {0};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    p.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p.listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p.listener, 4), 0);
    getsockname(p.listener, (struct sockaddr *)&at, &size);
    snprintf(p.address, sizeof p.address, "127.0.0.1:%d", ntohs(at.sin_port));
    pthread_create(&p.thread, NULL, http_answer, &p);
    crowd_init(&c, 2);
    crowd_tcp(&c, "127.0.0.1");
    c.party[1].options.proxy = p.address;
    crowd_run(&c);
    pthread_join(p.thread, NULL);
    char expected[128];
    snprintf(expected, sizeof expected, "CONNECT %s HTTP/1.1\r\nHost: ", c.party[0].address);
    assert_memory_equal(p.asked, expected, strlen(expected));
    close(p.listener);
    crowd_free(&c);
}

static int cancelled(void *user)
{
    (void)user;
    return 1;
}

static void cancel(void **state)
{
    (void)state;
    pair p;
    pv_message m;
    pair_open(&p, 1);
    p.c.party[0].ctx.cancelled = cancelled;
    CHECK_FAILS(pv_recv(&m, p.a, 0, MODEL, -1), PV_ERR_CANCELLED, "");
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),         cmocka_unit_test(large),
        cmocka_unit_test(pending),       cmocka_unit_test(usage),
        cmocka_unit_test(wrong_type),    cmocka_unit_test(mismatch),
        cmocka_unit_test(old_journal),   cmocka_unit_test(late_hello),
        cmocka_unit_test(replay),        cmocka_unit_test(drop),
        cmocka_unit_test(window),        cmocka_unit_test(traffic),
        cmocka_unit_test(version6),      cmocka_unit_test(mutual),
        cmocka_unit_test(nobody),        cmocka_unit_test(cancel),
        cmocka_unit_test(positions),     cmocka_unit_test(exhausted),
        cmocka_unit_test(through_proxy), cmocka_unit_test(never_sealed),
        cmocka_unit_test(empty_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
