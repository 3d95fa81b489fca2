/* scheme/complement/secrets.h - secrets.csv: which secret stood on which row
 *
 * A customer leaves it in its folder (mode 0600), and an audit holds guesses against it; it is in
 * no view. The first line is "row,secret"; then a line a row, in order from 0. A complement or an
 * offset is its number, what label 0 becomes; a permutation is what 0, 1, ... become, with blanks
 * between. The look of a drawn digit is not in it.
 */
#ifndef PV_SCHEME_COMPLEMENT_SECRETS_H
#define PV_SCHEME_COMPLEMENT_SECRETS_H

#include "base/str.h"
#include "encode/complement/secret.h"

/* The first line, and one of a row. */
pv_status pv_complement_secrets_begin(pv_str *out) PV_MUST_USE;
pv_status pv_complement_secrets_add(pv_str *out, const pv_secret_plan *plan, int64_t row,
                                    const pv_secret_value *s) PV_MUST_USE;

/* All of a file, *out [*rows] from pv_alloc; the caller wipes and frees it. name: for errors
 * (PV_ERR_FORMAT with the line). */
pv_status pv_complement_secrets_parse(pv_secret_value **out, int64_t *rows, const char *name,
                                      const void *data, size_t size,
                                      const pv_secret_plan *plan) PV_MUST_USE;
/* FOLDER/secrets.csv. */
pv_status pv_complement_secrets_load(pv_secret_value **out, int64_t *rows, const char *folder,
                                     const pv_secret_plan *plan) PV_MUST_USE;

#endif
