#include "scheme/vertical/bounds.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_WIDTH = 1 << 20, MOST_BITS = PV_WIDE_BITS - 6 };

/* A ciphertext that goes back to the key's owner is a product, a re-randomisation and a decryption,
 * about as much work as so many of the owner's encryptions (bench/vertical). */
enum { GROUP_COST = 8 };

/* What double precision may have rounded down is rounded up. */
static double up(double x)
{
    return x * (1 + 0x1p-40);
}

/* The least S with x < 2^(S-1): the width of a signed number of that magnitude. */
static unsigned signed_bits(double x)
{
    int e;
    frexp(x, &e); /* x < 2^e */
    return x <= 0 ? 1 : (unsigned)(e < 0 ? 0 : e) + 1;
}

/* The least k with x <= 2^k. */
static int magnitude(double x)
{
    int e;
    return frexp(x, &e) == 0.5 ? e - 1 : e;
}

/* ⌊x·2^bits + 1/2⌋, x not negative and not large */
static int64_t fixed(double x, int bits)
{
    return (int64_t)floor(ldexp(x, bits) + 0.5);
}

static void defaults(pv_boundary_settings *s)
{
    if (s->gradient == 0) s->gradient = 1;
    if (s->sigma == 0) s->sigma = 40;
    if (s->fa == 0) s->fa = 16;
    if (s->fg == 0) s->fg = 24;
    if (s->fw == 0) s->fw = 16;
    if (s->fe == 0) s->fe = 16;
    if (s->fm == 0) s->fm = 16;
    if (s->fl == 0) s->fl = 24;
}

static pv_status whole(const char *what, int64_t x, int64_t least, int64_t most)
{
    if (x < least || x > most)
        PV_FAIL(PV_ERR_RANGE, "vertical: %s is %" PRId64 ", expected %" PRId64 " to %" PRId64, what,
                x, least, most);
    return PV_OK;
}

/* above: least itself is not allowed */
static pv_status number(const char *what, double x, double least, int above, double most)
{
    if (!(x >= least && x <= most) || (above && x == least))
        PV_FAIL(PV_ERR_RANGE, "vertical: %s is %g, expected %s %g and at most %g", what, x,
                above ? "more than" : "at least", least, most);
    return PV_OK;
}

static pv_status check(const pv_boundary_settings *s)
{
    PV_TRY(whole("the batch", s->batch, 1, 1 << 20));
    PV_TRY(whole("the width of the shared layer", s->width, 1, MOST_WIDTH));
    PV_TRY(whole("the number of outputs of the shared layer", s->outputs, 1, MOST_WIDTH));
    PV_TRY(whole("the number of steps", s->steps, 0, INT64_C(1) << 40));
    PV_TRY(number("the shared layer's learning rate", s->lr, 0, s->steps > 0, 1024));
    PV_TRY(number("the shared layer's momentum", s->momentum, 0, 0, 1));
    PV_TRY(number("the shared layer's decay", s->decay, 0, 0, 1024));
    PV_TRY(number("the clamp of activations", s->clamp, 0, 1, 0x1p20));
    PV_TRY(number("the most of an initial weight", s->initial, 0, 1, 0x1p20));
    PV_TRY(number("the most of a gradient", s->gradient, 0, 1, 0x1p20));
    PV_TRY(number("the most that noise adds to a gradient", s->noise, 0, 0, 0x1p20));
    PV_TRY(whole("sigma", s->sigma, 20, 128));
    PV_TRY(whole("the width of weak masks", s->weak, 0, 64));
    if (s->bits != 2048 && s->bits != 3072 && s->bits != 4096)
        PV_FAIL(PV_ERR_RANGE, "vertical: a key of %d bits, expected 2048, 3072 or 4096", s->bits);
    const int scale[] = {s->fa, s->fg, s->fw, s->fe, s->fm, s->fl};
    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++)
        PV_TRY(whole("a scale", scale[i], 1, 32));
    return PV_OK;
}

static pv_status integers(pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    double m = (double)s->batch;
    b->scale = s->fa + s->fg + s->fe;
    b->lr = fixed(s->lr, s->fe);
    b->momentum = fixed(s->momentum, s->fm);
    b->decay = fixed(s->decay, s->fl);
    if (s->steps > 0 && b->lr == 0)
        PV_FAIL(PV_ERR_RANGE,
                "vertical: a learning rate of %g is nothing in steps of 2^-%d; use a larger rate",
                s->lr, s->fe);
    if (b->momentum >= INT64_C(1) << s->fm)
        PV_FAIL(PV_ERR_RANGE,
                "vertical: a momentum of %g, expected less than 1 by 2^-%d or more: the "
                "velocity would have no bound",
                s->momentum, s->fm);
    double row = 2 * s->gradient + (double)s->outputs * s->noise;
    if (ldexp(row / m, s->fg) > 0x1p62)
        PV_FAIL(PV_ERR_RANGE,
                "vertical: a row of gradients of up to %g/%" PRId64
                " in steps of 2^-%d does not fit 62 bits; use less noise or a smaller scale",
                row, s->batch, s->fg);
    b->activation_most = fixed(s->clamp, s->fa);
    b->gradient_most = fixed(s->gradient / m, s->fg);
    b->gradient_row = fixed(2 * s->gradient / m, s->fg) + s->outputs;
    b->shown_most = fixed((s->gradient + s->noise) / m, s->fg);
    b->shown_row = fixed(row / m, s->fg) + s->outputs;
    if (b->activation_most < 1 || b->gradient_most < 1)
        PV_FAIL(PV_ERR_RANGE,
                "vertical: a clamp of %g in steps of 2^-%d and gradients of %g/%" PRId64
                " in steps of 2^-%d leave no digit; use a larger clamp, or a smaller batch",
                s->clamp, s->fa, s->gradient, s->batch, s->fg);
    return PV_OK;
}

/* The static bounds of W and V. */
static pv_status weights(pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    double eta = ldexp((double)b->lr, -s->fe), mu = ldexp((double)b->momentum, -s->fm),
           lambda = ldexp((double)b->decay, -s->fl);
    double a = up(ldexp((double)s->batch * (double)b->gradient_most * (double)b->activation_most,
                        -s->fa - s->fg) +
                  ldexp(2, -s->fa - s->fg));
    double steps = up((double)s->steps * eta * a / (1 - mu));
    b->weight_most = steps;
    if (s->steps > 0 && lambda > 0) {
        double left = 1 - mu - eta * lambda;
        if (left <= 0 || left * left < 4 * eta * mu * lambda * (1 + 0x1p-40))
            PV_FAIL(PV_ERR_RANGE,
                    "vertical: a decay of %g at learning rate %g and momentum %g: weights could "
                    "swing, so nothing bounds them; use a decay of at most %g",
                    s->decay, s->lr, s->momentum, 0.99 * (1 - sqrt(mu)) * (1 - sqrt(mu)) / eta);
        b->weight_most = fmin(steps, up(a / lambda));
    }
    b->weight_most = up(s->initial + b->weight_most);
    b->velocity_most = s->steps > 0 ? up((a + lambda * b->weight_most) / (1 - mu)) : 0;
    b->weight_bits = magnitude(b->weight_most);
    b->velocity_bits = s->steps > 0 ? magnitude(b->velocity_most) : 0;
    return PV_OK;
}

/* How far from uniform all shares of a run are together, in units of 2^-sigma. */
static double distance(const pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    double count = (double)s->width * (double)s->outputs, steps = (double)s->steps;
    double w = ldexp(b->weight_most, -b->weight_bits),
           v = ldexp(b->velocity_most, -b->velocity_bits);
    double training = count * (steps * (w + v) + w), settled = s->steps > 0 ? count * w : 0;
    return up(ldexp(training, s->sigma - b->sigma - 1) +
              ldexp(settled, s->sigma - b->settled_sigma - 1));
}

/* Shares, and what of them is multiplied. */
static pv_status shares(pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    int gradient_scale = s->fa + s->fg;
    double numbers = (double)s->width * (double)s->outputs * ((double)s->steps + 1);
    b->sigma = s->weak > 0 ? 0 : s->sigma + magnitude(numbers);
    b->settled_sigma =
        s->weak > 0 ? 0 : s->sigma + magnitude((double)s->width * (double)s->outputs);
    if (s->weak == 0 && distance(b) > 1) b->sigma++;
    int share = (s->weak > 0 ? s->weak : b->weight_bits + b->sigma) + b->scale + 1;
    int velocity = (s->weak > 0 ? s->weak : b->velocity_bits + b->sigma) + gradient_scale + 1;
    b->share_bits = (unsigned)share;
    b->share_velocity_bits = (unsigned)velocity;
    double e = ldexp(1, share - 1), e_v = ldexp(1, velocity - 1);
    b->masked_bits = signed_bits(up(ldexp(b->weight_most, b->scale) + e));
    b->masked_velocity_bits = signed_bits(up(ldexp(b->velocity_most, gradient_scale) + e_v));
    b->exponent_bits = b->masked_bits - (unsigned)(b->scale - s->fw);
    int settled = share - (b->sigma - b->settled_sigma);
    b->settled_bits = (unsigned)settled;
    b->settled_masked_bits =
        signed_bits(up(ldexp(b->weight_most, b->scale) + ldexp(1, settled - 1)));
    b->settled_exponent_bits = b->settled_masked_bits - (unsigned)(b->scale - s->fw);
    b->gradient_bits = signed_bits((double)b->gradient_most);
    b->shown_bits = signed_bits((double)b->shown_most);
    b->share_bytes = (signed_bits(up(2 * e + (double)b->lr * e_v)) + 7) / 8;

    unsigned widest = b->masked_bits + signed_bits((double)b->decay);
    const unsigned other[] = {
        b->masked_velocity_bits + (unsigned)s->fm + 1,
        b->masked_velocity_bits + signed_bits((double)b->lr),
        b->exponent_bits + signed_bits((double)s->width * (double)b->activation_most),
        b->exponent_bits + signed_bits((double)b->shown_row),
        8 * (unsigned)b->share_bytes,
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (other[i] > widest) widest = other[i];
    if (widest > MOST_BITS)
        PV_FAIL(PV_ERR_RANGE,
                "vertical: |W| <= %.6g by the settings alone and sigma %d make numbers of %u bits, "
                "at most %d are computed with; use fewer steps, a smaller learning rate, momentum, "
                "clamp or sigma",
                b->weight_most, b->sigma, widest, (int)MOST_BITS);
    return PV_OK;
}

static void slots(pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    int room = s->bits - 2;
    double working = up(ldexp(b->weight_most, s->fw) + 1); /* of Wu, two floors */
    double e_v = ldexp(1, (int)b->share_velocity_bits - 1),
           e_w = ldexp(1, (int)b->share_bits - 1 - s->fl - s->fe);
    double next = e_v * (1 + ldexp((double)b->momentum, -s->fm)) + (double)b->decay * e_w + 2;
    double gradient = (double)s->batch * (double)b->gradient_most * (double)b->activation_most;
    b->score_slot = signed_bits(up((double)s->width * (double)b->activation_most * working));
    b->weight_slot = signed_bits(up(gradient + next));
    b->gradient_slot = signed_bits(up((double)b->shown_row * working));
    b->score_slots = room / (int)b->score_slot;
    b->weight_slots = room / (int)b->weight_slot;
    b->gradient_slots = room / (int)b->gradient_slot;
    b->score_packs = (s->batch + b->score_slots - 1) / b->score_slots;
    b->weight_packs = (s->width + b->weight_slots - 1) / b->weight_slots;
    b->gradient_full = s->width / b->gradient_slots;
    b->gradient_rest = s->width % b->gradient_slots;
    b->gradient_together = b->gradient_rest > 0 ? b->gradient_slots / b->gradient_rest : 0;
}

pv_status pv_boundary_init(pv_boundary *b, const pv_boundary_settings *set)
{
    *b = (pv_boundary){.set = *set};
    defaults(&b->set);
    PV_TRY(check(&b->set));
    PV_TRY(integers(b));
    PV_TRY(weights(b));
    PV_TRY(shares(b));
    slots(b);
    return PV_OK;
}

pv_boundary_counts pv_boundary_count(const pv_boundary *b, int64_t rows)
{
    size_t m = (size_t)rows, d = (size_t)b->set.width, c = (size_t)b->set.outputs;
    size_t slots = (size_t)b->score_slots, packs = (m + slots - 1) / slots;
    size_t most = (size_t)b->gradient_together < m ? (size_t)b->gradient_together : m;
    pv_boundary_counts n = {0};
    for (size_t q = 1, least = SIZE_MAX; q <= most; q++) {
        size_t groups = (m + q - 1) / q, cost = c * q + GROUP_COST * groups;
        if (cost >= least) continue;
        least = cost;
        n.together = q;
        n.groups = groups;
    }
    n.samples = d * packs;
    n.features = m * (size_t)b->weight_packs;
    n.shares = c * ((size_t)b->gradient_full + n.together);
    n.scores = c * packs;
    n.weights = c * (size_t)b->weight_packs;
    n.activations = m * (size_t)b->gradient_full + n.groups;
    n.step = c * d;
    return n;
}

void pv_boundary_bytes_of(double out[PV_BOUNDARY_MESSAGES], const pv_boundary *b)
{
    pv_boundary_counts n = pv_boundary_count(b, b->set.batch);
    const size_t cipher[] = {n.samples, n.features, n.shares,     n.scores,
                             0,         n.weights,  n.activations};
    double residue = b->set.bits / 8;
    for (size_t i = 0; i < sizeof cipher / sizeof cipher[0]; i++)
        out[i] = 2 * residue * (double)cipher[i];
    out[4] = residue * (double)n.scores;
    out[7] = residue * (double)n.weights;
    out[8] = (double)b->share_bytes * (double)n.step;
}

pv_status pv_boundary_describe(pv_str *out, const pv_boundary *b)
{
    const pv_boundary_settings *s = &b->set;
    pv_boundary_counts n = pv_boundary_count(b, s->batch);
    if (s->steps > 0)
        PV_TRY(pv_str_printf(out,
                             "|W| <= %.6g by the settings alone: %" PRId64 " steps, learning rate "
                             "%g, momentum %g, decay %g, activations within %g\n",
                             b->weight_most, s->steps, s->lr, s->momentum, s->decay, s->clamp));
    else
        PV_TRY(pv_str_printf(out, "|W| <= %g, no training; activations within %g\n", s->initial,
                             s->clamp));
    if (s->weak > 0)
        PV_TRY(pv_str_printf(out,
                             "weak masks: shares are uniform in ±2^%d and hide no more than that; "
                             "exponents of %u bits\n",
                             s->weak, b->exponent_bits));
    else
        PV_TRY(pv_str_printf(
            out,
            "shares of %u bits, exponents of %u, %u for predictions: sigma %d "
            "and %d, so that all %.0f shares of the run are together within 2^-%d "
            "of uniform\n",
            b->share_bits, b->exponent_bits, b->settled_exponent_bits, b->sigma, b->settled_sigma,
            (double)n.step * (s->steps > 0 ? 2 * (double)s->steps + 2 : 1), s->sigma));
    PV_TRY(pv_str_printf(out,
                         "a batch of %" PRId64 " at %" PRId64 "x%" PRId64
                         ", key of %d bits: scores in slots of %u bits, %zu ciphertexts",
                         s->batch, s->width, s->outputs, s->bits, b->score_slot, n.scores));
    if (s->steps > 0)
        PV_TRY(pv_str_printf(out,
                             "; the gradients of the weights in %u, %zu; of the activations in "
                             "%u, %zu",
                             b->weight_slot, n.weights, b->gradient_slot, n.activations));
    return PV_OK;
}
