/* attack/inversion/chosen.h - what a label party gets that does not keep to the protocol
 *
 * The active party decrypts what comes back from the label party and cannot see whether it is what
 * the protocol says: Y is uniform. A label party that raises one exponent of each class,
 *
 *     W~_k + 2^t·e_j(k)      instead of      W~_k
 *
 * gets, in the slot of every sample i of the pack, z_ik + 2^t·a_ij(k) instead of z_ik. With t above
 * the bits that scores really have, and room above it for an activation (slots are laid out for
 * the static bound of scores, which real ones are far below), both come out exactly: one activation
 * of each sample of the batch for each class and step, and the scores as well, so that learning
 * goes on as if nothing had happened. d features take ⌈d/c⌉ batches of the same rows. Where slots
 * are hardly wider than the scores (a short run, or weight decay, with its tight static bound) the
 * two overlap, and what comes out is wrong.
 *
 * This is an active attack: the price of a label party that is malicious instead of curious. It
 * needs an oracle, so it is no function of a view; these two functions are the label party's side,
 * and whoever holds both parties (a test, a bench) carries the messages.
 */
#ifndef PV_ATTACK_INVERSION_CHOSEN_H
#define PV_ATTACK_INVERSION_CHOSEN_H

#include "base/file.h"
#include "crypto/paillier/paillier.h"

typedef struct pv_chosen_layout {
    size_t rows, width, classes; /* of the batch, activations, scores */
    size_t slots;                /* samples in a plaintext */
    unsigned slot;               /* bits of a slot */
    unsigned activation_bits;    /* of an activation in fixed point, sign included: no more
                                 than they really have, which leaves more to the scores */
    unsigned exponent_bits;      /* of the label party's working share, sign included */
    int fa, fw;                  /* scales: activations by 2^fa, weights by 2^fw */
} pv_chosen_layout;

typedef struct pv_chosen {
    pv_chosen_layout layout;
    const pv_paillier_pk *pk;
    unsigned shift;  /* t */
    uint64_t *mask;  /* [classes * packs] residues */
    size_t *feature; /* [classes] whose activations are asked for */
} pv_chosen;

/* *message: what is sent back for `samples`, the bytes of [A] in packs of samples. working
 * [classes, width]: the label party's working share W~u. feature [classes]: which activation each
 * class asks for. Errors: PV_ERR_PEER (bytes that are no ciphertexts), PV_ERR_RANGE (slots too
 * narrow for any activation). */
pv_status pv_chosen_scores(pv_bytes *message, pv_chosen *c, const pv_chosen_layout *layout,
                           const pv_paillier_pk *pk, const pv_paillier_blind *blind,
                           const pv_wide *working, const size_t *feature, const void *samples,
                           size_t size, pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;

/* From the answer: activation [rows, classes], where column k is of feature[k]; z [rows, classes]
 * (NULL: not wanted), without the bias. */
pv_status pv_chosen_read(double *activation, double *z, const pv_chosen *c, const void *opened,
                         size_t size) PV_MUST_USE;
void pv_chosen_clear(pv_chosen *c); /* idempotent */

#endif
