/* base/csprng_test.h - a pv_csprng that is no secret, for tests only
 *
 * The library holds no such constructor; only tests include this file.
 */
#ifndef PV_BASE_CSPRNG_TEST_H
#define PV_BASE_CSPRNG_TEST_H

#include "base/csprng.h"
#include <string.h>

static inline void pv_csprng_test(pv_csprng *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    for (int i = 0; i < 8; i++) r->key[i] = (uint8_t)(seed >> 8 * i);
}

#endif
