#include "fed/masked.h"

#include "base/mem.h"
#include "base/secret.h"
#include "fed/masked_keys.h"
#include "fed/measure.h"
#include "fed/messages.h"
#include <inttypes.h>
#include <string.h>

pv_status pv_fed_masking_make(pv_fed_masking *m, const pv_fed_options *o, const pv_scenario *s,
                              int64_t size, uint64_t round)
{
    int n = pv_scenario_count(s, "client");
    uint32_t most = o->weighting == PV_WEIGH_SAMPLES ? PV_SECAGG_MAX_WEIGHT : 1;
    *m = (pv_fed_masking){
        .params = {
            .n = n, .t = pv_fed_threshold(o, n), .length = (size_t)size + 1, .round = round}};
    memcpy(m->params.run, s->hash.byte, PV_SECAGG_RUN_BYTES);
    PV_TRY(pv_secagg_params_check(&m->params));
    return pv_secagg_scale_make(&m->scale, (float)o->clip, most, n);
}

/* ---- messages of one part */
static pv_status send_bytes(pv_party *p, int peer, uint16_t type, const pv_bytes *b)
{
    const pv_part part = {
        .name = "bytes", .dtype = PV_U8, .shape = PV_SHAPE((int64_t)b->size), .data = b->data};
    return pv_send(pv_party_hub(p), peer, type, &part, 1);
}

static pv_status take_bytes(const pv_part **part, const pv_message *m)
{
    return pv_parts_get(part, &m->parts, m->what, "bytes", PV_U8, PV_SHAPE(-1));
}

/* ---- a client */
static pv_status advertise(pv_party *p, pv_secagg_client *c, pv_csprng *r, int server)
{
    pv_status status = PV_OK;
    pv_bytes keys = {0};
    PV_TRY_GOTO(pv_secagg_client_advertise(c, r, &keys));
    PV_TRY_GOTO(pv_fed_keys_send(p, server, &keys));
done:
    pv_bytes_clear(&keys);
    return status;
}

typedef struct meeting {
    pv_party *p;
    pv_secagg_client *client;
    int self;
} meeting;

static pv_status meet(void *user, int rank, const void *keys, size_t size)
{
    meeting *m = user;
    return rank == m->self ? PV_OK : pv_secagg_client_peer(m->client, rank, keys, size);
}

static pv_status meet_peers(pv_party *p, pv_secagg_client *c, int server, int rank)
{
    pv_message m;
    meeting user = {p, c, rank};
    PV_TRY(pv_fed_from(&m, p, server, PV_FED_ROSTER));
    pv_status status = pv_fed_roster_take(pv_party_scenario(p), &m, meet, &user);
    pv_message_clear(&m);
    return status;
}

static pv_status share(pv_party *p, pv_secagg_client *c, pv_csprng *r, int server)
{
    pv_status status = PV_OK;
    pv_bytes shares = {0};
    pv_message m = {0};
    const pv_part *part;
    PV_TRY_GOTO(pv_secagg_client_share(c, r, &shares));
    PV_TRY_GOTO(send_bytes(p, server, PV_FED_SHARES, &shares));
    PV_TRY_GOTO(pv_fed_from(&m, p, server, PV_FED_DELIVERY));
    PV_TRY_GOTO(take_bytes(&part, &m));
    PV_TRY_GOTO(pv_secagg_client_receive(c, part->data, (size_t)part->shape.dim[0]));
done:
    pv_message_clear(&m);
    pv_bytes_clear(&shares);
    return status;
}

/* x times the weight, and the weight itself, which is an integer already, under masks. */
static pv_status mask(pv_party *p, const pv_fed_masking *g, pv_secagg_client *c, int server,
                      const float *x, int64_t size, uint32_t weight, size_t *clipped)
{
    pv_status status = PV_OK;
    size_t length = g->params.length;
    uint64_t *y = pv_alloc(length, sizeof *y);
    if (y == NULL) PV_FAIL_MEMORY(length * sizeof *y);
    PV_TRY_GOTO(pv_secagg_quantise(y, x, (size_t)size, weight, &g->scale, clipped));
    y[size] = weight;
    PV_TRY_GOTO(pv_secagg_client_mask(c, y, length));
    const pv_part part = {
        .name = "values", .dtype = PV_I64, .shape = PV_SHAPE((int64_t)length), .data = y};
    PV_TRY_GOTO(pv_send(pv_party_hub(p), server, PV_FED_MASKED, &part, 1));
done:
    pv_secret_wipe(y, length * sizeof *y);
    pv_free(y);
    return status;
}

static pv_status unmask(pv_party *p, pv_secagg_client *c, int server)
{
    pv_status status = PV_OK;
    pv_bytes answer = {0};
    pv_message m;
    const pv_part *part;
    PV_TRY(pv_fed_from(&m, p, server, PV_FED_SURVIVORS));
    PV_TRY_GOTO(take_bytes(&part, &m));
    PV_TRY_GOTO(pv_secagg_client_unmask(c, part->data, (size_t)part->shape.dim[0], &answer));
    PV_TRY_GOTO(send_bytes(p, server, PV_FED_ANSWER, &answer));
done:
    pv_message_clear(&m);
    pv_bytes_clear(&answer);
    return status;
}

pv_status pv_fed_masked_send(pv_party *p, const pv_fed_masking *m, int server, int rank,
                             const float *x, int64_t size, int64_t weight, size_t *clipped)
{
    pv_status status = PV_OK;
    pv_secagg_client *c = NULL;
    pv_csprng r;
    if (weight < 1 || weight > m->scale.max_weight)
        PV_FAIL(PV_ERR_LIMIT, "a weight of %" PRId64 " samples; masked sums take up to %" PRIu32,
                weight, m->scale.max_weight);
    PV_TRY(pv_party_csprng(&r, p, "fed/masked"));
    PV_TRY_GOTO(pv_secagg_client_new(&c, &m->params, rank));
    PV_TRY_GOTO(advertise(p, c, &r, server));
    PV_TRY_GOTO(meet_peers(p, c, server, rank));
    PV_TRY_GOTO(share(p, c, &r, server));
    PV_TRY_GOTO(mask(p, m, c, server, x, size, (uint32_t)weight, clipped));
    PV_TRY_GOTO(unmask(p, c, server));
done:
    pv_secagg_client_free(c);
    pv_csprng_clear(&r);
    return status;
}

/* ---- the server */
typedef struct gathering {
    pv_secagg_server *server;
    pv_fed_roster roster;
    pv_party *p;
} gathering;

static pv_status take_keys(void *user, int rank, const pv_message *m)
{
    gathering *g = user;
    const pv_part *keys;
    PV_TRY(pv_fed_roster_add(&g->roster, pv_party_scenario(g->p), rank, m, &keys));
    return pv_secagg_server_keys(g->server, rank, keys->data, (size_t)keys->shape.dim[0]);
}

static pv_status take_shares(void *user, int rank, const pv_message *m)
{
    gathering *g = user;
    const pv_part *part;
    PV_TRY(take_bytes(&part, m));
    return pv_secagg_server_shares(g->server, rank, part->data, (size_t)part->shape.dim[0]);
}

static pv_status take_masked(void *user, int rank, const pv_message *m)
{
    gathering *g = user;
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, &m->parts, m->what, "values", PV_I64, PV_SHAPE(-1)));
    return pv_secagg_server_masked(g->server, rank, part->data, (size_t)part->shape.dim[0]);
}

static pv_status take_answer(void *user, int rank, const pv_message *m)
{
    gathering *g = user;
    const pv_part *part;
    PV_TRY(take_bytes(&part, m));
    return pv_secagg_server_answer(g->server, rank, part->data, (size_t)part->shape.dim[0]);
}

static pv_status deliver(gathering *g, const pv_fed_peers *c)
{
    for (int i = 0; i < c->count; i++) {
        pv_bytes b = {0};
        if (!c->present[i]) continue;
        PV_TRY(pv_secagg_server_deliver(g->server, i, &b));
        pv_status status = send_bytes(g->p, c->peer[i], PV_FED_DELIVERY, &b);
        pv_bytes_clear(&b);
        PV_TRY(status);
    }
    return PV_OK;
}

static pv_status tell_survivors(gathering *g, const pv_fed_peers *c)
{
    pv_bytes b = {0};
    PV_TRY(pv_secagg_server_survivors(g->server, &b));
    const pv_part part = {
        .name = "bytes", .dtype = PV_U8, .shape = PV_SHAPE((int64_t)b.size), .data = b.data};
    pv_status status = pv_fed_tell(c, g->p, PV_FED_SURVIVORS, &part, 1);
    pv_bytes_clear(&b);
    return status;
}

static pv_status reveal(gathering *g, const pv_fed_masking *m, float *mean, int64_t size,
                        double *weight)
{
    pv_status status = PV_OK;
    uint64_t *sum = pv_alloc(m->params.length, sizeof *sum);
    if (sum == NULL) PV_FAIL_MEMORY(m->params.length * sizeof *sum);
    PV_TRY_GOTO(pv_secagg_server_sum(g->server, sum, m->params.length));
    /* The last entry is the sum of the weights. */
    uint64_t most = (uint64_t)m->params.n * m->scale.max_weight;
    if (sum[size] < 1 || sum[size] > most)
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "the weights of the masked vectors add up to %" PRIu64 ", 1 to %" PRIu64
                     " was expected",
                     sum[size], most);
    *weight = (double)sum[size];
    pv_secagg_dequantise(mean, sum, (size_t)size, *weight, &m->scale);
done:
    pv_free(sum);
    return status;
}

pv_status pv_fed_masked_mean(pv_party *p, const pv_fed_masking *m, pv_fed_peers *c, float *mean,
                             int64_t size, double *weight)
{
    pv_status status = PV_OK;
    gathering g = {.p = p};
    PV_TRY_GOTO(pv_secagg_server_new(&g.server, &m->params));
    PV_TRY_GOTO(pv_fed_roster_init(&g.roster, c->count));
    PV_TRY_GOTO(pv_fed_collect(c, p, PV_FED_KEYS, NULL, take_keys, &g));
    PV_TRY_GOTO(pv_fed_roster_tell(&g.roster, c, p));
    PV_TRY_GOTO(pv_fed_collect(c, p, PV_FED_SHARES, NULL, take_shares, &g));
    PV_TRY_GOTO(deliver(&g, c));
    PV_TRY_GOTO(pv_fed_collect(c, p, PV_FED_MASKED, NULL, take_masked, &g));
    PV_TRY_GOTO(tell_survivors(&g, c));
    PV_TRY_GOTO(pv_fed_collect(c, p, PV_FED_ANSWER, NULL, take_answer, &g));
    PV_TRY_GOTO(reveal(&g, m, mean, size, weight));
done:
    pv_fed_roster_clear(&g.roster);
    pv_secagg_server_free(g.server);
    return status;
}
