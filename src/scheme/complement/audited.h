/* scheme/complement/audited.h - what the folders of a run have for who audits it
 *
 * Both have the published half and the form in which activations cross, the provider its own half,
 * a customer secrets.csv (secrets.h) and predictions.csv: row,label,probability, row by row from 0.
 */
#ifndef PV_SCHEME_COMPLEMENT_AUDITED_H
#define PV_SCHEME_COMPLEMENT_AUDITED_H

#include "scheme/complement/complement.h"

extern const pv_scheme_cut pv_complement_cut;

/* Labels out of the text of predictions.csv, as numbers of the schema's classes: *out [*count],
 * the caller's. name: what errors call it: PV_ERR_FORMAT, PV_ERR_RANGE, those of
 * pv_csv_sheet_parse. */
pv_status pv_complement_labels_parse(int32_t **out, int64_t *count, const pv_schema *schema,
                                     const char *name, const uint8_t *text,
                                     size_t size) PV_MUST_USE;

#endif
