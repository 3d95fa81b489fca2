/* What the boundary refuses: peers' messages that are too short, out of range, or the result of
 * something else than the protocol; calls out of order; gradients beyond the bounds; states of
 * another boundary; and memory running out anywhere. */
#include "vertical_pair.h"

#include <inttypes.h>

enum { ROWS = 4, D = 5, C = 3 };

static pv_paillier_sk *key;

/* A pair in the middle of a step: scores read, gradients ready. */
typedef struct scene {
    pair p;
    float a[ROWS * D];
    double z[ROWS * C], g[ROWS * C], da[ROWS * D];
} scene;

static void half_way(scene *t, const pv_boundary_settings *s)
{
    pv_rng r = pv_rng_make(8, 8);
    pair_open(&t->p, s, key, 1, NULL);
    pair_activations(t->a, ROWS * D, 4, &r);
    for (int i = 0; i < ROWS * C; i++) t->g[i] = (i % C == 0 ? -0.2 : 0.1);
    pair_predict(&t->p, t->z, t->a, ROWS);
}

/* Message `in` shortened, lengthened, empty: refused by `call`, which reads it from `bad`. */
#define REFUSES_SIZES(in, call)                                                                    \
    do {                                                                                           \
        pv_bytes bad = (in);                                                                       \
        bad.size--;                                                                                \
        CHECK_FAILS(call, PV_ERR_PEER, "do both parties have the same scenario");                  \
        bad.size = 0;                                                                              \
        CHECK_FAILS(call, PV_ERR_PEER, "m: 0 bytes, expected");                                    \
        bad.size = (in).size / 2;                                                                  \
        CHECK_FAILS(call, PV_ERR_PEER, "m: ");                                                     \
    } while (0)

/* One number of the message, of `size` bytes, replaced by zero and by the largest there is. */
#define REFUSES_NUMBERS(in, bytes, zero, call)                                                     \
    do {                                                                                           \
        uint8_t kept[1024];                                                                        \
        pv_bytes bad = (in);                                                                       \
        uint8_t *last = bad.data + bad.size - (bytes);                                             \
        memcpy(kept, last, (bytes));                                                               \
        memset(last, 0xFF, (bytes));                                                               \
        CHECK_FAILS(call, PV_ERR_PEER, "m: ");                                                     \
        if (zero) {                                                                                \
            memset(last, 0, (bytes));                                                              \
            CHECK_FAILS(call, PV_ERR_PEER, "m: ");                                                 \
        }                                                                                          \
        memcpy(last, kept, (bytes));                                                               \
    } while (0)

enum { CIPHER = 512, RESIDUE = 256 };

static void messages(void **state)
{
    (void)state;
    scene t;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small();
    pv_bytes out, more;
    half_way(&t, &s);
    REFUSES_SIZES(p->samples,
                  pv_passive_scores(&out, p->passive, bad.data, bad.size, ROWS, "m", &p->rp));
    REFUSES_NUMBERS(p->samples, CIPHER, 1,
                    pv_passive_scores(&out, p->passive, bad.data, bad.size, ROWS, "m", &p->rp));
    pair_messages(p);
    CHECK_OK(pv_active_send_samples(&p->samples, p->active, t.a, ROWS, &p->ra));
    CHECK_OK(pv_passive_scores(&p->scores, p->passive, p->samples.data, p->samples.size, ROWS, "m",
                               &p->rp));
    REFUSES_SIZES(p->scores, pv_active_open(&out, p->active, bad.data, bad.size, "m"));
    REFUSES_NUMBERS(p->scores, CIPHER, 1, pv_active_open(&out, p->active, bad.data, bad.size, "m"));
    CHECK_OK(pv_active_open(&p->opened, p->active, p->scores.data, p->scores.size, "m"));
    REFUSES_SIZES(p->opened, pv_passive_logits(t.z, p->passive, bad.data, bad.size, "m"));
    REFUSES_NUMBERS(p->opened, RESIDUE, 0,
                    pv_passive_logits(t.z, p->passive, bad.data, bad.size, "m"));
    CHECK_OK(pv_passive_logits(t.z, p->passive, p->opened.data, p->opened.size, "m"));
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    pv_bytes shares = p->shares, features = p->features;
    REFUSES_SIZES(features, pv_passive_gradients(&out, &more, p->passive, bad.data, bad.size,
                                                 shares.data, shares.size, t.g, NULL, "m", &p->rp));
    REFUSES_NUMBERS(features, CIPHER, 1,
                    pv_passive_gradients(&out, &more, p->passive, bad.data, bad.size, shares.data,
                                         shares.size, t.g, NULL, "m", &p->rp));
    REFUSES_SIZES(shares,
                  pv_passive_gradients(&out, &more, p->passive, features.data, features.size,
                                       bad.data, bad.size, t.g, NULL, "m", &p->rp));
    REFUSES_NUMBERS(shares, CIPHER, 1,
                    pv_passive_gradients(&out, &more, p->passive, features.data, features.size,
                                         bad.data, bad.size, t.g, NULL, "m", &p->rp));
    assert_true(out.data == NULL && more.data == NULL);
    CHECK_OK(pv_passive_gradients(&p->d, &p->x, p->passive, features.data, features.size,
                                  shares.data, shares.size, t.g, NULL, "m", &p->rp));
    REFUSES_SIZES(p->x, pv_active_gradient(t.da, p->active, bad.data, bad.size, "m"));
    REFUSES_NUMBERS(p->x, CIPHER, 1, pv_active_gradient(t.da, p->active, bad.data, bad.size, "m"));
    REFUSES_SIZES(p->d,
                  pv_active_update(&out, &more, p->active, bad.data, bad.size, 0.1, "m", &p->ra));
    REFUSES_NUMBERS(p->d, CIPHER, 1,
                    pv_active_update(&out, &more, p->active, bad.data, bad.size, 0.1, "m", &p->ra));
    CHECK_OK(pv_active_gradient(t.da, p->active, p->x.data, p->x.size, "m"));
    CHECK_OK(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra));
    pv_bytes u = p->u, step = p->s;
    REFUSES_SIZES(
        u, pv_passive_update(p->passive, bad.data, bad.size, step.data, step.size, 0.1, "m"));
    REFUSES_NUMBERS(
        u, RESIDUE, 0,
        pv_passive_update(p->passive, bad.data, bad.size, step.data, step.size, 0.1, "m"));
    REFUSES_SIZES(step,
                  pv_passive_update(p->passive, u.data, u.size, bad.data, bad.size, 0.1, "m"));
    CHECK_OK(pv_passive_update(p->passive, u.data, u.size, step.data, step.size, 0.1, "m"));
    pair_close(p);
}

/* Well-formed numbers that are not what the protocol gives. */
static void other_numbers(void **state)
{
    (void)state;
    scene t;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small();
    const pv_paillier_pk *pk = pv_paillier_public(key);
    uint64_t plain[TEST_PAILLIER_LIMBS] = {0}, cipher[2 * TEST_PAILLIER_LIMBS];
    half_way(&t, &s);
    pair_messages(p);
    CHECK_OK(pv_active_send_samples(&p->samples, p->active, t.a, ROWS, &p->ra));
    CHECK_OK(pv_passive_scores(&p->scores, p->passive, p->samples.data, p->samples.size, ROWS, "m",
                               &p->rp));
    CHECK_OK(pv_active_open(&p->opened, p->active, p->scores.data, p->scores.size, "m"));
    /* the peer adds 2^2000 to a masked score */
    uint8_t *byte = p->opened.data + 250;
    *byte = (uint8_t)(*byte + 1);
    CHECK_FAILS(pv_passive_logits(t.z, p->passive, p->opened.data, p->opened.size, "m"),
                PV_ERR_PEER, "m: a score does not fit its slot");
    *byte = (uint8_t)(*byte - 1);
    CHECK_OK(pv_passive_logits(t.z, p->passive, p->opened.data, p->opened.size, "m"));
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    CHECK_OK(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                                  p->shares.data, p->shares.size, t.g, NULL, "m", &p->rp));
    /* a gradient that is not one: an encryption of 2^2000 */
    plain[31] = (uint64_t)1 << 16;
    CHECK_OK(pv_paillier_encrypt(cipher, pk, plain, 1, &p->rp, NULL));
    pv_bytes x = {pv_alloc(p->x.size, 1), p->x.size};
    assert_non_null(x.data);
    memcpy(x.data, p->x.data, x.size);
    pv_paillier_cipher_store(x.data, cipher, 1, pk);
    CHECK_FAILS(pv_active_gradient(t.da, p->active, x.data, x.size, "m"), PV_ERR_PEER,
                "m: a gradient does not fit its slot");
    pv_bytes_clear(&x);
    CHECK_OK(pv_active_gradient(t.da, p->active, p->x.data, p->x.size, "m"));
    CHECK_OK(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra));
    const pv_wide before = pv_passive_share(p->passive)[0];
    byte = p->u.data + 250;
    *byte = (uint8_t)(*byte + 1);
    CHECK_FAILS(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"),
                PV_ERR_PEER, "m: a number does not fit its slot");
    *byte = (uint8_t)(*byte - 1);
    /* a share that would leave its width: S = 2^(8·bytes - 2) */
    uint8_t step = p->s.data[p->b.share_bytes - 1];
    p->s.data[p->b.share_bytes - 1] = 0x40;
    CHECK_FAILS(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"),
                PV_ERR_PEER, "m: a share would be wider than");
    p->s.data[p->b.share_bytes - 1] = step;
    assert_memory_equal(&before, &pv_passive_share(p->passive)[0], sizeof before);
    CHECK_OK(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"));
    pair_close(p);
}

static void setup(void **state)
{
    (void)state;
    pair p;
    pv_boundary_settings s = pair_small();
    pv_bytes start, none;
    double init[C * D] = {0}, z[ROWS * C];
    float a[ROWS * D] = {0};
    pair_make(&p, &s, key, 3);
    CHECK_FAILS(pv_active_send_samples(&none, p.active, a, ROWS, &p.ra), PV_ERR_USAGE,
                "has no share yet");
    CHECK_FAILS(pv_passive_scores(&none, p.passive, a, 1, ROWS, "m", &p.rp), PV_ERR_USAGE,
                "has no share yet");
    CHECK_FAILS(pv_active_setup(&start, p.active, 1, NULL, &p.ra), PV_ERR_RANGE,
                "would be as large as 2.44949, the bounds were worked out for 2; raise `initial`");
    CHECK_FAILS(pv_active_setup(&start, p.active, (double)NAN, NULL, &p.ra), PV_ERR_RANGE,
                "initial weights");
    init[7] = -2.01;
    CHECK_FAILS(pv_active_setup(&start, p.active, 0, init, &p.ra), PV_ERR_RANGE,
                "initial weight 7 is -2.01");
    init[7] = (double)NAN;
    CHECK_FAILS(pv_active_setup(&start, p.active, 0, init, &p.ra), PV_ERR_RANGE, "weight 7 is nan");
    CHECK_OK(pv_active_setup(&start, p.active, 0.3, NULL, &p.ra));
    CHECK_FAILS(pv_active_setup(&none, p.active, 0.3, NULL, &p.ra), PV_ERR_USAGE, "already");
    CHECK_FAILS(
        pv_passive_setup(p.passive, start.data, start.size - 1, 0.3, 0, "start from shop", &p.rp),
        PV_ERR_PEER, "start from shop: ");
    CHECK_FAILS(pv_passive_setup(p.passive, start.data, start.size, 1, 0, "m", &p.rp), PV_ERR_RANGE,
                "raise `initial`");
    uint8_t kept = start.data[start.size - 1];
    start.data[start.size - 1] = 0x40;
    CHECK_FAILS(pv_passive_setup(p.passive, start.data, start.size, 0.3, 0, "m", &p.rp),
                PV_ERR_PEER, "m: a share is wider than the");
    start.data[start.size - 1] = kept;
    CHECK_OK(pv_passive_setup(p.passive, start.data, start.size, 0.3, 0, "m", &p.rp));
    CHECK_FAILS(pv_passive_setup(p.passive, start.data, start.size, 0.3, 0, "m", &p.rp),
                PV_ERR_USAGE, "already");
    pair_predict(&p, z, a, ROWS);
    pv_bytes_clear(&start);
    pair_close(&p);
    /* a key of another size than the scenario's */
    pv_active *active;
    pv_passive *passive;
    pv_boundary b;
    s.bits = 3072;
    CHECK_OK(pv_boundary_init(&b, &s));
    CHECK_FAILS(pv_active_new(&active, &b, key, NULL), PV_ERR_MISMATCH,
                "the key has 2048 bits, the scenario says 3072");
    pv_csprng_test(&p.rp, 1);
    CHECK_FAILS(pv_passive_new(&passive, &b, pv_paillier_public(key), 1, &p.rp, NULL),
                PV_ERR_MISMATCH, "the key has 2048 bits");
}

/* Nothing is decrypted, and no mask used, twice. */
static void turns(void **state)
{
    (void)state;
    scene t;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small();
    pv_bytes out, more;
    s.steps = 1;
    half_way(&t, &s);
    CHECK_FAILS(pv_active_open(&out, p->active, p->scores.data, p->scores.size, "m"), PV_ERR_USAGE,
                "opening scores was done already for this batch");
    CHECK_FAILS(pv_passive_logits(t.z, p->passive, p->opened.data, p->opened.size, "m"),
                PV_ERR_USAGE, "reading scores was done already");
    CHECK_FAILS(pv_active_gradient(t.da, p->active, NULL, 0, "m"), PV_ERR_USAGE,
                "reading a gradient comes before what it needs");
    CHECK_FAILS(pv_active_update(&out, &more, p->active, NULL, 0, 0.1, "m", &p->ra), PV_ERR_USAGE,
                "updating the weights comes before");
    CHECK_FAILS(pv_passive_update(p->passive, NULL, 0, NULL, 0, 0.1, "m"), PV_ERR_USAGE,
                "updating the weights comes before");
    CHECK_FAILS(pv_active_send_samples(&out, p->active, t.a, 0, &p->ra), PV_ERR_USAGE,
                "a batch of 0 rows, expected 1 to 4");
    CHECK_FAILS(pv_active_send_samples(&out, p->active, t.a, 5, &p->ra), PV_ERR_USAGE,
                "a batch of 5 rows");
    CHECK_FAILS(
        pv_passive_scores(&out, p->passive, p->samples.data, p->samples.size, 5, "m", &p->rp),
        PV_ERR_USAGE, "a batch of 5 rows");
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    CHECK_FAILS(pv_active_send_rest(&out, &more, p->active, &p->ra), PV_ERR_USAGE,
                "sending the rest of a step was done already");
    pv_writer w = pv_writer_make("half", 1 << 16);
    CHECK_FAILS(pv_active_save(p->active, &w), PV_ERR_USAGE, "a batch is under way");
    CHECK_OK(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                                  p->shares.data, p->shares.size, t.g, NULL, "m", &p->rp));
    CHECK_FAILS(pv_passive_save(p->passive, &w), PV_ERR_USAGE, "a batch is under way");
    CHECK_FAILS(pv_passive_gradients(&out, &more, p->passive, p->features.data, p->features.size,
                                     p->shares.data, p->shares.size, t.g, NULL, "m", &p->rp),
                PV_ERR_USAGE, "sending gradients was done already");
    const double rates[] = {0.11, -0.01, (double)NAN};
    for (int i = 0; i < 3; i++) {
        CHECK_FAILS(
            pv_active_update(&out, &more, p->active, p->d.data, p->d.size, rates[i], "m", &p->ra),
            PV_ERR_USAGE, "the bounds were worked out for rates from 0 to 0.1");
        CHECK_FAILS(pv_passive_update(p->passive, NULL, 0, NULL, 0, rates[i], "m"), PV_ERR_USAGE,
                    "the bounds were worked out for rates");
    }
    CHECK_OK(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra));
    CHECK_FAILS(pv_active_update(&out, &more, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra),
                PV_ERR_USAGE, "updating the weights was done already");
    CHECK_OK(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"));
    CHECK_FAILS(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"),
                PV_ERR_USAGE, "updating the weights was done already");
    /* one step was announced: the next has no bounds */
    pair_predict(p, t.z, t.a, ROWS);
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    CHECK_OK(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                                  p->shares.data, p->shares.size, t.g, NULL, "m", &p->rp));
    CHECK_FAILS(pv_active_update(&out, &more, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra),
                PV_ERR_USAGE, "the bounds were worked out for 1 steps, all done");
    CHECK_FAILS(pv_passive_update(p->passive, NULL, 0, NULL, 0, 0.1, "m"), PV_ERR_USAGE,
                "the bounds were worked out for 1 steps");
    pair_close(p);
}

static void gradients(void **state)
{
    (void)state;
    scene t;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small();
    double bad[ROWS * C];
    pv_bytes out, more;
    half_way(&t, &s);
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
#define GRADIENTS(clean, shown)                                                                    \
    pv_passive_gradients(&out, &more, p->passive, p->features.data, p->features.size,              \
                         p->shares.data, p->shares.size, clean, shown, "m", &p->rp)
    const struct {
        double value;
        const char *text;
    } entry[] = {
        {0.2501, "larger than the bounds were worked out for (1/4 in each entry, 2"},
        {-0.2501, "larger than the bounds"},
        {1e300, "larger than the bounds"},
        {(double)NAN, "not a finite number"},
        {(double)-INFINITY, "not a finite number"},
    };
    for (size_t i = 0; i < sizeof entry / sizeof entry[0]; i++) {
        memcpy(bad, t.g, sizeof bad);
        bad[ROWS * C - 1] = entry[i].value;
        CHECK_FAILS(GRADIENTS(bad, NULL), PV_ERR_NUMERIC, entry[i].text);
        CHECK_FAILS(GRADIENTS(t.g, bad), PV_ERR_NUMERIC, entry[i].text);
    }
    for (int k = 0; k < C; k++) bad[k] = 0.2; /* each is fine, their sum is 2.4/m */
    bad[ROWS * C - 1] = 0.1;
    CHECK_FAILS(GRADIENTS(bad, NULL), PV_ERR_NUMERIC, "over a row");
    float activation[ROWS * D];
    memcpy(activation, t.a, sizeof activation);
    activation[3] = NAN;
    CHECK_FAILS(pv_active_send_samples(&out, p->active, activation, ROWS, &p->ra), PV_ERR_NUMERIC,
                "an activation is not a finite number");
    activation[3] = -INFINITY;
    CHECK_FAILS(pv_active_send_samples(&out, p->active, activation, ROWS, &p->ra), PV_ERR_NUMERIC,
                "an activation is not a finite number");
    assert_int_equal(pv_active_clamped(p->active), 0);
    pair_close(p);
}

static void states(void **state)
{
    (void)state;
    scene t;
    pair other;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small(), wide = pair_small();
    pv_bytes half[2];
    half_way(&t, &s);
    pair_make(&other, &s, key, 9);
    pv_writer w = pv_writer_make("half", 1 << 16);
    CHECK_FAILS(pv_active_save(other.active, &w), PV_ERR_USAGE, "no share to save yet");
    CHECK_OK(pv_active_save(p->active, &w));
    CHECK_OK(pv_writer_take(&w, &half[0]));
    CHECK_OK(pv_passive_save(p->passive, &w));
    CHECK_OK(pv_writer_take(&w, &half[1]));
    pv_writer tight = pv_writer_make("half", 100);
    CHECK_FAILS(pv_active_save(p->active, &tight), PV_ERR_LIMIT, "half");
    pv_writer_clear(&tight);
#define LOAD(side, from, bytes, length)                                                            \
    (r = pv_reader_make("half", (from).data, (length)), pv_##side##_load((bytes).side, &r))
    pv_reader r;
    for (size_t n = 0; n < half[0].size; n += 1 + n / 9) {
        CHECK_FAILS(LOAD(active, half[0], other, n), PV_ERR_TRUNCATED, "half");
        CHECK_FAILS(LOAD(passive, half[1], other, n), PV_ERR_TRUNCATED, "half");
    }
    CHECK_FAILS(LOAD(active, half[1], other, half[1].size), PV_ERR_MISMATCH, "party is 1");
    CHECK_FAILS(LOAD(passive, half[0], other, half[0].size), PV_ERR_MISMATCH, "party is 0");
    const struct {
        size_t at;
        uint8_t value;
        pv_status status;
        const char *text;
    } change[] = {
        {0, 2, PV_ERR_VERSION, "version 2"},
        {0, 0, PV_ERR_MISMATCH, "version is 0"},
        {5, 1, PV_ERR_RANGE, "a share is wider than the settings allow"}, /* for predictions */
        {5, 2, PV_ERR_LIMIT, "settled is 2, at most 1"},
        {6, 4, PV_ERR_MISMATCH, "outputs is 4, expected 3"},
        {10, 6, PV_ERR_MISMATCH, "width is 6, expected 5"},
        {14, 55, PV_ERR_MISMATCH, "scale is 55, expected 56"},
        {18, 1, PV_ERR_MISMATCH, "bits of a share is 1"},
        {22, 1, PV_ERR_MISMATCH, "bits of a velocity's share is 1"},
        {26, 101, PV_ERR_LIMIT, "steps is 101, at most 100"},
        {42 + 31, 0x40, PV_ERR_RANGE, "a share is wider than the settings allow"},
        {42 + 32 * 15 + 31, 0x40, PV_ERR_RANGE, "a share is wider"},
    };
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++)
        for (int k = 0; k < 2; k++) {
            uint8_t kept = half[k].data[change[i].at];
            half[k].data[change[i].at] = change[i].value;
            if (k == 0)
                CHECK_FAILS(LOAD(active, half[k], other, half[k].size), change[i].status,
                            change[i].text);
            else
                CHECK_FAILS(LOAD(passive, half[k], other, half[k].size), change[i].status,
                            change[i].text);
            half[k].data[change[i].at] = kept;
        }
    pair_close(&other);
    wide.sigma = 41; /* other masks: the shares do not fit this boundary */
    pair_make(&other, &wide, key, 9);
    CHECK_FAILS(LOAD(active, half[0], other, half[0].size), PV_ERR_MISMATCH, "bits of a share");
    pair_close(&other);
    pair_make(&other, &s, key, 9);
    CHECK_OK(LOAD(active, half[0], other, half[0].size));
    CHECK_OK(LOAD(passive, half[1], other, half[1].size));
    for (int i = 0; i < 2; i++) pv_bytes_clear(&half[i]);
    pair_close(&other);
    pair_close(p);
}

/* Every request of a whole step is refused once; what failed is tried again and succeeds. */
static void out_of_memory(void **state)
{
    (void)state;
    scene t;
    pair *p = &t.p;
    pv_boundary_settings s = pair_small();
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_active *active;
        status = pv_active_new(&active, &(pv_boundary){.set = s}, key, NULL);
        pv_active_free(active);
    }
    half_way(&t, &s);
    pair_messages(p);
#define AGAIN(call)                                                                                \
    do {                                                                                           \
        CHECK_OUT_OF_MEMORY(status) status = (call);                                               \
    } while (0)
    AGAIN(pv_active_send_samples(&p->samples, p->active, t.a, ROWS, &p->ra));
    AGAIN(pv_passive_scores(&p->scores, p->passive, p->samples.data, p->samples.size, ROWS, "m",
                            &p->rp));
    AGAIN(pv_active_open(&p->opened, p->active, p->scores.data, p->scores.size, "m"));
    AGAIN(pv_passive_logits(t.z, p->passive, p->opened.data, p->opened.size, "m"));
    AGAIN(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    AGAIN(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                               p->shares.data, p->shares.size, t.g, NULL, "m", &p->rp));
    AGAIN(pv_active_gradient(t.da, p->active, p->x.data, p->x.size, "m"));
    AGAIN(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, 0.1, "m", &p->ra));
    AGAIN(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, 0.1, "m"));
    pv_bytes half = {0};
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_writer w = pv_writer_make("half", 1 << 16);
        status = pv_active_save(p->active, &w);
        if (status == PV_OK) status = pv_writer_take(&w, &half);
        pv_writer_clear(&w);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_reader r = pv_reader_make("half", half.data, half.size);
        status = pv_active_load(p->active, &r);
    }
    pv_bytes_clear(&half);
    pair_close(p);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_passive *passive;
        pv_boundary b;
        pv_csprng r;
        pv_csprng_test(&r, 4);
        CHECK_OK(pv_boundary_init(&b, &s));
        status = pv_passive_new(&passive, &b, pv_paillier_public(key), 0, &r, NULL);
        pv_passive_free(passive);
    }
}

static int open_key(void **state)
{
    (void)state;
    key = test_paillier_key("safe");
    return 0;
}

static int close_key(void **state)
{
    (void)state;
    pv_paillier_sk_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),      cmocka_unit_test(other_numbers), cmocka_unit_test(setup),
        cmocka_unit_test(turns),         cmocka_unit_test(gradients),     cmocka_unit_test(states),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, open_key, close_key);
}
