#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- memory */

pv_status pv_boundary_take(void *pointer, size_t count, size_t size)
{
    void *p = pv_calloc(count, size);
    if (p == NULL) PV_FAIL_MEMORY(count * size);
    memcpy(pointer, &p, sizeof p);
    return PV_OK;
}

void pv_boundary_drop(void *p, size_t count, size_t size)
{
    if (p == NULL) return;
    pv_secret_wipe(p, count * size);
    pv_free(p);
}

/* ---- arithmetic */

/* Limb by limb: modulo 2^256 a limb that is taken for a positive number is right as well. */
pv_wide pv_boundary_dot(const int64_t *x, const pv_wide *w, size_t terms, size_t stride)
{
    __int128 sum[PV_WIDE_LIMBS] = {0}; /* |x| < 2^42, so 2^20 terms fit */
    for (size_t t = 0; t < terms; t++)
        for (int i = 0; i < PV_WIDE_LIMBS; i++) sum[i] += (__int128)x[t] * w[t * stride].limb[i];
    pv_wide out = {{0}};
    for (int i = 0; i < PV_WIDE_LIMBS; i++) {
        int64_t high = (int64_t)(sum[i] >> 64);
        uint64_t sign = 0 - ((uint64_t)high >> 63);
        pv_wide part = {{(uint64_t)sum[i], (uint64_t)high, sign, sign}};
        out = pv_wide_add(out, pv_wide_shl(part, 64 * (unsigned)i));
    }
    return out;
}

static double choose(uint64_t bit, double a, double b)
{
    uint64_t x, y;
    double out;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    x = pv_secret_select(bit, x, y);
    memcpy(&out, &x, sizeof out);
    return out;
}

/* By conversion, comparison and selection, all of which take the same time for all numbers. x minus
 * its floor is exact where it decides anything, unlike x + 1/2. */
int64_t pv_boundary_fixed(double x, int bits, int64_t most, uint64_t *beyond, uint64_t *wrong)
{
    double limit = (double)most + 0.25, scale = (double)(INT64_C(1) << bits);
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    /* the exponent of infinities and of what is no number is all ones */
    uint64_t bad = (((word >> 52) & 0x7FF) + 1) >> 11;
    x = choose(bad, 0, x) * scale;
    uint64_t above = (uint64_t)(x > limit), below = (uint64_t)(x < -limit);
    x = choose(above, (double)most, choose(below, -(double)most, x));
    int64_t whole = (int64_t)x;
    whole -= (int64_t)(x < (double)whole);
    whole += (int64_t)(x - (double)whole >= 0.5);
    *beyond += above | below;
    *wrong |= bad;
    return whole;
}

void pv_boundary_working(pv_wide *out, const pv_wide *w, const pv_boundary *b)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    for (size_t i = 0; i < count; i++) out[i] = pv_wide_shr(w[i], (unsigned)(b->scale - b->set.fw));
}

pv_status pv_boundary_rate(int64_t *out, const pv_boundary *b, double eta)
{
    double rate = floor(ldexp(eta, b->set.fe) + 0.5);
    if (!(eta >= 0 && rate <= (double)b->lr))
        PV_FAIL(PV_ERR_USAGE,
                "vertical: a learning rate of %g, the bounds were worked out for rates from 0 to "
                "%g",
                eta, b->set.lr);
    *out = (int64_t)rate;
    return PV_OK;
}

void pv_boundary_step_active(pv_wide *n, pv_wide *s, const pv_boundary *b, pv_boundary_shares now,
                             pv_boundary_shares next, int64_t eta)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    unsigned fm = (unsigned)b->set.fm, decay = (unsigned)(b->set.fl + b->set.fe);
    for (size_t i = 0; i < count; i++) {
        pv_wide e1 = pv_wide_shr(pv_wide_mul(now.velocity[i], b->momentum), fm);
        pv_wide e2 = pv_wide_shr(pv_wide_mul(now.share[i], b->decay), decay);
        n[i] = pv_wide_sub(next.velocity[i], pv_wide_add(e1, e2));
        s[i] = pv_wide_add(pv_wide_sub(next.share[i], now.share[i]),
                           pv_wide_mul(next.velocity[i], eta));
    }
}

uint64_t pv_boundary_step_passive(pv_boundary_shares next, const pv_boundary *b,
                                  pv_boundary_shares now, const pv_wide *n, const pv_wide *s,
                                  int64_t eta)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    unsigned fm = (unsigned)b->set.fm, decay = (unsigned)(b->set.fl + b->set.fe);
    uint64_t fits = 1;
    for (size_t i = 0; i < count; i++) {
        pv_wide w1 = pv_wide_shr(pv_wide_mul(now.velocity[i], b->momentum), fm);
        pv_wide w2 = pv_wide_shr(pv_wide_mul(now.share[i], b->decay), decay);
        next.velocity[i] = pv_wide_add(n[i], pv_wide_add(w1, w2));
        next.share[i] =
            pv_wide_add(pv_wide_sub(now.share[i], pv_wide_mul(next.velocity[i], eta)), s[i]);
        fits &= pv_wide_fits(next.velocity[i], b->masked_velocity_bits) &
                pv_wide_fits(next.share[i], b->masked_bits);
    }
    return fits;
}

void pv_boundary_settle_active(pv_wide *next, pv_wide *s, const pv_boundary *b,
                               const pv_wide *share, pv_csprng *r)
{
    for (size_t i = 0; i < (size_t)(b->set.width * b->set.outputs); i++) {
        next[i] = pv_wide_random(r, b->settled_bits);
        s[i] = pv_wide_sub(next[i], share[i]);
    }
}

uint64_t pv_boundary_settle_passive(pv_wide *next, const pv_boundary *b, const pv_wide *share,
                                    const pv_wide *s)
{
    uint64_t fits = 1;
    for (size_t i = 0; i < (size_t)(b->set.width * b->set.outputs); i++) {
        next[i] = pv_wide_add(share[i], s[i]);
        fits &= pv_wide_fits(next[i], b->settled_masked_bits);
    }
    return fits;
}

/* Uniform in ±h with h = scale·√(3/2): a variance of scale²/2. */
pv_status pv_boundary_initial(pv_wide *w, const pv_boundary *b, double scale, pv_csprng *r)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    double half = scale * sqrt(1.5);
    if (!(scale >= 0 && 2 * half <= b->set.initial))
        PV_FAIL(PV_ERR_RANGE,
                "vertical: initial weights of standard deviation %g would be as large as %g, the "
                "bounds were worked out for %g; raise `initial`",
                scale, 2 * half, b->set.initial);
    pv_wide h = pv_wide_round(half, b->scale);
    for (size_t i = 0; i < count; i++) {
        int64_t u = pv_wide_low(pv_wide_random(r, 64)); /* u/2^63 is uniform in [-1, 1) */
        w[i] = pv_wide_add(w[i], pv_wide_shr(pv_wide_mul(h, u), 63));
    }
    return PV_OK;
}

void pv_boundary_weights(double *w, const pv_boundary *b, const pv_wide *passive,
                         const pv_wide *active)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    for (size_t i = 0; i < count; i++)
        w[i] = pv_wide_double(pv_wide_sub(passive[i], active[i]), -b->scale);
}

/* ---- messages */

static pv_status put(pv_bytes *out, size_t size)
{
    *out = (pv_bytes){0};
    out->data = pv_alloc(size, 1);
    if (out->data == NULL) PV_FAIL_MEMORY(size);
    out->size = size;
    return PV_OK;
}

pv_status pv_boundary_put_ciphers(pv_bytes *out, const uint64_t *c, size_t count,
                                  const pv_paillier_pk *pk)
{
    PV_TRY(put(out, count * pv_paillier_cipher_bytes(pk)));
    pv_paillier_cipher_store(out->data, c, count, pk);
    return PV_OK;
}

pv_status pv_boundary_put_residues(pv_bytes *out, const uint64_t *m, size_t count,
                                   const pv_paillier_pk *pk)
{
    PV_TRY(put(out, count * pv_residue_bytes(pk)));
    pv_residue_store(out->data, m, count, pk);
    return PV_OK;
}

pv_status pv_boundary_put_wides(pv_bytes *out, const pv_wide *w, size_t count, const pv_boundary *b)
{
    PV_TRY(put(out, count * b->share_bytes));
    for (size_t i = 0; i < count; i++)
        pv_wide_store(out->data + i * b->share_bytes, w[i], b->share_bytes);
    return PV_OK;
}

static pv_status sized(size_t size, size_t count, size_t each, const char *what)
{
    if (size != count * each)
        PV_FAIL(PV_ERR_PEER,
                "%s: %zu bytes, expected %zu numbers of %zu bytes; do both parties have the same "
                "scenario?",
                what, size, count, each);
    return PV_OK;
}

pv_status pv_boundary_get_ciphers(uint64_t *c, size_t count, const void *in, size_t size,
                                  const pv_paillier_pk *pk, const char *what)
{
    PV_TRY(sized(size, count, pv_paillier_cipher_bytes(pk), what));
    return pv_paillier_cipher_load(c, in, count, pk, what);
}

pv_status pv_boundary_get_residues(uint64_t *m, size_t count, const void *in, size_t size,
                                   const pv_paillier_pk *pk, const char *what)
{
    PV_TRY(sized(size, count, pv_residue_bytes(pk), what));
    return pv_residue_load(m, in, count, pk, what);
}

pv_status pv_boundary_get_wides(pv_wide *w, size_t count, const void *in, size_t size,
                                const pv_boundary *b, const char *what)
{
    PV_TRY(sized(size, count, b->share_bytes, what));
    const uint8_t *bytes = in;
    for (size_t i = 0; i < count; i++)
        w[i] = pv_wide_load(bytes + i * b->share_bytes, b->share_bytes);
    return PV_OK;
}

size_t pv_boundary_pack(size_t *first, size_t p, size_t total, size_t slots)
{
    *first = p * slots;
    return total - *first < slots ? total - *first : slots;
}

/* ---- turns */

pv_status pv_boundary_begin(const pv_boundary *b, int ready, int64_t rows)
{
    if (!ready)
        PV_FAIL(PV_ERR_USAGE, "vertical: this party has no share yet: set it up, or load one");
    if (rows < 1 || rows > b->set.batch)
        PV_FAIL(PV_ERR_USAGE, "vertical: a batch of %" PRId64 " rows, expected 1 to %" PRId64, rows,
                b->set.batch);
    return PV_OK;
}

int pv_boundary_settles(const pv_boundary *b)
{
    return b->set.steps > 0 && b->settled_exponent_bits < b->exponent_bits;
}

pv_status pv_boundary_may_settle(const pv_boundary *b, int ready, int settled)
{
    if (!ready || settled || !pv_boundary_settles(b))
        PV_FAIL(PV_ERR_USAGE, "vertical: weights are shared anew once, after training, where that "
                              "makes shares narrower");
    return PV_OK;
}

pv_status pv_boundary_may_train(int settled)
{
    if (settled)
        PV_FAIL(PV_ERR_USAGE,
                "vertical: the weights were shared for predictions; nothing is trained after that");
    return PV_OK;
}

pv_status pv_boundary_turn(unsigned batch, unsigned need, unsigned next, const char *what)
{
    if ((batch & need) != need)
        PV_FAIL(PV_ERR_USAGE, "vertical: %s comes before what it needs of this batch", what);
    if ((batch & next) != 0)
        PV_FAIL(PV_ERR_USAGE, "vertical: %s was done already for this batch", what);
    return PV_OK;
}
