/* crypto/psi/psi.h - which identifiers do two parties both have? (ECDH private set intersection)
 *
 * Each party hashes its identifiers into ristretto255 (RFC 9496; hash_to_ristretto255 of RFC 9380,
 * domain "privet/1 psi ristretto255_XMD:SHA-512_R255MAP_RO_" and the session) and raises them to a
 * scalar of its own, fresh in every run. The other raises what it gets to its scalar. Equal
 * identifiers then have equal points, whoever came first: a·b·H(id). (Meadows 1986; Huberman,
 * Franklin, Hogg 1999.)
 *
 *     A: a·H(x), shuffled           ->
 *                                   <-  b·H(y), shuffled;  b·a·H(x), in the order received
 *     A: a·b·H(y), in that order    ->
 *     both: the set of tags b·a·H(x) and a·b·H(y): its intersection, sorted by tag, is the common
 * order
 *
 * Semi-honest. Both learn: the other's number of identifiers, the intersection, nothing about the
 * rest, if the decisional Diffie-Hellman problem is hard in ristretto255 and SHA-512 behaves as a
 * random oracle. A party that lies can put in identifiers it only guesses, and run again with
 * others (differencing): sizes and runs are what there is to watch.
 *
 * Points of the wrong encoding and the identity are refused. Scalars are secret, wiped at the end.
 */
#ifndef PV_CRYPTO_PSI_PSI_H
#define PV_CRYPTO_PSI_PSI_H

#include "base/csprng.h"
#include "base/ctx.h"

enum { PV_PSI_POINT = 32 };

typedef struct pv_psi pv_psi;

/* session: the same at both ends (scenario hash and run), hashed into every point. */
pv_status pv_psi_new(pv_psi **out, const void *session, size_t session_bytes,
                     pv_csprng *r) PV_MUST_USE;
void pv_psi_free(pv_psi *p); /* wipes; accepts NULL */

/* One identifier, normalised by the caller: bytes and their number. */
typedef struct pv_psi_id {
    const void *data;
    size_t size;
} pv_psi_id;

/* point[i] = s·H(id[i]), 32 bytes each. */
pv_status pv_psi_hide(uint8_t *point, const pv_psi *p, const pv_psi_id *id, size_t count,
                      const pv_ctx *ctx) PV_MUST_USE;
/* point[i] = s·in[i]. PV_ERR_PEER naming `what` and the first that is no point, the identity, or
 * there twice. */
pv_status pv_psi_again(uint8_t *point, const pv_psi *p, const uint8_t *in, size_t count,
                       const char *what, const pv_ctx *ctx) PV_MUST_USE;
/* order becomes a random permutation of 0..count-1. */
pv_status pv_psi_shuffle(uint32_t *order, size_t count, pv_csprng *r) PV_MUST_USE;
/* mine[i] = number of the tag in `own` that is i-th in the sorted intersection with `other`;
 * *common of them. mine has room for own_count. */
pv_status pv_psi_common(uint32_t *mine, size_t *common, const uint8_t *own, size_t own_count,
                        const uint8_t *other, size_t other_count) PV_MUST_USE;

#endif
