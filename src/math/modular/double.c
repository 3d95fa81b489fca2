#include "math/modular/double.h"

#include "base/secret.h"

#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0, "limbs are shared with GMP");

uint64_t pv_double_mod(uint64_t *x, const uint64_t *m, size_t limbs)
{
    mp_limb_t less[PV_DOUBLE_LIMBS], *twice = (mp_limb_t *)(void *)x;
    uint64_t over = mpn_lshift(twice, twice, (mp_size_t)limbs, 1);
    uint64_t below = mpn_sub_n(less, twice, (const mp_limb_t *)(const void *)m, (mp_size_t)limbs);
    uint64_t taken = over | (below ^ 1), mask = pv_secret_mask(taken);
    for (size_t i = 0; i < limbs; i++) x[i] ^= mask & (x[i] ^ less[i]);
    pv_secret_wipe(less, limbs * sizeof *less);
    return taken;
}
