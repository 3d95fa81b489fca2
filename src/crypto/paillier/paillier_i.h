/* crypto/paillier/paillier_i.h - what the files of this room share
 *
 * p < q. A half of the key is what the owner computes modulo one of its primes. The key lies in one
 * piece of base/secret.h memory; the tables of its owner, megabytes, are made when they are first
 * needed and wiped by math/modular.
 */
#ifndef PV_CRYPTO_PAILLIER_PAILLIER_I_H
#define PV_CRYPTO_PAILLIER_PAILLIER_I_H

#include "base/secret.h"
#include "crypto/paillier/crt.h"
#include "crypto/paillier/paillier.h"

#include <pthread.h>

enum {
    PV_PAILLIER_LIMBS = PV_PAILLIER_MOST_BITS / 64,
    PV_PAILLIER_CHUNK = 512, /* items between two looks at whether to stop */
};

struct pv_paillier_pk {
    int bits;
    size_t limbs;
    pv_modsq *square; /* modulo n² */
    uint64_t n[PV_PAILLIER_LIMBS], n2[2 * PV_PAILLIER_LIMBS];
};

typedef struct pv_paillier_half {
    pv_crt_modulus p, p2;
    pv_modsq *square;                        /* modulo p² */
    uint64_t order[PV_PAILLIER_LIMBS / 2];   /* p - 1 */
    uint64_t inverse[PV_PAILLIER_LIMBS / 2]; /* R/q mod p, q being the other prime */
    uint64_t h[PV_PAILLIER_LIMBS / 2];       /* R·h_p mod p; h_p = -1/q, as L((1+n)^(p-1)) = -q */
} pv_paillier_half;

typedef struct pv_paillier_owner {
    pthread_mutex_t lock;
    pv_modsq_table
        *table[2]; /* powers of a generator of the n-th residues modulo p², q²; or NULL */
} pv_paillier_owner;

struct pv_paillier_sk {
    pv_paillier_pk *pk;
    pv_paillier_owner *owner;
    int safe;
    size_t limbs; /* of a prime */
    pv_paillier_half half[2];
    uint64_t inverse2[PV_PAILLIER_LIMBS]; /* R/p² mod q² */
};

/* Of primes that were checked already, in either order; code: tests choose it. */
pv_status pv_paillier_assemble(pv_paillier_sk **out, const uint64_t *p, const uint64_t *q, int bits,
                               int safe, pv_modsq_code code) PV_MUST_USE;
/* Of an n that was checked already. */
pv_status pv_paillier_pk_assemble(pv_paillier_pk **out, const uint64_t *n, int bits,
                                  pv_modsq_code code) PV_MUST_USE;

/* out = 1/x mod p; x and out: limbs of p, x not a multiple of it */
pv_status pv_paillier_half_inverse(uint64_t *out, const pv_paillier_half *h,
                                   const uint64_t *x) PV_MUST_USE;

/* x[i] uniform below `end`, of `limbs` limbs whose top one is not zero; by rejection, so how long
 * it takes depends on what is thrown away. */
void pv_paillier_below(uint64_t *x, size_t count, const uint64_t *end, size_t limbs, pv_csprng *r);

/* The owner's n-th residues: rho[i] = g^x modulo p² and q², for exponents x[2][count][limbs] below
 * p-1 and q-1; r^p modulo p² for bases x when the primes are not safe. */
pv_status pv_paillier_owner_residues(uint64_t *rho, const pv_paillier_sk *sk, const uint64_t *x,
                                     size_t count, int threads) PV_MUST_USE;

/* out = the product of all c[i]; one for none. */
pv_status pv_paillier_product(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                              size_t count, int threads) PV_MUST_USE;

/* rho[i] = (h^n)^x[i], times y'^n where the lowest bit of odd[i] is set (FULL alone looks at it);
 * x: [count][limbs of an exponent]. */
pv_status pv_paillier_blind_powers(uint64_t *rho, const pv_paillier_blind *b, const uint64_t *x,
                                   const uint8_t *odd, size_t count, int threads) PV_MUST_USE;
/* factor[i] = odd[i] ? y'^n : 1 */
void pv_paillier_blind_choose(uint64_t *factor, const pv_paillier_blind *b, const uint8_t *odd,
                              size_t count);
const pv_paillier_pk *pv_paillier_blind_public(const pv_paillier_blind *b);

/* Room for count·limbs limbs that may hold secrets; NULL when memory runs out. Wiped when freed. */
typedef struct pv_paillier_scratch {
    uint64_t *limb;
    size_t limbs;
} pv_paillier_scratch;
pv_status pv_paillier_scratch_init(pv_paillier_scratch *s, size_t count, size_t limbs) PV_MUST_USE;
void pv_paillier_scratch_clear(pv_paillier_scratch *s); /* idempotent */

static inline size_t pv_paillier_piece(size_t count, size_t done)
{
    return count - done < PV_PAILLIER_CHUNK ? count - done : PV_PAILLIER_CHUNK;
}

#endif
