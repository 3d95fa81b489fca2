/* net/hub_record.c - the party's view, written as things happen */
#include "net/hub_i.h"

#include "base/clock.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pv_status fill_header(pv_view_header *o, pv_hub *h, pv_view_peer *peer)
{
    *o = (pv_view_header){.scenario = h->scenario,
                          .peer = peer,
                          .peers = h->peers,
                          .type = h->type,
                          .types = h->types};
    memcpy(o->party, h->name, sizeof o->party);
    memcpy(o->role, h->role, sizeof o->role);
    memcpy(o->scheme, h->scheme, sizeof o->scheme);
    memcpy(o->key, pv_certificate_key(pv_identity_certificate(h->identity)), sizeof o->key);
    pthread_mutex_lock(&h->lock);
    pv_status status = PV_OK;
    for (int i = 0; i < h->peers; i++) {
        const pv_peer *p = &h->peer[i];
        if (!p->known && !p->dropped && status == PV_OK)
            status = pv_trail_fail(PV_ERR_USAGE, __FILE__, __LINE__,
                                   "the view can't begin before %s has shown its certificate: call "
                                   "pv_hub_wait first",
                                   p->name);
        memcpy(peer[i].name, p->name, sizeof peer[i].name);
        memcpy(peer[i].role, p->role, sizeof peer[i].role);
        memcpy(peer[i].key, p->key, sizeof peer[i].key);
    }
    pthread_mutex_unlock(&h->lock);
    return status;
}

/* A run that died before its first commit leaves a view that nothing refers to. */
static pv_status remove_stale(const pv_hub *h)
{
    struct stat s;
    pv_view *v = NULL;
    if (stat(h->view_path, &s) != 0) return PV_OK;
    if (s.st_size > 0) {
        PV_TRY_CONTEXT(pv_view_open(&v, h->view_path), "it is in the way of this run's view");
        const pv_view_header *o = pv_view_header_of(v);
        int ours = strcmp(o->party, h->name) == 0 && pv_hash_equal(&o->scenario, &h->scenario);
        pv_view_free(v);
        if (!ours)
            PV_FAIL(PV_ERR_USAGE, "%s is there already, and is the view of another run",
                    h->view_path);
    }
    (void)unlink(h->view_path);
    return PV_OK;
}

pv_status pv_hub_record_begin(pv_hub *h, const pv_view_position *at)
{
    pv_view_header o;
    if (h->view_path == NULL || h->view != NULL) return PV_OK;
    pv_view_peer *peer = pv_calloc((size_t)h->peers, sizeof *peer);
    if (peer == NULL) PV_FAIL_MEMORY((size_t)h->peers * sizeof *peer);
    pv_status status = fill_header(&o, h, peer);
    if (status == PV_OK && at != NULL) {
        status = pv_view_resume(&h->view, h->view_path, &o, at);
    } else if (status == PV_OK) {
        status = remove_stale(h);
        if (status == PV_OK) status = pv_view_create(&h->view, h->view_path, &o);
    }
    pv_free(peer);
    if (status == PV_OK) h->view_place = pv_view_writer_position(h->view);
    return status;
}

pv_status pv_hub_record(pv_hub *h, pv_view_kind kind, int peer, uint16_t type, uint64_t step,
                        uint64_t link, const pv_hash *hash, const void *data, size_t size)
{
    if (h->view_path == NULL) return PV_OK;
    if (h->view == NULL) PV_TRY(pv_hub_record_begin(h, NULL));
    const pv_message_type *t = pv_hub_type(h, type);
    pv_view_record r = {.step = step,
                        .time = pv_hub_clock(),
                        .kind = kind,
                        .peer = peer < 0 ? PV_VIEW_NO_PEER : (uint16_t)peer,
                        .type = type,
                        .link = link,
                        .size = size,
                        .payload = *hash,
                        .kept = t == NULL || pv_retention_keeps(&t->retention, step)};
    double before = pv_clock_seconds();
    pv_status status = pv_view_append(h->view, &r, data);
    h->seconds.view += pv_clock_seconds() - before;
    return status;
}

pv_status pv_note(pv_hub *h, pv_view_kind kind, uint16_t type, const pv_part *part, size_t count)
{
    pv_payload *payload = NULL;
    PV_TRY(pv_hub_enter(h));
    if (h->view_path == NULL) return PV_OK;
    if (kind != PV_VIEW_DERIVED && kind != PV_VIEW_PUBLISHED)
        PV_FAIL(PV_ERR_USAGE, "a note is derived or published");
    if (pv_hub_type(h, type) == NULL)
        PV_FAIL(PV_ERR_USAGE, "a note of type %d, which the scheme does not have", type);
    size_t size = pv_parts_size(part, count);
    if (size == SIZE_MAX) PV_FAIL(PV_ERR_LIMIT, "a note is too large");
    PV_TRY(pv_payload_new(&payload, size));
    pv_status status = pv_parts_encode(payload->bytes.data, part, count);
    if (status == PV_OK) status = pv_hash_of(&payload->hash, payload->bytes.data, size);
    if (status == PV_OK)
        status =
            pv_hub_record(h, kind, -1, type, h->step, 0, &payload->hash, payload->bytes.data, size);
    pv_payload_release(payload);
    return status;
}
