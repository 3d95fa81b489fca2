/* One of the parties, as it should not be: it ends the run, or its own part of it. */
#include "stranger.h"

#include "view/transcript.h"

#include <signal.h>

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
    int seal; /* how seal_of makes it, -1: none, -2: a refusal to go on */
    const char *text;
} misdeed;

enum { SIZE = PV_SEAL_BYTES };
static const misdeed all[] = {
    {{UPDATE, 1, 2, 2}, -1, "frame 2 came after frame 0"},
    {{UPDATE, 1, UINT64_MAX, 2}, -1, "frame 18446744073709551615 came after"},
    {{UPDATE, 1, 0, 2}, -1, "can't have number 0"},
    {{UPDATE, 1, 1, UINT64_MAX}, -1, "at most 268435456 are taken"},
    {{UPDATE, 1, 1, 0}, -1, "the number of tensors"},
    {{UPDATE, 1, 1, 1}, -1, "the number of tensors"},
    {{MODEL, 1, 1, 2}, -1, "a sent 'model' where 'update' was expected"},
    {{99, 1, 1, 2}, -1, "a frame of type 99, which this scheme does not have"},
    {{PV_TYPE_HELLO, 0, 0, 2}, -1, "broke the protocol"},
    {{PV_TYPE_WELCOME, 0, 0, 2}, -1, "broke the protocol"},
    {{PV_TYPE_PING, 0, 0, 1}, -1, "a frame 'ping' of 1 bytes, 0 were expected"},
    {{PV_TYPE_PING, 0, 7, 0}, -1, "can't have number 7"},
    {{PV_TYPE_REFUSE, 0, 0, 2}, -1, "unknown reason 0"},
    {{PV_TYPE_BYE, 0, 0, PV_BYE_BYTES}, -1, "a has finished its part of the run"},
    {{PV_TYPE_SEAL, 1, 1, SIZE}, 1, "acknowledges frame 18446744073709551615"},
    {{PV_TYPE_SEAL, 1, 1, SIZE}, 2, "another transcript of what was sent to it"},
    {{PV_TYPE_SEAL, 1, 1, SIZE}, 3, "does not agree with what came from it"},
    {{PV_TYPE_SEAL, 1, 1, SIZE}, 4, "the signature of a over seal does not hold"},
    {{PV_TYPE_SEAL, 1, 1, SIZE}, 5, "the signature of a over seal does not hold"},
    {{PV_TYPE_SEAL, 2, 1, SIZE}, 0, "is of step 1 in a frame of step 2"},
    {{PV_TYPE_REFUSE, 0, 0, 0}, -2, "a refuses to go on: for no reason at all"},
};

enum { MISDEEDS = sizeof all / sizeof all[0] };

static void refuse(stranger *s)
{
    pv_bytes b;
    CHECK_OK(pv_refuse_encode(&b, PV_REFUSE_PROTOCOL, "for no reason at all"));
    say(s, &(pv_frame_header){.type = PV_TYPE_REFUSE, .size = b.size}, b.data);
    pv_bytes_clear(&b);
}

/* Client a comes, with its certificate, and does it. */
static stranger misbehave(const crowd *c, pv_hub *h, const misdeed *d)
{
    uint8_t payload[PV_SEAL_BYTES] = {0};
    stranger s = knock(c);
    say_hello(&s, c, (int64_t)time(NULL) * 1000);
    CHECK_OK(pv_hub_wait(h, 10));
    if (d->seal >= 0) seal_of(payload, c, 1, d->seal);
    if (d->seal == -2)
        refuse(&s);
    else
        say(&s, &d->header, d->header.size <= sizeof payload ? payload : NULL);
    if (d->seal >= 0) /* a seal is looked at when something stands behind it */
        say(&s, &(pv_frame_header){.type = UPDATE, .step = 2, .number = 2, .size = 2}, "\0");
    return s;
}

static void expect(pv_hub *h, const misdeed *d)
{
    pv_message m;
    pv_trail_clear();
    pv_status status = pv_recv(&m, h, 0, UPDATE, 10);
    if (status != PV_ERR_PEER || strstr(pv_trail_text(), d->text) == NULL)
        fail_msg("misdeed %zu: %s: %s", (size_t)(d - all), pv_status_name(status), pv_trail_text());
    pv_trail_clear();
}

static void of_who_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < MISDEEDS; i++) {
        crowd c;
        pv_hub *h = NULL;
        crowd_init(&c, 2);
        crowd_tcp(&c, "127.0.0.1");
        CHECK_OK(pv_hub_open(&h, &c.party[0].ctx, &c.party[0].options));
        stranger s = misbehave(&c, h, &all[i]);
        expect(h, &all[i]);
        assert_false(pv_hub_broken(h, 0));
        CHECK_FAILS(pv_commit(h, 1, NULL, 0), PV_ERR_PEER, ""); /* the run is over */
        stranger_free(&s);
        pv_hub_free(h);
        crowd_free(&c);
    }
}

/* ---- expendable */

static void send_one(pv_hub *h, uint16_t type, double x)
{
    pv_part part = {"x", PV_F64, PV_SHAPE(1), &x};
    CHECK_OK(pv_send(h, 0, type, &part, 1));
}

static void *finish(void *hub)
{
    static pv_status status;
    status = pv_hub_finish(hub, 5);
    return &status;
}

/* Both ends of what is left come home. */
static void finish_both(pv_hub *h, pv_hub *b)
{
    pthread_t thread;
    void *theirs;
    assert_int_equal(pthread_create(&thread, NULL, finish, b), 0);
    CHECK_OK(pv_hub_finish(h, 5));
    pthread_join(thread, &theirs);
    assert_int_equal(*(pv_status *)theirs, PV_OK);
}

static void open_spare(crowd *c, pv_hub **h, pv_hub **b)
{
    crowd_init(c, 3);
    crowd_tcp(c, "127.0.0.1");
    c->party[0].peer[0].expendable = 1;
    CHECK_OK(pv_hub_open(h, &c->party[0].ctx, &c->party[0].options));
    CHECK_OK(pv_hub_open(b, &c->party[2].ctx, &c->party[2].options));
}

/* It hears why and is hung up on, and nothing of it is taken; b is served as before. */
static void of_who_is_expendable(void **state)
{
    (void)state;
    for (size_t i = 0; i < MISDEEDS; i++) {
        crowd c;
        pv_hub *h = NULL, *b = NULL;
        pv_message m;
        char why[512];
        open_spare(&c, &h, &b);
        stranger s = misbehave(&c, h, &all[i]);
        expect(h, &all[i]);
        assert_true(pv_hub_broken(h, 0));
        assert_false(pv_hub_broken(h, 1));
        expect(h, &all[i]); /* as often as it is asked for */
        pv_hub_reason(why, sizeof why, h, 0);
        assert_non_null(strstr(why, all[i].text));
        assert_true(stranger_hung_up(&s));
        stranger_free(&s);
        s = knock(&c); /* not even when it comes again */
        say_hello(&s, &c, (int64_t)time(NULL) * 1000);
        assert_true(stranger_hung_up(&s));
        stranger_free(&s);
        CHECK_OK(pv_hub_wait(b, 10));
        pv_hub_set_step(h, 1);
        pv_hub_set_step(b, 1);
        send_one(b, UPDATE, 3.5);
        CHECK_OK(pv_commit(b, 1, NULL, 0));
        CHECK_OK(pv_flush(b));
        CHECK_OK(pv_recv(&m, h, 1, UPDATE, 10));
        pv_message_clear(&m);
        if (i % 2 == 0) CHECK_OK(pv_hub_drop(h, 0, why)); /* else it stays broken */
        CHECK_OK(pv_commit(h, 1, NULL, 0));
        finish_both(h, b);
        assert_false(party_said(&c.party[0], "nothing was heard")); /* not for its silence */
        pv_hub_free(b);
        pv_hub_free(h);
        crowd_free(&c);
    }
}

/* Known already, it comes once more and wants another run: the connection that it had goes, too. */
static void on_another_connection(void **state)
{
    (void)state;
    crowd c;
    pv_hub *h = NULL, *b = NULL;
    pv_message m;
    open_spare(&c, &h, &b);
    stranger s = knock(&c), again;
    say_hello(&s, &c, (int64_t)time(NULL) * 1000);
    CHECK_OK(pv_hub_wait(h, 10));
    const char *agreement = c.party[0].options.agreement;
    c.party[0].options.agreement = "[scenario]\nscheme = sums\nrounds = 4\n";
    again = knock(&c);
    say_hello(&again, &c, (int64_t)time(NULL) * 1000);
    c.party[0].options.agreement = agreement;
    CHECK_FAILS(pv_recv(&m, h, 0, UPDATE, 10), PV_ERR_PEER, "line 3 differs");
    assert_true(stranger_hung_up(&again));
    assert_true(stranger_hung_up(&s));
    CHECK_OK(pv_hub_wait(b, 10));
    finish_both(h, b);
    assert_false(party_said(&c.party[0], "nothing was heard"));
    stranger_free(&s);
    stranger_free(&again);
    pv_hub_free(b);
    pv_hub_free(h);
    crowd_free(&c);
}

/* What comes when all is over, and what its owner alone can judge. */
static void late(void **state)
{
    (void)state;
    for (int judged = 0; judged < 2; judged++) {
        crowd c;
        pv_hub *h = NULL, *b = NULL;
        pv_message m;
        static const misdeed fine = {.header = {UPDATE, 1, 1, 2}, .seal = -1};
        open_spare(&c, &h, &b);
        stranger s = misbehave(&c, h, &fine);
        CHECK_OK(pv_hub_wait(b, 10));
        if (judged) {
            CHECK_OK(pv_hub_break(h, 0, "a counts to three and says four"));
            CHECK_FAILS(pv_recv(&m, h, 0, UPDATE, 1), PV_ERR_PEER, "says four");
            CHECK_OK(pv_hub_break(h, 0, "and five"));
            CHECK_FAILS(pv_recv(&m, h, 0, UPDATE, 1), PV_ERR_PEER, "says four");
            CHECK_FAILS(pv_hub_break(h, 7, "nobody"), PV_ERR_USAGE, "no peer 7");
        }
        finish_both(h, b);
        assert_true(pv_hub_broken(h, 0));
        assert_true(judged || party_said(&c.party[0], "a sent frame 1 that nobody here takes"));
        CHECK_FAILS(pv_hub_break(b, 0, "server asks too much"), PV_ERR_PEER, "asks too much");
        stranger_free(&s);
        pv_hub_free(b);
        pv_hub_free(h);
        crowd_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_who_is_needed),
        cmocka_unit_test(of_who_is_expendable),
        cmocka_unit_test(on_another_connection),
        cmocka_unit_test(late),
    };
    signal(SIGPIPE, SIG_IGN); /* OpenSSL's own sockets */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
