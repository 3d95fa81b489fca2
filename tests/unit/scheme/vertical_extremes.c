/* Bounds with everything at its extreme at once, for settings that are drawn: shares at the ends of
 * their width, activations and gradients as large as they are let, signs that agree, alternate or
 * are drawn. No slot may run into its neighbour, and no share beyond its width. */
#include "check.h"
#include "paillier_key.h"
#include "privet/rng.h"
#include "scheme/vertical/boundary_i.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 400, STEPS = 60, SIGNS = 3 };

static int64_t between(pv_rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)pv_rng_below(r, (uint64_t)(high - low + 1));
}

static double spread(pv_rng *r, double low, double high)
{
    return low * pow(high / low, pv_rng_uniform(r));
}

/* Most of what may be set; much of it is refused, and that is an answer. */
static pv_boundary_settings drawn(pv_rng *r)
{
    pv_boundary_settings s = {
        .batch = between(r, 1, 70),
        .width = between(r, 1, 200),
        .outputs = between(r, 1, 30),
        .steps = between(r, 0, 9) ? between(r, 1, 100000) : 0,
        .lr = spread(r, 1e-3, 2),
        .momentum = between(r, 0, 2) ? pv_rng_uniform(r) * 0.97 : 0,
        .decay = between(r, 0, 1) ? spread(r, 1e-6, 0.3) : 0,
        .clamp = spread(r, 0.01, 200),
        .initial = spread(r, 0.01, 10),
        .gradient = between(r, 0, 1) ? spread(r, 0.1, 100) : 0,
        .noise = between(r, 0, 1) ? spread(r, 0.01, 1e4) : 0,
        .sigma = (int)between(r, 20, 60),
        .weak = between(r, 0, 3) ? 0 : (int)between(r, 1, 20),
        .bits = TEST_PAILLIER_BITS,
        .fa = (int)between(r, 8, 24),
        .fg = (int)between(r, 12, 28),
        .fw = (int)between(r, 8, 24),
        .fe = (int)between(r, 12, 28),
        .fm = (int)between(r, 12, 28),
        .fl = (int)between(r, 12, 32),
    };
    return s;
}

static int64_t sign(int signs, int64_t i, pv_rng *r)
{
    if (signs == 0) return -1;
    if (signs == 1) return i % 2 ? 1 : -1;
    return pv_rng_u64(r) >> 63 ? 1 : -1;
}

/* Every slot of a plaintext as large as it may become, and back. */
static void fits(unsigned slot, int64_t slots, pv_wide most, const pv_paillier_pk *pk, pv_rng *r)
{
    uint64_t m[64], over = 0;
    pv_wide *in = pv_calloc((size_t)slots, sizeof *in),
            *out = pv_calloc((size_t)slots, sizeof *out);
    assert_non_null(in);
    assert_non_null(out);
    for (int signs = 0; signs < SIGNS; signs++) {
        for (int64_t i = 0; i < slots; i++) in[i] = pv_wide_mul(most, sign(signs, i, r));
        pv_slots_pack(m, in, (size_t)slots, slot, pk);
        pv_slots_unpack(out, m, (size_t)slots, slot, pk, &over);
        assert_memory_equal(in, out, (size_t)slots * sizeof *in);
        assert_true(over == 0);
    }
    pv_free(in);
    pv_free(out);
}

static pv_wide end_of(unsigned bits, int64_t sign)
{
    pv_wide most = pv_wide_shl(pv_wide_from(1), bits - 1);
    return sign < 0 ? pv_wide_neg(most) : pv_wide_sub(most, pv_wide_from(1));
}

/* ⌊weight_most·2^fw⌋ + 1: no Wu is larger. */
static pv_wide working_most(const pv_boundary *b)
{
    return pv_wide_add(pv_wide_round(b->weight_most, b->set.fw), pv_wide_from(1));
}

static void slots(const pv_boundary *b, const pv_paillier_pk *pk, pv_rng *r)
{
    pv_wide w = working_most(b);
    fits(b->score_slot, b->score_slots, pv_wide_mul(w, b->set.width * b->activation_most), pk, r);
    fits(b->gradient_slot, b->gradient_slots, pv_wide_mul(w, b->shown_row), pk, r);
}

/* One weight through many steps, its gradient at its most; shares at the ends of their width. The
 * plaintext of the weights' gradient gets what both parties put there. */
static void steps(const pv_boundary *b, const pv_paillier_pk *pk, int signs, pv_rng *r)
{
    pv_boundary one = *b;
    one.set.width = one.set.outputs = 1;
    const int64_t all = b->set.batch * b->gradient_most;
    const pv_wide g = pv_wide_mul(pv_wide_from(all), b->activation_most);
    pv_wide w = pv_wide_round(b->set.initial, b->scale), v = pv_wide_from(0);
    pv_wide e = end_of(b->share_bits, sign(signs, 0, r)), ev = pv_wide_from(0);
    pv_wide sw = pv_wide_add(w, e), sv = ev;
    for (int64_t t = 0; t < STEPS && t < b->set.steps; t++) {
        int64_t eta = signs == 2 ? between(r, 0, b->lr) : b->lr;
        pv_wide e2 = end_of(b->share_bits, sign(signs, t + 1, r)), n, s, slot, at, w2, v2,
                ev2 = end_of(b->share_velocity_bits, sign(signs, t, r));
        uint64_t m[64], over = 0;
        uint8_t bytes[PV_WIDE_BITS / 8];
        pv_boundary_step_active(&n, &s, &one, (pv_boundary_shares){&e, &ev},
                                (pv_boundary_shares){&e2, &ev2}, eta);
        slot = pv_wide_add(n, pv_wide_mul(g, sign(signs, t, r)));
        pv_slots_pack(m, &slot, 1, b->weight_slot, pk);
        pv_slots_unpack(&at, m, 1, b->weight_slot, pk, &over);
        assert_true(over == 0);
        assert_memory_equal(&at, &slot, sizeof at);
        fits(b->weight_slot, b->weight_slots, slot, pk, r);
        pv_wide_store(bytes, s, b->share_bytes);
        s = pv_wide_load(bytes, b->share_bytes);
        assert_true(pv_boundary_step_passive((pv_boundary_shares){&w2, &v2}, &one,
                                             (pv_boundary_shares){&sw, &sv}, &at, &s, eta));
        sw = w2, sv = v2, e = e2, ev = ev2;
        w = pv_wide_sub(sw, e), v = pv_wide_sub(sv, ev);
        assert_true(fabs(pv_wide_double(w, -b->scale)) <= b->weight_most);
        assert_true(fabs(pv_wide_double(v, -b->set.fa - b->set.fg)) <= b->velocity_most);
        assert_true(
            pv_wide_fits(pv_wide_shr(sw, (unsigned)(b->scale - b->set.fw)), b->exponent_bits));
    }
}

static void extremes(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(20261127, 3);
    pv_paillier_sk *sk = test_paillier_key("safe");
    int taken = 0;
    for (int i = 0; i < DRAWS; i++) {
        pv_boundary b;
        pv_boundary_settings s = drawn(&r);
        pv_status status = pv_boundary_init(&b, &s);
        if (status != PV_OK) {
            assert_int_equal(status, PV_ERR_RANGE);
            pv_trail_clear();
            continue;
        }
        taken++;
        slots(&b, pv_paillier_public(sk), &r);
        for (int signs = 0; signs < SIGNS; signs++) steps(&b, pv_paillier_public(sk), signs, &r);
    }
    print_message("%d of %d settings taken\n", taken, DRAWS);
    assert_true(taken > DRAWS / 8);
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
