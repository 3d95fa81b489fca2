#define MACHINE pv_machine_baseline
#define ISA     "baseline"
#include "kernel/fused/machine.inc"
