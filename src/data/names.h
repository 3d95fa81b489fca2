/* data/names.h - a list of different strings, numbered in the order they were added
 *
 * Class names, nominal values, vocabularies. A string is found in constant time (open addressing
 * over 64-bit FNV-1a). All-zero is an empty list; clear is idempotent.
 */
#ifndef PV_DATA_NAMES_H
#define PV_DATA_NAMES_H

#include "base/mem.h"

typedef struct pv_names {
    char **text;
    size_t n, cap;
    uint32_t *slot; /* number + 1, 0: free; a power of two of them, at most half full */
    size_t slots;
} pv_names;

void pv_names_clear(pv_names *names);

/* The number of text[0..length), or -1. */
int64_t pv_names_find(const pv_names *names, const char *text, size_t length);

/* Adds it when it is new; *number is its number either way. Errors: PV_ERR_MEMORY, PV_ERR_LIMIT
 * (more than 2^31 - 1). */
pv_status pv_names_add(pv_names *names, const char *text, size_t length,
                       int64_t *number) PV_MUST_USE;

pv_status pv_names_copy(pv_names *out, const pv_names *names) PV_MUST_USE;

/* Sorted into `out`: by value when all are integers, else by bytes. rank[old number] is the new
 * number; rank may be NULL. */
pv_status pv_names_sort(pv_names *out, const pv_names *names, int32_t *rank) PV_MUST_USE;

/* "a, b, c" of the first few, for messages; returns buffer. */
enum { PV_NAMES_TEXT = 160 };
const char *pv_names_text(const pv_names *names, char buffer[PV_NAMES_TEXT]);

#endif
