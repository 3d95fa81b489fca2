/* What the tests of crypto/paillier share. */
#ifndef TESTS_PAILLIER_COMMON_H
#define TESTS_PAILLIER_COMMON_H

#include "base/csprng_test.h"
#include "crypto/paillier/paillier_i.h"
#include "paillier_key.h"

enum { LIMBS = TEST_PAILLIER_LIMBS, CIPHER = 2 * LIMBS };

static inline pv_csprng test_random(uint64_t seed)
{
    pv_csprng r;
    pv_csprng_test(&r, seed);
    return r;
}

/* m has count residues; each must be what c decrypts to. */
static inline void check_decrypts(const pv_paillier_sk *sk, const uint64_t *c, const uint64_t *m,
                                  size_t count)
{
    uint64_t *out = pv_alloc(count, LIMBS * sizeof *out);
    assert_non_null(out);
    CHECK_OK(pv_paillier_decrypt(out, sk, c, count, NULL));
    assert_memory_equal(out, m, count * LIMBS * sizeof *out);
    pv_free(out);
}

#endif
