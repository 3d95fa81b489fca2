/* compiled with -march=x86-64-v3 */
#define LOOPS     pv_loops_avx2
#define ISA       "avx2"
#define REGISTERS 16
#include "kernel/dnnl/loops.inc"
