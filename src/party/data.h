/* party/data.h - a party's rows: opening them, and the root that commits to them
 *
 * The party itself does both when it begins; an audit does both again, to hold what it scores
 * against what was promised.
 */
#ifndef PV_PARTY_DATA_H
#define PV_PARTY_DATA_H

#include "crypto/identity/merkle.h"
#include "party/scenario.h"

/* What party brings: l->data, its part of it, checked against the schema. Errors: PV_ERR_INPUT (it
 * brings none), those of pv_data_open and pv_schema_check. */
pv_status pv_local_data(pv_data **out, const pv_local *l, const pv_scenario *s, const char *party,
                        const pv_ctx *ctx) PV_MUST_USE;

/* l->test, or the test split of l->data's source; *out NULL when there is none. */
pv_status pv_local_test(pv_data **out, const pv_local *l, const pv_scenario *s, const char *party,
                        const pv_ctx *ctx) PV_MUST_USE;

/* The root of a salted Merkle tree over the rows: a row is its float32 values as they are read and
 * its i32 label, little-endian; the label is -1 where there are none. */
pv_status pv_truth_root(pv_hash *root, const uint8_t salt[PV_SALT_BYTES],
                        const pv_data *data) PV_MUST_USE;

#endif
