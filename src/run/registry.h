/* run/registry.h - the schemes and attacks there are: the one list of each */
#ifndef PV_RUN_REGISTRY_H
#define PV_RUN_REGISTRY_H

#include "attack/attack.h"
#include "scheme/scheme.h"

const pv_scheme *pv_scheme_at(int i); /* NULL past the last */
const pv_attack *pv_attack_at(int i);

/* PV_ERR_OPTION naming those there are. */
pv_status pv_scheme_find(const pv_scheme **out, const char *name) PV_MUST_USE;
pv_status pv_attack_find(const pv_attack **out, const char *name) PV_MUST_USE;

/* The scheme of a scenario, which has then read and checked its own settings and those of [view].
 */
pv_status pv_scheme_of(const pv_scheme **out, pv_scenario *s) PV_MUST_USE;

#endif
