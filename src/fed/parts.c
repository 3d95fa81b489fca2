#include "fed/parts.h"

#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char STATE[] = "state:", SAMPLES[] = "samples";
enum { NAME = 256 };

static const char *name_of(char buffer[NAME], const pv_fed_layout *l, int i, pv_fed_form form)
{
    int state = form == PV_FORM_GRADIENT && pv_model_param_is_state(l->model, i);
    snprintf(buffer, NAME, "%s%s", state ? STATE : "", pv_model_param_name(l->model, i));
    return buffer;
}

static pv_shape shape_of(const pv_fed_layout *l, int i)
{
    return pv_model_param((pv_model *)l->model, i)->shape;
}

pv_status pv_fed_parts_init(pv_fed_parts *p, const pv_fed_layout *l, const float *v,
                            pv_fed_form form, int64_t samples)
{
    *p = (pv_fed_parts){.samples = samples};
    p->part = pv_alloc((size_t)l->params + 1, sizeof *p->part);
    p->names = pv_alloc((size_t)l->params, NAME);
    if (p->part == NULL || p->names == NULL) {
        pv_fed_parts_clear(p);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a message of %d tensors", l->params);
    }
    for (int i = 0; i < l->params; i++)
        p->part[p->count++] = (pv_part){.name = name_of(p->names + (size_t)i * NAME, l, i, form),
                                        .dtype = PV_F32,
                                        .shape = shape_of(l, i),
                                        .data = v + l->offset[i]};
    if (samples >= 0) p->part[p->count++] = pv_part_number(SAMPLES, &p->samples);
    return PV_OK;
}

void pv_fed_parts_clear(pv_fed_parts *p)
{
    pv_free(p->part);
    pv_free(p->names);
    *p = (pv_fed_parts){0};
}

static pv_status check_finite(const float *x, int64_t n, const char *what, const char *name)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            PV_FAIL(PV_ERR_PEER, "%s: '%s' holds a number that is not finite", what, name);
    return PV_OK;
}

pv_status pv_fed_parts_take(float *v, int64_t *samples, const pv_parts *p, const char *what,
                            const pv_fed_layout *l, pv_fed_form form)
{
    char name[NAME];
    const pv_part *part;
    size_t want = (size_t)l->params + (samples != NULL);
    for (int i = 0; i < l->params; i++) {
        name_of(name, l, i, form);
        PV_TRY(pv_parts_get(&part, p, what, name, PV_F32, shape_of(l, i)));
        int64_t n = l->offset[i + 1] - l->offset[i];
        PV_TRY(check_finite(part->data, n, what, name));
        memcpy(v + l->offset[i], part->data, (size_t)n * sizeof *v);
    }
    if (samples != NULL) {
        PV_TRY(pv_parts_get(&part, p, what, SAMPLES, PV_I64, PV_SHAPE(1)));
        memcpy(samples, part->data, sizeof *samples);
        if (*samples < 1)
            PV_FAIL(PV_ERR_PEER, "%s: %" PRId64 " samples; at least 1 was expected", what,
                    *samples);
    }
    if (p->count != want)
        PV_FAIL(PV_ERR_PEER, "%s: %zu tensors, the model has %zu", what, p->count, want);
    return PV_OK;
}
