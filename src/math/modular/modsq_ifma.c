/* compiled with -mavx512ifma */
#define OPS  pv_modsq_ifma
#define NAME "ifma"
#include "math/modular/lanes.inc"

#include "base/clock.h"

/* Twelve sums that do not wait for each other keep both units busy; the barrier keeps the
 * compiler from adding them up itself. */
static uint64_t multiply_adds(size_t rounds)
{
    enum { SUMS = 12 };
    pv_lanes sums[SUMS], x = pv_lanes_all(3), y = pv_lanes_all(5), all = pv_lanes_all(0);
    for (int k = 0; k < SUMS; k++) sums[k] = x;
    for (size_t i = 0; i < rounds; i++) {
        UNROLL for (int k = 0; k < SUMS; k++) sums[k] = pv_lanes_madlo(sums[k], x, y);
        __asm__ volatile("" : "+v"(x));
    }
    for (int k = 0; k < SUMS; k++) all = pv_lanes_add(all, sums[k]);
    uint64_t out[W] ALIGNED;
    pv_lanes_store(out, all);
    __asm__ volatile("" : : "r"(out) : "memory");
    return SUMS * W * rounds;
}

double pv_modsq_ifma_count(double seconds)
{
    double start = pv_clock_thread_seconds(), best = 0, now;
    do {
        double begun = pv_clock_thread_seconds();
        uint64_t count = multiply_adds(100000);
        now = pv_clock_thread_seconds();
        if ((double)count > best * (now - begun)) best = (double)count / (now - begun);
    } while (now - start < seconds);
    return best;
}
