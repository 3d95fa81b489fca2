/* A whole round in memory: the clients, the server, and the messages between them. */
#ifndef TESTS_SECAGG_PARTY_H
#define TESTS_SECAGG_PARTY_H

#include "base/csprng_test.h"
#include "base/file.h"
#include "crypto/secagg/message.h"
#include <stdlib.h>

#ifndef PARTY_LENGTH
#define PARTY_LENGTH 37
#endif

enum { MOST = 8, LENGTH = PARTY_LENGTH };

typedef struct party {
    pv_secagg_params params;
    uint64_t seed;
    pv_secagg_client *client[MOST];
    pv_secagg_server *server;
    pv_csprng random[MOST];
    uint64_t x[MOST][LENGTH], y[MOST][LENGTH];
    pv_bytes keys[MOST], shares[MOST], delivery[MOST], survivors, answer[MOST];
} party;

/* Bits of clients: who sends what. A client that misses one stage takes no part in later ones. */
typedef struct attendance {
    unsigned keys, shares, vectors, answers;
} attendance;

static inline int in(unsigned set, int client)
{
    return set >> client & 1;
}

static inline void party_clear(party *p)
{
    for (int i = 0; i < MOST; i++) {
        pv_secagg_client_free(p->client[i]);
        pv_csprng_clear(&p->random[i]);
        pv_bytes_clear(&p->keys[i]);
        pv_bytes_clear(&p->shares[i]);
        pv_bytes_clear(&p->delivery[i]);
        pv_bytes_clear(&p->answer[i]);
    }
    pv_bytes_clear(&p->survivors);
    pv_secagg_server_free(p->server);
    memset(p, 0, sizeof *p);
}

static inline pv_status party_init(party *p, int n, int t, uint64_t seed)
{
    pv_csprng values;
    memset(p, 0, sizeof *p);
    p->params = (pv_secagg_params){.n = n, .t = t, .length = LENGTH, .round = seed};
    memset(p->params.run, 0x5A, sizeof p->params.run);
    p->seed = seed;
    pv_csprng_test(&values, seed * 1000 + 999);
    pv_csprng_bytes(&values, p->x, sizeof p->x); /* any 64 bits: the sum is mod 2^64 */
    memcpy(p->y, p->x, sizeof p->y);
    for (int i = 0; i < n; i++) {
        pv_csprng_test(&p->random[i], seed * 1000 + (uint64_t)i);
        PV_TRY(pv_secagg_client_new(&p->client[i], &p->params, i));
    }
    return pv_secagg_server_new(&p->server, &p->params);
}

static inline pv_status party_keys(party *p, unsigned who)
{
    int n = p->params.n;
    for (int i = 0; i < n; i++) {
        if (!in(who, i)) continue;
        PV_TRY(pv_secagg_client_advertise(p->client[i], &p->random[i], &p->keys[i]));
        PV_TRY(pv_secagg_server_keys(p->server, i, p->keys[i].data, p->keys[i].size));
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (i != j && in(who, i) && in(who, j))
                PV_TRY(pv_secagg_client_peer(p->client[i], j, p->keys[j].data, p->keys[j].size));
    return PV_OK;
}

static inline pv_status party_shares(party *p, unsigned who)
{
    for (int i = 0; i < p->params.n; i++) {
        if (!in(who, i)) continue;
        PV_TRY(pv_secagg_client_share(p->client[i], &p->random[i], &p->shares[i]));
        PV_TRY(pv_secagg_server_shares(p->server, i, p->shares[i].data, p->shares[i].size));
    }
    for (int i = 0; i < p->params.n; i++) {
        if (!in(who, i)) continue;
        PV_TRY(pv_secagg_server_deliver(p->server, i, &p->delivery[i]));
        PV_TRY(pv_secagg_client_receive(p->client[i], p->delivery[i].data, p->delivery[i].size));
    }
    return PV_OK;
}

static inline pv_status party_vectors(party *p, unsigned who)
{
    for (int i = 0; i < p->params.n; i++) {
        if (!in(who, i)) continue;
        PV_TRY(pv_secagg_client_mask(p->client[i], p->y[i], LENGTH));
        PV_TRY(pv_secagg_server_masked(p->server, i, p->y[i], LENGTH));
    }
    return pv_secagg_server_survivors(p->server, &p->survivors);
}

static inline pv_status party_answers(party *p, unsigned who)
{
    for (int i = 0; i < p->params.n; i++) {
        if (!in(who, i)) continue;
        PV_TRY(pv_secagg_client_unmask(p->client[i], p->survivors.data, p->survivors.size,
                                       &p->answer[i]));
        PV_TRY(pv_secagg_server_answer(p->server, i, p->answer[i].data, p->answer[i].size));
    }
    return PV_OK;
}

/* What the sum must be. */
static inline void party_expect(const party *p, unsigned survivors, uint64_t sum[LENGTH])
{
    memset(sum, 0, LENGTH * sizeof *sum);
    for (int i = 0; i < p->params.n; i++)
        for (int k = 0; in(survivors, i) && k < LENGTH; k++) sum[k] += p->x[i][k];
}

static inline pv_status party_run(party *p, attendance who, uint64_t sum[LENGTH])
{
    PV_TRY(party_keys(p, who.keys));
    PV_TRY(party_shares(p, who.shares));
    PV_TRY(party_vectors(p, who.vectors));
    PV_TRY(party_answers(p, who.answers));
    return pv_secagg_server_sum(p->server, sum, LENGTH);
}

#endif
