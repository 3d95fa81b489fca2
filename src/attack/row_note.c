#include "attack/row_note.h"

#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pv_row_note_is(const pv_view *view, uint64_t record, const char *type)
{
    const pv_view_record *r = pv_view_at(view, record);
    return r->kind == PV_VIEW_DERIVED && r->kept && r->type == pv_view_type_id(view, type);
}

pv_status pv_row_note_choose(const pv_view **out, const pv_view *const *view, int views,
                             pv_view_kind kind, const char *type)
{
    int unkept = 0;
    for (int i = 0; i < views; i++) {
        int id = pv_view_type_id(view[i], type);
        for (uint64_t k = 0; id >= 0 && k < pv_view_count(view[i]); k++) {
            const pv_view_record *r = pv_view_at(view[i], k);
            if (r->kind != kind || r->type != id) continue;
            if (r->kept) {
                *out = view[i];
                return PV_OK;
            }
            unkept = 1;
        }
    }
    PV_FAIL(PV_ERR_NOT_FOUND, "what %s saw holds no %s%s",
            views > 0 ? pv_view_header_of(view[0])->party : "nobody", type,
            unkept ? " whose bytes were kept; the retention of that type must be \"full\"" : "");
}

pv_status pv_row_note_load(pv_row_note *n, const pv_view *view, uint64_t record, const char *type,
                           const char *part, int64_t width)
{
    pv_status status = PV_OK;
    const pv_part *p;
    *n = (pv_row_note){0};
    snprintf(n->what, sizeof n->what, "the %s noted at step %" PRIu64, type,
             pv_view_at(view, record)->step);
    PV_TRY(pv_view_load(&n->payload, view, record));
    PV_TRY_GOTO(pv_parts_get(&p, &n->payload.parts, n->what, "index", PV_I64, PV_SHAPE(-1)));
    n->index = p->data;
    n->rows = p->shape.dim[0];
    PV_TRY_GOTO(
        pv_parts_get(&p, &n->payload.parts, n->what, part, PV_F32, PV_SHAPE(n->rows, width)));
    n->value = p->data;
    n->width = p->shape.dim[1];
    if (n->width < 1) PV_FAIL_GOTO(PV_ERR_RANGE, "%s: it has no columns", n->what);
    for (int64_t k = 0; k < n->rows; k++)
        if (n->index[k] < 0)
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s: row number %" PRId64 " is below zero", n->what,
                         n->index[k]);
    for (int64_t k = 0; k < n->rows * n->width; k++)
        if (!isfinite(n->value[k]))
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s: value %" PRId64 " is not finite", n->what, k);
done:
    if (status != PV_OK) pv_row_note_clear(n);
    return status;
}

void pv_row_note_clear(pv_row_note *n)
{
    pv_view_payload_clear(&n->payload);
    *n = (pv_row_note){0};
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t pv_row_note_find(const int64_t *index, int64_t rows, int64_t number)
{
    const int64_t *at = bsearch(&number, index, (size_t)rows, sizeof *index, by_number);
    return at == NULL ? -1 : at - index;
}

pv_status pv_row_note_number(int64_t *index, int32_t *row, int64_t *rows, int64_t count)
{
    int64_t *all = pv_alloc((size_t)count, sizeof *all);
    if (all == NULL) PV_FAIL_MEMORY((size_t)count * sizeof *all);
    memcpy(all, index, (size_t)count * sizeof *all);
    qsort(index, (size_t)count, sizeof *index, by_number);
    *rows = 0;
    for (int64_t i = 0; i < count; i++)
        if (*rows == 0 || index[i] != index[*rows - 1]) index[(*rows)++] = index[i];
    for (int64_t i = 0; i < count; i++) row[i] = (int32_t)pv_row_note_find(index, *rows, all[i]);
    pv_free(all);
    return PV_OK;
}
