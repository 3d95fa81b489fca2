#include "attack/inversion/scores.h"

#include "attack/row_note.h"
#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MOST_CLASSES = 100000 };
static const int64_t MOST_SCORES = 100000000;

static const char TYPE[] = "logits";

static pv_status note_load(pv_row_note *n, double *lr, const pv_view *view, uint64_t i,
                           int64_t classes)
{
    pv_status status = PV_OK;
    const pv_part *part;
    PV_TRY(pv_row_note_load(n, view, i, TYPE, TYPE, classes));
    PV_TRY_GOTO(pv_parts_get(&part, &n->payload.parts, n->what, "lr", PV_F64, PV_SHAPE(1)));
    memcpy(lr, part->data, sizeof *lr);
    if (n->width > MOST_CLASSES || !isfinite(*lr) || *lr < 0)
        PV_FAIL_GOTO(PV_ERR_RANGE, "%s: %" PRId64 " columns, a learning rate of %g", n->what,
                     n->width, *lr);
done:
    if (status != PV_OK) pv_row_note_clear(n);
    return status;
}

int64_t pv_scores_row(const pv_scores *s, int64_t index)
{
    return pv_row_note_find(s->index, s->rows, index);
}

pv_status pv_scores_room(pv_scores *s, int64_t count, int64_t steps, int classes)
{
    *s = (pv_scores){.count = count, .steps = steps, .classes = classes};
    s->index = pv_alloc((size_t)count, sizeof *s->index);
    s->row = pv_alloc((size_t)count, sizeof *s->row);
    s->first = pv_calloc((size_t)steps + 1, sizeof *s->first);
    s->number = pv_alloc((size_t)steps, sizeof *s->number);
    s->lr = pv_alloc((size_t)steps, sizeof *s->lr);
    s->z = pv_alloc((size_t)count, (size_t)classes * sizeof *s->z);
    if (s->index == NULL || s->row == NULL || s->first == NULL || s->number == NULL ||
        s->lr == NULL || s->z == NULL) {
        pv_scores_clear(s);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the logits of %" PRId64 " rows", count);
    }
    return PV_OK;
}

pv_status pv_scores_name(pv_scores *s)
{
    return pv_row_note_number(s->index, s->row, &s->rows, s->count);
}

void pv_scores_clear(pv_scores *s)
{
    pv_free(s->index);
    pv_free(s->row);
    pv_free(s->first);
    pv_free(s->number);
    pv_free(s->lr);
    pv_free(s->z);
    *s = (pv_scores){0};
}

pv_status pv_scores_init(pv_scores *s, const pv_view *const *view, int views)
{
    pv_status status = PV_OK;
    const pv_view *from = NULL;
    int64_t count = 0, steps = 0, classes = -1, at = 0;
    *s = (pv_scores){0};
    PV_TRY(pv_row_note_choose(&from, view, views, PV_VIEW_DERIVED, TYPE));
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) PV_TRY(pv_scores_room(s, count, steps, (int)classes));
        for (uint64_t i = 0, step = 0; i < pv_view_count(from); i++) {
            pv_row_note n;
            double lr;
            if (!pv_row_note_is(from, i, TYPE)) continue;
            PV_TRY_GOTO(note_load(&n, &lr, from, i, classes));
            if (lr > 0 && pass == 0) {
                classes = n.width;
                count += n.rows;
                steps++;
            }
            if (lr > 0 && pass == 1) {
                s->first[step] = at;
                s->number[step] = pv_view_at(from, i)->step;
                s->lr[step++] = lr;
                for (int64_t k = 0; k < n.rows * classes; k++) s->z[at * classes + k] = n.value[k];
                memcpy(s->index + at, n.index, (size_t)n.rows * sizeof *n.index);
                at += n.rows;
                s->first[step] = at;
            }
            pv_row_note_clear(&n);
            if (count > MOST_SCORES)
                PV_FAIL_GOTO(PV_ERR_LIMIT, "more than %" PRId64 " rows of logits", MOST_SCORES);
        }
        if (count == 0)
            PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "the logits that were noted are not of training steps");
    }
    PV_TRY_GOTO(pv_scores_name(s));
done:
    if (status != PV_OK) pv_scores_clear(s);
    return status;
}

pv_status pv_scores_answer(pv_guess *guess, const pv_scores *s, const pv_attack_target *target,
                           size_t targets, const float *x, int64_t sample, double loss,
                           double seconds, int finished)
{
    for (size_t t = 0; t < targets; t++) {
        int64_t step = 0;
        while (step < s->steps && s->number[step] != target[t].step) step++;
        if (step == s->steps)
            PV_FAIL(PV_ERR_NOT_FOUND, "there are no logits of training step %" PRIu64,
                    target[t].step);
        int64_t at = s->first[step], rows = s->first[step + 1] - at;
        PV_TRY(pv_guess_claim(guess, t, rows, sample, 0, 0));
        pv_guess_item *item = &guess->item[t];
        for (int64_t k = 0; k < rows; k++)
            memcpy(item->x + k * sample, x + s->row[at + k] * sample, (size_t)sample * sizeof *x);
        item->loss = loss;
        item->seconds = seconds / (double)targets;
        item->finished = finished;
    }
    return PV_OK;
}

/* ---- known samples */

pv_status pv_known_samples_init(pv_known_samples *k, const pv_scores *s, const pv_public *known,
                                const char *who)
{
    pv_shape shape = pv_model_what(known->model).sample;
    const pv_norm *norm = pv_model_norm(known->model);
    *k = (pv_known_samples){.sample = pv_shape_count(&shape)};
    if (known->known_x == NULL || known->known_row == NULL || known->known < 1)
        PV_FAIL(PV_ERR_USAGE, "%s needs some rows whose features are known; there are none", who);
    k->at = pv_alloc((size_t)known->known, sizeof *k->at);
    k->x = pv_alloc((size_t)known->known, (size_t)k->sample * sizeof *k->x);
    if (k->at == NULL || k->x == NULL) {
        pv_known_samples_clear(k);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " known samples", known->known);
    }
    for (int64_t i = 0; i < known->known; i++) {
        int64_t row = pv_scores_row(s, known->known_row[i]);
        const float *from = known->known_x + i * k->sample;
        double *to = k->x + k->n * k->sample;
        if (row < 0) continue;
        for (int64_t p = 0; p < k->sample; p++)
            to[p] = norm->n == 0 ? from[p]
                                 : ((double)from[p] - norm->mean[p % norm->n]) *
                                       norm->inverse_std[p % norm->n];
        k->at[k->n++] = row;
    }
    if (k->n == 0) {
        pv_known_samples_clear(k);
        PV_FAIL(PV_ERR_USAGE, "%s: none of the %" PRId64 " known rows has logits here", who,
                known->known);
    }
    return PV_OK;
}

void pv_known_samples_clear(pv_known_samples *k)
{
    pv_free(k->at);
    pv_free(k->x);
    *k = (pv_known_samples){0};
}

void pv_sample_restore(float *out, const double *x, const pv_model *m)
{
    pv_model_domain what = pv_model_what(m);
    const pv_norm *norm = pv_model_norm(m);
    int64_t n = pv_shape_count(&what.sample);
    for (int64_t p = 0; p < n; p++) {
        double v =
            norm->n == 0 ? x[p] : x[p] / norm->inverse_std[p % norm->n] + norm->mean[p % norm->n];
        if (what.kind == PV_DATA_IMAGE) v = v < 0 ? 0 : v > 1 ? 1 : v;
        out[p] = (float)v;
    }
}
