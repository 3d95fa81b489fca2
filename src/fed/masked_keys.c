#include "fed/masked_keys.h"

#include "base/mem.h"
#include "crypto/secagg/secagg.h"
#include "fed/messages.h"
#include <stdio.h>
#include <string.h>

static const char *const FIELD[] = {"keys", "signature", "certificate"};
enum { KEYS, SIGNATURE, CERTIFICATE, FIELDS, NAME = 24 };

static pv_part part_of(const char *name, const void *data, size_t size)
{
    return (pv_part){.name = name, .dtype = PV_U8, .shape = PV_SHAPE((int64_t)size), .data = data};
}

pv_status pv_fed_keys_send(pv_party *p, int server, const pv_bytes *keys)
{
    pv_status status = PV_OK;
    uint8_t signature[PV_SIGNATURE_BYTES];
    const pv_identity *id = pv_party_identity(p);
    pv_bytes der = {0};
    PV_TRY_GOTO(pv_certificate_der(&der, pv_identity_certificate(id)));
    PV_TRY_GOTO(pv_identity_sign(signature, id, PV_SECAGG_SIGNED, keys->data, keys->size));
    const pv_part part[FIELDS] = {part_of(FIELD[KEYS], keys->data, keys->size),
                                  part_of(FIELD[SIGNATURE], signature, sizeof signature),
                                  part_of(FIELD[CERTIFICATE], der.data, der.size)};
    PV_TRY_GOTO(pv_send(pv_party_hub(p), server, PV_FED_KEYS, part, FIELDS));
done:
    pv_bytes_clear(&der);
    return status;
}

/* Client number `rank` of the scenario. */
static const pv_scenario_party *client_of(const pv_scenario *s, int rank)
{
    for (int i = 0; i < s->parties; i++)
        if (strcmp(s->party[i].role, "client") == 0 && rank-- == 0) return &s->party[i];
    return NULL;
}

/* Did the party of this rank, as the scenario pins it, sign these keys? */
static pv_status check(const pv_scenario *s, int rank, const char *what,
                       const pv_part *const part[FIELDS])
{
    pv_status status = PV_OK;
    pv_certificate *c = NULL;
    const pv_scenario_party *who = client_of(s, rank);
    if (who == NULL) PV_FAIL(PV_ERR_PEER, "%s: there is no client number %d", what, rank);
    PV_TRY_GOTO(pv_certificate_parse(&c, what, part[CERTIFICATE]->data,
                                     (size_t)part[CERTIFICATE]->shape.dim[0]));
    if (!who->pinned || !pv_hash_equal(pv_certificate_fingerprint(c), &who->fingerprint))
        PV_FAIL_GOTO(PV_ERR_AUTH,
                     "%s: the certificate of %s is not the one that the scenario pins to it", what,
                     who->name);
    PV_TRY_GOTO(pv_signature_check(part[SIGNATURE]->data, pv_certificate_key(c), who->name,
                                   PV_SECAGG_SIGNED, part[KEYS]->data,
                                   (size_t)part[KEYS]->shape.dim[0]));
done:
    pv_certificate_free(c);
    return status;
}

/* The three fields, whose names end in `suffix`. */
static pv_status find(const pv_part *part[FIELDS], const pv_message *m, const char *suffix)
{
    char name[NAME];
    for (int k = 0; k < FIELDS; k++) {
        snprintf(name, sizeof name, "%s%s", FIELD[k], suffix);
        PV_TRY(pv_parts_get(&part[k], &m->parts, m->what, name, PV_U8,
                            PV_SHAPE(k == SIGNATURE ? PV_SIGNATURE_BYTES : -1)));
    }
    return PV_OK;
}

/* ---- the server's list */
pv_status pv_fed_roster_init(pv_fed_roster *r, int count)
{
    *r = (pv_fed_roster){.count = count};
    r->keys = pv_calloc((size_t)count, sizeof *r->keys);
    r->signature = pv_calloc((size_t)count, sizeof *r->signature);
    r->certificate = pv_calloc((size_t)count, sizeof *r->certificate);
    if (r->keys == NULL || r->signature == NULL || r->certificate == NULL) {
        pv_fed_roster_clear(r);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the keys of %d clients", count);
    }
    return PV_OK;
}

static void clear_all(pv_bytes *b, int count)
{
    for (int i = 0; b != NULL && i < count; i++) pv_bytes_clear(&b[i]);
    pv_free(b);
}

void pv_fed_roster_clear(pv_fed_roster *r)
{
    clear_all(r->keys, r->count);
    clear_all(r->signature, r->count);
    clear_all(r->certificate, r->count);
    *r = (pv_fed_roster){0};
}

static pv_status keep(pv_bytes *out, const pv_part *part)
{
    size_t size = (size_t)part->shape.dim[0];
    out->data = pv_alloc(size, 1);
    if (out->data == NULL) PV_FAIL_MEMORY(size);
    memcpy(out->data, part->data, size);
    out->size = size;
    return PV_OK;
}

pv_status pv_fed_roster_add(pv_fed_roster *r, const pv_scenario *s, int rank, const pv_message *m,
                            const pv_part **keys)
{
    const pv_part *part[FIELDS];
    PV_TRY(find(part, m, ""));
    PV_TRY(check(s, rank, m->what, part));
    PV_TRY(keep(&r->keys[rank], part[KEYS]));
    PV_TRY(keep(&r->signature[rank], part[SIGNATURE]));
    PV_TRY(keep(&r->certificate[rank], part[CERTIFICATE]));
    *keys = part[KEYS];
    return PV_OK;
}

pv_status pv_fed_roster_tell(const pv_fed_roster *r, const pv_fed_peers *c, pv_party *p)
{
    pv_status status = PV_OK;
    size_t n = 0, most = (size_t)r->count * FIELDS;
    pv_part *part = pv_alloc(most, sizeof *part);
    char(*name)[NAME] = pv_alloc(most, NAME);
    if (part == NULL || name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a roster of %d clients", r->count);
    for (int i = 0; i < r->count; i++) {
        const pv_bytes *of[FIELDS] = {&r->keys[i], &r->signature[i], &r->certificate[i]};
        if (r->keys[i].size == 0) continue;
        for (int k = 0; k < FIELDS; k++, n++) {
            snprintf(name[n], NAME, "%s:%d", FIELD[k], i);
            part[n] = part_of(name[n], of[k]->data, of[k]->size);
        }
    }
    PV_TRY_GOTO(pv_fed_tell(c, p, PV_FED_ROSTER, part, n));
done:
    pv_free(part);
    pv_free(name);
    return status;
}

/* ---- a client's reading of it */
pv_status pv_fed_roster_take(const pv_scenario *s, const pv_message *m, pv_fed_take_keys take,
                             void *user)
{
    int count = pv_scenario_count(s, "client");
    size_t read = 0;
    for (int i = 0; i < count; i++) {
        const pv_part *part[FIELDS];
        char suffix[NAME];
        snprintf(suffix, sizeof suffix, ":%d", i);
        char name[2 * NAME];
        snprintf(name, sizeof name, "%s%s", FIELD[KEYS], suffix);
        if (pv_parts_find(&m->parts, name) == NULL) continue;
        PV_TRY(find(part, m, suffix));
        PV_TRY(check(s, i, m->what, part));
        PV_TRY(take(user, i, part[KEYS]->data, (size_t)part[KEYS]->shape.dim[0]));
        read += FIELDS;
    }
    if (read != m->parts.count)
        PV_FAIL(PV_ERR_PEER, "%s: %zu tensors, of which %zu are keys of clients", m->what,
                m->parts.count, read);
    return PV_OK;
}
