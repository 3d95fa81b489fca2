#include "fed/peers.h"

#include "base/mem.h"
#include <string.h>

pv_status pv_fed_peers_init(pv_fed_peers *c, pv_party *p)
{
    const pv_scenario *s = pv_party_scenario(p);
    int count = pv_scenario_count(s, "client");
    *c = (pv_fed_peers){0};
    c->name = pv_calloc((size_t)count, sizeof *c->name);
    c->peer = pv_calloc((size_t)count, sizeof *c->peer);
    c->present = pv_calloc((size_t)count, sizeof *c->present);
    if (c->name == NULL || c->peer == NULL || c->present == NULL) {
        pv_fed_peers_clear(c);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d clients", count);
    }
    for (int i = 0; i < s->parties; i++) {
        if (strcmp(s->party[i].role, "client") != 0) continue;
        c->name[c->count] = s->party[i].name;
        c->peer[c->count] = pv_hub_peer_index(pv_party_hub(p), s->party[i].name);
        c->present[c->count++] = 1;
    }
    return PV_OK;
}

void pv_fed_peers_clear(pv_fed_peers *c)
{
    pv_free(c->name);
    pv_free(c->peer);
    pv_free(c->present);
    *c = (pv_fed_peers){0};
}

int pv_fed_present(const pv_fed_peers *c)
{
    int n = 0;
    for (int i = 0; i < c->count; i++) n += c->present[i];
    return n;
}

pv_status pv_fed_tell(const pv_fed_peers *c, pv_party *p, uint16_t type, const pv_part *part,
                      size_t count)
{
    int *to = pv_alloc((size_t)c->count, sizeof *to), n = 0;
    if (to == NULL) PV_FAIL_MEMORY((size_t)c->count * sizeof *to);
    for (int i = 0; i < c->count; i++)
        if (c->present[i]) to[n++] = c->peer[i];
    pv_status status = pv_send_all(pv_party_hub(p), to, n, type, part, count);
    pv_free(to);
    return status;
}

pv_status pv_fed_collect(pv_fed_peers *c, pv_party *p, uint16_t type, const uint8_t *wanted,
                         pv_fed_take take, void *user)
{
    for (int i = 0; i < c->count; i++) {
        pv_message m = {0};
        int lost = 0;
        if (!c->present[i] || (wanted != NULL && !wanted[i])) continue;
        PV_TRY(pv_party_recv(&m, &lost, p, c->peer[i], type));
        c->present[i] = lost == 0;
        if (lost) continue;
        pv_status status = take(user, i, &m);
        pv_message_clear(&m);
        PV_TRY(status);
    }
    if (pv_fed_present(c) == 0) PV_FAIL(PV_ERR_PEER, "all %d clients are lost", c->count);
    return PV_OK;
}

json_t *pv_fed_lost(const pv_fed_peers *c)
{
    json_t *names = json_array();
    for (int i = 0; i < c->count; i++)
        if (!c->present[i] && pv_json_append(names, json_string(c->name[i])) != PV_OK) {
            json_decref(names);
            return NULL;
        }
    return names;
}

void pv_fed_peers_save(const pv_fed_peers *c, pv_writer *w)
{
    pv_writer_sized(w, c->present, (size_t)c->count);
}

void pv_fed_peers_load(pv_fed_peers *c, pv_reader *r)
{
    size_t n;
    const uint8_t *present = pv_reader_sized(r, (size_t)c->count, &n, "clients present");
    if (n != (size_t)c->count)
        pv_reader_fail(r, PV_ERR_MISMATCH, "%zu clients, %d were expected", n, c->count);
    else
        memcpy(c->present, present, n);
}
