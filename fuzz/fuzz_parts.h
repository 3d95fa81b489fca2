/* fuzz/fuzz_parts.h - what targets share that read messages between parties */
#ifndef PV_FUZZ_PARTS_H
#define PV_FUZZ_PARTS_H

#include "fuzz.h"
#include "view/parts.h"
#include <string.h>

/* As pv_fuzz_ok, of what a peer sent: the failure may be called the peer's. */
static inline int pv_fuzz_accepted(pv_status s)
{
    if (s != PV_ERR_PEER && s != PV_ERR_MISMATCH) return pv_fuzz_ok(s);
    PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

/* Reads all of it. */
static inline unsigned pv_fuzz_sum(const uint8_t *x, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* The first byte says which of `kinds` messages the rest is. */
static inline int pv_fuzz_message(const uint8_t *data, size_t size, int kinds,
                                  void (*message)(int kind, const pv_parts *p))
{
    pv_parts p;
    if (size < 1) return 0;
    uint8_t *aligned = malloc(size);
    memcpy(aligned, data + 1, size - 1);
    if (pv_fuzz_ok(pv_parts_parse(&p, "input", aligned, size - 1))) message(data[0] % kinds, &p);
    pv_parts_clear(&p);
    free(aligned);
    return 0;
}

#endif
