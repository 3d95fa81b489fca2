#include "run/audit_i.h"

#include "privet/rng.h"
#include "run/folder.h"

#include <stdlib.h>
#include <string.h>

enum { SEED = 4000037 }; /* apart from those of controls and candidates */

void pv_known_clear(pv_known *k)
{
    pv_free(k->row);
    pv_free(k->label);
    pv_free(k->x);
    pv_free(k->own_label);
    pv_data_free(k->own_data);
    pv_model_free(k->own_model);
    pv_split_half_clear(&k->front);
    pv_split_half_clear(&k->back);
    pv_activation_form_clear(&k->crossing);
    *k = (pv_known){0};
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int pv_known_has(const pv_known *k, int64_t row)
{
    return k->count > 0 &&
           bsearch(&row, k->row, (size_t)k->count, sizeof *k->row, by_number) != NULL;
}

void pv_known_tell(pv_public *out, const pv_known *k)
{
    out->known = k->count;
    out->known_row = k->row;
    out->known_label = k->label;
    out->known_x = k->x;
    out->own_label = k->own_label;
    out->own = k->own;
    out->own_data = k->own_data;
    out->own_model = k->own_model;
    out->own_head = k->own_head;
    if (k->front.model == NULL) return;
    out->front = &k->front;
    out->crossing = &k->crossing;
    out->answers = k->answers;
    if (k->back.model != NULL) out->back = &k->back;
}

/* ---- rows of the victim, drawn by the audit's seed among those that notes are about */

static pv_status shuffled(uint32_t **out, size_t *count, const pv_audit_work *w,
                          const pv_audit_case *c)
{
    pv_rng r = pv_rng_make(w->seed + SEED, PV_STREAM_ATTACK);
    *count = 0;
    *out = pv_alloc((size_t)c->rows + 1, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY((size_t)c->rows * sizeof **out);
    for (int64_t i = 0; i < c->rows; i++)
        if (c->seen[i]) (*out)[(*count)++] = (uint32_t)i;
    pv_rng_shuffle(&r, *out, *count);
    return PV_OK;
}

/* Room for `most` rows of `width` numbers. */
static pv_status make_room(pv_known *k, int64_t most, int64_t width)
{
    k->row = pv_alloc((size_t)most + 1, sizeof *k->row);
    k->label = pv_alloc((size_t)most + 1, sizeof *k->label);
    if (width > 0) k->x = pv_alloc((size_t)most + 1, (size_t)width * sizeof *k->x);
    if (k->row == NULL || k->label == NULL || (width > 0 && k->x == NULL))
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld known rows", (long long)most);
    return PV_OK;
}

static void read_rows(pv_known *k, const pv_data *data, int64_t width)
{
    for (int64_t i = 0; i < k->count; i++) {
        k->label[i] = pv_data_label(data, k->row[i]);
        if (width > 0) pv_data_raw(data, k->row[i], k->x + i * width);
    }
}

/* ---- what is the adversary's own */
static pv_status own_things(pv_audit_work *w, pv_audit_case *c)
{
    unsigned needs = c->attack->needs;
    int own = -1;
    pv_status status = PV_OK;
    char *folder = NULL;
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].name, c->adversary) == 0) own = i;
    if (needs == 0) return PV_OK;
    if (own < 0)
        return pv_str_printf(&c->failure, "%s needs what one party has alone, not %s together",
                             c->attack->name, c->adversary);
    if (needs & (PV_NEEDS_OWN_LABELS | PV_NEEDS_OWN_DATA)) PV_TRY(pv_audit_open_data(w, own));
    const pv_data *data = w->party[own].data;
    if (needs & PV_NEEDS_OWN_LABELS) {
        c->known.own = pv_data_count(data);
        c->known.own_label = pv_alloc((size_t)c->known.own + 1, sizeof *c->known.own_label);
        if (c->known.own_label == NULL) PV_FAIL_MEMORY((size_t)c->known.own * sizeof(int32_t));
        for (int64_t i = 0; i < c->known.own; i++)
            c->known.own_label[i] = (int32_t)pv_data_label(data, i);
    }
    if (needs & PV_NEEDS_OWN_DATA) {
        int64_t n = pv_data_count(data), *all = pv_alloc((size_t)n + 1, sizeof *all);
        if (all == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *all);
        for (int64_t i = 0; i < n; i++) all[i] = i;
        status = pv_data_subset(&c->known.own_data, data, all, n);
        pv_free(all);
        PV_TRY(status);
    }
    if (!(needs & PV_NEEDS_OWN_MODEL)) return PV_OK;
    if (w->scheme->own_model == NULL)
        return pv_str_printf(&c->failure,
                             "%s needs a network of the adversary's own, and nobody "
                             "has one in the scheme %s",
                             c->attack->name, w->scheme->name);
    int64_t head = 0;
    folder = pv_run_party_path(w->o->run, w->party[own].name, "");
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    status =
        w->scheme->own_model(&c->known.own_model, &head, &w->scenario, w->party[own].name, folder);
    c->known.own_head = (int)head;
    pv_free(folder);
    return status;
}

/* The one victim's data, which is opened for these rows alone before there are guesses. */
static pv_status victims_data(const pv_data **out, pv_audit_work *w, const pv_audit_case *c)
{
    PV_TRY(pv_audit_open_data(w, c->victim[0]));
    *out = w->party[c->victim[0]].data;
    return PV_OK;
}

static int64_t asked_for(const pv_audit_work *w, const pv_audit_case *c)
{
    return w->o->known_set ? w->o->known : c->attack->known;
}

pv_status pv_audit_know_labels(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    int64_t each = asked_for(w, c), classes = pv_model_what(w->model).classes;
    const pv_data *data;
    uint32_t *order = NULL;
    int64_t *got = NULL;
    size_t rows = 0;
    PV_TRY(own_things(w, c));
    if (c->targets == 0 || each < 1) return PV_OK;
    PV_TRY(victims_data(&data, w, c));
    c->known.each = each;
    got = pv_calloc((size_t)classes, sizeof *got);
    if (got == NULL) PV_FAIL_MEMORY((size_t)classes * sizeof *got);
    PV_TRY_GOTO(shuffled(&order, &rows, w, c));
    PV_TRY_GOTO(
        make_room(&c->known, each * classes < (int64_t)rows ? each * classes : (int64_t)rows, 0));
    for (size_t i = 0; i < rows; i++) {
        int label = pv_data_label(data, order[i]);
        if (label < 0 || label >= classes || got[label] >= each) continue;
        got[label]++;
        c->known.row[c->known.count++] = order[i];
    }
    qsort(c->known.row, (size_t)c->known.count, sizeof *c->known.row, by_number);
    read_rows(&c->known, data, 0);
done:
    pv_free(got);
    pv_free(order);
    return status;
}

pv_status pv_audit_know_rows(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    int64_t want = asked_for(w, c);
    pv_shape sample = pv_model_what(w->model).sample;
    int64_t width = pv_shape_count(&sample);
    const pv_data *data;
    uint32_t *order = NULL;
    size_t rows = 0;
    PV_TRY(own_things(w, c));
    if (want < 0) want = width + 2 <= c->rows / 2 ? width + 2 : 0;
    if (!w->o->known_set && want > c->rows / 2) want = c->rows / 2;
    if (want < 1 && pv_model_params(w->model) > 2) { /* more than one layer and its bias */
        c->unsuited = !pv_audit_is_named(w);
        return pv_str_append(&c->failure,
                             "without known rows it finds inner products, which are no "
                             "constants where layers below the shared one learn; "
                             "--known says how many rows are known");
    }
    if (c->targets == 0 || want < 1) return PV_OK;
    PV_TRY(victims_data(&data, w, c));
    PV_TRY_GOTO(shuffled(&order, &rows, w, c));
    if (want > (int64_t)rows) want = (int64_t)rows;
    PV_TRY_GOTO(make_room(&c->known, want, width));
    for (int64_t i = 0; i < want; i++) c->known.row[c->known.count++] = order[i];
    qsort(c->known.row, (size_t)c->known.count, sizeof *c->known.row, by_number);
    read_rows(&c->known, data, width);
    pv_free(c->known.label); /* features are one party's, labels another's */
    c->known.label = NULL;
done:
    pv_free(order);
    return status;
}

/* ---- what was known is no guess */
void pv_audit_forget_known(pv_guess *guess, const pv_audit_case *c, int64_t width)
{
    for (size_t t = 0; t < c->truths && t < guess->count; t++) {
        pv_guess_item *g = &guess->item[t];
        for (int64_t k = 0; k < c->truth[t].count && k < g->batch; k++) {
            if (!pv_known_has(&c->known, c->truth[t].index[k])) continue;
            if (g->label != NULL) g->label[k] = -1;
            if (g->confidence != NULL) g->confidence[k] = 0;
            if (g->x != NULL) memset(g->x + k * width, 0, (size_t)width * sizeof *g->x);
        }
    }
}
