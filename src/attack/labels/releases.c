#include "attack/labels/releases.h"

#include "attack/labels/basis.h"
#include "attack/row_note.h"
#include "base/ctx.h"
#include "base/mem.h"
#include <inttypes.h>
#include <math.h>

enum { SAMPLE = 4096 };
static const int64_t MOST_RELEASES = 100000000;

static const char TYPE[] = "activation-gradient", PART[] = "gradient";

/* Counts the notes, and finds out their width. */
static pv_status count(pv_releases *r, const pv_view *view)
{
    for (uint64_t i = 0; i < pv_view_count(view); i++) {
        pv_row_note n;
        if (!pv_row_note_is(view, i, TYPE)) continue;
        PV_TRY(pv_row_note_load(&n, view, i, TYPE, PART, r->steps > 0 ? r->full : -1));
        r->full = n.width;
        r->count += n.rows;
        r->steps++;
        pv_row_note_clear(&n);
        if (r->count > MOST_RELEASES)
            PV_FAIL(PV_ERR_LIMIT, "more than %" PRId64 " rows of activation-gradients",
                    MOST_RELEASES);
    }
    if (r->count == 0) PV_FAIL(PV_ERR_NOT_FOUND, "the activation-gradients have no rows");
    return PV_OK;
}

/* ---- the subspace */

/* sample [taken, full]: unit vectors of releases spread over all notes. */
static pv_status draw(float *sample, int64_t *taken, const pv_releases *r, const pv_view *view,
                      int64_t most)
{
    int64_t at = 0;
    double next = 0, stride = r->count > most ? (double)r->count / (double)most : 1;
    *taken = 0;
    for (uint64_t i = 0; i < pv_view_count(view); i++) {
        pv_row_note n;
        if (!pv_row_note_is(view, i, TYPE)) continue;
        PV_TRY(pv_row_note_load(&n, view, i, TYPE, PART, r->full));
        for (; next < (double)(at + n.rows) && *taken < most; next += stride) {
            const float *g = n.value + ((int64_t)next - at) * r->full;
            double norm = pv_basis_norm(g, r->full);
            float *s = sample + *taken * r->full;
            for (int64_t k = 0; k < r->full && norm > 0; k++) s[k] = (float)(g[k] / norm);
            *taken += norm > 0;
        }
        at += n.rows;
        pv_row_note_clear(&n);
    }
    return PV_OK;
}

static pv_status find_basis(double *q, const pv_releases *r, const pv_view *view, uint64_t seed)
{
    pv_status status = PV_OK;
    int64_t most = r->count < SAMPLE ? r->count : SAMPLE, taken = 0;
    float *sample = pv_alloc((size_t)most, (size_t)r->full * sizeof *sample);
    if (sample == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " gradients", most);
    PV_TRY_GOTO(draw(sample, &taken, r, view, most));
    PV_TRY_GOTO(pv_basis_find(q, r->width, r->full, sample, taken, seed));
done:
    pv_free(sample);
    return status;
}

/* ---- rows */

int64_t pv_releases_row(const pv_releases *r, int64_t index)
{
    return pv_row_note_find(r->index, r->rows, index);
}

int64_t pv_releases_step(const pv_releases *r, uint64_t step)
{
    for (int64_t i = 0; i < r->steps; i++)
        if (r->number[i] == step) return i;
    return -1;
}

static pv_status fill(pv_releases *r, const pv_view *view, const double *basis, const pv_ctx *ctx)
{
    int64_t at = 0, step = 0;
    for (uint64_t i = 0; i < pv_view_count(view); i++) {
        pv_row_note n;
        if (!pv_row_note_is(view, i, TYPE)) continue;
        PV_TRY(pv_ctx_check(ctx));
        PV_TRY(pv_row_note_load(&n, view, i, TYPE, PART, r->full));
        r->first[step] = at;
        r->number[step++] = pv_view_at(view, i)->step;
        for (int64_t k = 0; k < n.rows; k++, at++) {
            const float *g = n.value + k * r->full;
            r->index[at] = n.index[k];
            r->norm[at] = pv_basis_norm(g, r->full);
            pv_basis_project(r->x + at * r->width, g, basis, r->width, r->full);
        }
        pv_row_note_clear(&n);
    }
    r->first[step] = at;
    return pv_row_note_number(r->index, r->row, &r->rows, r->count);
}

pv_status pv_releases_init(pv_releases *r, const pv_view *const *view, int views, int width,
                           uint64_t seed, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    const pv_view *from = NULL;
    double *basis = NULL;
    *r = (pv_releases){0};
    PV_TRY(pv_row_note_choose(&from, view, views, PV_VIEW_DERIVED, TYPE));
    PV_TRY(count(r, from));
    r->width = r->full < width ? (int)r->full : width;
    r->index = pv_alloc((size_t)r->count, sizeof *r->index);
    r->row = pv_alloc((size_t)r->count, sizeof *r->row);
    r->first = pv_alloc((size_t)r->steps + 1, sizeof *r->first);
    r->number = pv_alloc((size_t)r->steps, sizeof *r->number);
    r->x = pv_alloc((size_t)r->count, (size_t)r->width * sizeof *r->x);
    r->norm = pv_alloc((size_t)r->count, sizeof *r->norm);
    if (r->width < r->full) basis = pv_alloc((size_t)r->width, (size_t)r->full * sizeof *basis);
    if (r->index == NULL || r->row == NULL || r->first == NULL || r->number == NULL ||
        r->x == NULL || r->norm == NULL || (r->width < r->full && basis == NULL))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the gradients of %" PRId64 " rows",
                     r->count);
    if (basis != NULL) PV_TRY_GOTO(find_basis(basis, r, from, seed));
    PV_TRY_GOTO(fill(r, from, basis, ctx));
done:
    pv_free(basis);
    if (status != PV_OK) pv_releases_clear(r);
    return status;
}

void pv_releases_clear(pv_releases *r)
{
    pv_free(r->index);
    pv_free(r->row);
    pv_free(r->first);
    pv_free(r->number);
    pv_free(r->x);
    pv_free(r->norm);
    *r = (pv_releases){0};
}

pv_status pv_releases_answer(pv_guess *guess, const pv_releases *r, const pv_attack_target *target,
                             size_t targets, const int32_t *label, const double *confidence,
                             double loss, double seconds, int64_t evaluations, int finished)
{
    for (size_t t = 0; t < targets; t++) {
        int64_t step = pv_releases_step(r, target[t].step);
        if (step < 0)
            PV_FAIL(PV_ERR_NOT_FOUND, "there is no activation-gradient of step %" PRIu64,
                    target[t].step);
        int64_t at = r->first[step], rows = r->first[step + 1] - at;
        PV_TRY(pv_guess_claim(guess, t, rows, 0, label != NULL, confidence != NULL));
        pv_guess_item *item = &guess->item[t];
        for (int64_t k = 0; k < rows; k++) {
            if (label != NULL) item->label[k] = label[r->row[at + k]];
            if (confidence != NULL) item->confidence[k] = confidence[r->row[at + k]];
        }
        item->loss = loss;
        item->seconds = seconds / (double)targets;
        item->evaluations = evaluations;
        item->finished = finished;
    }
    return PV_OK;
}
