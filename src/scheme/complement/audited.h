/* scheme/complement/audited.h - what the folders of a run have for who audits it
 *
 * A customer's secrets.csv (row,secret) and predictions.csv (row,label,probability) go row by row
 * from 0 on. A complement or an offset stands there by its number, a permutation by where it takes
 * 0, 1, ..., with blanks between.
 */
#ifndef PV_SCHEME_COMPLEMENT_AUDITED_H
#define PV_SCHEME_COMPLEMENT_AUDITED_H

#include "scheme/complement/complement.h"

extern const pv_scheme_cut pv_complement_cut;

/* Of the text of secrets.csv: *out [*count], the caller's and secret. name: what errors call it:
 * PV_ERR_FORMAT, PV_ERR_RANGE, those of pv_csv_sheet_parse. */
pv_status pv_complement_secrets_parse(pv_secret_value **out, int64_t *count,
                                      const pv_secret_plan *plan, const char *name,
                                      const uint8_t *text, size_t size) PV_MUST_USE;
/* Likewise labels out of predictions.csv, as numbers of the schema's classes. */
pv_status pv_complement_labels_parse(int32_t **out, int64_t *count, const pv_schema *schema,
                                     const char *name, const uint8_t *text,
                                     size_t size) PV_MUST_USE;

#endif
