/* bench/crypto/secagg.c - what masked sums cost: secagg [CLIENTS [LENGTH [DROPPED]]]
 *
 *     build/bench/bench_secagg                    4 clients, a LeNet-5 of 61,706 weights
 *     build/bench/bench_secagg 100 61706 10
 *
 * Prints one line of JSON, processor time of one thread: the expansion of one pair's mask into a
 * vector (the best of 50, in nanoseconds a value and in milliseconds), fixed point and back, one
 * client's five calls and the server's share of a round in milliseconds, and the bytes that one
 * client sends and receives beside the vector. The threshold is two thirds, rounded up.
 */
#include "base/clock.h"
#include "base/csprng.h"
#include "crypto/secagg/mask.h"
#include "crypto/secagg/message.h"
#include "crypto/secagg/quantise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEAT = 50 };

static double now(void) /* milliseconds */
{
    return 1e3 * pv_clock_thread_seconds();
}

static void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "%s\n", pv_trail_text());
    exit(1);
}

static void *need(void *p)
{
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

static double expansion(uint64_t *values, size_t length)
{
    uint8_t key[32] = {1};
    double best = 1e30;
    for (int i = 0; i < REPEAT; i++) {
        double begin = now();
        pv_secagg_mask_add(values, length, key);
        if (now() - begin < best) best = now() - begin;
    }
    return best;
}

static void fixed_point(uint64_t *values, size_t length, int n, double *there, double *back)
{
    float *x = need(pv_alloc(length, sizeof *x));
    pv_secagg_scale s;
    size_t clipped;
    for (size_t i = 0; i < length; i++) x[i] = (float)i / (float)length - 0.5f;
    must(pv_secagg_scale_make(&s, 1, 15000, n));
    *there = *back = 1e30;
    for (int i = 0; i < REPEAT; i++) {
        double begin = now();
        must(pv_secagg_quantise(values, x, length, 15000, &s, &clipped));
        double middle = now();
        pv_secagg_dequantise(x, values, length, 15000, &s);
        if (middle - begin < *there) *there = middle - begin;
        if (now() - middle < *back) *back = now() - middle;
    }
    pv_free(x);
}

typedef struct cost {
    double client, server; /* milliseconds, of all clients and of the server */
    size_t sent, received; /* bytes of client 0 but the vectors */
} cost;

typedef struct round {
    pv_secagg_params p;
    int survivors;
    pv_secagg_client **client;
    pv_secagg_server *server;
    pv_csprng random;
    cost cost;
} round_state;

#define TIMED(where, call)                                                                         \
    do {                                                                                           \
        double begin_ = now();                                                                     \
        must(call);                                                                                \
        (where) += now() - begin_;                                                                 \
    } while (0)

static void keys(round_state *r)
{
    int n = r->p.n;
    pv_bytes *key = need(pv_calloc((size_t)n, sizeof *key));
    for (int i = 0; i < n; i++) {
        TIMED(r->cost.client, pv_secagg_client_new(&r->client[i], &r->p, i));
        TIMED(r->cost.client, pv_secagg_client_advertise(r->client[i], &r->random, &key[i]));
        TIMED(r->cost.server, pv_secagg_server_keys(r->server, i, key[i].data, key[i].size));
    }
    r->cost.sent += key[0].size;
    r->cost.received += (size_t)(n - 1) * key[0].size;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (i != j)
                TIMED(r->cost.client,
                      pv_secagg_client_peer(r->client[i], j, key[j].data, key[j].size));
    for (int i = 0; i < n; i++) pv_bytes_clear(&key[i]);
    pv_free(key);
}

static void shares(round_state *r)
{
    pv_bytes out;
    for (int i = 0; i < r->p.n; i++) {
        TIMED(r->cost.client, pv_secagg_client_share(r->client[i], &r->random, &out));
        TIMED(r->cost.server, pv_secagg_server_shares(r->server, i, out.data, out.size));
        if (i == 0) r->cost.sent += out.size;
        pv_bytes_clear(&out);
    }
    for (int i = 0; i < r->p.n; i++) {
        TIMED(r->cost.server, pv_secagg_server_deliver(r->server, i, &out));
        TIMED(r->cost.client, pv_secagg_client_receive(r->client[i], out.data, out.size));
        if (i == 0) r->cost.received += out.size;
        pv_bytes_clear(&out);
    }
}

static void sum(round_state *r, uint64_t *values)
{
    size_t length = r->p.length;
    pv_bytes list, out;
    for (int i = 0; i < r->survivors; i++) {
        memset(values, 0, length * sizeof *values);
        values[0] = (uint64_t)i;
        TIMED(r->cost.client, pv_secagg_client_mask(r->client[i], values, length));
        TIMED(r->cost.server, pv_secagg_server_masked(r->server, i, values, length));
    }
    TIMED(r->cost.server, pv_secagg_server_survivors(r->server, &list));
    r->cost.received += list.size;
    for (int i = 0; i < r->survivors; i++) {
        TIMED(r->cost.client, pv_secagg_client_unmask(r->client[i], list.data, list.size, &out));
        TIMED(r->cost.server, pv_secagg_server_answer(r->server, i, out.data, out.size));
        if (i == 0) r->cost.sent += out.size;
        pv_bytes_clear(&out);
    }
    pv_bytes_clear(&list);
    TIMED(r->cost.server, pv_secagg_server_sum(r->server, values, length));
    if (values[0] != (uint64_t)r->survivors * (uint64_t)(r->survivors - 1) / 2 || values[1] != 0) {
        fprintf(stderr, "the sum is wrong\n");
        exit(1);
    }
}

static cost whole_round(uint64_t *values, size_t length, int n, int dropped)
{
    round_state r = {.p = {.n = n, .t = (2 * n + 2) / 3, .length = length}};
    r.survivors = n - dropped;
    r.client = need(pv_calloc((size_t)n, sizeof *r.client));
    must(pv_csprng_init(&r.random));
    must(pv_secagg_server_new(&r.server, &r.p));
    keys(&r);
    shares(&r);
    sum(&r, values);
    for (int i = 0; i < n; i++) pv_secagg_client_free(r.client[i]);
    pv_secagg_server_free(r.server);
    pv_csprng_clear(&r.random);
    pv_free(r.client);
    return r.cost;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 4, dropped = argc > 3 ? atoi(argv[3]) : 0;
    size_t length = argc > 2 ? strtoul(argv[2], NULL, 10) : 61706;
    double there, back;
    if (n < 2 || n > PV_SECAGG_MAX_CLIENTS || length < 2 || dropped < 0 || dropped > n / 3) {
        fprintf(stderr, "usage: bench_secagg [CLIENTS [LENGTH [DROPPED]]], a third may drop out\n");
        return 2;
    }
    pv_csprng ready; /* lets libsodium choose its code for this machine, as new clients do */
    must(pv_csprng_init(&ready));
    pv_csprng_clear(&ready);
    uint64_t *values = need(pv_calloc(length, sizeof *values));
    double pair = expansion(values, length);
    fixed_point(values, length, n, &there, &back);
    cost c = whole_round(values, length, n, dropped);
    printf("{\"clients\":%d,\"length\":%zu,\"dropped\":%d,\"mask_ns_per_value\":%.3f,"
           "\"mask_ms_per_pair\":%.3f,\"quantise_ns_per_value\":%.2f,"
           "\"dequantise_ns_per_value\":%.2f,\"client_ms\":%.3f,\"server_ms\":%.3f,"
           "\"client_sends\":%zu,\"client_receives\":%zu}\n",
           n, length, dropped, 1e6 * pair / (double)length, pair, 1e6 * there / (double)length,
           1e6 * back / (double)length, c.client / n, c.server, c.sent, c.received);
    pv_free(values);
    return 0;
}
