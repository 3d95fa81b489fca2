/* A list of points, as a peer sends it, or an order of them (first byte odd). What is accepted is a
 * list of different points that can be multiplied by any scalar, or a permutation. */
#include "crypto/psi/psi.h"
#include "fuzz_parts.h"

#include <string.h>

enum { MOST = 64 };

static void points(const uint8_t *in, size_t count)
{
    static pv_psi *p;
    uint8_t out[MOST * PV_PSI_POINT];
    uint32_t mine[MOST];
    size_t common;
    pv_csprng r;
    if (p == NULL) {
        PV_FUZZ_CHECK(pv_csprng_init(&r) == PV_OK);
        PV_FUZZ_CHECK(pv_psi_new(&p, "fuzz", 4, &r) == PV_OK);
    }
    int ok = pv_fuzz_accepted(pv_psi_check(in, count, "input", NULL));
    PV_FUZZ_CHECK(pv_fuzz_accepted(pv_psi_again(out, p, in, count, "input", NULL)) == ok);
    if (!ok) return;
    /* different points stay different points */
    PV_FUZZ_CHECK(pv_psi_check(out, count, "output", NULL) == PV_OK);
    PV_FUZZ_CHECK(pv_psi_common(mine, &common, in, count, in, count) == PV_OK);
    PV_FUZZ_CHECK(common == count && pv_psi_shuffle_check(mine, count, "all") == PV_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t order[MOST];
    if (size < 1) return 0;
    if (data[0] % 2 == 0) {
        size_t count = (size - 1) / PV_PSI_POINT;
        points(data + 1, count < MOST ? count : MOST);
        return 0;
    }
    size_t count = (size - 1) / sizeof *order < MOST ? (size - 1) / sizeof *order : MOST;
    unsigned sum = 0;
    memcpy(order, data + 1, count * sizeof *order);
    if (!pv_fuzz_accepted(pv_psi_shuffle_check(order, count, "input"))) return 0;
    for (size_t i = 0; i < count; i++) sum += order[i];
    PV_FUZZ_CHECK(sum == count * (count - (count > 0)) / 2);
    return 0;
}
