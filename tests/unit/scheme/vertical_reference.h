/* vertical_reference.h - the shared layer as one integer program, without parties or ciphertexts
 *
 * Written from boundary.h's formulas with GMP's integers and rationals, and sharing no code with
 * src/scheme/vertical: of the settings it takes the scales and rates, of a step the shares of the
 * active party (they fix how floors round), the activations and the gradients. W and V are its own.
 */
#ifndef TESTS_VERTICAL_REFERENCE_H
#define TESTS_VERTICAL_REFERENCE_H

#include "check.h"
#include "math/wide.h"
#include "scheme/vertical/bounds.h"

#include <gmp.h>
#include <math.h>

typedef struct reference {
    int64_t d, c;
    int fa, fg, fw, fe, fm, fl;
    mpz_t momentum, decay;
    double clamp;
    mpz_t *w, *v; /* [c·d], at F and at fa+fg */
} reference;

/* out = ⌊x·2^bits + 1/2⌋, exactly */
static inline void reference_round(mpz_t out, double x, int bits)
{
    mpq_t q, half;
    mpq_inits(q, half, NULL);
    mpq_set_d(q, x);
    mpq_mul_2exp(q, q, (mp_bitcnt_t)bits);
    mpq_set_ui(half, 1, 2);
    mpq_add(q, q, half);
    mpz_fdiv_q(out, mpq_numref(q), mpq_denref(q));
    mpq_clears(q, half, NULL);
}

static inline void reference_wide(mpz_t out, const pv_wide *x)
{
    mpz_t top;
    mpz_import(out, PV_WIDE_LIMBS, -1, sizeof x->limb[0], 0, 0, x->limb);
    if (mpz_tstbit(out, PV_WIDE_BITS - 1)) {
        mpz_init_set_ui(top, 1);
        mpz_mul_2exp(top, top, PV_WIDE_BITS);
        mpz_sub(out, out, top);
        mpz_clear(top);
    }
}

static inline mpz_t *reference_array(int64_t count)
{
    mpz_t *x = pv_calloc((size_t)count, sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < count; i++) mpz_init(x[i]);
    return x;
}

static inline void reference_drop(mpz_t *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++) mpz_clear(x[i]);
    pv_free(x);
}

/* W_0 is what the two shares say. */
static inline void reference_open(reference *r, const pv_boundary_settings *s,
                                  const pv_wide *passive, const pv_wide *active)
{
    *r = (reference){s->width, s->outputs,       s->fa, s->fg, s->fw, s->fe, s->fm,
                     s->fl,    .clamp = s->clamp};
    mpz_inits(r->momentum, r->decay, NULL);
    reference_round(r->momentum, s->momentum, s->fm);
    reference_round(r->decay, s->decay, s->fl);
    r->w = reference_array(r->c * r->d);
    r->v = reference_array(r->c * r->d);
    mpz_t e;
    mpz_init(e);
    for (int64_t i = 0; i < r->c * r->d; i++) {
        reference_wide(r->w[i], &passive[i]);
        reference_wide(e, &active[i]);
        mpz_sub(r->w[i], r->w[i], e);
    }
    mpz_clear(e);
}

static inline void reference_close(reference *r)
{
    mpz_clears(r->momentum, r->decay, NULL);
    reference_drop(r->w, r->c * r->d);
    reference_drop(r->v, r->c * r->d);
}

/* floor((x + e)·factor / 2^bits) - floor(e·factor / 2^bits) */
static inline void reference_shared(mpz_t out, const mpz_t x, const mpz_t e, const mpz_t factor,
                                    int bits)
{
    mpz_t t;
    mpz_init(t);
    mpz_add(out, x, e);
    mpz_mul(out, out, factor);
    mpz_fdiv_q_2exp(out, out, (mp_bitcnt_t)bits);
    mpz_mul(t, e, factor);
    mpz_fdiv_q_2exp(t, t, (mp_bitcnt_t)bits);
    mpz_sub(out, out, t);
    mpz_clear(t);
}

static inline void reference_working(mpz_t *out, const reference *r, const pv_wide *share)
{
    mpz_t one, e;
    mpz_init_set_ui(one, 1);
    mpz_init(e);
    for (int64_t i = 0; i < r->c * r->d; i++) {
        reference_wide(e, &share[i]);
        reference_shared(out[i], r->w[i], e, one, r->fa + r->fg + r->fe - r->fw);
    }
    mpz_clears(one, e, NULL);
}

static inline void reference_activation(mpz_t out, const reference *r, float x)
{
    double y = (double)x;
    reference_round(out, y > r->clamp ? r->clamp : y < -r->clamp ? -r->clamp : y, r->fa);
}

/* An integer of less than 63 bits as the nearest number. */
static inline double reference_number(const mpz_t x, int bits)
{
    assert_true(mpz_sizeinbase(x, 2) < 63);
    return ldexp((double)mpz_get_si(x), -bits);
}

static inline void reference_scores(double *z, const reference *r, const pv_wide *share,
                                    const float *a, int64_t rows)
{
    mpz_t *w = reference_array(r->c * r->d), sum, x;
    mpz_inits(sum, x, NULL);
    reference_working(w, r, share);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < r->c; k++) {
            mpz_set_ui(sum, 0);
            for (int64_t j = 0; j < r->d; j++) {
                reference_activation(x, r, a[i * r->d + j]);
                mpz_addmul(sum, x, w[k * r->d + j]);
            }
            z[i * r->c + k] = reference_number(sum, r->fa + r->fw);
        }
    mpz_clears(sum, x, NULL);
    reference_drop(w, r->c * r->d);
}

static inline void reference_gradient(double *da, const reference *r, const pv_wide *share,
                                      const double *g, int64_t rows)
{
    mpz_t *w = reference_array(r->c * r->d), sum, x;
    mpz_inits(sum, x, NULL);
    reference_working(w, r, share);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < r->d; j++) {
            mpz_set_ui(sum, 0);
            for (int64_t k = 0; k < r->c; k++) {
                reference_round(x, g[i * r->c + k], r->fg);
                mpz_addmul(sum, x, w[k * r->d + j]);
            }
            da[i * r->d + j] = reference_number(sum, r->fg + r->fw);
        }
    mpz_clears(sum, x, NULL);
    reference_drop(w, r->c * r->d);
}

/* share, velocity: of the active party, before the step. */
static inline void reference_update(reference *r, const pv_wide *share, const pv_wide *velocity,
                                    const float *a, const double *g, int64_t rows, double eta)
{
    mpz_t e, next, part, rate;
    mpz_inits(e, next, part, rate, NULL);
    reference_round(rate, eta, r->fe);
    for (int64_t k = 0; k < r->c; k++)
        for (int64_t j = 0; j < r->d; j++) {
            int64_t at = k * r->d + j;
            reference_wide(e, &velocity[at]);
            reference_shared(next, r->v[at], e, r->momentum, r->fm);
            reference_wide(e, &share[at]);
            reference_shared(part, r->w[at], e, r->decay, r->fl + r->fe);
            mpz_add(next, next, part);
            for (int64_t i = 0; i < rows; i++) {
                reference_round(e, g[i * r->c + k], r->fg);
                reference_activation(part, r, a[i * r->d + j]);
                mpz_addmul(next, e, part);
            }
            mpz_set(r->v[at], next);
            mpz_submul(r->w[at], rate, next);
        }
    mpz_clears(e, next, part, rate, NULL);
}

/* passive - active is the reference's, bit for bit */
static inline void reference_same(const mpz_t *mine, const pv_wide *passive, const pv_wide *active,
                                  int64_t count)
{
    mpz_t x, e;
    mpz_inits(x, e, NULL);
    for (int64_t i = 0; i < count; i++) {
        reference_wide(x, &passive[i]);
        reference_wide(e, &active[i]);
        mpz_sub(x, x, e);
        assert_int_equal(mpz_cmp(x, mine[i]), 0);
    }
    mpz_clears(x, e, NULL);
}

#endif
