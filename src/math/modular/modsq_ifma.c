/* compiled with -mavx512ifma */
#define OPS  pv_modsq_ifma
#define NAME "ifma"
#include "math/modular/lanes.inc"

#include <time.h>

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

static double seconds_of_this_thread(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double pv_modsq_ifma_count(double seconds)
{
    double start = seconds_of_this_thread(), best = 0, now;
    do {
        double begun = seconds_of_this_thread();
        uint64_t count = multiply_adds(100000);
        now = seconds_of_this_thread();
        if ((double)count > best * (now - begun)) best = (double)count / (now - begun);
    } while (now - start < seconds);
    return best;
}
