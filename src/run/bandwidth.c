#include "run/bandwidth.h"

#include "base/trail.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double bits;
} units[] = {
    {"bit", 1},
    {"kbit", 1e3},
    {"Mbit", 1e6},
    {"Gbit", 1e9},
    {"B", 8},
    {"kB", 8e3},
    {"MB", 8e6},
    {"GB", 8e9},
    {"Kibit", 1024},
    {"Mibit", 1048576},
    {"Gibit", 1073741824},
    {"KiB", 8 * 1024.0},
    {"MiB", 8 * 1048576.0},
    {"GiB", 8 * 1073741824.0},
};

pv_status pv_bandwidth_parse(double *bits_a_second, const char *text)
{
    char *end = NULL;
    int number = (text[0] >= '0' && text[0] <= '9') || text[0] == '.';
    double value = number ? strtod(text, &end) : 0;
    if (!number || end == text || !(value > 0) || !isfinite(value))
        PV_FAIL(PV_ERR_OPTION,
                "'%s' is no bandwidth: a number above 0 and a unit were expected, as 1Mbit", text);
    end += strspn(end, " ");
    size_t n = strlen(end);
    if (n > 2 && strcmp(end + n - 2, "/s") == 0) n -= 2;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && strncmp(units[i].name, end, n) == 0) {
            *bits_a_second = value * units[i].bits;
            if (*bits_a_second >= 1 && *bits_a_second <= 1e18) return PV_OK;
            PV_FAIL(PV_ERR_OPTION, "a bandwidth of %s: from 1bit to 1e9Gbit a second were expected",
                    text);
        }
    PV_FAIL(PV_ERR_OPTION,
            "the bandwidth '%s' has no unit that says bits or bytes; write bit, kbit, Mbit, Gbit, "
            "B, kB, MB, GB (thousands) or KiB, MiB, GiB, Kibit, Mibit, Gibit",
            text);
}

const char *pv_bandwidth_text(double bits_a_second, char buffer[PV_BANDWIDTH_TEXT])
{
    static const char *const prefix[] = {"", "k", "M", "G"};
    int at = 0;
    while (at < 3 && bits_a_second >= 1000) bits_a_second /= 1000, at++;
    snprintf(buffer, PV_BANDWIDTH_TEXT, "%.4g %sbit/s", bits_a_second, prefix[at]);
    return buffer;
}
