/* cli/hidden.h - how a model with a secret did: for every value of the secret separately */
#ifndef PV_CLI_HIDDEN_H
#define PV_CLI_HIDDEN_H

#include "base/json.h"
#include "encode/complement/hidden.h"

void pv_hidden_print(const pv_hidden *h, const pv_hidden_score *s);
pv_status pv_hidden_fill_json(json_t *j, const pv_hidden *h, const pv_hidden_score *s) PV_MUST_USE;

#endif
