#include "base/secret.h"

#include <sodium.h>

void *pv_secret_alloc(size_t size)
{
    return pv_mem_refused(1, size) || sodium_init() < 0 ? NULL : sodium_malloc(size);
}

void pv_secret_free(void *secret)
{
    sodium_free(secret);
}

void pv_secret_wipe(void *data, size_t size)
{
    sodium_memzero(data, size);
}

int pv_secret_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}
