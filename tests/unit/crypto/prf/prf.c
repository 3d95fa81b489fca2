#include "check.h"

#include "base/csprng_test.h"
#include "crypto/prf/prf.h"
#include <stdio.h>
#include <string.h>

static pv_prf_key counting(void)
{
    pv_prf_key k;
    for (int i = 0; i < PV_PRF_KEY_BYTES; i++) k.byte[i] = (uint8_t)i;
    return k;
}

static void first_bytes(uint8_t out[16], const pv_prf_key *k, const char *purpose, const void *in,
                        size_t size)
{
    pv_csprng r;
    CHECK_OK(pv_prf(&r, k, purpose, in, size));
    pv_csprng_bytes(&r, out, 16);
    pv_csprng_clear(&r);
}

/* Computed by Python: hashlib.blake2b for the seed and for the stream's key, ChaCha20 (RFC 8439's
 * rounds, a 64-bit counter) written out. */
static void answers_of_another_program(void **state)
{
    (void)state;
    const pv_prf_key k = counting();
    uint8_t input[200], got[16];
    char longest[256], text[33];
    for (int i = 0; i < 200; i++) input[i] = (uint8_t)i;
    memset(longest, 'x', 255);
    longest[255] = '\0';
    const struct {
        const char *purpose;
        const void *input;
        size_t size;
        const char *answer;
    } known[] = {
        {"test/prf", "abc", 3, "e88f0ee323dad9128d9d8d07acf26ece"},
        {"test/prf", NULL, 0, "8f2911810a72287199d9f3110a1aaf4d"},
        {longest, input, sizeof input, "45858d56640e976235a04b30011671c2"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        first_bytes(got, &k, known[i].purpose, known[i].input, known[i].size);
        for (int b = 0; b < 16; b++) snprintf(text + 2 * b, 3, "%02x", got[b]);
        assert_string_equal(text, known[i].answer);
    }
}

/* What differs in anything gives another stream; purpose and input are told apart where they meet.
 */
static void every_part_counts(void **state)
{
    (void)state;
    pv_prf_key k = counting(), other = counting();
    other.byte[31] ^= 1;
    const struct {
        const pv_prf_key *key;
        const char *purpose, *input;
    } all[] = {{&k, "ab", "cd"}, {&k, "abc", "d"}, {&k, "a", "bcd"},  {&other, "ab", "cd"},
               {&k, "ab", "ce"}, {&k, "ab", ""},   {&k, "ab", "cdd"}, {&k, "ac", "cd"}};
    enum { ALL = sizeof all / sizeof *all };
    uint8_t got[ALL][16], again[16];
    for (size_t i = 0; i < ALL; i++) {
        first_bytes(got[i], all[i].key, all[i].purpose, all[i].input, strlen(all[i].input));
        first_bytes(again, all[i].key, all[i].purpose, all[i].input, strlen(all[i].input));
        assert_memory_equal(again, got[i], 16);
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(got[i], got[j], 16);
    }
}

static void refusals(void **state)
{
    (void)state;
    pv_csprng r;
    const pv_prf_key k = counting();
    char longer[257];
    memset(longer, 'x', 256);
    longer[256] = '\0';
    CHECK_FAILS(pv_prf(&r, &k, "", "a", 1), PV_ERR_USAGE, "a purpose of 0 characters; 1 to 255");
    CHECK_FAILS(pv_prf(&r, &k, longer, "a", 1), PV_ERR_USAGE, "a purpose of 256 characters");
}

static void keys(void **state)
{
    (void)state;
    pv_csprng r;
    pv_prf_key a, b, zero = {{0}};
    pv_csprng_test(&r, 1);
    pv_prf_key_random(&a, &r);
    pv_prf_key_random(&b, &r);
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &zero, sizeof a);
    pv_prf_key_clear(&a);
    assert_memory_equal(&a, &zero, sizeof a);
    pv_csprng_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_another_program),
        cmocka_unit_test(every_part_counts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
