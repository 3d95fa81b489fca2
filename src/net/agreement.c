#include "net/agreement.h"

#include <string.h>

enum { LINE_MAX_SHOWN = 120 };

static size_t line_length(const char *text)
{
    return strcspn(text, "\n");
}

static int shown(size_t n)
{
    return (int)(n < LINE_MAX_SHOWN ? n : LINE_MAX_SHOWN);
}

static const char *next_line(const char *text, size_t length)
{
    return text[length] == '\n' ? text + length + 1 : text + length;
}

pv_status pv_agreement_difference(pv_str *out, const char *here, const char *there)
{
    if (strcmp(here, there) == 0) return PV_OK;
    for (int line = 1;; line++) {
        size_t a = line_length(here), b = line_length(there);
        if (*here == '\0')
            return pv_str_printf(out, "line %d is missing here: '%.*s' there", line, shown(b),
                                 there);
        if (*there == '\0')
            return pv_str_printf(out, "line %d is missing there: '%.*s' here", line, shown(a),
                                 here);
        if (a != b || memcmp(here, there, a) != 0)
            return pv_str_printf(out, "line %d differs: '%.*s' here, '%.*s' there", line, shown(a),
                                 here, shown(b), there);
        if (here[a] != there[b])
            return pv_str_printf(out, "line %d ends with a line break only %s", line,
                                 here[a] == '\n' ? "here" : "there");
        here = next_line(here, a);
        there = next_line(there, b);
    }
}

int pv_agreement_only_checks(const char *agreement)
{
    size_t n = strlen(agreement), k = sizeof PV_AGREEMENT_CHECK - 1;
    return n >= k && strcmp(agreement + n - k, PV_AGREEMENT_CHECK) == 0;
}
