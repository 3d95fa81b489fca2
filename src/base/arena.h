/* base/arena.h - many small objects that die together
 *
 * A pv_arena hands out memory from large blocks and gives it all back at once. It is
 * zero-initialised, belongs to one thread and is cleared by its owner. Under AddressSanitizer a red
 * zone lies behind every object, and forgotten memory is poisoned, so that overruns inside the
 * arena are found as they are on the heap.
 *
 *     block: | object | red zone | object | red zone | unused ... |
 */
#ifndef PV_BASE_ARENA_H
#define PV_BASE_ARENA_H

#include "base/mem.h"

typedef struct pv_arena_block pv_arena_block;

typedef struct pv_arena {
    pv_arena_block *block; /* the one that objects now come from; it leads to the older ones */
} pv_arena;

/* count * size zeroed bytes, 16-byte aligned, valid until reset or clear. NULL when memory runs out
 * or the product overflows. */
void *pv_arena_alloc(pv_arena *a, size_t count, size_t size) PV_MUST_USE;
char *pv_arena_strdup(pv_arena *a, const char *s) PV_MUST_USE;

void pv_arena_reset(pv_arena *a); /* forget all objects, keep the newest block */
void pv_arena_clear(pv_arena *a); /* forget all objects, give the memory back; idempotent */

#endif
