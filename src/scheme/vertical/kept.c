#include "scheme/vertical/kept.h"

#include "base/mem.h"
#include "base/secret.h"
#include "nn/model_i.h"
#include "party/data.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"

#include <string.h>

static int is_active(const pv_scenario *s, const char *party)
{
    const pv_scenario_party *who = pv_scenario_find(s, party);
    return who != NULL && strcmp(who->role, "active") == 0;
}

static pv_status load_local(pv_local *l, pv_scenario *s, const char *party, const char *folder)
{
    char *path = pv_path_join(folder, "local.ini");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = pv_local_load(l, s, party, path);
    pv_free(path);
    return status;
}

static pv_status load_half(pv_half *h, pv_scenario *s, const char *party, const char *folder)
{
    pv_status status = PV_OK;
    pv_local l = {0};
    char *own = pv_path_join(folder, "half.safetensors");
    *h = (pv_half){0};
    if (own == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (pv_file_exists(own)) {
        PV_TRY_GOTO(pv_half_load(h, own, is_active(s, party)));
        goto done;
    }
    PV_TRY_GOTO(load_local(&l, s, party, folder));
    if (l.half == NULL)
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND,
                     "%s: neither is there, nor is there a line half = FILE in %s", own,
                     "local.ini");
    PV_TRY_GOTO(pv_half_load(h, l.half, is_active(s, party)));
done:
    pv_local_clear(&l);
    pv_free(own);
    return status;
}

pv_status pv_vertical_own_model(pv_model **out, int64_t *head, pv_scenario *s, const char *party,
                                const char *folder)
{
    pv_half h = {0};
    *out = NULL;
    if (pv_scenario_find(s, party) == NULL)
        PV_FAIL(PV_ERR_OPTION, "%s names no party '%s'", s->path, party);
    PV_TRY(load_half(&h, s, party, folder));
    *out = h.model;
    *head = h.head;
    h.model = NULL;
    pv_half_clear(&h);
    return PV_OK;
}

/* ---- the shared layer */
static pv_status add_up(double *out, const pv_half *active, const pv_half *passive,
                        const pv_vertical_cut *cut)
{
    pv_status status = PV_OK;
    pv_boundary b;
    size_t d = (size_t)cut->width, count = (size_t)cut->outputs * d;
    pv_wide *share = pv_secret_alloc(2 * count * sizeof *share);
    double *w = pv_alloc(count, sizeof *w);
    pv_reader a = pv_reader_make("the active half's share", active->share.data, active->share.size);
    pv_reader p =
        pv_reader_make("the passive half's share", passive->share.data, passive->share.size);
    if (share == NULL || w == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu weights", count);
    PV_TRY_GOTO(pv_boundary_init(&b, &active->set));
    PV_TRY_GOTO(pv_boundary_read_share(share, &b, 0, &a));
    PV_TRY_GOTO(pv_boundary_read_share(share + count, &b, 1, &p));
    pv_boundary_weights(w, &b, share + count, share);
    const float *bias = cut->bias < 0 ? NULL : passive->model->param[cut->bias].value.data;
    for (size_t k = 0; k < (size_t)cut->outputs; k++) {
        memcpy(out + k * (d + 1), w + k * d, d * sizeof *w);
        out[k * (d + 1) + d] = bias != NULL ? bias[k] : 0;
    }
done:
    pv_secret_free(share);
    pv_free(w);
    return status;
}

pv_status pv_vertical_weights(double **out, int64_t *outputs, int64_t *inputs, pv_scenario *s,
                              const char *const *folder)
{
    pv_status status = PV_OK;
    pv_half half[2] = {{0}}; /* of the passive, of the active party */
    pv_vertical_cut cut;
    *out = NULL;
    for (int i = 0; i < s->parties; i++) {
        int which = is_active(s, s->party[i].name);
        pv_half_clear(&half[which]);
        PV_TRY_GOTO(load_half(&half[which], s, s->party[i].name, folder[i]));
    }
    if (half[0].model == NULL || half[1].model == NULL ||
        memcmp(half[0].session, half[1].session, PV_SESSION_BYTES) != 0 ||
        strcmp(pv_model_text(half[0].model), pv_model_text(half[1].model)) != 0)
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: the parties' halves are not those of one training",
                     s->path);
    PV_TRY_GOTO(pv_vertical_cut_find(&cut, half[0].model, half[0].head));
    *outputs = cut.outputs;
    *inputs = cut.width;
    *out = pv_alloc((size_t)cut.outputs, (size_t)(cut.width + 1) * sizeof **out);
    if (*out == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a layer");
    PV_TRY_GOTO(add_up(*out, &half[1], &half[0], &cut));
done:
    pv_half_clear(&half[0]);
    pv_half_clear(&half[1]);
    if (status != PV_OK) {
        pv_free(*out);
        *out = NULL;
    }
    return status;
}

/* ---- what was measured or predicted: as pv_vertical_open takes it */
pv_status pv_vertical_measured(pv_data **out, pv_scenario *s, const char *party, const char *folder,
                               const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_local l = {0};
    *out = NULL;
    PV_TRY_GOTO(load_local(&l, s, party, folder));
    PV_TRY_GOTO(pv_local_test(out, &l, s, party, ctx));
    if (*out == NULL) PV_TRY_GOTO(pv_local_data(out, &l, s, party, ctx));
done:
    pv_local_clear(&l);
    return status;
}
