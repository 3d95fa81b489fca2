#include "view/view_i.h"

#include <stdlib.h>

static int by_kind_peer_type(const void *a, const void *b)
{
    const pv_view_line *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->peer != y->peer) return x->peer < y->peer ? -1 : 1;
    return (x->type > y->type) - (x->type < y->type);
}

static void add(pv_view_line *line, const pv_view_record *r)
{
    if (line->count == 0 || r->step < line->first) line->first = r->step;
    if (line->count == 0 || r->step > line->last) line->last = r->step;
    line->count++;
    line->kept += r->kept != 0;
    line->bytes += r->size;
    line->kept_bytes += r->kept ? r->size : 0;
}

pv_status pv_view_summary(pv_view_line **out, size_t *count, const pv_view *v)
{
    pv_view_line *line = NULL;
    size_t n = 0, capacity = 0, last = 0;
    *out = NULL;
    *count = 0;
    for (size_t i = 0; i < v->count; i++) {
        const pv_view_record *r = &v->entry[i].record;
        const pv_view_line key = {.kind = r->kind, .peer = r->peer, .type = r->type};
        if (n == 0 || by_kind_peer_type(&line[last], &key) != 0)
            for (last = 0; last < n && by_kind_peer_type(&line[last], &key) != 0; last++) continue;
        if (last == n) {
            pv_status s = pv_grow((void **)&line, &capacity, n + 1, sizeof *line);
            if (s != PV_OK) {
                pv_free(line);
                return s;
            }
            line[n++] = key;
        }
        add(&line[last], r);
    }
    if (n > 0) qsort(line, n, sizeof *line, by_kind_peer_type);
    *out = line;
    *count = n;
    return PV_OK;
}
