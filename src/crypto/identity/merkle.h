/* crypto/identity/merkle.h - a salted Merkle root: commit to rows now, open some of them later
 *
 * Leaf i is SHA-256(0x00, salt_i, row_i) with salt_i = HMAC-SHA-256(salt, u64le(i)), an inner node
 * SHA-256(0x01, left, right); a level of odd length promotes its last node (RFC 6962, section 2.1,
 * with salts). The root is SHA-256(0x02, u64le(rows), the topmost node), so that it also commits to
 * how many rows there are; an empty tree's topmost node is the hash of nothing. The root hides the
 * rows from who does not know the salt; who is given salt_i, row_i and the siblings on the way up
 * can check one row without seeing another.
 */
#ifndef PV_CRYPTO_IDENTITY_MERKLE_H
#define PV_CRYPTO_IDENTITY_MERKLE_H

#include "crypto/identity/hash.h"

enum { PV_SALT_BYTES = 32 };

typedef struct pv_merkle pv_merkle; /* all levels of a tree, in memory: 64 bytes a row */

pv_status pv_merkle_new(pv_merkle **m, const uint8_t salt[PV_SALT_BYTES]) PV_MUST_USE;
void pv_merkle_free(pv_merkle *m); /* wipes the salt; accepts NULL */
pv_status pv_merkle_add(pv_merkle *m, const void *row, size_t size) PV_MUST_USE;
/* Of all rows so far. */
pv_status pv_merkle_root(pv_merkle *m, pv_hash *root) PV_MUST_USE;

/* A proof for row i: its salt and the siblings from the leaf up. */
typedef struct pv_merkle_proof {
    uint64_t row, rows;
    uint8_t salt[PV_SALT_BYTES];
    pv_hash sibling[64];
    int siblings;
} pv_merkle_proof;
/* PV_ERR_RANGE when there is no such row. */
pv_status pv_merkle_prove(pv_merkle *m, uint64_t row, pv_merkle_proof *out) PV_MUST_USE;
/* p may come from anybody. PV_ERR_MISMATCH when the row is not what root committed to. */
pv_status pv_merkle_check(const pv_merkle_proof *p, const pv_hash *root, const void *row,
                          size_t size) PV_MUST_USE;

#endif
