#include "run/audit_i.h"

#include "party/data.h"
#include "run/folder.h"

#include <string.h>

/* ---- the commitment: what the party told the others before training began */

/* truth.json: the salt, which only the party's own folder has. */
static pv_status read_salt(uint8_t salt[PV_SALT_BYTES], pv_hash *root, const char *run,
                           const char *party)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    const char *text;
    pv_hash h;
    char *path = pv_run_party_path(run, party, "truth.json");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_load(&j, path, 1 << 16));
    PV_TRY_GOTO(pv_json_get_text(&text, j, "salt", path));
    PV_TRY_GOTO(pv_hash_parse(&h, text));
    memcpy(salt, h.byte, PV_SALT_BYTES);
    PV_TRY_GOTO(pv_json_get_text(&text, j, "root", path));
    PV_TRY_GOTO(pv_hash_parse(root, text));
done:
    json_decref(j);
    pv_free(path);
    return status;
}

/* The root that a view has of this party, told before training. *found 0: the view has none (it was
 * not kept, or the scheme does not tell it to this party). */
static pv_status root_in_view(pv_hash *root, int *found, const pv_view *v, const char *party)
{
    int peer = pv_view_peer_index(v, party);
    int own = strcmp(pv_view_header_of(v)->party, party) == 0;
    *found = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (!r->kept || r->type < PV_TYPE_FIRST) continue;
        if (own ? r->kind != PV_VIEW_SENT : r->kind != PV_VIEW_RECEIVED || r->peer != peer)
            continue;
        pv_view_payload payload = {0};
        PV_TRY(pv_view_load(&payload, v, i));
        const pv_part *part = pv_parts_find(&payload.parts, "truth");
        int fits = part != NULL && part->dtype == PV_U8 && part->shape.ndim == 1 &&
                   part->shape.dim[0] == PV_HASH_BYTES;
        if (fits) memcpy(root->byte, part->data, PV_HASH_BYTES);
        pv_view_payload_clear(&payload);
        *found = fits;
        return PV_OK; /* the first message a party ever sends is the one that holds it */
    }
    return PV_OK;
}

static pv_status check_commitment(pv_audit_work *w, int party)
{
    const pv_audit_party *p = &w->party[party];
    uint8_t salt[PV_SALT_BYTES];
    pv_hash promised, seen, now;
    char a[PV_HASH_TEXT], b[PV_HASH_TEXT];
    PV_TRY(read_salt(salt, &promised, w->o->run, p->name));
    PV_TRY(pv_truth_root(&now, salt, p->data));
    if (!pv_hash_equal(&now, &promised))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: its data is not what it committed to before training: root %s now, %s then",
                p->name, pv_hash_text(&now, a), pv_hash_text(&promised, b));
    for (int i = 0; i < w->parties; i++) {
        int found = 0;
        if (w->party[i].view == NULL) continue;
        PV_TRY(root_in_view(&seen, &found, w->party[i].view, p->name));
        if (found && !pv_hash_equal(&now, &seen))
            PV_FAIL(PV_ERR_MISMATCH,
                    "%s: its data is not what it told %s before training: root %s now, %s then",
                    p->name, w->party[i].name, pv_hash_text(&now, a), pv_hash_text(&seen, b));
    }
    return PV_OK;
}

pv_status pv_audit_open_data(pv_audit_work *w, int party)
{
    pv_status status = PV_OK;
    pv_audit_party *p = &w->party[party];
    pv_local local = {0};
    char *file = NULL;
    if (p->opened) return PV_OK;
    p->opened = 1;
    file = pv_run_party_path(w->o->run, p->name, "local.ini");
    if (file == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_local_load(&local, &w->scenario, p->name, file));
    PV_TRY_GOTO(pv_local_data(&p->data, &local, &w->scenario, p->name, w->ctx));
    PV_TRY_GOTO(check_commitment(w, party));
done:
    pv_local_clear(&local);
    pv_free(file);
    if (status != PV_OK)
        return pv_trail_context(status, __FILE__, __LINE__, "while opening the data of %s",
                                p->name);
    return PV_OK;
}

/* ---- the answers */

/* Adds what stands behind the step of one victim, from sample `at` on. truth: as the scheme told
 * it. */
pv_status pv_audit_add_rows(pv_answer *out, int64_t at, pv_audit_work *w, int party, uint64_t step,
                            const pv_batch_truth *truth)
{
    if (truth->count == 0) return PV_OK;
    const pv_audit_party *p = &w->party[party];
    pv_shape sample = pv_data_sample_shape(p->data);
    int64_t width = pv_shape_count(&sample), count = pv_data_count(p->data);
    for (int64_t k = 0; k < truth->count; k++) {
        int64_t row = truth->index[k];
        if (row < 0 || row >= count)
            PV_FAIL(PV_ERR_RANGE, "%s: step %llu is about row %lld of %lld", p->name,
                    (unsigned long long)step, (long long)row, (long long)count);
        pv_data_raw(p->data, row, out->x + (at + k) * width);
        out->label[at + k] = pv_data_label(p->data, row);
        out->row[at + k] = row;
        out->owner[at + k] = party;
    }
    return PV_OK;
}

static pv_status answer(pv_answers *out, pv_audit_work *w, const pv_audit_case *c, size_t i)
{
    pv_status status = PV_OK;
    int64_t batch = 0, at = 0, width = 0;
    uint64_t step = c->target[i].step;
    pv_batch_truth *truth = pv_calloc((size_t)w->parties, sizeof *truth);
    if (truth == NULL) PV_FAIL_MEMORY((size_t)w->parties * sizeof *truth);
    for (int k = 0; k < w->parties; k++) {
        if (c->joint ? !pv_audit_is_victim(w, c, k) : k != c->victim[i]) continue;
        PV_TRY_GOTO(pv_audit_open_data(w, k));
        pv_shape sample = pv_data_sample_shape(w->party[k].data);
        width = pv_shape_count(&sample);
        PV_TRY_GOTO(w->scheme->truth(&truth[k], &w->scenario, w->party[k].name,
                                     pv_data_count(w->party[k].data), step));
        batch += truth[k].count;
    }
    PV_TRY_GOTO(pv_answer_set(out, i, batch, width));
    for (int k = 0; k < w->parties; k++) {
        PV_TRY_GOTO(pv_audit_add_rows(&out->item[i], at, w, k, step, &truth[k]));
        at += truth[k].count;
    }
    for (int64_t k = 0; k < batch; k++)
        out->item[i].known[k] = (uint8_t)pv_known_has(&c->known, out->item[i].row[k]);
done:
    for (int k = 0; k < w->parties; k++) pv_batch_truth_clear(&truth[k]);
    pv_free(truth);
    return status;
}

pv_status pv_audit_answers(pv_answers *out, pv_audit_work *w, const pv_audit_case *c)
{
    pv_status status = PV_OK;
    PV_TRY(pv_answers_init(out, c->targets));
    if (c->reads->cut) {
        PV_TRY_GOTO(pv_audit_open_queries(out, w, c));
        goto done;
    }
    for (size_t i = 0; i < c->targets; i++) PV_TRY_GOTO(answer(out, w, c, i));
done:
    if (status != PV_OK) pv_answers_clear(out);
    return status;
}
