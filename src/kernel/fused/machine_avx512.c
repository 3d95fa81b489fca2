/* compiled with -march=x86-64-v4 */
#define MACHINE pv_machine_avx512
#define ISA     "avx512"
#include "kernel/fused/machine.inc"
