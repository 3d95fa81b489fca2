#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_size_t requests_left = SIZE_MAX;

int pv_mem_refused(size_t count, size_t size)
{
    if (size != 0 && count > (size_t)PTRDIFF_MAX / size) return 1;
    size_t left = atomic_load_explicit(&requests_left, memory_order_relaxed);
    if (left == SIZE_MAX) return 0;
    if (left == 0) return 1;
    atomic_store_explicit(&requests_left, left - 1, memory_order_relaxed);
    return 0;
}

static size_t at_least_one(size_t bytes)
{
    return bytes == 0 ? 1 : bytes;
}

void *pv_alloc(size_t count, size_t size)
{
    return pv_mem_refused(count, size) ? NULL : malloc(at_least_one(count * size));
}

void *pv_calloc(size_t count, size_t size)
{
    return pv_mem_refused(count, size) ? NULL : calloc(1, at_least_one(count * size));
}

void *pv_realloc(void *p, size_t count, size_t size)
{
    return pv_mem_refused(count, size) ? NULL : realloc(p, at_least_one(count * size));
}

void *pv_alloc_aligned(size_t count, size_t size)
{
    void *p = NULL;
    if (pv_mem_refused(count, size)) return NULL;
    size_t bytes = (at_least_one(count * size) + 63) / 64 * 64;
    if (posix_memalign(&p, 64, bytes) != 0) return NULL;
    return memset(p, 0, bytes);
}

void *pv_alloc_table(size_t count, size_t size)
{
    enum { LINE = 64, PAGE = 2 << 20 };
    void *p = NULL;
    if (pv_mem_refused(count, size)) return NULL;
    size_t bytes = at_least_one(count * size), unit = bytes < PAGE ? LINE : PAGE;
    if (posix_memalign(&p, unit, (bytes + LINE - 1) / LINE * LINE) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    if (unit == PAGE) (void)madvise(p, bytes / PAGE * PAGE, MADV_HUGEPAGE); /* a wish */
#endif
    return p;
}

void pv_free(void *p)
{
    free(p);
}

char *pv_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = pv_alloc(n, 1);
    return copy == NULL ? NULL : memcpy(copy, s, n);
}

pv_status pv_grow(void **p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) return PV_OK;
    size_t next = *cap < 8 ? 8 : *cap + *cap / 2;
    if (next < need) next = need;
    void *q = pv_realloc(*p, next, size);
    if (q == NULL) PV_FAIL_MEMORY(next * size);
    *p = q;
    *cap = next;
    return PV_OK;
}

void pv_mem_fail_after(size_t n)
{
    atomic_store(&requests_left, n);
}
