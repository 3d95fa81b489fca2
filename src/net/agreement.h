/* net/agreement.h - where two versions of a shared text part ways */
#ifndef PV_NET_AGREEMENT_H
#define PV_NET_AGREEMENT_H

#include "base/str.h"

/* "line 12 differs: 'rounds = 10' here, 'rounds = 20' there"; "" when they are the same. Appends to
 * *out. Long lines are cut. */
pv_status pv_agreement_difference(pv_str *out, const char *here, const char *there) PV_MUST_USE;

#endif
