/* scheme/align/align.h - whose rows do two parties both have? settings and roles
 *
 * Two parties, `left` and `right`, each with a table whose rows are about somebody: one or more of
 * its columns say who (local `ids`). They find out whom both know (crypto/psi/psi.h) and write
 * their rows about these in one common order, so that a `vertical` run can begin. Neither learns
 * anything about the others' identifiers but their number.
 *
 *     [scenario]
 *     scheme = align
 *     [scheme]
 *     normalise = text      exact, text, digits: what makes two identifiers the same (ids.h)
 *     minimum = 10          with fewer in common both stop, and know no more than how many
 *     test = 0.2            this part of the rows goes into a file of its own
 *
 *     [local left]
 *     data = csv:patients.csv
 *     ids = surname,born
 *     missing_ids = error   or drop: rows that do not say whom they are about
 *     keep_ids = no         or yes: leave the columns in what is written
 *
 * What a party's folder holds at the end: aligned.csv and order.json (party/order.h), or
 * aligned-train.csv, order.json, aligned-test.csv and order-test.json; all of mode 0600.
 */
#ifndef PV_SCHEME_ALIGN_ALIGN_H
#define PV_SCHEME_ALIGN_ALIGN_H

#include "scheme/scheme.h"

enum { PV_ALIGN_EXACT = 0, PV_ALIGN_TEXT, PV_ALIGN_DIGITS };

typedef struct pv_align_options {
    int normalise;
    int64_t minimum;
    double test;
} pv_align_options;

extern const pv_setting pv_align_setting[];
pv_status pv_align_options_read(pv_align_options *o, pv_scenario *s) PV_MUST_USE;

/* How many of `rows` aligned rows are test rows: the first so many of the common order. */
int64_t pv_align_test_rows(const pv_align_options *o, int64_t rows);

extern const pv_role pv_align_left, pv_align_right;
extern const pv_scheme pv_scheme_align;

#endif
