/* net/agreement.h - where two versions of a shared text part ways */
#ifndef PV_NET_AGREEMENT_H
#define PV_NET_AGREEMENT_H

#include "base/str.h"

/* "line 12 differs: 'rounds = 10' here, 'rounds = 20' there"; "" when they are the same. Appends to
 * *out. Long lines are cut. */
pv_status pv_agreement_difference(pv_str *out, const char *here, const char *there) PV_MUST_USE;

/* Parties that only check each other before a run add this line to their agreement. A check and a
 * run refuse each other, and neither takes harm from it. */
#define PV_AGREEMENT_CHECK "[check]\n"
int pv_agreement_only_checks(const char *agreement);

#endif
