#include "run/bench_vertical_i.h"

#include "base/clock.h"

enum { COUNT = 64, WEIGHT_BITS = 18 };

/* A linear layer on encrypted numbers: `outputs` sums of `terms` products; pooled: outputs that are
 * left after mean pooling on ciphertexts, and come back. */
typedef struct linear {
    uint64_t inputs, outputs, terms, pooled;
} linear;

/* The models of the zoo on 28x28 images. conv1's pooling comes after its ReLU, at the client. */
static const linear lenet5[] = {
    {28 * 28, 24 * 24 * 6, 25, 12 * 12 * 6},
    {12 * 12 * 6, 8 * 8 * 16, 25 * 6, 4 * 4 * 16},
    {256, 120, 256, 120},
    {120, 84, 120, 84},
    {84, 10, 84, 10},
};
static const linear conv1[] = {
    {28 * 28, 12 * 12 * 5, 25, 12 * 12 * 5},
    {6 * 6 * 5, 84, 180, 84},
    {84, 10, 84, 10},
};

pv_bench_vertical_operations pv_bench_gelu_count(int is_conv1)
{
    const linear *layer = is_conv1 ? conv1 : lenet5;
    const size_t n = is_conv1 ? sizeof conv1 / sizeof *conv1 : sizeof lenet5 / sizeof *lenet5;
    pv_bench_vertical_operations c = {0};
    for (size_t i = 0; i < n; i++) {
        c.encryptions += layer[i].inputs;
        c.products += layer[i].outputs * layer[i].terms;
        /* products one after the other, the bias, and what pooling adds up */
        c.sums += layer[i].outputs * layer[i].terms + layer[i].outputs - layer[i].pooled;
        c.blindings += layer[i].pooled;
        c.decryptions += layer[i].pooled;
    }
    return c;
}

typedef struct work {
    const pv_paillier_sk *sk;
    const pv_paillier_pk *pk;
    pv_paillier_blind *blind;
    uint64_t *c, *d, *m; /* COUNT ciphertexts, twice; COUNT plaintexts */
    pv_wide weight[COUNT];
    pv_csprng r;
    pv_ctx one;
} work;

typedef pv_status (*operation)(work *w);

static pv_status encryption(work *w)
{
    return pv_paillier_encrypt_owner(w->c, w->sk, w->m, COUNT, &w->r, &w->one);
}

static pv_status product(work *w)
{
    return pv_paillier_mul(w->d, w->pk, w->c, w->weight, WEIGHT_BITS, COUNT, &w->one);
}

static pv_status sum(work *w)
{
    return pv_paillier_add(w->d, w->pk, w->c, w->d, COUNT, &w->one);
}

static pv_status blinding(work *w)
{
    return pv_paillier_rerandomize(w->d, w->blind, w->c, NULL, COUNT, &w->r, &w->one);
}

static pv_status decryption(work *w)
{
    return pv_paillier_decrypt(w->m, w->sk, w->c, COUNT, &w->one);
}

/* Milliseconds of one, the best of three times `seconds`/3. */
static pv_status time_of(double *ms, work *w, operation run, double seconds)
{
    *ms = 0;
    for (int repeat = 0; repeat < 3; repeat++) {
        uint64_t done = 0;
        double began = pv_bench_cpu_seconds(), spent;
        do {
            PV_TRY(run(w));
            done += COUNT;
            spent = pv_bench_cpu_seconds() - began;
        } while (spent < seconds / 3);
        double each = 1e3 * spent / (double)done;
        if (repeat == 0 || each < *ms) *ms = each;
    }
    return PV_OK;
}

pv_status pv_bench_gelu_rates(pv_bench_vertical_rates *out, const pv_paillier_sk *sk,
                              double seconds)
{
    pv_status status = PV_OK;
    work w = {.sk = sk, .pk = pv_paillier_public(sk), .one = {.threads = 1}};
    const size_t limbs = pv_paillier_limbs(w.pk);
    PV_TRY(pv_csprng_init(&w.r));
    w.m = pv_calloc(COUNT * limbs, sizeof *w.m);
    w.c = pv_calloc(COUNT * 2 * limbs, sizeof *w.c);
    w.d = pv_calloc(COUNT * 2 * limbs, sizeof *w.d);
    if (w.m == NULL || w.c == NULL || w.d == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d ciphertexts", COUNT);
    PV_TRY_GOTO(pv_paillier_blind_new(
        &w.blind, w.pk, pv_paillier_safe(sk) ? PV_BLIND_FULL : PV_BLIND_TEXTBOOK, &w.r, &w.one));
    pv_residue_random(w.m, w.pk, COUNT, &w.r);
    for (int i = 0; i < COUNT; i++) w.weight[i] = pv_wide_random(&w.r, WEIGHT_BITS);
    PV_TRY_GOTO(time_of(&out->encryption, &w, encryption, seconds));
    PV_TRY_GOTO(time_of(&out->product, &w, product, seconds));
    PV_TRY_GOTO(time_of(&out->sum, &w, sum, seconds));
    PV_TRY_GOTO(time_of(&out->blinding, &w, blinding, seconds));
    PV_TRY_GOTO(time_of(&out->decryption, &w, decryption, seconds));
done:
    pv_paillier_blind_free(w.blind);
    pv_free(w.m);
    pv_free(w.c);
    pv_free(w.d);
    pv_csprng_clear(&w.r);
    return status;
}
