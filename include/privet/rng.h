/* privet/rng.h - reproducible randomness for learning: weights, batches, augmentation, drawn data
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a
 * bijection of a 128-bit counter under a 64-bit key. The key is the seed; the counter holds a
 * stream number and a position. Streams are independent, any position is reached at once, and a
 * generator is saved by storing the three numbers. NEVER for keys, masks, noise that must hide
 * something, or shares: those come from pv_csprng, which is another type on purpose.
 *
 *     pv_rng r = pv_rng_make(seed, PV_STREAM_WEIGHTS);
 *     double z = pv_rng_normal(&r);
 */
#ifndef PRIVET_RNG_H
#define PRIVET_RNG_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_rng {
    uint64_t seed, stream;
    uint64_t position; /* number of 32-bit words drawn */
} pv_rng;

/* One stream for each purpose, so that drawing more for one never moves another. A stream number
 * may be combined with an index (epoch, sample) by pv_rng_fork. */
enum {
    PV_STREAM_WEIGHTS = 1,
    PV_STREAM_SHUFFLE = 2,
    PV_STREAM_AUGMENT = 3,
    PV_STREAM_SPLIT = 4,
    PV_STREAM_GLYPHS = 5,
    PV_STREAM_DROPOUT = 6,
    PV_STREAM_ATTACK = 7,
    PV_STREAM_CLIENT = 8,
    PV_STREAM_SECRET = 9, /* in training: a customer draws its own from a pv_csprng */
    PV_STREAM_NOISE = 10,
    PV_STREAM_TEST = 99,
};

PV_API pv_rng pv_rng_make(uint64_t seed, uint64_t stream);

/* An independent generator for item `index` of r's stream; r does not move. */
PV_API pv_rng pv_rng_fork(const pv_rng *r, uint64_t index);

PV_API uint32_t pv_rng_u32(pv_rng *r);
PV_API uint64_t pv_rng_u64(pv_rng *r);
PV_API uint64_t pv_rng_below(pv_rng *r, uint64_t n); /* uniform in [0, n), exactly; n >= 1 */
PV_API double pv_rng_uniform(pv_rng *r);             /* [0, 1), 53 bits */
PV_API double pv_rng_normal(pv_rng *r);              /* N(0, 1), Box-Muller */
PV_API double pv_rng_gamma(pv_rng *r,
                           double shape); /* Gamma(shape, 1), Marsaglia-Tsang; shape > 0 */
PV_API void pv_rng_shuffle(pv_rng *r, uint32_t *items, size_t n); /* Fisher-Yates */

/* The block function itself: 4 words for (seed, stream, block). Kernels that need random words at a
 * given index (dropout) call it directly. */
PV_API void pv_rng_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);

#ifdef __cplusplus
}
#endif
#endif
