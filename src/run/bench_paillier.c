#include "run/bench_paillier.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "crypto/paillier/paillier.h"
#include "crypto/paillier/reference.h"
#include "run/bench_paillier_key.h"
#include <string.h>

enum {
    OWNER,
    PUBLIC,
    DECRYPT,
    RERANDOMIZE,
    ADD,
    MUL,
    GMP_ENCRYPT,
    GMP_DECRYPT,
    CASES,
    MOST = 1024, /* in a batch */
    LEAST = 8,
};
_Static_assert((int)CASES == (int)PV_BENCH_PAILLIER_CASES, "every case has its figure");

static const char *const names[CASES] = {
    "encrypt_owner", "encrypt_public", "decrypt",     "rerandomize",
    "add",           "mul_plain",      "gmp_encrypt", "gmp_decrypt"};

const char *pv_bench_paillier_name(int i)
{
    return i >= 0 && i < CASES ? names[i] : NULL;
}

typedef struct bench {
    pv_csprng r;
    pv_paillier_sk *sk;
    const pv_paillier_pk *pk;
    pv_paillier_blind *half, *full;
    pv_paillier_reference *gmp;
    size_t limbs;
    uint64_t *m, *c, *out; /* MOST of each; c: encryptions of m */
    pv_wide *factor;
    size_t batch[CASES];
} bench;

static void close_bench(bench *b)
{
    pv_paillier_blind_free(b->half);
    pv_paillier_blind_free(b->full);
    pv_paillier_reference_free(b->gmp);
    pv_paillier_sk_free(b->sk);
    pv_free(b->m);
    pv_free(b->c);
    pv_free(b->out);
    pv_free(b->factor);
    pv_csprng_clear(&b->r);
}

static pv_status open_bench(bench *b, int bits, const pv_ctx *ctx)
{
    uint64_t p[PV_PAILLIER_MOST_BITS / 128], q[PV_PAILLIER_MOST_BITS / 128];
    *b = (bench){.limbs = (size_t)bits / 64};
    PV_TRY(pv_csprng_init(&b->r));
    PV_TRY(pv_bench_paillier_key(p, q, bits));
    PV_TRY(pv_paillier_from_primes(&b->sk, p, q, bits));
    PV_TRY(pv_paillier_reference_new(&b->gmp, p, q, bits));
    b->pk = pv_paillier_public(b->sk);
    PV_TRY(pv_paillier_blind_new(&b->half, b->pk, PV_BLIND_HALF, &b->r, ctx));
    PV_TRY(pv_paillier_blind_new(&b->full, b->pk, PV_BLIND_FULL, &b->r, ctx));
    b->m = pv_calloc(MOST, b->limbs * sizeof *b->m);
    b->c = pv_calloc(MOST, 2 * b->limbs * sizeof *b->c);
    b->out = pv_calloc(MOST, 2 * b->limbs * sizeof *b->out);
    b->factor = pv_calloc(MOST, sizeof *b->factor);
    if (b->m == NULL || b->c == NULL || b->out == NULL || b->factor == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d ciphertexts", MOST);
    pv_residue_random(b->m, b->pk, MOST, &b->r);
    for (int i = 0; i < MOST; i++) b->factor[i] = pv_wide_random(&b->r, PV_BENCH_PAILLIER_FACTOR);
    return pv_paillier_encrypt_owner(b->c, b->sk, b->m, MOST, &b->r, ctx);
}

static pv_status one(bench *b, int which, size_t count, const pv_ctx *ctx)
{
    size_t limbs = b->limbs;
    switch (which) {
    case OWNER:
        return pv_paillier_encrypt_owner(b->out, b->sk, b->m, count, &b->r, ctx);
    case PUBLIC:
        return pv_paillier_encrypt_blind(b->out, b->half, b->m, count, &b->r, ctx);
    case DECRYPT:
        return pv_paillier_decrypt(b->out, b->sk, b->c, count, ctx);
    case RERANDOMIZE:
        return pv_paillier_rerandomize(b->out, b->full, b->c, NULL, count, &b->r, ctx);
    case ADD:
        return pv_paillier_add(b->out, b->pk, b->c, b->c, count, ctx);
    case MUL:
        return pv_paillier_mul(b->out, b->pk, b->c, b->factor, PV_BENCH_PAILLIER_FACTOR, count,
                               ctx);
    case GMP_ENCRYPT: /* any residue will do as r */
        for (size_t i = 0; i < count; i++)
            pv_paillier_reference_encrypt(b->out + 2 * i * limbs, b->gmp, b->m + i * limbs,
                                          b->m + (MOST - 1 - i) * limbs);
        return PV_OK;
    default:
        for (size_t i = 0; i < count; i++)
            pv_paillier_reference_decrypt(b->out + i * limbs, b->gmp, b->c + 2 * i * limbs);
        return PV_OK;
    }
}

/* Seconds of one batch. */
static pv_status timed(double *seconds, bench *b, int which, const pv_ctx *ctx)
{
    double began = pv_clock_thread_seconds();
    PV_TRY(one(b, which, b->batch[which], ctx));
    *seconds = pv_clock_thread_seconds() - began;
    return PV_OK;
}

/* A batch as large as fits `slice` seconds, a multiple of LEAST. */
static pv_status choose(bench *b, int which, double slice, const pv_ctx *ctx)
{
    double seconds = 0;
    b->batch[which] = LEAST;
    PV_TRY(timed(&seconds, b, which, ctx)); /* and what is made at first use is made */
    PV_TRY(timed(&seconds, b, which, ctx));
    double fits = seconds > 0 ? slice / seconds : MOST;
    if (fits > MOST / LEAST) fits = MOST / LEAST;
    if (fits >= 2) b->batch[which] = LEAST * (size_t)fits;
    return PV_OK;
}

/* Once around for slice seconds at least: a fast case runs its batch several times. */
static pv_status measure(double *per_s, bench *b, int which, double slice, const pv_ctx *ctx)
{
    double spent = 0;
    do {
        double seconds = 0;
        PV_TRY(timed(&seconds, b, which, ctx));
        double rate = seconds > 0 ? (double)b->batch[which] / seconds : 0;
        if (rate > *per_s) *per_s = rate;
        spent += seconds;
    } while (spent < slice);
    return PV_OK;
}

pv_status pv_bench_paillier(pv_bench_paillier_figures *out, int bits, int rounds, double seconds,
                            const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    double began = pv_clock_seconds(), slice = seconds / ((CASES + 1) * rounds);
    pv_ctx alone = ctx == NULL ? (pv_ctx){0} : *ctx;
    bench b;
    alone.threads = 1;
    *out = (pv_bench_paillier_figures){0};
    PV_TRY_GOTO(open_bench(&b, bits, &alone));
    for (int k = 0; k < CASES; k++) PV_TRY_GOTO(choose(&b, k, slice, &alone));
    for (int i = 0; i < rounds; i++) {
        pv_ctx_progress(ctx, "rounds", (uint64_t)i, (uint64_t)rounds);
        for (int k = 0; k < CASES; k++) PV_TRY_GOTO(measure(&out->per_s[k], &b, k, slice, &alone));
        double ifma = pv_modsq_ifma_rate(slice);
        if (ifma > out->ifma_per_s) out->ifma_per_s = ifma;
    }
    out->code = pv_paillier_code(b.pk);
    out->table_bytes = pv_paillier_table_bytes(b.sk);
    out->seconds = pv_clock_seconds() - began;
done:
    close_bench(&b);
    return status;
}
