#include "base/arena.h"

#include <string.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 64 };
#define POISON(p, size)   __asan_poison_memory_region((p), (size))
#define UNPOISON(p, size) __asan_unpoison_memory_region((p), (size))
#else
enum { RED_ZONE = 0 };
#define POISON(p, size)   ((void)(p), (void)(size))
#define UNPOISON(p, size) ((void)(p), (void)(size))
#endif

enum { ALIGN = 16, BLOCK = 1 << 16 };

struct pv_arena_block {
    pv_arena_block *older;
    size_t used, size; /* of bytes[] */
    _Alignas(ALIGN) uint8_t bytes[];
};

static pv_status add_block(pv_arena *a, size_t need)
{
    size_t size = need > BLOCK ? need : BLOCK;
    pv_arena_block *b = pv_alloc(1, sizeof *b + size);
    if (b == NULL) PV_FAIL_MEMORY(size);
    *b = (pv_arena_block){.older = a->block, .size = size};
    POISON(b->bytes, size);
    a->block = b;
    return PV_OK;
}

void *pv_arena_alloc(pv_arena *a, size_t count, size_t size)
{
    size_t bytes, need;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, RED_ZONE + ALIGN - 1, &need))
        return NULL;
    need = need / ALIGN * ALIGN;
    if (a->block == NULL || need > a->block->size - a->block->used)
        if (add_block(a, need) != PV_OK) return NULL;
    uint8_t *p = a->block->bytes + a->block->used;
    a->block->used += need;
    UNPOISON(p, bytes);
    return memset(p, 0, bytes);
}

char *pv_arena_strdup(pv_arena *a, const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = pv_arena_alloc(a, n, 1);
    return copy == NULL ? NULL : memcpy(copy, s, n);
}

static void free_blocks(pv_arena_block *b)
{
    while (b != NULL) {
        pv_arena_block *older = b->older;
        UNPOISON(b->bytes, b->size);
        pv_free(b);
        b = older;
    }
}

void pv_arena_reset(pv_arena *a)
{
    if (a->block == NULL) return;
    free_blocks(a->block->older);
    a->block->older = NULL;
    a->block->used = 0;
    POISON(a->block->bytes, a->block->size);
}

void pv_arena_clear(pv_arena *a)
{
    free_blocks(a->block);
    a->block = NULL;
}
