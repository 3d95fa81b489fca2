/* paillier_key.h - the published Paillier keys of tests/vectors, and the numbers beside them
 *
 *     pv_paillier_sk *sk = test_paillier_key("safe");       "safe": safe primes; "djn"; "": any
 *     test_paillier_number(c, 64, "safe", "c0");            64 limbs, little-endian
 *
 * Nothing but tests may use these keys: everybody has them.
 */
#ifndef TESTS_PAILLIER_KEY_H
#define TESTS_PAILLIER_KEY_H

#include "base/file.h"
#include "check.h"
#include "crypto/paillier/paillier.h"

#include <stdio.h>

enum { TEST_PAILLIER_BITS = 2048, TEST_PAILLIER_LIMBS = TEST_PAILLIER_BITS / 64 };

/* The number called `name` of tests/vectors/paillier2048[_KEY].txt; the test fails without it. */
static inline void test_paillier_number(uint64_t *out, size_t limbs, const char *key,
                                        const char *name)
{
    char path[64], want[64];
    pv_bytes file = {0};
    snprintf(path, sizeof path, "tests/vectors/paillier2048%s%s.txt", key[0] != 0 ? "_" : "", key);
    snprintf(want, sizeof want, "\n%s = ", name);
    CHECK_OK(pv_file_read(&file, path, 1 << 20));
    const char *text = (const char *)file.data, *at = text;
    if (strncmp(text, want + 1, strlen(want + 1)) == 0)
        at = text + strlen(want + 1);
    else if ((at = strstr(text, want)) != NULL)
        at += strlen(want);
    assert_non_null(at);
    size_t digits = strspn(at, "0123456789abcdef");
    assert_true(digits > 0 && digits <= 16 * limbs);
    memset(out, 0, limbs * sizeof *out);
    for (size_t i = 0; i < digits; i++) {
        char c = at[digits - 1 - i];
        out[i / 16] |= (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10) << (4 * (i % 16));
    }
    pv_bytes_clear(&file);
}

static inline pv_paillier_sk *test_paillier_key(const char *key)
{
    uint64_t p[TEST_PAILLIER_LIMBS / 2], q[TEST_PAILLIER_LIMBS / 2];
    pv_paillier_sk *sk = NULL;
    test_paillier_number(p, TEST_PAILLIER_LIMBS / 2, key, "p");
    test_paillier_number(q, TEST_PAILLIER_LIMBS / 2, key, "q");
    CHECK_OK(pv_paillier_from_primes(&sk, p, q, TEST_PAILLIER_BITS));
    return sk;
}

#endif
