/* fed/measure.h - what roles of training schemes do at the end of a run, and how they hear of it
 */
#ifndef PV_FED_MEASURE_H
#define PV_FED_MEASURE_H

#include "party/party.h"
#include "privet/model.h"

/* The accuracy of m on data as results "WHAT_accuracy", "WHAT_correct", "WHAT_count". */
pv_status pv_fed_measure(pv_party *p, const pv_model *m, const pv_data *data,
                         const char *what) PV_MUST_USE;

/* A client's end: the joint model is saved as model.safetensors; results "samples", "joint_*", and
 * of what it trained alone (NULL: it did not) "alone_*", on its test data when it has some. */
pv_status pv_fed_finish_client(pv_party *p, const pv_model *joint, const pv_model *alone,
                               const pv_data *data) PV_MUST_USE;

/* The next message of a peer without which nothing can go on: it is waited for whatever on_loss
 * says, also because it may itself be waiting for somebody who is lost. */
pv_status pv_fed_from(pv_message *m, pv_party *p, int peer, uint16_t type) PV_MUST_USE;

/* The hub's number of the one party of a role. */
int pv_fed_peer_of_role(pv_party *p, const char *role);

#endif
