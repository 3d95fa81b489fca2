#include "run/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int pv_machine_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

int64_t pv_machine_peak_rss(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (int64_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}

const char *pv_machine_name(char buffer[PV_MACHINE_TEXT])
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "re");
    snprintf(buffer, PV_MACHINE_TEXT, "unknown processor");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, "model name", 10) != 0) continue;
        colon += 1 + strspn(colon + 1, " ");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(buffer, PV_MACHINE_TEXT, "%.*s", PV_MACHINE_TEXT - 1, colon);
        break;
    }
    if (f != NULL) fclose(f);
    return buffer;
}
