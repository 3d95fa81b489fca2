#include "run/audit_i.h"

#include "base/secret.h"
#include "run/folder.h"

#include <stdlib.h>
#include <string.h>

/* ---- what one customer kept: its secrets, and what it made of the answers */
typedef struct kept {
    pv_secret_value *secret; /* NULL: not asked for */
    int32_t *opened;
    int64_t secrets, labels;
} kept;

static void kept_clear(kept *k)
{
    if (k->secret != NULL) pv_secret_wipe(k->secret, (size_t)k->secrets * sizeof *k->secret);
    pv_free(k->secret);
    pv_free(k->opened);
    *k = (kept){0};
}

static pv_status keep(kept *k, pv_audit_work *w, const pv_audit_case *c, int party)
{
    const pv_scheme_cut *cut = w->scheme->cut;
    char *folder = pv_run_party_path(w->o->run, w->party[party].name, "");
    pv_status status = PV_OK;
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (pv_audit_wants(c, "secrets"))
        PV_TRY_GOTO(cut->secrets(&k->secret, &k->secrets, &c->known.front, &w->scenario, folder));
    PV_TRY_GOTO(cut->opened(&k->opened, &k->labels, &w->scenario, folder));
done:
    pv_free(folder);
    return status;
}

static pv_status use(pv_answer *a, const kept *k, const pv_audit_work *w, int party, int secrets)
{
    int64_t there = secrets && k->secrets < k->labels ? k->secrets : k->labels;
    a->opened = pv_calloc((size_t)a->batch, sizeof *a->opened);
    if (a->opened == NULL) PV_FAIL_MEMORY((size_t)a->batch * sizeof *a->opened);
    for (int64_t i = 0; i < a->batch; i++) {
        int64_t row = a->row[i];
        if (row < 0 || row >= there)
            PV_FAIL(PV_ERR_RANGE,
                    "%s kept the secrets and answers of %lld rows, and row %lld was "
                    "asked about",
                    w->party[party].name, (long long)there, (long long)row);
        a->opened[i] = k->opened[row];
        /* a complement or an offset is the answer to label 0 */
        a->label[i] = secrets ? k->secret[row].to[0] : k->opened[row];
    }
    return PV_OK;
}

/* ---- answers: what came back, in the adversary's own view */
int32_t pv_audit_largest(const float *score, int64_t classes)
{
    int64_t best = 0;
    for (int64_t k = 1; k < classes; k++)
        if (score[k] > score[best]) best = k;
    return (int32_t)best;
}

static pv_status read_answer(pv_answer *a, const pv_view *v, uint64_t record)
{
    pv_status status = PV_OK;
    pv_view_payload p = {0};
    PV_TRY(pv_view_load(&p, v, record));
    const pv_part *part = p.parts.count == 1 ? &p.parts.part[0] : NULL;
    int labels = part != NULL && part->dtype == PV_I32 && part->shape.ndim == 1;
    if (part == NULL || (!labels && (part->dtype != PV_F32 || part->shape.ndim != 2)) ||
        part->shape.dim[0] < a->batch)
        PV_FAIL_GOTO(PV_ERR_PEER, "record %llu of %s is no answer about %lld rows",
                     (unsigned long long)record + 1, pv_view_path(v), (long long)a->batch);
    for (int64_t i = 0; i < a->batch; i++) {
        int64_t classes = labels ? 1 : part->shape.dim[1];
        a->label[i] = labels ? ((const int32_t *)part->data)[i]
                             : pv_audit_largest((const float *)part->data + i * classes, classes);
    }
done:
    pv_view_payload_clear(&p);
    return status;
}

static pv_status find_answer(pv_answer *a, const pv_audit_work *w, const pv_audit_case *c, size_t t)
{
    const pv_view *v = pv_audit_query_view(w, c);
    int type = pv_view_type_id(v, c->reads->type);
    int peer = pv_view_peer_index(v, c->target[t].victim);
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->type == type && r->step == c->target[t].step && r->peer == peer && r->kept)
            return read_answer(a, v, i);
    }
    PV_FAIL(PV_ERR_NOT_FOUND, "%s has no answer of step %llu", pv_view_path(v),
            (unsigned long long)c->target[t].step);
}

/* ---- all targets, which go by customers */
static pv_status rows_of(pv_answers *out, pv_audit_work *w, const pv_audit_case *c, size_t t)
{
    int party = c->victim[t];
    PV_TRY(pv_audit_open_data(w, party));
    pv_shape sample = pv_data_sample_shape(w->party[party].data);
    PV_TRY(pv_answer_set(out, t, c->target[t].batch, pv_shape_count(&sample)));
    return pv_audit_add_rows(&out->item[t], 0, w, party, c->target[t].step, &c->truth[t]);
}

pv_status pv_audit_open_queries(pv_answers *out, pv_audit_work *w, const pv_audit_case *c)
{
    pv_status status = PV_OK;
    kept k = {0};
    int secrets = pv_audit_wants(c, "secrets"), open = -1;
    for (size_t t = 0; t < c->targets; t++) {
        int party = c->victim[t];
        if (pv_audit_wants(c, "answers")) {
            PV_TRY_GOTO(pv_answer_set(out, t, c->target[t].batch, 0));
            for (int64_t i = 0; i < c->target[t].batch; i++) {
                out->item[t].row[i] = c->truth[t].index[i];
                out->item[t].owner[i] = party;
            }
            PV_TRY_GOTO(find_answer(&out->item[t], w, c, t));
            continue;
        }
        PV_TRY_GOTO(rows_of(out, w, c, t));
        /* who has no labels of its own has those that it was told */
        if (!secrets && (!pv_audit_wants(c, "labels") || pv_data_has_labels(w->party[party].data)))
            continue;
        if (open != party) {
            kept_clear(&k);
            PV_TRY_GOTO(keep(&k, w, c, party));
            open = party;
        }
        PV_TRY_GOTO(use(&out->item[t], &k, w, party, secrets));
    }
done:
    kept_clear(&k);
    return status;
}

/* ---- without a view */
pv_status pv_audit_prior(double *right, const pv_answers *answers, int classes, int parties)
{
    size_t c = (size_t)classes;
    int64_t *count = pv_calloc((size_t)parties + 1, c * sizeof *count);
    *right = 0;
    if (count == NULL) PV_FAIL_MEMORY((size_t)parties * c * sizeof *count);
    for (size_t t = 0; t < answers->count; t++) {
        const pv_answer *a = &answers->item[t];
        const int32_t *label = a->opened != NULL ? a->opened : a->label;
        for (int64_t i = 0; i < a->batch; i++)
            if (!a->known[i] && label[i] >= 0 && label[i] < classes && a->owner[i] < parties)
                count[a->owner[i] * classes + label[i]]++;
    }
    for (int p = 0; p < parties; p++) {
        int64_t most = 0;
        for (int k = 0; k < classes; k++)
            if (count[p * classes + k] > most) most = count[p * classes + k];
        *right += (double)most;
    }
    pv_free(count);
    return PV_OK;
}
