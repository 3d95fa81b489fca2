/* cli/commands.h - the sub-commands, each defined in the file of its name */
#ifndef PV_CLI_COMMANDS_H
#define PV_CLI_COMMANDS_H

#include "cli/command.h"

extern const pv_command pv_command_completion;
extern const pv_command pv_command_help;
extern const pv_command pv_command_version;

#endif
