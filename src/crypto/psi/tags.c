#include "crypto/psi/tags.h"

#include "crypto/psi/psi.h"
#include <stdlib.h>
#include <string.h>

typedef struct numbered {
    const uint8_t *tag;
    uint32_t number;
} numbered;

static int by_tag(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    int c = memcmp(x->tag, y->tag, PV_PSI_POINT);
    if (c != 0) return c;
    return x->number < y->number ? -1 : x->number > y->number;
}

static pv_status sorted(numbered **out, const uint8_t *tag, size_t count)
{
    numbered *n = pv_alloc(count, sizeof *n);
    if (n == NULL) PV_FAIL_MEMORY(count * sizeof *n);
    for (size_t i = 0; i < count; i++) n[i] = (numbered){tag + i * PV_PSI_POINT, (uint32_t)i};
    qsort(n, count, sizeof *n, by_tag);
    *out = n;
    return PV_OK;
}

pv_status pv_psi_tags_differ(const uint8_t *tag, size_t count, const char *what)
{
    numbered *n = NULL;
    const numbered *first = NULL;
    PV_TRY(sorted(&n, tag, count));
    for (size_t i = 1; i < count; i++)
        if (memcmp(n[i].tag, n[i - 1].tag, PV_PSI_POINT) == 0 &&
            (first == NULL || n[i].number < first->number))
            first = &n[i];
    pv_status status = PV_OK;
    if (first != NULL)
        status = pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                               "%s: number %u is there twice; every identifier may come once", what,
                               (unsigned)first->number);
    pv_free(n);
    return status;
}

pv_status pv_psi_common(uint32_t *mine, size_t *common, const uint8_t *own, size_t own_count,
                        const uint8_t *other, size_t other_count)
{
    pv_status status = PV_OK;
    numbered *a = NULL, *b = NULL;
    size_t n = 0;
    PV_TRY_GOTO(sorted(&a, own, own_count));
    PV_TRY_GOTO(sorted(&b, other, other_count));
    for (size_t i = 0, k = 0; i < own_count && k < other_count;) {
        int c = memcmp(a[i].tag, b[k].tag, PV_PSI_POINT);
        if (c == 0) {
            if (mine != NULL) mine[n] = a[i].number;
            n++;
        }
        i += c <= 0;
        k += c >= 0;
    }
    *common = n;
done:
    pv_free(a);
    pv_free(b);
    return status;
}
