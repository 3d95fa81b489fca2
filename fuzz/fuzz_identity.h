/* fuzz/fuzz_identity.h - what the targets of crypto/identity share */
#ifndef PV_FUZZ_IDENTITY_H
#define PV_FUZZ_IDENTITY_H

#include "fuzz.h"

/* As pv_fuzz_ok; bytes that say who somebody is may also say something that is not so. */
static inline int pv_fuzz_identity_ok(pv_status s)
{
    if (s != PV_ERR_AUTH) return pv_fuzz_ok(s);
    PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

#endif
