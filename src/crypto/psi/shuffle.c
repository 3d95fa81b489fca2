#include "base/mem.h"
#include "crypto/psi/psi.h"

/* Fisher and Yates, as Durstenfeld has it (1964). */
void pv_psi_shuffle(uint32_t *order, size_t count, pv_csprng *r)
{
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t k = (size_t)pv_csprng_below(r, i);
        uint32_t t = order[i - 1];
        order[i - 1] = order[k];
        order[k] = t;
    }
}

pv_status pv_psi_shuffle_check(const uint32_t *order, size_t count, const char *what)
{
    uint8_t *seen = pv_calloc(count, 1);
    pv_status status = PV_OK;
    if (seen == NULL) PV_FAIL_MEMORY(count);
    for (size_t i = 0; i < count && status == PV_OK; i++) {
        if (order[i] >= count || seen[order[i]])
            status =
                pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                              "%s: place %zu holds %u, which is %s; every number below %zu was "
                              "expected once",
                              what, i, (unsigned)order[i],
                              order[i] >= count ? "out of range" : "there already", count);
        else
            seen[order[i]] = 1;
    }
    pv_free(seen);
    return status;
}
