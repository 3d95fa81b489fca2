#include "attack/extraction/answers.h"

#include "attack/row_note.h"
#include "base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WHAT = 64 };
static const char TYPE[] = "answer";

/* One message; its data points into the payload. */
typedef struct message {
    pv_view_payload payload;
    int64_t rows;
    const int32_t *label;
    const float *all, *sure;
} message;

static pv_status check_values(const message *m, int classes, const char *what)
{
    const float *p = m->all != NULL ? m->all : m->sure;
    int64_t n = p == NULL ? 0 : m->all != NULL ? m->rows * classes : m->rows;
    for (int64_t i = 0; i < n; i++)
        if (!(p[i] >= 0 && p[i] <= 1))
            PV_FAIL(PV_ERR_RANGE, "%s: a probability is not between 0 and 1", what);
    for (int64_t i = 0; m->label != NULL && i < m->rows; i++)
        if (m->label[i] < 0 || m->label[i] >= classes)
            PV_FAIL(PV_ERR_RANGE, "%s: label %d of %d classes", what, (int)m->label[i], classes);
    return PV_OK;
}

static pv_status message_load(message *m, const pv_view *v, uint64_t i, int classes)
{
    pv_status status = PV_OK;
    char what[WHAT];
    const pv_part *part;
    *m = (message){0};
    snprintf(what, sizeof what, "the answer of step %" PRIu64, pv_view_at(v, i)->step);
    PV_TRY(pv_view_load(&m->payload, v, i));
    const pv_parts *p = &m->payload.parts;
    int labelled = pv_parts_find(p, "label") != NULL;
    if (labelled) {
        PV_TRY_GOTO(pv_parts_get(&part, p, what, "label", PV_I32, PV_SHAPE(-1)));
        m->rows = part->shape.dim[0];
        m->label = part->data;
        if (pv_parts_find(p, "probability") != NULL) {
            PV_TRY_GOTO(pv_parts_get(&part, p, what, "probability", PV_F32, PV_SHAPE(m->rows)));
            m->sure = part->data;
        }
    } else {
        PV_TRY_GOTO(pv_parts_get(&part, p, what, "probability", PV_F32, PV_SHAPE(-1, classes)));
        m->rows = part->shape.dim[0];
        m->all = part->data;
    }
    PV_TRY_GOTO(check_values(m, classes, what));
done:
    if (status != PV_OK) pv_view_payload_clear(&m->payload);
    return status;
}

static int is_answer(const pv_view *v, uint64_t i)
{
    const pv_view_record *r = pv_view_at(v, i);
    return r->kind == PV_VIEW_RECEIVED && r->type == pv_view_type_id(v, TYPE);
}

/* What stands in a view before anything is kept. */
typedef struct survey {
    int64_t messages, kept, rows, batch; /* batch: of the largest that was kept */
    message first;                       /* which parts there are */
} survey;

static pv_status look(survey *s, const pv_view *v, int classes)
{
    *s = (survey){0};
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        message m;
        if (!is_answer(v, i)) continue;
        s->messages++;
        if (!pv_view_at(v, i)->kept) continue;
        PV_TRY(message_load(&m, v, i, classes));
        pv_view_payload_clear(&m.payload);
        if (s->kept++ == 0) s->first = m;
        s->rows += m.rows;
        if (m.rows > s->batch) s->batch = m.rows;
        if ((m.label == NULL) != (s->first.label == NULL) ||
            (m.sure == NULL) != (s->first.sure == NULL))
            PV_FAIL(PV_ERR_MISMATCH, "answers of two kinds in one view");
    }
    return PV_OK;
}

static pv_status make_room(pv_told *t, const survey *s, int classes)
{
    size_t n = (size_t)s->rows;
    t->classes = classes;
    t->row = pv_alloc(n + 1, sizeof *t->row);
    if (s->first.all != NULL)
        t->probability = pv_alloc(n + 1, (size_t)classes * sizeof *t->probability);
    if (s->first.label != NULL) t->label = pv_alloc(n + 1, sizeof *t->label);
    if (s->first.sure != NULL) t->sure = pv_alloc(n + 1, sizeof *t->sure);
    if (t->row == NULL || (s->first.all != NULL && t->probability == NULL) ||
        (s->first.label != NULL && t->label == NULL) || (s->first.sure != NULL && t->sure == NULL))
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " answers", s->rows);
    return PV_OK;
}

static void append(pv_told *t, const message *m, int64_t first)
{
    size_t n = (size_t)m->rows, c = (size_t)t->classes;
    for (int64_t k = 0; k < m->rows; k++) t->row[t->rows + k] = first + k;
    if (m->all != NULL)
        memcpy(t->probability + (size_t)t->rows * c, m->all, n * c * sizeof *m->all);
    if (m->label != NULL) memcpy(t->label + t->rows, m->label, n * sizeof *m->label);
    if (m->sure != NULL) memcpy(t->sure + t->rows, m->sure, n * sizeof *m->sure);
    t->rows += m->rows;
}

static pv_status fill(pv_told *t, const survey *s, const pv_view *v, int64_t all)
{
    int64_t number = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        message m;
        if (!is_answer(v, i)) continue;
        int64_t first = number++ * s->batch;
        if (!pv_view_at(v, i)->kept) continue;
        PV_TRY(message_load(&m, v, i, t->classes));
        if (number == s->messages) first = all - m.rows; /* it may be the only one that was kept */
        if (first < 0 || m.rows > all - first || m.rows + t->rows > s->rows) {
            pv_view_payload_clear(&m.payload);
            PV_FAIL(PV_ERR_MISMATCH,
                    "there are answers about rows from %" PRId64 " on, and only %" PRId64 " rows",
                    first, all);
        }
        append(t, &m, first);
        pv_view_payload_clear(&m.payload);
    }
    return PV_OK;
}

pv_status pv_told_init(pv_told *t, const pv_view *const *view, int views, int classes, int64_t all)
{
    pv_status status = PV_OK;
    const pv_view *from = NULL;
    survey s;
    *t = (pv_told){0};
    PV_TRY(pv_row_note_choose(&from, view, views, PV_VIEW_RECEIVED, TYPE));
    PV_TRY(look(&s, from, classes));
    if (s.rows == 0 || (s.messages == s.kept && s.rows != all))
        PV_FAIL(PV_ERR_MISMATCH, "there are answers about %" PRId64 " rows, and %" PRId64 " rows",
                s.rows, all);
    PV_TRY_GOTO(make_room(t, &s, classes));
    PV_TRY_GOTO(fill(t, &s, from, all));
done:
    if (status != PV_OK) pv_told_clear(t);
    return status;
}

void pv_told_clear(pv_told *t)
{
    pv_free(t->row);
    pv_free(t->probability);
    pv_free(t->label);
    pv_free(t->sure);
    *t = (pv_told){0};
}
