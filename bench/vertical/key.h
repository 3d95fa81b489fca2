/* bench/vertical/key.h - a Paillier key for programs that print numbers, and what they need else */
#ifndef BENCH_VERTICAL_KEY_H
#define BENCH_VERTICAL_KEY_H

#include "base/file.h"
#include "base/mem.h"
#include "crypto/paillier/paillier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everybody has it. */
#define BENCH_KEY "tests/vectors/paillier2048_safe.txt"

static inline void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "%s\n", pv_trail_text());
    exit(1);
}

static inline void *need(size_t count, size_t size)
{
    void *p = pv_calloc(count, size);
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

static inline void hexadecimal(uint64_t *out, size_t limbs, const char *text, const char *name)
{
    const char *at = strncmp(text, name, strlen(name)) == 0 ? text : NULL;
    char line[16];
    snprintf(line, sizeof line, "\n%s", name);
    if (at == NULL && (at = strstr(text, line)) != NULL) at++;
    if (at == NULL) {
        fprintf(stderr, "the key file has no line \"%s\"\n", name);
        exit(1);
    }
    at += strlen(name);
    size_t digits = strspn(at, "0123456789abcdef");
    memset(out, 0, limbs * sizeof *out);
    for (size_t i = 0; i < digits && i < 16 * limbs; i++) {
        char c = at[digits - 1 - i];
        out[i / 16] |= (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10) << (4 * (i % 16));
    }
}

/* From a file of numbers, or a number of bits. */
static inline pv_paillier_sk *bench_key(const char *from, const pv_ctx *ctx)
{
    pv_paillier_sk *sk = NULL;
    int bits = atoi(from);
    if (bits > 0) {
        pv_csprng r;
        must(pv_csprng_init(&r));
        must(pv_paillier_generate(&sk, bits, &r, ctx));
        pv_csprng_clear(&r);
        return sk;
    }
    uint64_t p[16], q[16];
    pv_bytes file = {0};
    must(pv_file_read(&file, from, 1 << 20));
    hexadecimal(p, 16, (const char *)file.data, "p = ");
    hexadecimal(q, 16, (const char *)file.data, "q = ");
    must(pv_paillier_from_primes(&sk, p, q, 2048));
    pv_bytes_clear(&file);
    return sk;
}

#endif
