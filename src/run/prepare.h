/* run/prepare.h - from a scenario to the folder of a run on this machine
 *
 * Copies the shared part of the scenario into RUN/scenario.ini and fills in what it leaves open:
 * the schema, from the first data set; certificates and their pins, from an authority made for this
 * run alone. Then writes each party's local file: its data, test data and keys, and addresses on
 * the loopback interface, whatever the scenario says about the parties' real ones.
 */
#ifndef PV_RUN_PREPARE_H
#define PV_RUN_PREPARE_H

#include "party/scenario.h"
#include "privet/context.h"

/* scenario: the user's file. The folder must be new or empty (PV_ERR_USAGE, naming --resume). */
pv_status pv_run_prepare(const char *run, const char *scenario, const pv_ctx *ctx) PV_MUST_USE;

#endif
