/* encode/complement/front_noise.h - noise that a front puts on the activation it gives
 *
 *     z = F(x, secret) + sigma · spread · n        n ~ N(0, 1), another for each number of a row
 *     spread² = mean((z - mean(z))²) + 10^-6       over all numbers of all rows, before noise
 *
 * sigma counts standard deviations of the activation itself, all its channels taken together: the
 * unit of a training with noise (retrain.h), whose rows are its batch. A front's rows are those of
 * its calibration; its spread is a number in its file, so that customers need none.
 *
 * What n may be drawn from depends on who draws, and the two kinds of randomness do not mix:
 *
 *   - a *customer*, whose noise hides something, derives it from its key, the front's binding and
 *     the row, by the PRF under labels of its own: ChaCha20, Box and Muller (math/noise.h). The
 *     same row asked of the same front under the same key again is the same bytes and tells
 *     nothing new; noise drawn afresh would be averaged away by asking often. The binding is in
 *     it because a provider may give out several fronts, and the same n on two of them is
 *     subtracted away: of F and 2F at once, and exactly. Rows that are nearly alike, as pictures
 *     of one scene, have nothing of n in common and are averaged; so is one row that is asked
 *     about through many fronts.
 *   - who makes rows of its own (calibration, training, a measurement, the auditor's shadow rows)
 *     draws it from a pv_rng, fresh for each.
 *
 * Everybody knows sigma and spread, nobody but the customer knows n. Numbers are floats; what is
 * left of a normal variable after rounding proves nothing about tails, and nothing here does: how
 * much the noise hides is measured.
 */
#ifndef PV_ENCODE_COMPLEMENT_FRONT_NOISE_H
#define PV_ENCODE_COMPLEMENT_FRONT_NOISE_H

#include "crypto/identity/hash.h"
#include "crypto/prf/prf.h"
#include "privet/rng.h"

#define PV_FRONT_NOISE_MOST 100.0 /* sigma at most */
/* In spread²: an activation that never moves has a spread, too. */
#define PV_FRONT_NOISE_FLOOR 1e-6

/* PV_ERR_OPTION unless sigma is 0 .. PV_FRONT_NOISE_MOST. */
pv_status pv_front_noise_check(double sigma) PV_MUST_USE;
/* Of `count` numbers with this sum and sum of squares. */
double pv_front_noise_spread(double sum, double squares, double count);

/* n [count], for rows of one's own. */
void pv_front_noise_draw(float *n, int64_t count, pv_rng *r);

/* A customer's key for the noise of one front; secret, as the key that it comes from. */
pv_status pv_front_noise_key(pv_prf_key *out, const pv_prf_key *customer,
                             const pv_hash *binding) PV_MUST_USE;
/* n [count] of the row `input`, as pv_secret_derive takes it. Secret: the caller wipes it. */
pv_status pv_front_noise_derive(float *n, int64_t count, const pv_prf_key *noise, const void *input,
                                size_t size) PV_MUST_USE;

#endif
