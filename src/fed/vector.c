#include "fed/vector.h"

#include "nn/model_i.h"
#include <string.h>

pv_status pv_fed_layout_init(pv_fed_layout *l, const pv_model *m)
{
    *l = (pv_fed_layout){.model = m, .params = pv_model_params(m)};
    l->offset = pv_alloc((size_t)l->params + 1, sizeof *l->offset);
    if (l->offset == NULL) PV_FAIL_MEMORY(((size_t)l->params + 1) * sizeof *l->offset);
    for (int i = 0; i < l->params; i++) {
        l->offset[i] = l->size;
        l->size += pv_tensor_count(&m->param[i].value);
    }
    l->offset[l->params] = l->size;
    return PV_OK;
}

void pv_fed_layout_clear(pv_fed_layout *l)
{
    pv_free(l->offset);
    *l = (pv_fed_layout){0};
}

float *pv_fed_vector_new(const pv_fed_layout *l)
{
    return pv_calloc((size_t)l->size, sizeof(float));
}

void pv_fed_from_model(float *v, const pv_fed_layout *l)
{
    for (int i = 0; i < l->params; i++)
        memcpy(v + l->offset[i], l->model->param[i].value.data,
               pv_tensor_bytes(&l->model->param[i].value));
}

void pv_fed_to_model(pv_model *m, const float *v, const pv_fed_layout *l)
{
    for (int i = 0; i < l->params; i++)
        memcpy(m->param[i].value.data, v + l->offset[i], pv_tensor_bytes(&m->param[i].value));
}

void pv_fed_shares(double *share, const int64_t *samples, const uint8_t *present, int clients)
{
    double all = 0;
    for (int i = 0; i < clients; i++) {
        share[i] = present != NULL && !present[i] ? 0 : samples == NULL ? 1 : (double)samples[i];
        all += share[i];
    }
    for (int i = 0; i < clients; i++) share[i] = all > 0 ? share[i] / all : 0;
}

enum { BLOCK = 1024 }; /* floats that stay in the first-level cache */

void pv_fed_average(float *out, const float *const *x, const double *share, int clients,
                    int64_t size)
{
    double sum[BLOCK];
    for (int64_t at = 0; at < size; at += BLOCK) {
        int n = (int)(size - at < BLOCK ? size - at : BLOCK);
        for (int i = 0; i < n; i++) sum[i] = -0.0; /* -0 + x is x, also for -0 */
        for (int c = 0; c < clients; c++) {
            if (share[c] == 0) continue;
            const float *v = x[c] + at;
            for (int i = 0; i < n; i++) sum[i] += share[c] * (double)v[i];
        }
        for (int i = 0; i < n; i++) out[at + i] = (float)sum[i];
    }
}

void pv_fed_state_add(float *v, const float *w, float times, const pv_fed_layout *l)
{
    for (int i = 0; i < l->params; i++)
        if (pv_model_param_is_state(l->model, i))
            for (int64_t k = l->offset[i]; k < l->offset[i + 1]; k++) v[k] += times * w[k];
}
