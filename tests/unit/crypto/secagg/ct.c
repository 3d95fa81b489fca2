/* What crypto/secagg promises, under valgrind: no branch and no address depends on a secret. The
 * controls do what must not be done; the run with them must end in complaints. */
#include "base/ct.h"
#include "base/secret.h"
#include "crypto/secagg/client_i.h"
#include "crypto/secagg/mask.h"
#include "crypto/secagg/shamir.h"

#include "base/csprng_test.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { N = 4, T = 3, LENGTH = 1000 };

static pv_csprng secret_random(uint64_t seed)
{
    pv_csprng r;
    pv_csprng_test(&r, seed);
    PV_CT_SECRET(r.key, sizeof r.key);
    return r;
}

static int split(void)
{
    uint8_t secret[64], shares[N * 64];
    pv_csprng r = secret_random(1);
    memset(secret, 7, sizeof secret);
    PV_CT_SECRET(secret, sizeof secret);
    return pv_shamir_split(shares, secret, sizeof secret, N, T, &r) == PV_OK;
}

static int combine(void)
{
    uint8_t secret[64], shares[N * 64], out[64] = {0};
    const uint16_t point[T] = {1, 3, 4};
    uint16_t weight[T];
    pv_csprng r;
    pv_csprng_test(&r, 1);
    memset(secret, 7, sizeof secret);
    if (pv_shamir_split(shares, secret, sizeof secret, N, T, &r) != PV_OK) return 0;
    PV_CT_SECRET(shares, sizeof shares);
    pv_shamir_weights(weight, point, T);
    for (int i = 0; i < T; i++) pv_shamir_add(out, shares + (point[i] - 1) * 64, 64, weight[i]);
    uint16_t a = out[0], product = pv_shamir_multiply(a, out[1]); /* both secret */
    PV_CT_PUBLIC(out, sizeof out);
    PV_CT_PUBLIC(&product, sizeof product);
    return memcmp(out, secret, sizeof out) == 0 && product == pv_shamir_multiply(7, 7);
}

static int agree(void)
{
    uint8_t private_key[32], own[32], other_private[32], other[32], context[32] = {0}, key[32],
                                                                    seed[32] = {0};
    pv_csprng r = secret_random(2), s;
    pv_csprng_test(&s, 3);
    pv_secagg_key_pair(private_key, own, &r);
    pv_secagg_key_pair(other_private, other, &s);
    PV_CT_PUBLIC(own, sizeof own);
    if (!pv_secagg_key_valid(other)) return 0;
    pv_secagg_agree(key, PV_SECAGG_USE_PAIR_MASK, context, private_key, other,
                    (pv_secagg_end){0, own}, (pv_secagg_end){1, other});
    PV_CT_SECRET(seed, sizeof seed);
    pv_secagg_derive(seed, PV_SECAGG_USE_SELF_MASK, context, seed, 3);
    return 1;
}

static int mask(void)
{
    static uint64_t values[LENGTH];
    uint8_t key[32] = {0};
    PV_CT_SECRET(key, sizeof key);
    PV_CT_SECRET(values, sizeof values);
    pv_secagg_mask_add(values, LENGTH, key);
    pv_secagg_mask_subtract(values, LENGTH, key);
    return 1;
}

/* ---- a whole round, as client 0 lives it: all that it draws and all that it gets is secret */

static pv_secagg_params params(void)
{
    return (pv_secagg_params){.n = N, .t = T, .length = LENGTH, .round = 1};
}

static int meet(pv_secagg_client **c, pv_csprng *random)
{
    pv_secagg_params p = params();
    pv_bytes keys[N];
    int good = 1;
    for (int i = 0; i < N; i++) {
        good &= pv_secagg_client_new(&c[i], &p, i) == PV_OK &&
                pv_secagg_client_advertise(c[i], &random[i], &keys[i]) == PV_OK;
        PV_CT_PUBLIC(keys[i].data, keys[i].size); /* it crosses */
        PV_CT_PUBLIC(c[i]->peer[i].channel_key, 64);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            if (i != j) good &= pv_secagg_client_peer(c[i], j, keys[j].data, keys[j].size) == PV_OK;
    for (int i = 0; i < N; i++) pv_bytes_clear(&keys[i]);
    return good;
}

static int exchange(pv_secagg_client **c, pv_csprng *random)
{
    pv_secagg_params p = params();
    pv_bytes shares[N], delivery;
    int good = 1;
    for (int i = 0; i < N; i++) {
        good &= pv_secagg_client_share(c[i], &random[i], &shares[i]) == PV_OK;
        PV_CT_PUBLIC(shares[i].data, shares[i].size);
    }
    for (int i = 0; i < N; i++) {
        pv_writer w = pv_writer_make("delivery", 10000);
        pv_secagg_write_header(&w, &p, PV_SECAGG_TYPE_DELIVERY, i);
        pv_writer_u16le(&w, N - 1);
        for (int j = 0; j < N; j++)
            if (j != i) {
                pv_writer_u16le(&w, (uint16_t)j);
                pv_writer_bytes(&w, shares[j].data + 78 + (i - (i > j)) * 106 + 2,
                                PV_SECAGG_BUNDLE);
            }
        good &= pv_writer_take(&w, &delivery) == PV_OK;
        /* Whether a bundle is authentic is public; libsodium branches on it, so what decides it
         * has to be public here. */
        PV_CT_PUBLIC(c[i]->channel_secret, sizeof c[i]->channel_secret);
        good &= pv_secagg_client_receive(c[i], delivery.data, delivery.size) == PV_OK;
        pv_bytes_clear(&delivery);
        for (int j = 0; j < N; j++) PV_CT_SECRET(c[i]->peer[j].share, PV_SECAGG_SHARE);
    }
    for (int i = 0; i < N; i++) pv_bytes_clear(&shares[i]);
    return good;
}

static int answer(pv_secagg_client *c)
{
    static uint64_t values[LENGTH];
    pv_secagg_params p = params();
    pv_bytes list, out;
    pv_writer w = pv_writer_make("survivors", 1000);
    PV_CT_SECRET(values, sizeof values);
    int good = pv_secagg_client_mask(c, values, LENGTH) == PV_OK;
    pv_secagg_write_header(&w, &p, PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL);
    pv_writer_u16le(&w, N - 1);
    for (uint16_t i = 0; i < N - 1; i++) pv_writer_u16le(&w, i);
    good &= pv_writer_take(&w, &list) == PV_OK;
    good &= pv_secagg_client_unmask(c, list.data, list.size, &out) == PV_OK;
    pv_bytes_clear(&list);
    pv_bytes_clear(&out);
    return good;
}

static int client(void)
{
    pv_secagg_client *c[N];
    pv_csprng random[N];
    for (int i = 0; i < N; i++) random[i] = secret_random((uint64_t)(10 + i));
    int good = meet(c, random) && exchange(c, random) && answer(c[0]);
    for (int i = 0; i < N; i++) pv_secagg_client_free(c[i]);
    return good;
}

/* ---- controls */

/* A product that skips the zero bits of a secret factor. */
static int branch(void)
{
    uint16_t secret = 0x1234, power = 3;
    volatile uint16_t product = 0;
    PV_CT_SECRET(&secret, sizeof secret);
    for (int bit = 0; bit < 16; bit++, power = pv_shamir_multiply(power, 2))
        if (pv_secret_barrier(secret) >> bit & 1) product ^= power;
    PV_CT_PUBLIC((void *)&product, sizeof product);
    return product != 0;
}

/* A commitment compared by memcmp while its seed is secret. */
static int compare(void)
{
    uint8_t seed[32] = {0}, context[32] = {0}, commitment[32], other[32] = {0};
    PV_CT_SECRET(seed, sizeof seed);
    pv_secagg_derive(commitment, PV_SECAGG_USE_COMMITMENT, context, seed, 0);
    volatile int same = 0; /* volatile, so that the branch stays one */
    if (memcmp(commitment, other, sizeof other) == 0) same = 1;
    return !same;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"split", split},   {"combine", combine}, {"agree", agree},    {"mask", mask},
                 {"client", client}, {"branch", branch},   {"compare", compare}};
    if (sodium_init() < 0) return 1;
    for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[1], cases[i].name) == 0) return cases[i].run() ? 0 : 1;
    fprintf(stderr, "usage: ct split|combine|agree|mask|client|branch|compare\n");
    return 2;
}
