/* cli/commands.h - the sub-commands, each defined in the file of its name */
#ifndef PV_CLI_COMMANDS_H
#define PV_CLI_COMMANDS_H

#include "cli/command.h"

extern const pv_command pv_command_align;
extern const pv_command pv_command_audit;
extern const pv_command pv_command_bench_complement;
extern const pv_command pv_command_bench_engine;
extern const pv_command pv_command_bench_federated;
extern const pv_command pv_command_bench_paillier;
extern const pv_command pv_command_check;
extern const pv_command pv_command_bench_vertical;
extern const pv_command pv_command_bench_wire;
extern const pv_command pv_command_completion;
extern const pv_command pv_command_cuts;
extern const pv_command pv_command_data_convert;
extern const pv_command pv_command_data_info;
extern const pv_command pv_command_data_split;
extern const pv_command pv_command_demo;
extern const pv_command pv_command_eval;
extern const pv_command pv_command_retrain;
extern const pv_command pv_command_gate;
extern const pv_command pv_command_help;
extern const pv_command pv_command_keys_ca;
extern const pv_command pv_command_keys_csr;
extern const pv_command pv_command_keys_paillier;
extern const pv_command pv_command_keys_party;
extern const pv_command pv_command_keys_show;
extern const pv_command pv_command_keys_sign;
extern const pv_command pv_command_list;
extern const pv_command pv_command_merge;
extern const pv_command pv_command_partition;
extern const pv_command pv_command_party;
extern const pv_command pv_command_predict;
extern const pv_command pv_command_report;
extern const pv_command pv_command_run;
extern const pv_command pv_command_train;
extern const pv_command pv_command_version;
extern const pv_command pv_command_view;

#endif
