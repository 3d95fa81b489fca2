/* A message over the wire and back, for tests. */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include "check.h"
#include "view/parts.h"
#include <stdlib.h>

typedef struct wire {
    uint8_t *bytes;
    pv_parts parts;
} wire;

static inline void wire_send(wire *w, const pv_part *part, size_t n)
{
    size_t size = pv_parts_size(part, n);
    w->bytes = malloc(size);
    CHECK_OK(pv_parts_encode(w->bytes, part, n));
    CHECK_OK(pv_parts_parse(&w->parts, "test", w->bytes, size));
}

static inline void wire_drop(wire *w)
{
    pv_parts_clear(&w->parts);
    free(w->bytes);
}

#endif
