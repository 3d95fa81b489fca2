/* scheme/federated/federated.h - the two roles of federated training, and the table entry
 *
 *     server                                  clients
 *     step 1       <- join, setup ->
 *     step n       model ->                   n = 1 .. rounds
 *                  <- gradient or update      (or the stages of a masked sum)
 *     step rounds + 1    model ->             the weights at the end, which are released
 */
#ifndef PV_SCHEME_FEDERATED_FEDERATED_H
#define PV_SCHEME_FEDERATED_FEDERATED_H

#include "fed/options.h"
#include "scheme/scheme.h"

extern const pv_scheme pv_scheme_federated;
extern const pv_role pv_federated_server, pv_federated_client;
extern const pv_setting pv_federated_setting[];

/* The [scheme] section, read and checked. */
pv_status pv_federated_options(pv_fed_options *o, pv_scenario *s) PV_MUST_USE;

#endif
