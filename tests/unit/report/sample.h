/* sample.h - findings for the tests of this folder, made in code or read from tests/fixtures */
#ifndef TESTS_REPORT_SAMPLE_H
#define TESTS_REPORT_SAMPLE_H

#include "check.h"
#include "report/findings.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void sample_read(pv_findings *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "tests/fixtures/findings/%s.json", name);
    CHECK_OK(pv_findings_load(f, path));
}

/* k of n against chance, with controls that hold. */
static inline pv_finding sample_finding(int64_t k, int64_t n, double chance)
{
    pv_finding f = {.count = {k, n},
                    .chance = chance,
                    .limit = NAN,
                    .finished = 1,
                    .positive = {.count = {20, 20}, .bound = 0.9},
                    .negative = {.count = {0, 20}, .bound = 0.1}};
    pv_finding_settle(&f);
    return f;
}

#endif
