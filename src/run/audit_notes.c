#include "run/audit_i.h"

#include <string.h>

/* About so many rows are scored when nobody says how many steps. */
enum { ROWS = 6400 };

/* ---- the notes of a view, by step */
typedef struct note {
    uint64_t step, record; /* its position in the view */
} note;

typedef struct notes {
    note *kept; /* with their bytes, in the order of steps */
    size_t count, capacity;
    size_t unkept;
} notes;

static pv_status find_notes(notes *out, const pv_view *v, const char *type)
{
    int id = pv_view_type_id(v, type);
    *out = (notes){0};
    for (uint64_t i = 0; id >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->type != id || r->kind != PV_VIEW_DERIVED) continue;
        if (!r->kept) {
            out->unkept++;
            continue;
        }
        PV_TRY(pv_grow((void **)&out->kept, &out->capacity, out->count + 1, sizeof *out->kept));
        out->kept[out->count++] = (note){r->step, i};
    }
    return PV_OK;
}

/* ---- which steps: each row once, spread over these steps */

static int is_new(const uint8_t *taken, const pv_batch_truth *t, int64_t rows)
{
    for (int64_t k = 0; k < t->count; k++)
        if (t->index[k] < 0 || t->index[k] >= rows || taken[t->index[k]]) return 0;
    return 1;
}

static void mark(uint8_t *rows, const pv_batch_truth *t, int64_t count)
{
    for (int64_t k = 0; k < t->count; k++)
        if (t->index[k] >= 0 && t->index[k] < count) rows[t->index[k]] = 1;
}

typedef struct chosen {
    pv_batch_truth *truth;
    note *from;
    size_t count, capacity, capacity_from;
} chosen;

static void chosen_clear(chosen *c)
{
    for (size_t i = 0; i < c->count; i++) pv_batch_truth_clear(&c->truth[i]);
    pv_free(c->truth);
    pv_free(c->from);
}

/* Takes *t over. */
static pv_status take(chosen *c, pv_batch_truth *t, const note *from)
{
    PV_TRY(pv_grow((void **)&c->truth, &c->capacity, c->count + 1, sizeof *c->truth));
    PV_TRY(pv_grow((void **)&c->from, &c->capacity_from, c->count + 1, sizeof *c->from));
    c->from[c->count] = *from;
    c->truth[c->count++] = *t;
    *t = (pv_batch_truth){0};
    return PV_OK;
}

/* Steps whose rows none before them had, so that no row is scored twice: with full retention, the
 * first epoch. */
static pv_status find_epoch(chosen *out, pv_audit_work *w, pv_audit_case *c, int victim,
                            const notes *n)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    uint8_t *taken = pv_calloc((size_t)c->rows + 1, 1);
    if (taken == NULL) PV_FAIL_MEMORY((size_t)c->rows);
    for (size_t i = 0; i < n->count; i++) {
        PV_TRY_GOTO(w->scheme->truth(&truth, &w->scenario, w->party[victim].name, c->rows,
                                     n->kept[i].step));
        if (truth.count > 0) { /* no evaluation */
            c->steps++;
            mark(c->seen, &truth, c->rows);
            if (is_new(taken, &truth, c->rows)) {
                mark(taken, &truth, c->rows);
                PV_TRY_GOTO(take(out, &truth, &n->kept[i]));
            }
        }
        pv_batch_truth_clear(&truth);
    }
done:
    pv_batch_truth_clear(&truth);
    pv_free(taken);
    return status;
}

static int64_t rows_of(const chosen *all)
{
    int64_t n = 0;
    for (size_t i = 0; i < all->count; i++) n += all->truth[i].count;
    return n;
}

/* The same number from each stretch of the epoch. */
static pv_status choose(pv_audit_work *w, pv_audit_case *c, int victim, chosen *all)
{
    int64_t rows = rows_of(all);
    size_t want = all->count;
    if (w->o->targets > 0)
        want = (size_t)w->o->targets;
    else if (rows > ROWS)
        want = (size_t)((double)all->count * ROWS / (double)rows + 0.5);
    if (want < 1) want = 1;
    if (want > all->count) want = all->count;
    PV_TRY(pv_audit_case_targets(c, want));
    for (size_t i = 0; i < want; i++) {
        size_t k = i * all->count / want;
        c->target[i] = (pv_attack_target){.victim = w->party[victim].name,
                                          .step = all->from[k].step,
                                          .batch = all->truth[k].count};
        c->victim[i] = victim;
        c->truth[i] = all->truth[k];
        all->truth[k] = (pv_batch_truth){0};
        all->from[i] = all->from[k];
        c->targets++;
        c->truths++;
    }
    return PV_OK;
}

/* ---- does the note say itself what the scenario's order says? */
static pv_status check_note(pv_audit_case *c, const pv_batch_truth *truth, const note *n)
{
    pv_status status = PV_OK;
    const pv_view *v = c->view[0];
    pv_view_payload p = {0};
    PV_TRY(pv_view_load(&p, v, n->record));
    const pv_part *index = pv_parts_find(&p.parts, "index");
    int fits = index != NULL && index->dtype == PV_I64 && index->shape.ndim == 1;
    if (!fits)
        PV_TRY_GOTO(pv_str_printf(&c->failure,
                                  "the note %s of step %llu does not say which rows it "
                                  "is about",
                                  c->reads->type, (unsigned long long)n->step));
    else if (index->shape.dim[0] != truth->count ||
             memcmp(index->data, truth->index, (size_t)truth->count * sizeof *truth->index) != 0)
        PV_TRY_GOTO(pv_str_printf(&c->failure,
                                  "the note %s of step %llu is about other rows than "
                                  "the scenario's order has in that step",
                                  c->reads->type, (unsigned long long)n->step));
    for (size_t i = 0; i < p.parts.count; i++)
        if (p.parts.part[i].shape.ndim == 2) c->width = p.parts.part[i].shape.dim[1];
done:
    pv_view_payload_clear(&p);
    return status;
}

static pv_status alone(pv_audit_case *c)
{
    return pv_str_printf(&c->failure, c->reads->alone, c->adversary);
}

pv_status pv_audit_note_targets(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    notes n = {0};
    chosen all = {0};
    int victim = -1;
    for (int i = 0; i < w->parties; i++)
        if (victim < 0 && pv_audit_is_victim(w, c, i)) victim = i;
    if (victim < 0) return PV_OK;
    if (c->owner != NULL) return alone(c);
    c->rows = pv_audit_samples_of(w, &w->party[victim]);
    c->seen = pv_calloc((size_t)c->rows + 1, 1);
    if (c->seen == NULL) PV_FAIL_MEMORY((size_t)c->rows);
    PV_TRY_GOTO(find_notes(&n, c->view[0], c->reads->type));
    PV_TRY_GOTO(find_epoch(&all, w, c, victim, &n));
    c->steps += n.unkept;
    c->unkept = n.unkept;
    PV_TRY_GOTO(choose(w, c, victim, &all));
    for (size_t i = 0; i < c->targets && c->failure.size == 0; i++)
        PV_TRY_GOTO(check_note(c, &c->truth[i], &all.from[i]));
done:
    chosen_clear(&all);
    pv_free(n.kept);
    return status;
}
