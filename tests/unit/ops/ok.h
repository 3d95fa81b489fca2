/* tests/unit/ops/ok.h - a call that must succeed; the trail says why it did not */
#ifndef PV_TESTS_OPS_OK_H
#define PV_TESTS_OPS_OK_H

#include "privet/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != PV_OK) fail_msg("%s: %s", #call, pv_trail_text());                           \
    } while (0)

#endif
