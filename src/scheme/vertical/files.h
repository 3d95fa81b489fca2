/* What pv_party_check says of the files that a party of the scheme `vertical` names beside its
 * data: the Paillier key, the order of the rows, the half of a model. about: appended to, nothing
 * where there are none. Errors: those of reading them, PV_ERR_INPUT (no half where one is needed),
 * PV_ERR_MISMATCH (a key of other bits, rows that are not in the order). */
#ifndef PV_SCHEME_VERTICAL_FILES_H
#define PV_SCHEME_VERTICAL_FILES_H

#include "party/party.h"

pv_status pv_vertical_active_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                   const char *who) PV_MUST_USE;
pv_status pv_vertical_passive_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                    const char *who) PV_MUST_USE;

#endif
