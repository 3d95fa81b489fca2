#include "crypto/secagg/client_i.h"

#include "base/secret.h"
#include "crypto/secagg/mask.h"
#include "crypto/secagg/shamir.h"
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

pv_status pv_secagg_params_check(const pv_secagg_params *p)
{
    if (p->n < 2 || p->n > PV_SECAGG_MAX_CLIENTS)
        PV_FAIL(PV_ERR_OPTION, "masked sums: %d clients, expected 2 to %d", p->n,
                PV_SECAGG_MAX_CLIENTS);
    if (2 * p->t <= p->n || p->t > p->n)
        PV_FAIL(PV_ERR_OPTION,
                "masked sums: a threshold of %d of %d clients, expected more than half and at most "
                "all: with less, two halves of them could be made to give away one client's vector",
                p->t, p->n);
    if (p->length < 1 || p->length > PV_SECAGG_MAX_LENGTH)
        PV_FAIL(PV_ERR_OPTION, "masked sums: vectors of %zu values, expected 1 to %d", p->length,
                PV_SECAGG_MAX_LENGTH);
    return PV_OK;
}

pv_status pv_secagg_client_new(pv_secagg_client **c, const pv_secagg_params *p, int self)
{
    *c = NULL;
    PV_TRY(pv_secagg_params_check(p));
    if (self < 0 || self >= p->n)
        PV_FAIL(PV_ERR_OPTION, "masked sums: client %d, expected 0 to %d", self, p->n - 1);
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium could not be initialised");
    size_t size = sizeof **c + (size_t)p->n * sizeof(*c)->peer[0];
    size = (size + 15) / 16 * 16; /* pv_secret_alloc aligns such sizes */
    pv_secagg_client *new = pv_secret_alloc(size);
    if (new == NULL) PV_FAIL_MEMORY(size);
    memset(new, 0, size);
    new->params = *p;
    new->self = self;
    pv_secagg_context(new->context, p);
    *c = new;
    return PV_OK;
}

void pv_secagg_client_free(pv_secagg_client *c)
{
    pv_secret_free(c);
}

/* The client's own call, at its time. */
static pv_status expect_phase(const pv_secagg_client *c, pv_secagg_phase phase, const char *what)
{
    if (c->phase != phase)
        PV_FAIL(PV_ERR_USAGE, "client %d, round %" PRIu64 ": %s %s", c->self, c->params.round, what,
                c->phase < phase ? "comes too early" : "was done already");
    return PV_OK;
}

/* What somebody else sent, at its time. */
static pv_status expect_message(const pv_secagg_client *c, pv_secagg_phase phase, const char *what)
{
    if (c->phase < phase)
        PV_FAIL(PV_ERR_PEER, "client %d, round %" PRIu64 ": %s came too early", c->self,
                c->params.round, what);
    if (c->phase > phase)
        PV_FAIL(PV_ERR_PEER,
                "client %d, round %" PRIu64 ": %s came a second time, or too late; a round takes "
                "each once",
                c->self, c->params.round, what);
    return PV_OK;
}

pv_status pv_secagg_client_advertise(pv_secagg_client *c, pv_csprng *r, pv_bytes *out)
{
    *out = (pv_bytes){0};
    PV_TRY(expect_phase(c, PV_SECAGG_NEW, "advertising keys"));
    pv_secagg_peer *own = &c->peer[c->self];
    pv_writer w = pv_writer_make("secagg keys", PV_SECAGG_MAX_MESSAGE);
    pv_secagg_key_pair(c->channel_secret, own->channel_key, r);
    pv_secagg_key_pair(c->mask_secret, own->mask_key, r);
    pv_secagg_write_header(&w, &c->params, PV_SECAGG_TYPE_KEYS, c->self);
    pv_secagg_write_sizes(&w, &c->params);
    pv_writer_bytes(&w, own->channel_key, 32);
    pv_writer_bytes(&w, own->mask_key, 32);
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    if (status != PV_OK) {
        pv_secret_wipe(c->channel_secret, sizeof c->channel_secret);
        pv_secret_wipe(c->mask_secret, sizeof c->mask_secret);
        return status;
    }
    own->known = 1;
    c->phase = PV_SECAGG_ADVERTISED;
    return PV_OK;
}

pv_status pv_secagg_client_peer(pv_secagg_client *c, int from, const void *message, size_t size)
{
    pv_secagg_message m;
    PV_TRY(expect_message(c, PV_SECAGG_ADVERTISED, "a peer's keys"));
    if (from < 0 || from >= c->params.n || from == c->self)
        PV_FAIL(PV_ERR_USAGE, "client %d: keys of client %d, expected another one below %d",
                c->self, from, c->params.n);
    PV_TRY_CONTEXT(pv_secagg_decode(&m, &c->params, PV_SECAGG_TYPE_KEYS, from, message, size),
                   "while client %d read the keys of client %d", c->self, from);
    pv_secagg_peer *peer = &c->peer[from];
    if (peer->known) PV_FAIL(PV_ERR_PEER, "client %d has sent keys twice in one round", from);
    if (!pv_secagg_key_valid(m.channel_key) || !pv_secagg_key_valid(m.mask_key))
        PV_FAIL(PV_ERR_PEER,
                "a key of client %d has a small order: everybody would know what it "
                "agrees on",
                from);
    memcpy(peer->channel_key, m.channel_key, 32);
    memcpy(peer->mask_key, m.mask_key, 32);
    peer->known = 1;
    return PV_OK;
}

/* The key of what `from` sends to `to`; one of them is this client. */
static void bundle_key(const pv_secagg_client *c, uint8_t key[32], int from, int to)
{
    const pv_secagg_peer *peer = &c->peer[from == c->self ? to : from];
    pv_secagg_agree(key, PV_SECAGG_USE_BUNDLE, c->context, c->channel_secret, peer->channel_key,
                    (pv_secagg_end){from, c->peer[from].channel_key},
                    (pv_secagg_end){to, c->peer[to].channel_key});
}

/* A random nonce: a step that is executed again encrypts other shares, perhaps under the same key.
 */
static void seal(const pv_secagg_client *c, uint8_t bundle[PV_SECAGG_BUNDLE], int to,
                 const uint8_t share[PV_SECAGG_SHARE], pv_csprng *r)
{
    uint8_t key[32];
    bundle_key(c, key, c->self, to);
    pv_csprng_bytes(r, bundle, PV_SECAGG_NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bundle + PV_SECAGG_NONCE, NULL, share,
                                               PV_SECAGG_SHARE, NULL, 0, NULL, bundle, key);
    pv_secret_wipe(key, sizeof key);
}

static int unseal(const pv_secagg_client *c, uint8_t share[PV_SECAGG_SHARE], int from,
                  const uint8_t bundle[PV_SECAGG_BUNDLE])
{
    uint8_t key[32];
    bundle_key(c, key, from, c->self);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        share, NULL, NULL, bundle + PV_SECAGG_NONCE, PV_SECAGG_BUNDLE - PV_SECAGG_NONCE, NULL, 0,
        bundle, key);
    pv_secret_wipe(key, sizeof key);
    return bad == 0;
}

static int count_known(const pv_secagg_client *c)
{
    int known = 0;
    for (int i = 0; i < c->params.n; i++) known += c->peer[i].known;
    return known;
}

static void write_shares(const pv_secagg_client *c, pv_writer *w, const uint8_t *shares,
                         const uint8_t seed[32], int peers, pv_csprng *r)
{
    uint8_t commitment[32], bundle[PV_SECAGG_BUNDLE];
    pv_secagg_derive(commitment, PV_SECAGG_USE_COMMITMENT, c->context, seed, c->self);
    pv_secagg_write_header(w, &c->params, PV_SECAGG_TYPE_SHARES, c->self);
    pv_writer_bytes(w, commitment, sizeof commitment);
    pv_writer_u16le(w, (uint16_t)peers);
    for (int i = 0; i < c->params.n; i++) {
        if (i == c->self || !c->peer[i].known) continue;
        seal(c, bundle, i, shares + (size_t)i * PV_SECAGG_SHARE, r);
        pv_writer_u16le(w, (uint16_t)i);
        pv_writer_bytes(w, bundle, sizeof bundle);
    }
}

pv_status pv_secagg_client_share(pv_secagg_client *c, pv_csprng *r, pv_bytes *out)
{
    pv_status status = PV_OK;
    uint8_t secret[PV_SECAGG_SHARE], *shares = NULL;
    size_t size = (size_t)c->params.n * PV_SECAGG_SHARE;
    pv_writer w = pv_writer_make("secagg shares", PV_SECAGG_MAX_MESSAGE);
    *out = (pv_bytes){0};
    PV_TRY(expect_phase(c, PV_SECAGG_ADVERTISED, "sharing secrets"));
    int known = count_known(c);
    if (known < c->params.t)
        PV_FAIL(PV_ERR_PEER,
                "client %d, round %" PRIu64 ": keys of %d clients, at least %d are needed", c->self,
                c->params.round, known, c->params.t);
    memcpy(secret, c->mask_secret, 32);
    pv_csprng_bytes(r, secret + 32, 32);
    shares = pv_secret_alloc(size);
    if (shares == NULL) {
        status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__,
                               "out of memory: %zu bytes were asked for", size);
        goto done;
    }
    PV_TRY_GOTO(pv_shamir_split(shares, secret, sizeof secret, c->params.n, c->params.t, r));
    write_shares(c, &w, shares, secret + 32, known - 1, r);
    PV_TRY_GOTO(pv_writer_take(&w, out));
    memcpy(c->seed, secret + 32, 32);
    memcpy(c->peer[c->self].share, shares + (size_t)c->self * PV_SECAGG_SHARE, PV_SECAGG_SHARE);
    c->peer[c->self].shared = 1;
    c->phase = PV_SECAGG_SHARED;
done:
    pv_secret_wipe(secret, sizeof secret);
    pv_secret_free(shares);
    pv_writer_clear(&w);
    return status;
}

static pv_status open_bundles(pv_secagg_client *c, const pv_secagg_message *m)
{
    for (int i = 0; i < m->count; i++) {
        int from = pv_secagg_entry_client(m, i);
        if (from == c->self || !c->peer[from].known)
            PV_FAIL(PV_ERR_PEER,
                    "client %d, round %" PRIu64 ": shares of client %d, which has sent no keys",
                    c->self, c->params.round, from);
        if (!unseal(c, c->peer[from].share, from, pv_secagg_entry(m, i)))
            PV_FAIL(PV_ERR_PEER,
                    "client %d, round %" PRIu64 ": the shares that client %d sent were changed on "
                    "the way, or are of another round",
                    c->self, c->params.round, from);
    }
    return PV_OK;
}

pv_status pv_secagg_client_receive(pv_secagg_client *c, const void *message, size_t size)
{
    pv_secagg_message m;
    PV_TRY(expect_message(c, PV_SECAGG_SHARED, "the delivery of shares"));
    PV_TRY_CONTEXT(
        pv_secagg_decode(&m, &c->params, PV_SECAGG_TYPE_DELIVERY, c->self, message, size),
        "while client %d read the shares delivered to it", c->self);
    if (m.count + 1 < c->params.t)
        PV_FAIL(PV_ERR_PEER,
                "client %d, round %" PRIu64 ": %d clients have shared, at least %d are needed",
                c->self, c->params.round, m.count + 1, c->params.t);
    pv_status status = open_bundles(c, &m);
    for (int i = 0; i < m.count; i++) {
        pv_secagg_peer *peer = &c->peer[pv_secagg_entry_client(&m, i)];
        if (peer == &c->peer[c->self]) continue;
        if (status == PV_OK)
            peer->shared = 1;
        else
            pv_secret_wipe(peer->share, sizeof peer->share);
    }
    PV_TRY(status);
    pv_secret_wipe(c->channel_secret, sizeof c->channel_secret);
    c->phase = PV_SECAGG_READY;
    return PV_OK;
}

static void pair_key(const pv_secagg_client *c, uint8_t key[32], int peer)
{
    int low = peer < c->self ? peer : c->self, high = peer < c->self ? c->self : peer;
    pv_secagg_agree(key, PV_SECAGG_USE_PAIR_MASK, c->context, c->mask_secret,
                    c->peer[peer].mask_key, (pv_secagg_end){low, c->peer[low].mask_key},
                    (pv_secagg_end){high, c->peer[high].mask_key});
}

pv_status pv_secagg_client_mask(pv_secagg_client *c, uint64_t *values, size_t length)
{
    uint8_t key[32];
    PV_TRY(expect_phase(c, PV_SECAGG_READY, "masking a vector"));
    if (length != c->params.length)
        PV_FAIL(PV_ERR_SHAPE, "client %d: a vector of %zu values, expected %zu", c->self, length,
                c->params.length);
    pv_secagg_derive(key, PV_SECAGG_USE_SELF_MASK, c->context, c->seed, c->self);
    pv_secagg_mask_add(values, length, key);
    for (int i = 0; i < c->params.n; i++) {
        if (i == c->self || !c->peer[i].shared) continue;
        pair_key(c, key, i);
        if (i > c->self)
            pv_secagg_mask_add(values, length, key);
        else
            pv_secagg_mask_subtract(values, length, key);
    }
    pv_secret_wipe(key, sizeof key);
    pv_secret_wipe(c->mask_secret, sizeof c->mask_secret);
    pv_secret_wipe(c->seed, sizeof c->seed);
    c->phase = PV_SECAGG_HAS_MASKED;
    return PV_OK;
}

static pv_status check_survivors(const pv_secagg_client *c, const pv_secagg_message *m)
{
    int self = 0;
    for (int i = 0; i < m->count; i++) {
        int client = pv_secagg_entry_client(m, i);
        self |= client == c->self;
        if (!c->peer[client].shared)
            PV_FAIL(PV_ERR_PEER,
                    "client %d, round %" PRIu64 ": the server names client %d a survivor, which "
                    "has not shared",
                    c->self, c->params.round, client);
    }
    if (!self)
        PV_FAIL(PV_ERR_PEER,
                "client %d, round %" PRIu64 ": it is not among the survivors that the server "
                "names, yet asked to answer",
                c->self, c->params.round);
    if (m->count < c->params.t)
        PV_FAIL(PV_ERR_PEER,
                "client %d, round %" PRIu64 ": the server names %d survivors, at least %d are "
                "needed",
                c->self, c->params.round, m->count, c->params.t);
    return PV_OK;
}

pv_status pv_secagg_client_unmask(pv_secagg_client *c, const void *message, size_t size,
                                  pv_bytes *out)
{
    pv_secagg_message m;
    pv_writer w = pv_writer_make("secagg answer", PV_SECAGG_MAX_MESSAGE);
    int u1 = 0;
    *out = (pv_bytes){0};
    PV_TRY(expect_message(c, PV_SECAGG_HAS_MASKED, "the list of survivors"));
    PV_TRY_CONTEXT(
        pv_secagg_decode(&m, &c->params, PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL, message, size),
        "while client %d read the list of survivors", c->self);
    PV_TRY(check_survivors(c, &m));
    for (int i = 0; i < c->params.n; i++) u1 += c->peer[i].shared;
    pv_secagg_write_header(&w, &c->params, PV_SECAGG_TYPE_ANSWER, c->self);
    pv_writer_u16le(&w, (uint16_t)u1);
    for (int i = 0, at = 0; i < c->params.n; i++) {
        if (!c->peer[i].shared) continue;
        /* the list is in ascending order, and within U1 */
        int survived = at < m.count && pv_secagg_entry_client(&m, at) == i;
        at += survived;
        pv_writer_u16le(&w, (uint16_t)i);
        pv_writer_u8(&w, survived ? PV_SECAGG_OF_SEED : PV_SECAGG_OF_MASK_KEY);
        pv_writer_bytes(&w, c->peer[i].share + (survived ? PV_SECAGG_HALF : 0), PV_SECAGG_HALF);
    }
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    if (status != PV_OK) return status;
    for (int i = 0; i < c->params.n; i++) pv_secret_wipe(c->peer[i].share, PV_SECAGG_SHARE);
    c->phase = PV_SECAGG_ANSWERED;
    return PV_OK;
}
