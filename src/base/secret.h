/* base/secret.h - bytes that must not be seen: kept, compared, chosen between and wiped with care
 *
 * pv_secret_alloc is for keys that live long: guard pages, a canary, locked in memory, left out of
 * core dumps, wiped when freed (libsodium's sodium_malloc). It costs at least four pages an object,
 * so short-lived secrets stay where they are and are wiped by pv_secret_wipe, which the compiler
 * cannot remove.
 *
 * What the functions below take as secret influences neither branches nor addresses; sizes are
 * public.
 */
#ifndef PV_BASE_SECRET_H
#define PV_BASE_SECRET_H

#include "base/mem.h"

/* At least size bytes, filled with a pattern, not 16-byte aligned unless size is a multiple of 16.
 * NULL when memory runs out. */
void *pv_secret_alloc(size_t size) PV_MUST_USE;
void pv_secret_free(void *secret); /* wipes; accepts NULL */

void pv_secret_wipe(void *data, size_t size);

/* 1 when equal, else 0, in a time that depends on size only. */
int pv_secret_equal(const void *a, const void *b, size_t size);

/* x, in a way that the compiler cannot see through: arithmetic on masks stays arithmetic and is not
 * turned back into a branch. */
static inline uint64_t pv_secret_barrier(uint64_t x)
{
    __asm__ volatile("" : "+r"(x));
    return x;
}

/* All ones when bit is 1, all zeros when it is 0. */
static inline uint64_t pv_secret_mask(uint64_t bit)
{
    return 0 - pv_secret_barrier(bit & 1);
}

/* bit ? a : b */
static inline uint64_t pv_secret_select(uint64_t bit, uint64_t a, uint64_t b)
{
    return b ^ (pv_secret_mask(bit) & (a ^ b));
}

#endif
