#include "attack/gradient/records.h"

#include "attack/gradient/coalition.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t MOST_SAMPLES = 1000000000;
enum { WHAT = 160 };

uint64_t pv_gradient_record_find(const pv_view *view, const char *type, const char *victim,
                                 uint64_t step, int sent_by_victim)
{
    const pv_view_header *h = pv_view_header_of(view);
    uint64_t count = pv_view_count(view);
    int own = strcmp(h->party, victim) == 0, id = pv_view_type_id(view, type);
    int peer = own ? -1 : pv_view_peer_index(view, victim);
    pv_view_kind kind = own == sent_by_victim ? PV_VIEW_SENT : PV_VIEW_RECEIVED;
    if (id < 0 || (!own && peer < 0)) return count;
    for (uint64_t i = 0; i < count; i++) {
        const pv_view_record *r = pv_view_at(view, i);
        if (r->step == step && r->type == id && r->kind == kind && (own || r->peer == peer))
            return i;
    }
    return count;
}

/* What the server noted about all clients together. */
static uint64_t find_aggregate(const pv_view *view, uint64_t step)
{
    uint64_t count = pv_view_count(view);
    int id = pv_view_type_id(view, "aggregate");
    for (uint64_t i = 0; id >= 0 && i < count; i++) {
        const pv_view_record *r = pv_view_at(view, i);
        if (r->step == step && r->type == id && r->kind == PV_VIEW_DERIVED) return i;
    }
    return count;
}

typedef struct place {
    const pv_view *view;
    uint64_t model, given;
    int update, aggregate;
} place;

/* The closest record to the victim's own gradient in this view. */
static int look(place *p, const pv_view *view, const pv_public *known, const pv_attack_target *t)
{
    uint64_t none = pv_view_count(view);
    *p = (place){.view = view};
    p->model = pv_gradient_record_find(view, "model", t->victim, t->step, 0);
    p->given = pv_gradient_record_find(view, "gradient", t->victim, t->step, 1);
    if (p->given == none) {
        p->given = pv_gradient_record_find(view, "update", t->victim, t->step, 1);
        p->update = p->given != none;
    }
    if (p->given == none) {
        p->given = find_aggregate(view, t->step);
        p->aggregate = p->given != none;
        p->update = p->aggregate && known->local_epochs > 0;
    }
    return p->model != none && p->given != none;
}

static pv_status nothing(const pv_view *const *view, int views, const pv_attack_target *t)
{
    char whose[WHAT] = "";
    size_t used = 0;
    int masked = 0;
    for (int i = 0; i < views; i++) {
        if (used < sizeof whose)
            used += (size_t)snprintf(whose + used, sizeof whose - used, "%s%s", i == 0 ? "" : ", ",
                                     pv_view_header_of(view[i])->party);
        uint64_t at = pv_gradient_record_find(view[i], "masked", t->victim, t->step, 1);
        masked |= at != pv_view_count(view[i]);
    }
    PV_FAIL(PV_ERR_NOT_FOUND,
            "what %s saw holds no gradient or update of %s at step %" PRIu64
            " with the model it belongs to%s",
            whose, t->victim, t->step,
            masked ? "; there is a masked one, which says nothing without the other clients'" : "");
}

static pv_status check_finite(const char *what, const pv_part *part)
{
    const float *v = part->data;
    int64_t n = pv_shape_count(&part->shape);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            PV_FAIL(PV_ERR_RANGE, "%s: value %" PRId64 " of %s is not finite", what, i, part->name);
    return PV_OK;
}

/* value[i]: parameter i of the model in a payload. State may be missing. */
static pv_status take(const float **value, const pv_parts *parts, const char *what,
                      const pv_model *model, int state)
{
    for (size_t i = 0; i < model->params; i++) {
        const pv_model_parameter *p = &model->param[i];
        const pv_part *part;
        int is_state = pv_model_param_is_state(model, (int)i);
        if (is_state && (!state || pv_parts_find(parts, p->name) == NULL)) continue;
        PV_TRY(pv_parts_get(&part, parts, what, p->name, PV_F32, p->value.shape));
        PV_TRY(check_finite(what, part));
        value[i] = part->data;
    }
    return PV_OK;
}

static pv_status take_samples(pv_gradient_record *r, const char *what)
{
    const pv_part *part;
    if (pv_parts_find(&r->given.parts, "samples") == NULL) return PV_OK;
    PV_TRY(pv_parts_get(&part, &r->given.parts, what, "samples", PV_I64, PV_SHAPE(1)));
    memcpy(&r->samples, part->data, sizeof r->samples);
    if (r->samples < 1 || r->samples > MOST_SAMPLES)
        PV_FAIL(PV_ERR_RANGE, "%s: it is said to stand for %" PRId64 " samples", what, r->samples);
    return PV_OK;
}

/* Steps of a client's round, as it takes them: whole batches. */
static int64_t steps_of(const pv_public *known, int64_t samples)
{
    int64_t epochs = known->local_epochs > 0 ? known->local_epochs : 1;
    int64_t a_epoch = known->local_batch > 0 ? samples / known->local_batch : 1;
    return epochs * (a_epoch > 0 ? a_epoch : 1);
}

/* r->gradient becomes -update / (lr * steps). */
static pv_status scale(pv_gradient_record *r, const char *what, const pv_public *known,
                       int64_t samples)
{
    const pv_model *m = known->model;
    size_t total = 0;
    if (!(known->local_lr > 0))
        PV_FAIL(PV_ERR_USAGE,
                "%s: to read an update as a gradient, the clients' learning rate must be known; it "
                "is %g",
                what, known->local_lr);
    int64_t steps = steps_of(known, samples);
    r->local_steps = steps > INT32_MAX ? INT32_MAX : (int)steps;
    double factor = -1 / (known->local_lr * (double)steps);
    for (size_t i = 0; i < m->params; i++)
        if (r->gradient[i] != NULL) total += (size_t)pv_shape_count(&m->param[i].value.shape);
    float *scaled = pv_alloc(total, sizeof *scaled); /* what was there may be in r->scaled */
    if (scaled == NULL) PV_FAIL_MEMORY(total * sizeof *scaled);
    float *at = scaled;
    for (size_t i = 0; i < m->params; i++) {
        if (r->gradient[i] == NULL) continue;
        int64_t n = pv_shape_count(&m->param[i].value.shape);
        for (int64_t k = 0; k < n; k++) at[k] = (float)(factor * r->gradient[i][k]);
        r->gradient[i] = at;
        at += n;
    }
    pv_free(r->scaled);
    r->scaled = scaled;
    return PV_OK;
}

pv_status pv_gradient_record_init(pv_gradient_record *r, const pv_view *const *view, int views,
                                  const pv_public *known, const pv_attack_target *target)
{
    const pv_model *m = known->model;
    pv_status status = PV_OK;
    char what[WHAT];
    place p = {0};
    int found = 0;
    *r = (pv_gradient_record){.local_steps = 1};
    for (int i = 0; i < views; i++) {
        place here;
        /* of two, the one that is nearer to the victim */
        if (look(&here, view[i], known, target) && (!found || (p.aggregate && !here.aggregate))) {
            p = here;
            found = 1;
        }
    }
    r->aggregate = p.aggregate;
    r->weight = pv_calloc(2 * m->params, sizeof *r->weight);
    if (r->weight == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu parameters", m->params);
    r->gradient = r->weight + m->params;
    if (!found) {
        PV_TRY_GOTO(pv_gradient_coalition(r, &found, view, views, known, target));
        if (!found) PV_TRY_GOTO(nothing(view, views, target));
        p.update = known->local_epochs > 0;
        snprintf(what, sizeof what, "what is left for %.50s at step %" PRIu64, target->victim,
                 target->step);
        if (p.update) PV_TRY_GOTO(scale(r, what, known, r->samples));
        goto done;
    }
    snprintf(what, sizeof what, "the model for %.50s at step %" PRIu64, target->victim,
             target->step);
    PV_TRY_GOTO(pv_view_load(&r->model, p.view, p.model));
    PV_TRY_GOTO(take(r->weight, &r->model.parts, what, m, 1));
    snprintf(what, sizeof what, "the %s of %.50s at step %" PRIu64,
             p.aggregate ? "aggregate"
             : p.update  ? "update"
                         : "gradient",
             p.aggregate ? "all clients" : target->victim, target->step);
    PV_TRY_GOTO(pv_view_load(&r->given, p.view, p.given));
    PV_TRY_GOTO(take(r->gradient, &r->given.parts, what, m, 0));
    PV_TRY_GOTO(take_samples(r, what));
    if (p.update) PV_TRY_GOTO(scale(r, what, known, r->samples > 0 ? r->samples : target->batch));
done:
    if (status != PV_OK) pv_gradient_record_clear(r);
    return status;
}

void pv_gradient_record_clear(pv_gradient_record *r)
{
    pv_view_payload_clear(&r->model);
    pv_view_payload_clear(&r->given);
    pv_free((void *)r->weight);
    pv_free(r->scaled);
    *r = (pv_gradient_record){0};
}

pv_status pv_gradient_record_batch(int64_t *batch, const int32_t **label,
                                   const pv_gradient_record *r, const pv_attack_target *target,
                                   int64_t limit)
{
    *batch = target->batch > 0 ? target->batch : r->samples;
    if (r->aggregate && r->samples > 0) *batch = r->samples;
    *label = *batch == target->batch ? target->label : NULL;
    if (*batch < 1)
        PV_FAIL(PV_ERR_USAGE,
                "neither the target nor the record says how many samples are behind the gradient "
                "of %s at step %" PRIu64,
                target->victim, target->step);
    if (*batch > limit)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%" PRId64 " samples are behind the gradient of %s at step %" PRIu64
                "; this attack tells apart up to %" PRId64,
                *batch, target->victim, target->step, limit);
    return PV_OK;
}
