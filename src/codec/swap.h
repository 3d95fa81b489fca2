/* codec/swap.h - big-endian elements into the order of this machine */
#ifndef PV_CODEC_SWAP_H
#define PV_CODEC_SWAP_H

#include <stddef.h>
#include <stdint.h>

/* Tensors are read and written as they lie in memory, in the little-endian formats. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a little-endian machine is needed");

/* Reverse the bytes of each of count elements of `size` (1, 4 or 8) bytes. data is aligned. */
static inline void pv_swap(void *data, size_t count, size_t size)
{
    uint32_t *four = data;
    uint64_t *eight = data;
    for (size_t i = 0; size == 4 && i < count; i++) four[i] = __builtin_bswap32(four[i]);
    for (size_t i = 0; size == 8 && i < count; i++) eight[i] = __builtin_bswap64(eight[i]);
}

#endif
