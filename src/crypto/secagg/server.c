#include "crypto/secagg/message.h"

#include "base/secret.h"
#include "crypto/secagg/mask.h"
#include "crypto/secagg/shamir.h"
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

typedef enum phase { KEYS, SHARES, VECTORS, ANSWERS } phase;

typedef struct member {
    unsigned seen;
    int rank; /* among those whose keys were collected */
    uint8_t mask_key[32], commitment[32];
    pv_bytes shares; /* its shares message */
    uint8_t *answer; /* a share for each client of U1 */
} member;

struct pv_secagg_server {
    pv_secagg_params params;
    phase phase;
    int keys, shared, masked, answers; /* how many clients */
    uint8_t context[32];
    uint64_t *sum; /* of the masked vectors */
    member client[];
};

pv_status pv_secagg_server_new(pv_secagg_server **s, const pv_secagg_params *p)
{
    *s = NULL;
    PV_TRY(pv_secagg_params_check(p));
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium could not be initialised");
    size_t size = sizeof **s + (size_t)p->n * sizeof(*s)->client[0];
    pv_secagg_server *new = pv_calloc(1, size);
    if (new == NULL) PV_FAIL_MEMORY(size);
    new->sum = pv_calloc(p->length, sizeof *new->sum);
    if (new->sum == NULL) {
        pv_free(new);
        PV_FAIL_MEMORY(p->length * sizeof *new->sum);
    }
    new->params = *p;
    pv_secagg_context(new->context, p);
    *s = new;
    return PV_OK;
}

void pv_secagg_server_free(pv_secagg_server *s)
{
    if (s == NULL) return;
    for (int i = 0; i < s->params.n; i++) {
        pv_bytes_clear(&s->client[i].shares);
        pv_free(s->client[i].answer);
    }
    pv_free(s->sum);
    pv_free(s);
}

unsigned pv_secagg_server_seen(const pv_secagg_server *s, int client)
{
    return client < 0 || client >= s->params.n ? 0 : s->client[client].seen;
}

/* A client sends something: in this phase, once, and only after what comes before. */
static pv_status expect(const pv_secagg_server *s, int from, phase now, unsigned before,
                        unsigned what, const char *name)
{
    if (from < 0 || from >= s->params.n)
        PV_FAIL(PV_ERR_USAGE, "%s of client %d, expected 0 to %d", name, from, s->params.n - 1);
    unsigned seen = s->client[from].seen;
    if (seen & what)
        PV_FAIL(PV_ERR_PEER, "client %d, round %" PRIu64 ": %s came twice", from, s->params.round,
                name);
    if (s->phase != now || (seen & before) != before)
        PV_FAIL(PV_ERR_PEER, "client %d, round %" PRIu64 ": %s came too %s", from, s->params.round,
                name, s->phase > now ? "late" : "early");
    return PV_OK;
}

static pv_status enough(const pv_secagg_server *s, int have, const char *what)
{
    if (have < s->params.t)
        PV_FAIL(PV_ERR_PEER, "round %" PRIu64 ": %s of %d clients of %d, at least %d are needed",
                s->params.round, what, have, s->params.n, s->params.t);
    return PV_OK;
}

pv_status pv_secagg_server_keys(pv_secagg_server *s, int from, const void *message, size_t size)
{
    pv_secagg_message m;
    PV_TRY(expect(s, from, KEYS, 0, PV_SECAGG_KEYS, "keys"));
    PV_TRY_CONTEXT(pv_secagg_decode(&m, &s->params, PV_SECAGG_TYPE_KEYS, from, message, size),
                   "while reading the keys of client %d", from);
    if (!pv_secagg_key_valid(m.channel_key) || !pv_secagg_key_valid(m.mask_key))
        PV_FAIL(PV_ERR_PEER,
                "a key of client %d has a small order: everybody would know what it agrees on",
                from);
    memcpy(s->client[from].mask_key, m.mask_key, 32);
    s->client[from].seen |= PV_SECAGG_KEYS;
    s->keys++;
    return PV_OK;
}

/* The bundles of `from` are for all others whose keys were collected, and for nobody else. */
static pv_status check_bundles(const pv_secagg_server *s, int from, const pv_secagg_message *m)
{
    int at = 0;
    for (int i = 0; i < s->params.n; i++) {
        if (i == from || !(s->client[i].seen & PV_SECAGG_KEYS)) continue;
        if (at >= m->count || pv_secagg_entry_client(m, at) != i)
            PV_FAIL(PV_ERR_PEER,
                    "client %d has made no shares for client %d, whose keys it was to "
                    "be given",
                    from, i);
        at++;
    }
    if (at < m->count)
        PV_FAIL(PV_ERR_PEER, "client %d has made shares for client %d, which sent no keys", from,
                pv_secagg_entry_client(m, at));
    return PV_OK;
}

static void rank_clients(pv_secagg_server *s)
{
    for (int i = 0, rank = 0; i < s->params.n; i++) {
        s->client[i].rank = rank;
        rank += (s->client[i].seen & PV_SECAGG_KEYS) != 0;
    }
}

pv_status pv_secagg_server_shares(pv_secagg_server *s, int from, const void *message, size_t size)
{
    pv_secagg_message m;
    PV_TRY(expect(s, from, s->phase == KEYS ? KEYS : SHARES, PV_SECAGG_KEYS, PV_SECAGG_SHARES,
                  "shares"));
    PV_TRY(enough(s, s->keys, "keys"));
    PV_TRY_CONTEXT(pv_secagg_decode(&m, &s->params, PV_SECAGG_TYPE_SHARES, from, message, size),
                   "while reading the shares of client %d", from);
    PV_TRY(check_bundles(s, from, &m));
    member *c = &s->client[from];
    c->shares.data = pv_alloc(size, 1);
    if (c->shares.data == NULL) PV_FAIL_MEMORY(size);
    c->shares.size = size;
    memcpy(c->shares.data, message, size);
    memcpy(c->commitment, m.commitment, sizeof c->commitment);
    c->seen |= PV_SECAGG_SHARES;
    s->shared++;
    if (s->phase == KEYS) rank_clients(s);
    s->phase = SHARES;
    return PV_OK;
}

pv_status pv_secagg_server_deliver(pv_secagg_server *s, int to, pv_bytes *out)
{
    pv_writer w = pv_writer_make("secagg delivery", PV_SECAGG_MAX_MESSAGE);
    *out = (pv_bytes){0};
    if (!(pv_secagg_server_seen(s, to) & PV_SECAGG_SHARES))
        PV_FAIL(PV_ERR_USAGE, "client %d has not shared and is delivered nothing", to);
    PV_TRY(enough(s, s->shared, "shares"));
    pv_secagg_write_header(&w, &s->params, PV_SECAGG_TYPE_DELIVERY, to);
    pv_writer_u16le(&w, (uint16_t)(s->shared - 1));
    for (int i = 0; i < s->params.n; i++) {
        const member *c = &s->client[i];
        pv_secagg_message m;
        if (i == to || !(c->seen & PV_SECAGG_SHARES)) continue;
        /* All its bundles are there, in order, but for one to itself. */
        m.stride = 2 + PV_SECAGG_BUNDLE;
        m.entry = c->shares.data + c->shares.size - (size_t)(s->keys - 1) * m.stride;
        int rank = s->client[to].rank - (to > i);
        pv_writer_u16le(&w, (uint16_t)i);
        pv_writer_bytes(&w, pv_secagg_entry(&m, rank), PV_SECAGG_BUNDLE);
    }
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    if (status == PV_OK && s->phase == SHARES) s->phase = VECTORS;
    return status;
}

pv_status pv_secagg_server_masked(pv_secagg_server *s, int from, const uint64_t *values,
                                  size_t length)
{
    PV_TRY(expect(s, from, VECTORS, PV_SECAGG_SHARES, PV_SECAGG_MASKED, "a masked vector"));
    if (length != s->params.length)
        PV_FAIL(PV_ERR_MISMATCH, "client %d sent a vector of %zu values, expected %zu", from,
                length, s->params.length);
    for (size_t i = 0; i < length; i++) s->sum[i] += values[i];
    s->client[from].seen |= PV_SECAGG_MASKED;
    s->masked++;
    return PV_OK;
}

pv_status pv_secagg_server_survivors(pv_secagg_server *s, pv_bytes *out)
{
    pv_writer w = pv_writer_make("secagg survivors", PV_SECAGG_MAX_MESSAGE);
    *out = (pv_bytes){0};
    if (s->phase < VECTORS)
        PV_FAIL(PV_ERR_USAGE, "round %" PRIu64 ": survivors are named after the vectors came",
                s->params.round);
    PV_TRY(enough(s, s->masked, "masked vectors"));
    pv_secagg_write_header(&w, &s->params, PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL);
    pv_writer_u16le(&w, (uint16_t)s->masked);
    for (int i = 0; i < s->params.n; i++)
        if (s->client[i].seen & PV_SECAGG_MASKED) pv_writer_u16le(&w, (uint16_t)i);
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    if (status == PV_OK) s->phase = ANSWERS;
    return status;
}

/* One share for each client of U1, of the kind that follows from the survivors. */
static pv_status check_answer(const pv_secagg_server *s, int from, const pv_secagg_message *m)
{
    int at = 0;
    for (int i = 0; i < s->params.n; i++) {
        if (!(s->client[i].seen & PV_SECAGG_SHARES)) continue;
        int kind = s->client[i].seen & PV_SECAGG_MASKED ? PV_SECAGG_OF_SEED : PV_SECAGG_OF_MASK_KEY;
        if (at >= m->count || pv_secagg_entry_client(m, at) != i)
            PV_FAIL(PV_ERR_PEER, "client %d answered without a share for client %d", from, i);
        if (*pv_secagg_entry(m, at) != kind)
            PV_FAIL(PV_ERR_PEER, "client %d answered with the wrong kind of share for client %d",
                    from, i);
        at++;
    }
    if (at < m->count)
        PV_FAIL(PV_ERR_PEER, "client %d answered with a share for client %d, which has not shared",
                from, pv_secagg_entry_client(m, at));
    return PV_OK;
}

pv_status pv_secagg_server_answer(pv_secagg_server *s, int from, const void *message, size_t size)
{
    pv_secagg_message m;
    PV_TRY(expect(s, from, ANSWERS, PV_SECAGG_MASKED, PV_SECAGG_ANSWER, "an answer"));
    PV_TRY_CONTEXT(pv_secagg_decode(&m, &s->params, PV_SECAGG_TYPE_ANSWER, from, message, size),
                   "while reading the answer of client %d", from);
    PV_TRY(check_answer(s, from, &m));
    uint8_t *answer = pv_alloc((size_t)m.count, PV_SECAGG_HALF);
    if (answer == NULL) PV_FAIL_MEMORY((size_t)m.count * PV_SECAGG_HALF);
    for (int i = 0; i < m.count; i++)
        memcpy(answer + (size_t)i * PV_SECAGG_HALF, pv_secagg_entry(&m, i) + 1, PV_SECAGG_HALF);
    s->client[from].answer = answer;
    s->client[from].seen |= PV_SECAGG_ANSWER;
    s->answers++;
    return PV_OK;
}

/* What the t lowest answers say about the client that is number `at` in U1. */
static void reconstruct(const pv_secagg_server *s, uint8_t secret[32], int at,
                        const uint16_t *weight)
{
    memset(secret, 0, PV_SECAGG_HALF);
    for (int i = 0, used = 0; used < s->params.t; i++)
        if (s->client[i].seen & PV_SECAGG_ANSWER)
            pv_shamir_add(secret, s->client[i].answer + (size_t)at * PV_SECAGG_HALF, PV_SECAGG_HALF,
                          weight[used++]);
}

static pv_status remove_seed(const pv_secagg_server *s, uint64_t *sum, int owner,
                             const uint8_t seed[32])
{
    uint8_t key[32];
    pv_secagg_derive(key, PV_SECAGG_USE_COMMITMENT, s->context, seed, owner);
    if (!pv_secret_equal(key, s->client[owner].commitment, sizeof key))
        PV_FAIL(PV_ERR_PEER,
                "round %" PRIu64 ": the shares of the seed of client %d do not give what it "
                "committed to: it, or one of those that answered, does not follow the protocol",
                s->params.round, owner);
    pv_secagg_derive(key, PV_SECAGG_USE_SELF_MASK, s->context, seed, owner);
    pv_secagg_mask_subtract(sum, s->params.length, key);
    pv_secret_wipe(key, sizeof key);
    return PV_OK;
}

/* `owner` dropped out: the masks that the survivors share with it are still in the sum. */
static pv_status remove_pairs(const pv_secagg_server *s, uint64_t *sum, int owner,
                              const uint8_t mask_secret[32])
{
    uint8_t key[32];
    const member *all = s->client;
    pv_secagg_public_key(key, mask_secret);
    if (!pv_secret_equal(key, all[owner].mask_key, sizeof key))
        PV_FAIL(PV_ERR_PEER,
                "round %" PRIu64 ": the shares of the mask key of client %d do not give the "
                "private half of what it published: it, or one of those that answered, does not "
                "follow the protocol",
                s->params.round, owner);
    for (int i = 0; i < s->params.n; i++) {
        if (!(all[i].seen & PV_SECAGG_MASKED)) continue;
        int low = i < owner ? i : owner, high = i < owner ? owner : i;
        pv_secagg_agree(key, PV_SECAGG_USE_PAIR_MASK, s->context, mask_secret, all[i].mask_key,
                        (pv_secagg_end){low, all[low].mask_key},
                        (pv_secagg_end){high, all[high].mask_key});
        if (owner > i) /* then i had added it */
            pv_secagg_mask_subtract(sum, s->params.length, key);
        else
            pv_secagg_mask_add(sum, s->params.length, key);
    }
    pv_secret_wipe(key, sizeof key);
    return PV_OK;
}

static pv_status remove_masks(const pv_secagg_server *s, uint64_t *sum, const uint16_t *weight)
{
    uint8_t secret[PV_SECAGG_HALF];
    pv_status status = PV_OK;
    for (int i = 0, at = 0; i < s->params.n && status == PV_OK; i++) {
        if (!(s->client[i].seen & PV_SECAGG_SHARES)) continue;
        reconstruct(s, secret, at++, weight);
        status = s->client[i].seen & PV_SECAGG_MASKED ? remove_seed(s, sum, i, secret)
                                                      : remove_pairs(s, sum, i, secret);
    }
    pv_secret_wipe(secret, sizeof secret);
    return status;
}

pv_status pv_secagg_server_sum(pv_secagg_server *s, uint64_t *sum, size_t length)
{
    uint16_t point[PV_SECAGG_MAX_CLIENTS], weight[PV_SECAGG_MAX_CLIENTS];
    memset(sum, 0, length * sizeof *sum);
    if (length != s->params.length)
        PV_FAIL(PV_ERR_SHAPE, "a sum of %zu values, expected %zu", length, s->params.length);
    PV_TRY(enough(s, s->answers, "answers"));
    for (int i = 0, used = 0; used < s->params.t; i++)
        if (s->client[i].seen & PV_SECAGG_ANSWER) point[used++] = (uint16_t)(i + 1);
    pv_shamir_weights(weight, point, s->params.t);
    memcpy(sum, s->sum, length * sizeof *sum);
    pv_status status = remove_masks(s, sum, weight);
    if (status != PV_OK) memset(sum, 0, length * sizeof *sum);
    return status;
}
