/* base/mem.h - heap memory that can be made to fail
 *
 * All heap memory of the library comes from here, so that tests can make the n-th request fail and
 * prove every error path. Sizes are (count, size) pairs whose product is checked. Memory holding
 * secrets comes from base/secret.h instead.
 */
#ifndef PV_BASE_MEM_H
#define PV_BASE_MEM_H

#include "base/trail.h"
#include <stddef.h>
#include <stdint.h>

/* NULL when memory runs out or count*size overflows; a zero size gives a valid pointer. */
void *pv_alloc(size_t count, size_t size) PV_MUST_USE;  /* uninitialised */
void *pv_calloc(size_t count, size_t size) PV_MUST_USE; /* zeroed */
void *pv_realloc(void *p, size_t count, size_t size) PV_MUST_USE;
void *pv_alloc_aligned(size_t count,
                       size_t size) PV_MUST_USE; /* 64-byte aligned, zeroed; pv_free */
/* 64-byte aligned, uninitialised, in large pages where there are some: for tables of megabytes that
 * are read from end to end. */
void *pv_alloc_table(size_t count, size_t size) PV_MUST_USE;
void pv_free(void *p);                      /* accepts NULL */
char *pv_strdup(const char *s) PV_MUST_USE; /* NULL when memory runs out */

/* Grow an array so that it holds at least `need` elements of `size` bytes: *p and *cap are changed
 * only on success. */
pv_status pv_grow(void **p, size_t *cap, size_t need, size_t size) PV_MUST_USE;

/* Memory that comes from elsewhere (base/secret.h) asks this first: non-zero means it counts as run
 * out, because the product overflows or a test says so. */
int pv_mem_refused(size_t count, size_t size) PV_MUST_USE;

/* Tests only: let `n` more requests succeed and fail every later one; SIZE_MAX switches it off. */
void pv_mem_fail_after(size_t n);

#define PV_FAIL_MEMORY(bytes)                                                                      \
    PV_FAIL(PV_ERR_MEMORY, "out of memory: %zu bytes were asked for", (size_t)(bytes))

#endif
