/* Bounds, slots and widths against figures worked out by hand (crypto-review, "exact forms"), and
 * against runs that push every bound as far as it goes. */
#include "check.h"
#include "privet/rng.h"
#include "scheme/vertical/bounds.h"

#include <math.h>

static pv_boundary_settings paper(void)
{
    return (pv_boundary_settings){.batch = 64,
                                  .width = 84,
                                  .outputs = 10,
                                  .steps = 9380,
                                  .lr = 0.05,
                                  .momentum = 0.9,
                                  .clamp = 16,
                                  .initial = 4,
                                  .bits = 2048};
}

static void figures(void **state)
{
    (void)state;
    pv_boundary b;
    pv_boundary_settings s = paper();
    CHECK_OK(pv_boundary_init(&b, &s));
    assert_int_equal(b.scale, 56);
    assert_int_equal(b.lr, 3277);        /* 0.05·2^16 = 3276.8 */
    assert_int_equal(b.momentum, 58982); /* 0.9·2^16 = 58982.4 */
    assert_int_equal(b.activation_most, 16 << 16);
    assert_int_equal(b.gradient_most, 1 << 18);
    assert_int_equal(b.gradient_row, (1 << 19) + 10);
    assert_true(fabs(b.weight_most - 75044) < 0.001);
    assert_int_equal(b.weight_bits, 17);
    assert_int_equal(b.sigma, 63); /* 840·9,381 < 2^23 */
    assert_int_equal(b.share_bits, 17 + 56 + 63 + 1);
    assert_int_equal(b.share_bits - (unsigned)(b.scale - 16), 97);
    assert_int_equal(b.exponent_bits, 98);
    assert_int_equal(b.gradient_bits, 20);
    assert_int_equal(b.share_velocity_bits, 8 + 40 + 63 + 1);
    assert_int_equal(b.share_bytes, 18); /* |S| < 2·2^136 + 2^12·2^111 */
    /* 84·2^20·(75,044·2^16 + 1) < 2^59; (2^19 + 10)·(…) < 2^52; 1.9·2^111 < 2^112 */
    assert_int_equal(b.score_slot, 60);
    assert_int_equal(b.gradient_slot, 53);
    assert_int_equal(b.weight_slot, 113);
    assert_int_equal(b.score_slots, 2046 / 60);
    assert_int_equal(b.score_packs, 2);
    assert_int_equal(b.weight_packs, 5);
    assert_int_equal(b.gradient_slots, 38);
    assert_int_equal(b.gradient_full, 2); /* 84 = 2·38 + 8, and 38 = 4·8 + 6 */
    assert_int_equal(b.gradient_rest, 8);
    assert_int_equal(b.gradient_together, 4);
    pv_boundary_counts n = pv_boundary_count(&b, 64);
    assert_int_equal(n.samples, 168);
    assert_int_equal(n.features, 320);
    assert_int_equal(n.shares, 10 * (2 + 4));
    assert_int_equal(n.scores, 20);
    assert_int_equal(n.weights, 50);
    assert_int_equal(n.activations, 128 + 16);
    n = pv_boundary_count(&b, 1);
    assert_int_equal(n.samples, 84);
    assert_int_equal(n.shares, 10 * 3);
    assert_int_equal(n.scores, 10);
    assert_int_equal(n.activations, 3);
}

static void message_bytes(void **state)
{
    (void)state;
    pv_boundary b;
    pv_boundary_settings s = paper();
    double out[PV_BOUNDARY_MESSAGES];
    const double expected[] = {86016, 163840, 30720, 10240, 5120, 25600, 73728, 12800, 15120};
    CHECK_OK(pv_boundary_init(&b, &s));
    pv_boundary_bytes_of(out, &b);
    assert_memory_equal(out, expected, sizeof out);
}

/* Every share that the passive party sees, W's and V's, in training and after it: what they tell
 * together is at most 2^-sigma, here added up one by one. */
static void budget(void **state)
{
    (void)state;
    int more = 0;
    for (int64_t steps = 1; steps <= 1024; steps *= 2)
        for (int i = 0; i < 40; i++) {
            pv_boundary b;
            pv_boundary_settings s = paper();
            s.width = 16;
            s.outputs = 4;
            s.steps = steps - i % 2;
            s.lr = 0.01 + 0.002 * i;
            s.clamp = 8 + 0.2 * i;
            CHECK_OK(pv_boundary_init(&b, &s));
            int least = 40 + (int)ceil(log2(64 * ((double)s.steps + 1)));
            double told = 0, width = ldexp(1, (int)b.share_bits - b.scale),
                   velocity = ldexp(1, (int)b.share_velocity_bits - b.set.fa - b.set.fg),
                   narrow = ldexp(1, (int)b.settled_bits - b.scale);
            for (int64_t n = 0; n <= s.steps; n++) told += 64 * b.weight_most / width;
            for (int64_t n = 0; n < s.steps; n++) told += 64 * b.velocity_most / velocity;
            if (s.steps > 0) told += 64 * b.weight_most / narrow;
            assert_true(told <= 0x1p-40 * (1 + 1e-9));
            assert_true(b.sigma == least || b.sigma == least + 1);
            if (b.sigma > least) { /* and with one bit less it would be more */
                told += told - (s.steps > 0 ? 64 * b.weight_most / narrow : 0);
                assert_true(told > 0x1p-40);
                more++;
            }
            assert_int_equal(b.settled_sigma, 46);
            assert_int_equal(b.share_bits - b.settled_bits, b.sigma - 46);
        }
    assert_true(more > 0);
}

static void described(void **state)
{
    (void)state;
    pv_boundary b;
    pv_boundary_settings s = paper();
    pv_str text = {0};
    CHECK_OK(pv_boundary_init(&b, &s));
    CHECK_OK(pv_boundary_describe(&text, &b));
    const char *said[] = {
        "|W| <= 75044 by the settings alone: 9380 steps",
        "shares of 137 bits, exponents of 98, 85 for predictions: sigma 63 and 50",
        "15760080 shares of the run are together within 2^-40",
        "scores in slots of 60 bits, 20 ciphertexts",
        "weights in 113, 50; of the activations in 53, 144"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        assert_non_null(strstr(pv_str_text(&text), said[i]));
    pv_str_clear(&text);
    s.weak = 10;
    s.steps = 0;
    s.initial = 0.5;
    CHECK_OK(pv_boundary_init(&b, &s));
    CHECK_OK(pv_boundary_describe(&text, &b));
    assert_non_null(strstr(pv_str_text(&text), "|W| <= 0.5, no training"));
    assert_non_null(strstr(pv_str_text(&text), "weak masks: shares are uniform in ±2^10"));
    assert_null(strstr(pv_str_text(&text), "gradients"));
    pv_str_clear(&text);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_boundary_describe(&text, &b);
        pv_str_clear(&text);
    }
}

/* The largest |W| and |V| that gradients of ±a can reach, for random learning rates up to η and the
 * choice of signs that is worst if responses keep their sign, and for random ones. */
static void reach(double *w_most, double *v_most, const pv_boundary *b, int worst, pv_rng *r)
{
    const pv_boundary_settings *s = &b->set;
    double eta = ldexp((double)b->lr, -s->fe), mu = ldexp((double)b->momentum, -s->fm),
           lambda = ldexp((double)b->decay, -s->fl), w = worst ? -s->initial : s->initial, v = 0,
           a = s->clamp * s->gradient;
    *w_most = *v_most = 0;
    for (int64_t t = 0; t < s->steps; t++) {
        double rate = worst == 1 ? eta : eta * pv_rng_uniform(r);
        double g = worst ? a : (pv_rng_u64(r) >> 40) % 50 < 25 ? a : -a;
        if (worst == 2 && t % 97 == 0) g = -a;
        v = mu * v + lambda * w + g;
        w -= rate * v;
        *w_most = fmax(*w_most, fabs(w));
        *v_most = fmax(*v_most, fabs(v));
    }
}

static void holds(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(1, 1);
    const double decay[] = {0, 1e-4, 5e-4, 0.01, 0.04}, momentum[] = {0, 0.5, 0.9};
    for (int k = 0; k < 15; k++)
        for (int worst = 0; worst < 3; worst++) {
            pv_boundary b;
            pv_boundary_settings s = paper();
            double w, v;
            s.steps = 3000;
            s.decay = decay[k / 3];
            s.momentum = momentum[k % 3];
            CHECK_OK(pv_boundary_init(&b, &s));
            reach(&w, &v, &b, worst, &r);
            assert_true(w <= b.weight_most && v <= b.velocity_most);
            /* and is no more than it has to be: a constant gradient reaches it but for the start */
            if (worst == 1 && s.decay == 0) assert_true(w > 0.97 * (b.weight_most - 2 * s.initial));
            if (worst == 1 && s.decay >= 0.04) assert_true(w > 0.97 * (b.weight_most - s.initial));
        }
}

static void noise_widens_dA_only(void **state)
{
    (void)state;
    pv_boundary b, n;
    pv_boundary_settings s = paper();
    CHECK_OK(pv_boundary_init(&b, &s));
    s.noise = 3;
    CHECK_OK(pv_boundary_init(&n, &s));
    assert_int_equal(n.gradient_bits, b.gradient_bits);
    assert_int_equal(n.weight_slot, b.weight_slot);
    assert_int_equal(n.score_slot, b.score_slot);
    assert_int_equal(n.shown_most, 4 * b.gradient_most);
    assert_int_equal(n.shown_bits, b.gradient_bits + 2);
    assert_int_equal(n.gradient_slot, b.gradient_slot + 4); /* (2 + 10·3)/2 = 2^4 */
}

static void weak(void **state)
{
    (void)state;
    pv_boundary b;
    pv_boundary_settings s = paper();
    s.weak = 10;
    CHECK_OK(pv_boundary_init(&b, &s));
    assert_int_equal(b.sigma, 0);
    assert_int_equal(b.share_bits, 10 + 56 + 1);
    assert_int_equal(b.exponent_bits, 17 + 16 + 1); /* 75,044 + 2^10 < 2^17 */
    assert_true(b.weight_packs < 5);
}

static void batches_are_nominal(void **state)
{
    (void)state;
    pv_boundary b;
    pv_boundary_settings s = paper();
    CHECK_OK(pv_boundary_init(&b, &s));
    for (int64_t rows = 1; rows <= 64; rows++) {
        pv_boundary_counts n = pv_boundary_count(&b, rows);
        assert_true(n.together >= 1 && (int64_t)n.together <= b.gradient_together);
        assert_true((int64_t)n.together <= rows);
        assert_true(n.groups * n.together >= (size_t)rows);
        assert_true((n.groups - 1) * n.together < (size_t)rows);
        assert_int_equal(n.samples, rows <= 34 ? 84 : 168);
    }
    /* d a multiple of the slots: no rests */
    s.width = 76;
    CHECK_OK(pv_boundary_init(&b, &s));
    pv_boundary_counts n = pv_boundary_count(&b, 64);
    assert_int_equal(b.gradient_slots, 38);
    assert_int_equal(n.together, 0);
    assert_int_equal(n.groups, 0);
    assert_int_equal(n.activations, 128);
}

#define REFUSED(field, value, text)                                                                \
    do {                                                                                           \
        pv_boundary b_;                                                                            \
        pv_boundary_settings s_ = paper();                                                         \
        s_.field = (value);                                                                        \
        CHECK_FAILS(pv_boundary_init(&b_, &s_), PV_ERR_RANGE, text);                               \
    } while (0)

static void refused(void **state)
{
    (void)state;
    REFUSED(batch, 0, "the batch is 0, expected 1 to");
    REFUSED(clamp, 1e-6, "leave no digit; use a larger clamp, or a smaller batch");
    REFUSED(batch, (1 << 20) + 1, "the batch is");
    REFUSED(width, 0, "the width of the shared layer is 0");
    REFUSED(outputs, 0, "outputs of the shared layer is 0");
    REFUSED(steps, -1, "the number of steps is -1");
    REFUSED(lr, 0, "learning rate is 0, expected more than 0");
    REFUSED(lr, -1, "learning rate is -1");
    REFUSED(lr, (double)NAN, "learning rate is nan");
    REFUSED(lr, 1e-6, "a learning rate of 1e-06 is nothing in steps of 2^-16");
    REFUSED(momentum, 1, "a momentum of 1, expected less than 1 by 2^-16");
    REFUSED(momentum, 0.999999, "a momentum of 0.999999");
    REFUSED(momentum, -0.1, "momentum is -0.1");
    REFUSED(decay, -1, "decay is -1");
    REFUSED(decay, 0.1, "a decay of 0.1 at learning rate 0.05 and momentum 0.9: weights could");
    REFUSED(decay, 30, "use a decay of at most 0.05");
    REFUSED(clamp, 0, "the clamp of activations is 0");
    REFUSED(initial, 0, "the most of an initial weight is 0");
    REFUSED(gradient, -1, "the most of a gradient is -1");
    REFUSED(noise, -1, "the most that noise adds to a gradient is -1");
    REFUSED(sigma, 10, "sigma is 10, expected 20 to 128");
    REFUSED(weak, 65, "the width of weak masks is 65");
    REFUSED(bits, 1024, "a key of 1024 bits, expected 2048, 3072 or 4096");
    REFUSED(fg, 33, "a scale is 33, expected 1 to 32");
    pv_boundary b;
    pv_boundary_settings s = paper();
    s.batch = 1;
    s.outputs = 1 << 20;
    s.noise = 0x1p20;
    CHECK_FAILS(pv_boundary_init(&b, &s), PV_ERR_RANGE, "does not fit 62 bits; use less noise");
    s = paper();
    s.sigma = 128;
    s.steps = INT64_C(1) << 40;
    CHECK_FAILS(pv_boundary_init(&b, &s), PV_ERR_RANGE, "sigma 178 make numbers of 288 bits");
    s = paper();
    /* the decay that the refusal proposes is accepted */
    s.decay = 0.05;
    CHECK_OK(pv_boundary_init(&b, &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures), cmocka_unit_test(message_bytes),
        cmocka_unit_test(budget),  cmocka_unit_test(described),
        cmocka_unit_test(holds),   cmocka_unit_test(noise_widens_dA_only),
        cmocka_unit_test(weak),    cmocka_unit_test(batches_are_nominal),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
