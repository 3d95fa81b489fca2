/* hex.h - bytes from hexadecimal digits */
#ifndef TESTS_PSI_HEX_H
#define TESTS_PSI_HEX_H

#include "check.h"

#include <sodium.h>

static inline size_t unhex(uint8_t *out, size_t size, const char *text)
{
    size_t n;
    assert_int_equal(sodium_hex2bin(out, size, text, strlen(text), NULL, &n, NULL), 0);
    return n;
}

static inline void check_hex(const uint8_t *bytes, const char *text)
{
    uint8_t expected[256];
    size_t n = unhex(expected, sizeof expected, text);
    assert_memory_equal(bytes, expected, n);
}

#endif
