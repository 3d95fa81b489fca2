#include "kernel/dnnl/loops.h"

const pv_loops *pv_loops_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return &pv_loops_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return &pv_loops_avx2;
#endif
    return &pv_loops_baseline;
}

int pv_direct_lanes(int n)
{
    if (n <= 8) return 8;
    return n <= PV_DIRECT_MAX_TAPS ? (n + 15) / 16 * 16 : 0;
}
