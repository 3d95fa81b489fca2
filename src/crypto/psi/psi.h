/* crypto/psi/psi.h - which identifiers do two parties both have? (ECDH private set intersection)
 *
 * Each party hashes its identifiers into ristretto255 (RFC 9496; hash_to_ristretto255 of RFC 9380,
 * domain "privet/1 psi ristretto255_XMD:SHA-512_R255MAP_RO_", the SHA-512 of the session before
 * each identifier) and multiplies them by a scalar of its own, fresh in every run. The other
 * multiplies what it gets by its scalar. Equal identifiers then have equal points, whoever came
 * first: a·b·H(id), the *tag* of the identifier. (Meadows 1986; Huberman, Franklin, Hogg 1999.)
 *
 *     left:  a·H(x), in an order it draws             ->
 *                                                     <-  right: b·H(y), likewise
 *     left:  a·(b·H(y)), in a second order it draws   ->
 *                                                     <-  right: b·(a·H(x)), likewise
 *     both have all tags, and know how many they share, but not which of their own these are: the
 *     second order hides it. With too few they stop here.
 *     left:  its second order                         ->
 *                                                     <-  right: its second order
 *     both know the tag of each identifier of theirs. The shared ones, sorted, are the common
 * order.
 *
 * Semi-honest. Both learn the other's number of identifiers, the size of the intersection and, when
 * it is large enough, which identifiers are in it; about the rest nothing, if the decisional
 * Diffie-Hellman problem is hard in ristretto255 and SHA-512 behaves as a random oracle. A party
 * that lies can put in identifiers it only guesses, and run again with others (differencing): sizes
 * and runs are what there is to watch. One that sends its second order wrong, or not at all, leaves
 * the other with a wrong intersection, or none.
 *
 * Points of the wrong encoding, the identity and points that are there twice are refused. The
 * scalar is secret, kept in locked memory, wiped at the end; what is done with it takes the same
 * time whatever it and the identifiers are (their lengths do show). Identifiers are at most
 * PV_PSI_MOST.
 *
 * A pv_psi may be used by one thread at a time; work is spread over the threads of the context.
 */
#ifndef PV_CRYPTO_PSI_PSI_H
#define PV_CRYPTO_PSI_PSI_H

#include "base/csprng.h"
#include "base/ctx.h"

enum { PV_PSI_POINT = 32, PV_PSI_MOST = 1 << 24 };

typedef struct pv_psi pv_psi;

/* session: the same at both ends (scenario hash and run), hashed into every point. The scalar is
 * drawn from r. */
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
/* The same refusals, for points that nothing more is computed with. */
pv_status pv_psi_check(const uint8_t *in, size_t count, const char *what,
                       const pv_ctx *ctx) PV_MUST_USE;

/* order becomes a random permutation of 0..count-1. */
void pv_psi_shuffle(uint32_t *order, size_t count, pv_csprng *r);
/* PV_ERR_PEER naming `what` unless order[0..count) is a permutation of 0..count-1. */
pv_status pv_psi_shuffle_check(const uint32_t *order, size_t count, const char *what) PV_MUST_USE;

/* mine[i] = number of the tag in `own` that is i-th in the sorted intersection with `other`;
 * *common of them. mine has room for own_count, or is NULL when only the number is wanted. Tags are
 * different within each list (pv_psi_check). */
pv_status pv_psi_common(uint32_t *mine, size_t *common, const uint8_t *own, size_t own_count,
                        const uint8_t *other, size_t other_count) PV_MUST_USE;

#endif
