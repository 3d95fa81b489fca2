/* codec/arff.h - ARFF, the table format of Weka and of the UCI copies
 *
 * Read: numeric, real and integer attributes (a range in brackets after the type is ignored),
 * nominal attributes {a, b, c}, comments, quoted names and values, '?' for a missing value, any
 * letter case in keywords. Refused by name: string, date and relational attributes, sparse rows.
 * Every value is checked against its attribute.
 *
 * Source: the ARFF format description of Weka 3 (stable version).
 *
 * Errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED (no @data), PV_ERR_RANGE (a value that its nominal
 * attribute does not list), PV_ERR_LIMIT, PV_ERR_UNSUPPORTED, PV_ERR_MEMORY, each naming line and
 * column; *out is cleared on failure.
 */
#ifndef PV_CODEC_ARFF_H
#define PV_CODEC_ARFF_H

#include "codec/table.h"

pv_status pv_arff_parse(pv_table *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_arff_load(pv_table *out, const char *path) PV_MUST_USE;

#endif
