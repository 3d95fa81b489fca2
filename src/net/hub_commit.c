/* net/hub_commit.c - the end of a step: a seal on every link, positions to come back to */
#include "net/hub_i.h"

#include "base/secret.h"
#include <inttypes.h>
#include <string.h>

/* All that was made before the crash must have been made again. */
static pv_status check_replayed(pv_hub *h, uint64_t step)
{
    for (int i = 0; i < h->peers; i++) {
        const pv_peer *p = &h->peer[i];
        if (!p->dropped && p->link.stored != p->link.sent.count)
            PV_FAIL(PV_ERR_RUN,
                    "step %" PRIu64 " of %s was executed again after a crash and made frames up to "
                    "%" PRIu64 " for %s, before up to %" PRIu64 ": steps must be deterministic",
                    step, h->name, p->link.sent.count, p->name, p->link.stored);
    }
    if (h->decided < h->decision_recovered)
        PV_FAIL(PV_ERR_RUN,
                "step %" PRIu64 " of %s was executed again after a crash and made %" PRIu64
                " decisions, before %" PRIu64 ": steps must be deterministic",
                step, h->name, h->decided, h->decision_recovered);
    return PV_OK;
}

static pv_status seal(pv_hub *h, int peer, uint64_t step)
{
    pv_peer *p = &h->peer[peer];
    pv_payload *payload = NULL;
    pv_seal s = {.step = step, .sent = p->link.sent, .received = p->link.received};
    PV_TRY(pv_seal_sign(&s, h->identity, &h->scenario, p->name));
    PV_TRY(pv_payload_new(&payload, PV_SEAL_BYTES));
    pv_seal_encode(payload->bytes.data, &s);
    pv_status status = pv_hash_of(&payload->hash, payload->bytes.data, PV_SEAL_BYTES);
    if (status != PV_OK) {
        pv_payload_release(payload);
        return status;
    }
    return pv_hub_make(h, peer, PV_TYPE_SEAL, step, payload);
}

static void remember_places(pv_hub *h)
{
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        p->place = (pv_hub_place){
            .sent = p->link.sent, .received = p->link.received, .last_data = p->link.last_data};
    }
    h->decided_place = h->decided;
    if (h->view != NULL) h->view_place = pv_view_writer_position(h->view);
    h->commit_pending = 1;
}

/* It may hold keys. */
void pv_hub_forget_state(pv_hub *h)
{
    if (h->commit_state.data != NULL) pv_secret_wipe(h->commit_state.data, h->commit_state.size);
    pv_bytes_clear(&h->commit_state);
}

static pv_status keep_state(pv_hub *h, const void *state, size_t size)
{
    uint8_t *copy = pv_alloc(size, 1);
    if (copy == NULL) PV_FAIL_MEMORY(size);
    if (size > 0) memcpy(copy, state, size);
    pv_hub_forget_state(h);
    h->commit_state = (pv_bytes){.data = copy, .size = size};
    return PV_OK;
}

pv_status pv_commit(pv_hub *h, uint64_t step, const void *state, size_t size)
{
    PV_TRY(pv_hub_enter(h));
    for (int i = 0; i < h->peers; i++)
        if (!h->peer[i].dropped) PV_TRY(pv_hub_take_seals(h, i));
    PV_TRY(check_replayed(h, step));
    for (int i = 0; i < h->peers; i++)
        if (!h->peer[i].dropped) PV_TRY(seal(h, i, step));
    PV_TRY(keep_state(h, state, size));
    h->commit_step = step;
    h->committed = 1;
    h->replaying = 0;
    remember_places(h);
    return PV_OK;
}

pv_status pv_hub_begin(pv_hub *h, const void *state, size_t size)
{
    PV_TRY(pv_hub_enter(h));
    if (h->committed) return PV_OK;
    PV_TRY(keep_state(h, state, size));
    h->commit_step = 0;
    h->committed = 1;
    remember_places(h);
    return pv_flush(h);
}

pv_status pv_hub_commit_again(pv_hub *h)
{
    if (h->committed) remember_places(h);
    return pv_flush(h);
}
