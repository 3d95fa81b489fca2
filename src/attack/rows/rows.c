#include "attack/rows/rows.h"

#include "base/clock.h"
#include "base/ctx.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const pv_attack_option options[] = {{NULL, NULL}};

static const int64_t MOST_ROWS = 100000000;

/* The next record with rows of the victim from `from` on; the view's count when there is none. */
static uint64_t next_rows(const pv_view *view, const pv_attack_target *t, uint64_t from)
{
    uint64_t count = pv_view_count(view);
    int own = strcmp(pv_view_header_of(view)->party, t->victim) == 0;
    int id = pv_view_type_id(view, "rows");
    int peer = own ? -1 : pv_view_peer_index(view, t->victim);
    if (id < 0 || (!own && peer < 0)) return count;
    for (uint64_t i = from; i < count; i++) {
        const pv_view_record *r = pv_view_at(view, i);
        if (r->step == t->step && r->type == id && (own || r->peer == peer) &&
            r->kind == (own ? PV_VIEW_SENT : PV_VIEW_RECEIVED))
            return i;
    }
    return count;
}

typedef struct rows {
    const pv_part *x, *label;
    int64_t count;
} rows;

static pv_status take(rows *out, const pv_parts *parts, const char *what, const pv_model *model)
{
    pv_shape shape = pv_model_what(model).sample;
    for (int i = shape.ndim++; i > 0; i--) shape.dim[i] = shape.dim[i - 1];
    shape.dim[0] = -1;
    const pv_part *x = pv_parts_find(parts, "x");
    pv_dtype dtype = x != NULL && x->dtype == PV_U8 ? PV_U8 : PV_F32;
    PV_TRY(pv_parts_get(&out->x, parts, what, "x", dtype, shape));
    out->count = out->x->shape.dim[0];
    PV_TRY(pv_parts_get(&out->label, parts, what, "label", PV_I32, PV_SHAPE(out->count)));
    return PV_OK;
}

static void copy(pv_guess_item *item, int64_t at, const rows *r, int64_t sample)
{
    float *x = item->x + at * sample;
    const uint8_t *byte = r->x->data;
    if (r->x->dtype == PV_F32)
        memcpy(x, r->x->data, (size_t)(r->count * sample) * sizeof *x);
    else
        for (int64_t k = 0; k < r->count * sample; k++) x[k] = (float)byte[k] / 255.0f;
    memcpy(item->label + at, r->label->data, (size_t)r->count * sizeof *item->label);
    for (int64_t k = 0; k < r->count; k++) item->confidence[at + k] = 1;
}

/* The rows of one view from row `at` of the guess on; item NULL: count them. */
static pv_status read_view(pv_guess_item *item, int64_t *at, const pv_view *view,
                           const pv_public *known, const pv_attack_target *t)
{
    pv_shape sample = pv_model_what(known->model).sample;
    uint64_t count = pv_view_count(view);
    char what[128];
    snprintf(what, sizeof what, "the rows of %.50s at step %" PRIu64, t->victim, t->step);
    for (uint64_t i = next_rows(view, t, 0); i < count; i = next_rows(view, t, i + 1)) {
        pv_view_payload payload = {0};
        rows r = {0};
        PV_TRY(pv_view_load(&payload, view, i));
        pv_status status = take(&r, &payload.parts, what, known->model);
        if (status == PV_OK && item != NULL) copy(item, *at, &r, pv_shape_count(&sample));
        pv_view_payload_clear(&payload);
        PV_TRY(status);
        *at += r.count;
        if (*at > MOST_ROWS)
            PV_FAIL(PV_ERR_LIMIT, "%s: more than %" PRId64 " of them", what, MOST_ROWS);
    }
    return PV_OK;
}

static pv_status read_one(pv_guess *guess, size_t i, const pv_view *const *view, int views,
                          const pv_public *known, const pv_attack_target *t)
{
    pv_shape sample = pv_model_what(known->model).sample;
    double begin = pv_clock_seconds();
    int64_t n = 0, at = 0;
    int from = 0;
    for (; from < views && n == 0; from++) PV_TRY(read_view(NULL, &n, view[from], known, t));
    if (n == 0)
        PV_FAIL(PV_ERR_NOT_FOUND, "what %s saw holds no rows of %s at step %" PRIu64,
                views > 0 ? pv_view_header_of(view[0])->party : "nobody", t->victim, t->step);
    PV_TRY(pv_guess_claim(guess, i, n, pv_shape_count(&sample), 1, 1));
    PV_TRY(read_view(&guess->item[i], &at, view[from - 1], known, t));
    guess->item[i].finished = 1;
    guess->item[i].seconds = pv_clock_seconds() - begin;
    return PV_OK;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    double begin = pv_clock_seconds();
    PV_TRY(pv_attack_option_check(&pv_attack_rows, option, count));
    for (size_t i = 0; i < targets; i++) {
        PV_TRY(pv_ctx_check(ctx));
        if (budget->seconds > 0 && pv_clock_seconds() - begin >= budget->seconds) break;
        PV_TRY(read_one(guess, i, view, views, known, &target[i]));
        pv_ctx_progress(ctx, "rows", i + 1, targets);
    }
    return PV_OK;
}

const pv_attack pv_attack_rows = {
    .name = "rows",
    .version = 1,
    .summary = "the rows themselves, where parties pool them",
    .source = "none is needed",
    .wants = "rows",
    .options = options,
    .run = run,
};
