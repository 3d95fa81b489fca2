/* party/truth.h - a party's word about its own data, given before training
 *
 * The salted Merkle root of its rows (crypto/identity/merkle.h): sent with the first message, it
 * binds the party to these rows without showing any; an audit later holds its guesses against rows
 * that fit the root. The salt stays in FOLDER/truth.json, mode 0600, with the root.
 *
 * A row is the sample as float32 little-endian, as pv_data_raw gives it, and its label as i32.
 */
#ifndef PV_PARTY_TRUTH_H
#define PV_PARTY_TRUTH_H

#include "crypto/identity/merkle.h"
#include "party/party.h"

/* Draws the salt, writes truth.json. Call it in the step that sends the root: a step that is
 * executed again draws the same. */
pv_status pv_party_truth(pv_hash *root, pv_party *p, const pv_data *data) PV_MUST_USE;

pv_status pv_party_truth_root(pv_hash *root, const pv_data *data,
                              const uint8_t salt[PV_SALT_BYTES]) PV_MUST_USE;

#endif
