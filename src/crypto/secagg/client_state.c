/* The state of a client: the header of a message (type 6), sizes, u8 phase, the three secrets, then
 * for each client u8 flags (1 keys known, 2 share here), its keys when known, its share when here.
 */
#include "crypto/secagg/client_i.h"

#include <string.h>

enum { KNOWN = 1, SHARED = 2 };

void pv_secagg_client_save(const pv_secagg_client *c, pv_writer *w)
{
    pv_secagg_write_header(w, &c->params, PV_SECAGG_TYPE_STATE, c->self);
    pv_secagg_write_sizes(w, &c->params);
    pv_writer_u8(w, (uint8_t)c->phase);
    pv_writer_bytes(w, c->channel_secret, sizeof c->channel_secret);
    pv_writer_bytes(w, c->mask_secret, sizeof c->mask_secret);
    pv_writer_bytes(w, c->seed, sizeof c->seed);
    for (int i = 0; i < c->params.n; i++) {
        const pv_secagg_peer *p = &c->peer[i];
        pv_writer_u8(w, (uint8_t)((p->known ? KNOWN : 0) | (p->shared ? SHARED : 0)));
        if (p->known) {
            pv_writer_bytes(w, p->channel_key, sizeof p->channel_key);
            pv_writer_bytes(w, p->mask_key, sizeof p->mask_key);
        }
        if (p->shared) pv_writer_bytes(w, p->share, sizeof p->share);
    }
}

static void take(pv_reader *r, uint8_t *out, size_t size, const char *field)
{
    const uint8_t *p = pv_reader_bytes(r, size, field);
    if (p != NULL) memcpy(out, p, size);
}

static void read_peer(pv_secagg_peer *p, pv_reader *r)
{
    int flags = pv_reader_u8(r, "flags");
    if (flags > (KNOWN | SHARED) || flags == SHARED)
        pv_reader_fail(r, PV_ERR_FORMAT, "flags %d, expected 0, 1 or 3", flags);
    p->known = (flags & KNOWN) != 0;
    p->shared = (flags & SHARED) != 0;
    if (p->known) {
        take(r, p->channel_key, sizeof p->channel_key, "channel key");
        take(r, p->mask_key, sizeof p->mask_key, "mask key");
    }
    if (p->shared) take(r, p->share, sizeof p->share, "share");
}

/* What the phases promise each other about who is known and who has shared. */
static void check(const pv_secagg_client *c, pv_reader *r)
{
    int known = 0, shared = 0, t = c->params.t;
    for (int i = 0; i < c->params.n; i++) {
        known += c->peer[i].known;
        shared += c->peer[i].shared;
    }
    int own_known = c->peer[c->self].known, own_shared = c->peer[c->self].shared, fits;
    if (c->phase == PV_SECAGG_NEW)
        fits = known == 0;
    else if (c->phase == PV_SECAGG_ADVERTISED)
        fits = own_known && shared == 0;
    else if (c->phase == PV_SECAGG_SHARED)
        fits = own_shared && shared == 1 && known >= t;
    else
        fits = own_shared && shared >= t;
    if (!fits)
        pv_reader_fail(r, PV_ERR_FORMAT, "phase %d with %d keys and %d shares", (int)c->phase,
                       known, shared);
}

pv_status pv_secagg_client_load(pv_secagg_client **c, const pv_secagg_params *p, int self,
                                pv_reader *r)
{
    pv_secagg_client *new = NULL;
    *c = NULL;
    pv_secagg_read_header(r, p, PV_SECAGG_TYPE_STATE, self);
    pv_secagg_read_sizes(r, p);
    int phase = pv_reader_u8(r, "phase");
    pv_reader_require_max(r, (uint64_t)phase, PV_SECAGG_ANSWERED, "phase");
    PV_TRY(pv_reader_status(r));
    PV_TRY(pv_secagg_client_new(&new, p, self));
    new->phase = (pv_secagg_phase)phase;
    take(r, new->channel_secret, sizeof new->channel_secret, "channel secret");
    take(r, new->mask_secret, sizeof new->mask_secret, "mask secret");
    take(r, new->seed, sizeof new->seed, "seed");
    for (int i = 0; i < p->n && pv_reader_status(r) == PV_OK; i++) read_peer(&new->peer[i], r);
    if (pv_reader_status(r) == PV_OK) check(new, r);
    if (pv_reader_status(r) != PV_OK) {
        pv_secagg_client_free(new);
        return pv_reader_status(r);
    }
    *c = new;
    return PV_OK;
}
