/* view/le.h - integers in little-endian bytes of a fixed size */
#ifndef PV_VIEW_LE_H
#define PV_VIEW_LE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* n <= 8 bytes of v, the least significant first; returns what follows them. */
static inline uint8_t *pv_le_put(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(v >> (8 * i));
    return p + n;
}

static inline uint8_t *pv_le_bytes(uint8_t *p, const void *bytes, size_t n)
{
    memcpy(p, bytes, n);
    return p + n;
}

#endif
