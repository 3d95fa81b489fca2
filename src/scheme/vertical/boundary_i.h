/* scheme/vertical/boundary_i.h - what both sides of the boundary are made of (boundary*.c)
 *
 * Orders within messages, so that they are what pv_paillier_products takes and gives:
 *
 *     samples    [pack of samples][feature]        features   [pack of features][sample]
 *     shares     [full pack][class], then [place][class] of the rest
 *     scores     [class][pack of samples]          weights    [class][pack of features]
 *     activations   [sample][full pack], then [group]: the rests of the samples of a group
 */
#ifndef PV_SCHEME_VERTICAL_BOUNDARY_I_H
#define PV_SCHEME_VERTICAL_BOUNDARY_I_H

#include "base/secret.h"
#include "scheme/vertical/boundary.h"

/* What of a batch was done. */
enum {
    PV_BATCH_BEGUN = 1,    /* samples sent / scores computed */
    PV_BATCH_OPENED = 2,   /* scores opened / logits read */
    PV_BATCH_REST = 4,     /* features and shares sent / gradients computed */
    PV_BATCH_GRADIENT = 8, /* dA read */
    PV_BATCH_UPDATED = 16,
};

struct pv_active {
    pv_boundary bound;
    const pv_paillier_sk *sk;
    const pv_paillier_pk *pk;
    const pv_ctx *ctx;
    int ready;   /* has shares */
    int settled; /* those that predictions use */
    unsigned batch;
    int64_t rows;
    uint64_t steps, clamped;
    pv_wide *share, *velocity; /* E_W, E_V: [c·d] */
    int64_t *activation;       /* a^: [m·d] */
};

struct pv_passive {
    pv_boundary bound;
    const pv_paillier_pk *pk;
    const pv_ctx *ctx;
    pv_paillier_blind *blind;
    int ready, settled;
    unsigned batch;
    int64_t rows;
    uint64_t steps;
    pv_wide *share, *velocity; /* W~, V~: [c·d] */
    uint64_t *score_mask;      /* R1, of a batch of m */
    uint64_t *weight_mask;     /* R2 */
};

/* ---- memory of one call: zeroed, wiped when dropped */
pv_status pv_boundary_take(void *pointer, size_t count, size_t size) PV_MUST_USE;
void pv_boundary_drop(void *p, size_t count, size_t size); /* accepts NULL */

/* ---- arithmetic, constant time in the values */
/* sum over t < terms of x[t]·w[t·stride] */
pv_wide pv_boundary_dot(const int64_t *x, const pv_wide *w, size_t terms, size_t stride);
/* ⌊x·2^bits + 1/2⌋, cut to ±most; *beyond += 1 when it was cut, *wrong |= 1 for what is no finite
 * number (0 then). */
int64_t pv_boundary_fixed(double x, int bits, int64_t most, uint64_t *beyond, uint64_t *wrong);
/* Working shares: w[i] >> (F-fw) */
void pv_boundary_working(pv_wide *out, const pv_wide *w, const pv_boundary *b);
/* The rate of a step at fe. PV_ERR_USAGE: not a rate that the bounds hold for. */
pv_status pv_boundary_rate(int64_t *out, const pv_boundary *b, double eta) PV_MUST_USE;

typedef struct pv_boundary_shares {
    pv_wide *share, *velocity;
} pv_boundary_shares;
/* One step of both shares of the active party, next being fresh random ones: n [c·d] = E_V' - e1 -
 * e2 and s [c·d] = S. */
void pv_boundary_step_active(pv_wide *n, pv_wide *s, const pv_boundary *b, pv_boundary_shares now,
                             pv_boundary_shares next, int64_t eta);
/* That of the passive party, n [c·d] being centred(U - R2). Returns 1 when both fit their width. */
uint64_t pv_boundary_step_passive(pv_boundary_shares next, const pv_boundary *b,
                                  pv_boundary_shares now, const pv_wide *n, const pv_wide *s,
                                  int64_t eta);
/* The sharing after training: next [c·d] drawn, s [c·d] = next - share. */
void pv_boundary_settle_active(pv_wide *next, pv_wide *s, const pv_boundary *b,
                               const pv_wide *share, pv_csprng *r);
/* next [c·d] = share + s. Returns 1 when all fit the width of settled shares. */
uint64_t pv_boundary_settle_passive(pv_wide *next, const pv_boundary *b, const pv_wide *share,
                                    const pv_wide *s);
/* The half of W_0 that one party draws, added to w [c·d]. */
pv_status pv_boundary_initial(pv_wide *w, const pv_boundary *b, double scale,
                              pv_csprng *r) PV_MUST_USE;

/* ---- messages */
pv_status pv_boundary_put_ciphers(pv_bytes *out, const uint64_t *c, size_t count,
                                  const pv_paillier_pk *pk) PV_MUST_USE;
pv_status pv_boundary_put_residues(pv_bytes *out, const uint64_t *m, size_t count,
                                   const pv_paillier_pk *pk) PV_MUST_USE;
pv_status pv_boundary_put_wides(pv_bytes *out, const pv_wide *w, size_t count,
                                const pv_boundary *b) PV_MUST_USE;
/* c, m, w have room for count. PV_ERR_PEER */
pv_status pv_boundary_get_ciphers(uint64_t *c, size_t count, const void *in, size_t size,
                                  const pv_paillier_pk *pk, const char *what) PV_MUST_USE;
pv_status pv_boundary_get_residues(uint64_t *m, size_t count, const void *in, size_t size,
                                   const pv_paillier_pk *pk, const char *what) PV_MUST_USE;
pv_status pv_boundary_get_wides(pv_wide *w, size_t count, const void *in, size_t size,
                                const pv_boundary *b, const char *what) PV_MUST_USE;

/* Slots of pack p of `total` values, `slots` to a pack: from *first on, returns how many. */
size_t pv_boundary_pack(size_t *first, size_t p, size_t total, size_t slots);

/* Setup done, rows in range: PV_ERR_USAGE. */
pv_status pv_boundary_begin(const pv_boundary *b, int ready, int64_t rows) PV_MUST_USE;
/* PV_ERR_USAGE when a party that has settled, or can't, is asked to. */
pv_status pv_boundary_may_settle(const pv_boundary *b, int ready, int settled) PV_MUST_USE;
/* PV_ERR_USAGE after it has. */
pv_status pv_boundary_may_train(int settled) PV_MUST_USE;
/* The batch must have `need` and not yet `next`. */
pv_status pv_boundary_turn(unsigned batch, unsigned need, unsigned next,
                           const char *what) PV_MUST_USE;

#endif
