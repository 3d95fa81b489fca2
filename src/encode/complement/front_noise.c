#include "encode/complement/front_noise.h"

#include "base/secret.h"
#include "base/trail.h"
#include "math/noise.h"
#include <math.h>

enum { BLOCK = 256 }; /* even: Box and Muller make two at a time */

pv_status pv_front_noise_check(double sigma)
{
    if (sigma >= 0 && sigma <= PV_FRONT_NOISE_MOST) return PV_OK;
    PV_FAIL(PV_ERR_OPTION,
            "noise of %g standard deviations of the activation; 0 to %g can be put on it", sigma,
            PV_FRONT_NOISE_MOST);
}

double pv_front_noise_spread(double sum, double squares, double count)
{
    double mean = sum / count, variance = squares / count - mean * mean;
    return sqrt((variance > 0 ? variance : 0) + PV_FRONT_NOISE_FLOOR);
}

void pv_front_noise_draw(float *n, int64_t count, pv_rng *r)
{
    for (int64_t i = 0; i < count; i++) n[i] = (float)pv_rng_normal(r);
}

pv_status pv_front_noise_key(pv_prf_key *out, const pv_prf_key *customer, const pv_hash *binding)
{
    pv_csprng r = {0};
    PV_TRY(pv_prf(&r, customer, "complement/noise key", binding, sizeof *binding));
    pv_prf_key_random(out, &r);
    pv_csprng_clear(&r);
    return PV_OK;
}

pv_status pv_front_noise_derive(float *n, int64_t count, const pv_prf_key *noise, const void *input,
                                size_t size)
{
    pv_csprng r = {0};
    double block[BLOCK];
    PV_TRY(pv_prf(&r, noise, "complement/noise", input, size));
    for (int64_t done = 0; done < count; done += BLOCK) {
        int64_t now = count - done < BLOCK ? count - done : BLOCK;
        pv_noise_normal(block, (size_t)now, &r);
        for (int64_t i = 0; i < now; i++) n[done + i] = (float)block[i];
    }
    pv_secret_wipe(block, sizeof block);
    pv_csprng_clear(&r);
    return PV_OK;
}
