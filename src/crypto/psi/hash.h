/* crypto/psi/hash.h - any bytes to a point of ristretto255 whose discrete logarithm nobody knows
 *
 * hash_to_ristretto255 (RFC 9380, appendix B): 64 bytes from expand_message_xmd with SHA-512
 * (section 5.3.1), then the one-way map of RFC 9496, section 4.3.4. Nothing but the number of bytes
 * influences branches and addresses. The DST says who hashes what for: at most 255 bytes.
 */
#ifndef PV_CRYPTO_PSI_HASH_H
#define PV_CRYPTO_PSI_HASH_H

#include "base/trail.h"
#include <stddef.h>
#include <stdint.h>

typedef struct pv_psi_domain {
    const void *dst;
    size_t size;
} pv_psi_domain;

/* A message may come in two pieces, of which either may be empty. */
typedef struct pv_psi_message {
    const void *first, *second;
    size_t first_bytes, second_bytes;
} pv_psi_message;

/* out[0..size), size at most 255 * 64. Errors: PV_ERR_USAGE for sizes beyond. */
pv_status pv_psi_hash_expand(uint8_t *out, size_t size, const pv_psi_message *m,
                             const pv_psi_domain *d) PV_MUST_USE;

/* The point of a message, encoded. d->size was checked by an earlier pv_psi_hash_expand, or is a
 * constant. */
void pv_psi_hash_point(uint8_t point[32], const pv_psi_message *m, const pv_psi_domain *d);

#endif
