/* compiled with -march=x86-64-v3 */
#define MACHINE pv_machine_avx2
#define ISA     "avx2"
#include "kernel/fused/machine.inc"
