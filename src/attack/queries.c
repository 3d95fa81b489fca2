#include "attack/queries.h"

#include "base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 256, WHAT = 128 };
static const int64_t MOST_ROWS = 10000000;

pv_status pv_queries_check(const pv_public *known, const char *who)
{
    if (known->front != NULL && known->crossing != NULL) return PV_OK;
    PV_FAIL(PV_ERR_USAGE,
            "%s needs the customer's half of the network and the form in which activations cross, "
            "and they are not there",
            who);
}

pv_status pv_queries_answer(float **logits, const pv_split_half *back, const float *z, int64_t n,
                            const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_split_runner *run = NULL;
    size_t classes = (size_t)pv_model_what(back->model).classes;
    *logits = pv_alloc((size_t)n, classes * sizeof **logits);
    if (*logits == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " answers", n);
    PV_TRY_GOTO(pv_split_runner_new(&run, back, n < BATCH ? n : BATCH, ctx));
    PV_TRY_GOTO(pv_back_run(run, *logits, z, n));
done:
    pv_split_runner_free(run);
    if (status != PV_OK) {
        pv_free(*logits);
        *logits = NULL;
    }
    return status;
}

int pv_queries_is(const pv_view *view, uint64_t i, const char *victim)
{
    const pv_view_record *r = pv_view_at(view, i);
    int own = strcmp(pv_view_header_of(view)->party, victim) == 0;
    int peer = own ? -1 : pv_view_peer_index(view, victim);
    int crossed = r->kind == PV_VIEW_SENT || r->kind == PV_VIEW_RECEIVED;
    return crossed && r->type == pv_view_type_id(view, "activation") && (own || r->peer == peer);
}

/* float32 that a provider would have refused for its range was seen by it all the same. */
static pv_status any_range(float **out, pv_activation_form *form)
{
    *out = pv_alloc((size_t)form->channels, 2 * sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY((size_t)form->channels * 2 * sizeof **out);
    form->low = *out;
    form->high = *out + form->channels;
    for (int64_t c = 0; c < form->channels; c++) {
        form->low[c] = -1e30f;
        form->high[c] = 1e30f;
    }
    return PV_OK;
}

pv_status pv_queries_load(float **z, int64_t *n, const pv_view *view, uint64_t i,
                          const pv_public *known)
{
    pv_status status = PV_OK;
    pv_activation_form form = *known->crossing; /* its scratch is used, nothing in it changes */
    float *range = NULL;
    pv_view_payload payload = {0};
    const pv_part *part;
    char what[WHAT];
    *z = NULL;
    if (form.bits == 32) PV_TRY(any_range(&range, &form));
    snprintf(what, sizeof what, "the activations of step %" PRIu64, pv_view_at(view, i)->step);
    PV_TRY_GOTO(pv_view_load(&payload, view, i));
    PV_TRY_GOTO(pv_parts_get(&part, &payload.parts, what, "z", PV_U8,
                             PV_SHAPE(-1, (int64_t)pv_activation_bytes(&form))));
    *n = part->shape.dim[0];
    *z = pv_alloc((size_t)*n, (size_t)form.numbers * sizeof **z);
    if (*z == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for %" PRId64, what, *n);
    PV_TRY_GOTO(pv_activation_decode(*z, &form, what, part->data, *n));
done:
    pv_free(range);
    pv_view_payload_clear(&payload);
    if (status != PV_OK) {
        pv_free(*z);
        *z = NULL;
    }
    return status;
}

/* The messages of one view behind what q has; *lost counts those that were not kept. */
static pv_status read_view(pv_queries *q, int *lost, const pv_view *view, const pv_public *known,
                           const pv_attack_target *t)
{
    for (uint64_t i = 0; i < pv_view_count(view); i++) {
        float *z, *grown;
        int64_t n;
        if (pv_view_at(view, i)->step != t->step || !pv_queries_is(view, i, t->victim)) continue;
        if (!pv_view_at(view, i)->kept) {
            ++*lost;
            continue;
        }
        PV_TRY(pv_queries_load(&z, &n, view, i, known));
        grown = n > MOST_ROWS - q->n
                    ? NULL
                    : pv_realloc(q->z, (size_t)(q->n + n), (size_t)q->width * sizeof *grown);
        if (grown == NULL) {
            pv_free(z);
            PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " more activations", n);
        }
        memcpy(grown + q->n * q->width, z, (size_t)(n * q->width) * sizeof *z);
        pv_free(z);
        q->z = grown;
        q->n += n;
    }
    return PV_OK;
}

pv_status pv_queries_init(pv_queries *q, const pv_view *const *view, int views,
                          const pv_public *known, const pv_attack_target *target, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    int lost = 0;
    *q = (pv_queries){0};
    PV_TRY(pv_queries_check(known, "reading queries"));
    q->width = known->crossing->numbers;
    for (int i = 0; i < views && q->n == 0; i++)
        PV_TRY_GOTO(read_view(q, &lost, view[i], known, target));
    if (q->n == 0)
        PV_FAIL_GOTO(
            PV_ERR_NOT_FOUND, "what %s saw holds no activation of %s at step %" PRIu64 "%s",
            views > 0 ? pv_view_header_of(view[0])->party : "nobody", target->victim, target->step,
            lost > 0 ? " whose bytes were kept; the retention of that type must be "
                       "\"full\""
                     : "");
    if (target->batch > 0 && q->n > target->batch) q->n = target->batch;
    if (known->back != NULL) {
        q->classes = pv_model_what(known->back->model).classes;
        PV_TRY_GOTO(pv_queries_answer(&q->logits, known->back, q->z, q->n, ctx));
    }
done:
    if (status != PV_OK) pv_queries_clear(q);
    return status;
}

void pv_queries_clear(pv_queries *q)
{
    pv_free(q->z);
    pv_free(q->logits);
    *q = (pv_queries){0};
}
