#include "base/clock.h"

#include <time.h>

double pv_clock_seconds(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double pv_clock_thread_seconds(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *pv_clock_text(char buffer[PV_CLOCK_TEXT])
{
    time_t now = time(NULL);
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    if (strftime(buffer, PV_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) buffer[0] = '\0';
    return buffer;
}
