/* compiled for the instruction set of the rest of the program */
#define LOOPS     pv_loops_baseline
#define ISA       "baseline"
#define REGISTERS 16
#include "kernel/dnnl/loops.inc"
