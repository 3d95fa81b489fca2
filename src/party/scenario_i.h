/* party/scenario_i.h - what the files of the scenario share */
#ifndef PV_PARTY_SCENARIO_I_H
#define PV_PARTY_SCENARIO_I_H

#include "party/scenario.h"

/* [schema]; left zero when there is none. */
pv_status pv_schema_read(pv_schema *schema, pv_ini *ini) PV_MUST_USE;
void pv_schema_clear(pv_schema *schema);

/* Are the keys and values of every [local...] section fit to be used? Marks them as used. `where`
 * has the parties that they may name. */
pv_status pv_local_check(const pv_scenario *s, pv_ini *ini) PV_MUST_USE;

/* "local", "local NAME": what is not part of the agreement. */
int pv_local_is_section(const char *section);

/* PV_ERR_FORMAT unless the entry is HOST:PORT, [V6]:PORT or, with may_be_any, :PORT. */
pv_status pv_scenario_address_check(const char *file, const pv_ini_entry *e,
                                    int may_be_any) PV_MUST_USE;

#endif
