#include "attack/labels/features.h"

#include "attack/activations.h"
#include "attack/labels/basis.h"
#include "base/mem.h"
#include <inttypes.h>
#include <string.h>

enum { SAMPLE = 4096 };

static pv_status centre(float *all, int64_t n, int64_t width)
{
    double *mean = pv_calloc((size_t)width, sizeof *mean);
    if (mean == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " means", width);
    for (int64_t i = 0; i < n * width; i++) mean[i % width] += all[i] / (double)n;
    for (int64_t i = 0; i < n * width; i++) all[i] = (float)(all[i] - mean[i % width]);
    pv_free(mean);
    return PV_OK;
}

static pv_status keep(pv_releases *r, const float *all, int64_t n, int width, uint64_t seed)
{
    pv_status status = PV_OK;
    double *basis = NULL;
    float *sample = NULL;
    int64_t most = n < SAMPLE ? n : SAMPLE;
    r->count = r->rows = n;
    r->steps = 1;
    r->width = r->full < width ? (int)r->full : width;
    r->index = pv_alloc((size_t)n, sizeof *r->index);
    r->row = pv_alloc((size_t)n, sizeof *r->row);
    r->first = pv_calloc(2, sizeof *r->first);
    r->number = pv_calloc(1, sizeof *r->number);
    r->x = pv_alloc((size_t)n, (size_t)r->width * sizeof *r->x);
    r->norm = pv_alloc((size_t)n, sizeof *r->norm);
    if (r->width < r->full) {
        basis = pv_alloc((size_t)r->width, (size_t)r->full * sizeof *basis);
        sample = pv_alloc((size_t)most, (size_t)r->full * sizeof *sample);
    }
    if (r->index == NULL || r->row == NULL || r->first == NULL || r->number == NULL ||
        r->x == NULL || r->norm == NULL ||
        (r->width < r->full && (basis == NULL || sample == NULL)))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the activations of %" PRId64 " rows", n);
    for (int64_t i = 0; i < most && basis != NULL; i++)
        memcpy(sample + i * r->full, all + i * n / most * r->full, (size_t)r->full * sizeof *all);
    if (basis != NULL) PV_TRY_GOTO(pv_basis_find(basis, r->width, r->full, sample, most, seed));
    r->first[1] = n;
    for (int64_t i = 0; i < n; i++) {
        r->index[i] = i;
        r->row[i] = (int32_t)i;
        r->norm[i] = pv_basis_norm(all + i * r->full, r->full);
        pv_basis_project(r->x + i * r->width, all + i * r->full, basis, r->width, r->full);
    }
done:
    pv_free(basis);
    pv_free(sample);
    return status;
}

pv_status pv_features_init(pv_releases *out, const pv_public *known, int fresh, int width,
                           uint64_t seed, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_activations all = {0};
    pv_model *anew = NULL;
    const pv_model *m = known->own_model;
    *out = (pv_releases){0};
    if (known->own_data == NULL || m == NULL)
        PV_FAIL(PV_ERR_USAGE, "the feature party's own data and layers are needed, and not there");
    if (fresh) {
        pv_model_domain domain = pv_model_what(m);
        const char *text = pv_model_text(m);
        PV_TRY_GOTO(pv_model_parse(&anew, text, strlen(text), pv_model_name(m), &domain, seed + 1));
    }
    PV_TRY_GOTO(pv_activations_init(&all, fresh ? anew : m, known->own_head, known->own_data, ctx));
    out->full = all.width;
    PV_TRY_GOTO(centre(all.a, all.rows, all.width));
    PV_TRY_GOTO(keep(out, all.a, all.rows, width, seed));
done:
    pv_activations_clear(&all);
    pv_model_free(anew);
    if (status != PV_OK) pv_releases_clear(out);
    return status;
}

pv_status pv_features_answer(pv_guess *guess, const int32_t *label, const double *confidence,
                             const pv_releases *own, const pv_releases *noted,
                             const pv_attack_target *target, size_t targets, const pv_grouping *g,
                             double seconds)
{
    pv_status status = PV_OK;
    int32_t *of = pv_alloc((size_t)noted->rows, sizeof *of);
    double *sure = pv_alloc((size_t)noted->rows, sizeof *sure);
    if (of == NULL || sure == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the labels of %" PRId64 " rows",
                     noted->rows);
    for (int64_t i = 0; i < noted->rows; i++) {
        int64_t row = pv_releases_row(own, noted->index[i]);
        if (row < 0)
            PV_FAIL_GOTO(PV_ERR_MISMATCH,
                         "row %" PRId64 " has a gradient, but there are only %" PRId64 " samples",
                         noted->index[i], own->rows);
        of[i] = label[row];
        sure[i] = confidence[row];
    }
    PV_TRY_GOTO(pv_releases_answer(guess, noted, target, targets, of, sure, g->loss, seconds,
                                   g->rounds, g->finished));
done:
    pv_free(of);
    pv_free(sure);
    return status;
}
