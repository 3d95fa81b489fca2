#include "attack/gradient/coalition.h"

#include "base/mem.h"
#include "nn/model_i.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WHAT = 160 };

typedef struct member {
    const pv_view *view;
    uint64_t sent; /* record of its own gradient or update */
    int update;
} member;

typedef struct coalition {
    member member[PV_ATTACK_VIEWS];
    int members, outsiders, update;
    const pv_view *witness; /* who saw the weights before and after */
    uint64_t before, after;
} coalition;

/* What the party of this view sent itself in a step. */
static uint64_t own_record(const pv_view *v, const char *type, uint64_t step)
{
    return pv_gradient_record_find(v, type, pv_view_header_of(v)->party, step, 1);
}

/* Clients know of each other by the scenario; a view names the server alone, so how many there are
 * is public knowledge. */
static int gather(coalition *c, const pv_view *const *view, int views, const pv_public *known,
                  const pv_attack_target *t)
{
    *c = (coalition){0};
    for (int i = 0; i < views && i < PV_ATTACK_VIEWS; i++) {
        const pv_view *v = view[i];
        uint64_t none = pv_view_count(v);
        const char *self = pv_view_header_of(v)->party;
        member m = {.view = v, .sent = own_record(v, "gradient", t->step)};
        if (m.sent == none) m.sent = own_record(v, "update", t->step), m.update = 1;
        if (m.sent == none) continue;
        c->member[c->members++] = m;
        c->update = m.update;
        c->before = pv_gradient_record_find(v, "model", self, t->step, 0);
        c->after = pv_gradient_record_find(v, "model", self, t->step + 1, 0);
        if (c->before != none && c->after != none) c->witness = v;
    }
    c->outsiders = known->clients - c->members;
    return c->witness != NULL && c->members > 0 && c->outsiders > 0;
}

static pv_status samples_of(int64_t *out, const pv_parts *parts, const char *what)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, parts, what, "samples", PV_I64, PV_SHAPE(1)));
    memcpy(out, part->data, sizeof *out);
    if (*out < 1 || *out > INT64_C(1000000000))
        PV_FAIL(PV_ERR_RANGE, "%s: it is said to stand for %" PRId64 " samples", what, *out);
    return PV_OK;
}

/* sum += weight * the named parameter, for all that are no state. */
static pv_status add(double *sum, double weight, const pv_parts *parts, const char *what,
                     const pv_model *m)
{
    for (size_t i = 0; i < m->params; i++) {
        const pv_model_parameter *p = &m->param[i];
        const pv_part *part;
        if (pv_model_param_is_state(m, (int)i)) continue;
        PV_TRY(pv_parts_get(&part, parts, what, p->name, PV_F32, p->value.shape));
        const float *v = part->data;
        int64_t n = pv_shape_count(&p->value.shape);
        for (int64_t k = 0; k < n; k++) *sum++ += weight * v[k];
    }
    return PV_OK;
}

static pv_status add_record(double *sum, double weight, const pv_view *v, uint64_t at,
                            const char *what, const pv_model *m)
{
    pv_view_payload payload = {0};
    PV_TRY(pv_view_load(&payload, v, at));
    pv_status status = add(sum, weight, &payload.parts, what, m);
    pv_view_payload_clear(&payload);
    return status;
}

/* - sum n_i g_i; *samples: the members' together. */
static pv_status add_members(double *sum, int64_t *samples, const coalition *c, const pv_model *m)
{
    *samples = 0;
    for (int i = 0; i < c->members; i++) {
        pv_view_payload payload = {0};
        char what[WHAT];
        int64_t n = 0;
        snprintf(what, sizeof what, "what %.60s sent", pv_view_header_of(c->member[i].view)->party);
        PV_TRY(pv_view_load(&payload, c->member[i].view, c->member[i].sent));
        pv_status status = samples_of(&n, &payload.parts, what);
        if (status == PV_OK) status = add(sum, -(double)n, &payload.parts, what, m);
        pv_view_payload_clear(&payload);
        PV_TRY(status);
        *samples += n;
    }
    return PV_OK;
}

static pv_status subtract(double *sum, pv_gradient_record *r, const coalition *c,
                          const pv_public *known, const pv_attack_target *t)
{
    const pv_model *m = known->model;
    int64_t inside = 0;
    /* an outsider counts as the scenario has it: a batch of a step, its samples in a round */
    int64_t each = c->update ? known->samples : known->local_batch;
    if (each < 1) each = t->batch;
    if (each < 1)
        PV_FAIL(PV_ERR_USAGE, "how many samples %s brings must be known to take the others' away",
                t->victim);
    if (!c->update && !(known->local_lr > 0))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "the learning rate is %g: weights that do not move tell the other clients nothing",
                known->local_lr);
    PV_TRY(add_members(sum, &inside, c, m));
    int64_t outside = each * c->outsiders;
    double mean = (double)(inside + outside) * (c->update ? 1 : -1 / known->local_lr);
    PV_TRY(add_record(sum, mean, c->witness, c->after, "the model after the step", m));
    PV_TRY(add_record(sum, -mean, c->witness, c->before, "the model before the step", m));
    r->samples = outside;
    r->aggregate = c->outsiders > 1;
    return PV_OK;
}

pv_status pv_gradient_coalition(pv_gradient_record *r, int *found, const pv_view *const *view,
                                int views, const pv_public *known, const pv_attack_target *target)
{
    pv_status status = PV_OK;
    const pv_model *m = known->model;
    coalition c;
    double *sum = NULL;
    size_t total = 0;
    *found = gather(&c, view, views, known, target);
    if (!*found) return PV_OK;
    for (size_t i = 0; i < m->params; i++)
        if (!pv_model_param_is_state(m, (int)i))
            total += (size_t)pv_shape_count(&m->param[i].value.shape);
    sum = pv_calloc(total, sizeof *sum);
    r->scaled = pv_alloc(total, sizeof *r->scaled);
    if (sum == NULL || r->scaled == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu values of a gradient", total);
    PV_TRY_GOTO(subtract(sum, r, &c, known, target));
    PV_TRY_GOTO(pv_view_load(&r->model, c.witness, c.before));
    for (size_t k = 0; k < total; k++) r->scaled[k] = (float)(sum[k] / (double)r->samples);
    float *at = r->scaled;
    for (size_t i = 0; i < m->params; i++) {
        const pv_model_parameter *p = &m->param[i];
        const pv_part *part = pv_parts_find(&r->model.parts, p->name);
        if (part != NULL && part->dtype == PV_F32 && pv_shape_equal(&part->shape, &p->value.shape))
            r->weight[i] = part->data;
        if (pv_model_param_is_state(m, (int)i)) continue;
        r->gradient[i] = at;
        at += pv_shape_count(&p->value.shape);
    }
done:
    pv_free(sum);
    return status;
}
