/* cli/help.h - everything that is written from the tables of options */
#ifndef PV_CLI_HELP_H
#define PV_CLI_HELP_H

#include "base/str.h"
#include "cli/command.h"

pv_status pv_help_overview(pv_str *out) PV_MUST_USE;
pv_status pv_help_command(pv_str *out, const pv_command *command) PV_MUST_USE;

/* A page for man(1), in roff; command NULL: the page of the whole program. */
pv_status pv_help_man(pv_str *out, const pv_command *command) PV_MUST_USE;

/* A script for bash's programmable completion. */
pv_status pv_help_completion(pv_str *out) PV_MUST_USE;

#endif
