/* compiled with -march=x86-64-v4 */
#define LOOPS     pv_loops_avx512
#define ISA       "avx512"
#define REGISTERS 32
#include "kernel/dnnl/loops.inc"
