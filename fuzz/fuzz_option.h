/* fuzz/fuzz_option.h - pv_fuzz_ok for calls whose input holds options: those may be wrong, too */
#ifndef PV_FUZZ_OPTION_H
#define PV_FUZZ_OPTION_H

#include "fuzz.h"

static inline int pv_fuzz_option(pv_status s)
{
    if (s != PV_ERR_OPTION) return pv_fuzz_ok(s);
    PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

#endif
