/* bench_ciphertexts: do the messages of `vertical` say more than their plaintexts?
 *
 *     build/bench/bench_ciphertexts [OUTPUTS]
 *
 * Both parties run in this program (scheme/vertical/boundary.h), on the public 2,048-bit key of
 * tests/vectors, with randomness drawn anew: the active party sends a batch of 4 rows of 16 whole
 * numbers (counts, say), the passive party returns its scores for OUTPUTS (1,500) classes. These
 * ciphertexts, and the residues that the active party decrypts them to, go through the tests of
 * attack/inversion/ciphertexts.h; then messages with one flaw each do: no blinding, one that hides
 * from others only, a mask used for two results, masks at the scale of the activations. Blinding is
 * looked at in the first 100 results.
 *
 * Prints one JSON object a line. Status 1 when the parties' own messages show something, or a flaw
 * does not; by chance that happens less than once in 10,000 times. */
#include "attack/inversion/ciphertexts.h"
#include "bench/vertical/pair.h"
#include "scheme/vertical/boundary_i.h"

enum { ROWS = 4, WIDTH = 16, LOOKED = 100, LOW = 8, LIMBS = 2048 / 64, CIPHER = 2 * LIMBS };
static const double RARE = 1e-5;

typedef struct bench {
    pair p;
    const pv_paillier_pk *pk;
    size_t outputs;
    uint64_t *sent, *product; /* [WIDTH], [outputs] ciphertexts: before the mask and blinding */
    pv_wide *w;               /* [outputs, WIDTH]: its exponents */
    uint64_t *hidden;         /* [outputs] residues: what product decrypts to */
    unsigned bits;            /* of it, sign included */
    int wrong;
} bench;

static void make_product(bench *b, size_t outputs)
{
    const pv_boundary_settings s = {.batch = ROWS,
                                    .width = WIDTH,
                                    .outputs = (int64_t)outputs,
                                    .steps = 1000,
                                    .lr = 0.05,
                                    .momentum = 0.9,
                                    .clamp = 16,
                                    .initial = 2,
                                    .bits = 2048};
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    pair_open(&b->p, &s, bench_key(BENCH_KEY, NULL), NULL);
    b->pk = pv_paillier_public(b->p.sk);
    b->outputs = outputs;
    for (int i = 0; i < ROWS * WIDTH; i++) b->p.a[i] = (float)pv_rng_below(&r, 4);
    pair_predict(&b->p, ROWS);
    b->sent = need(WIDTH * CIPHER, sizeof *b->sent);
    b->product = need(outputs * CIPHER, sizeof *b->product);
    b->w = need(outputs * WIDTH, sizeof *b->w);
    b->hidden = need(outputs * LIMBS, sizeof *b->hidden);
    must(pv_paillier_cipher_load(b->sent, b->p.samples.data, WIDTH, b->pk, "samples"));
    pv_boundary_working(b->w, pv_passive_share(b->p.passive), &b->p.b);
    must(pv_paillier_products(b->product, b->pk, b->sent, b->w, b->p.b.exponent_bits, outputs, 1,
                              WIDTH, NULL));
    must(pv_paillier_decrypt(b->hidden, b->p.sk, b->product, outputs, NULL));
    b->bits = (ROWS - 1) * b->p.b.score_slot + b->p.b.exponent_bits + 6 + (unsigned)b->p.b.set.fa;
}

static void close_bench(bench *b)
{
    pv_paillier_sk *sk = b->p.sk;
    pair_close(&b->p);
    pv_paillier_sk_free(sk);
    pv_free(b->sent);
    pv_free(b->product);
    pv_free(b->w);
    pv_free(b->hidden);
}

/* ---- the tests */

static void judge(bench *b, int found, int flaw)
{
    if (found != flaw) b->wrong = 1;
    printf(", \"found\": %s}\n", found ? "true" : "false");
}

static void look_at_blinding(bench *b, const char *how, const uint64_t *got, int flaw)
{
    pv_blinding_found f;
    must(pv_ciphertexts_blinding(&f, b->pk, b->sent, WIDTH, b->w, b->p.b.exponent_bits, got, LOOKED,
                                 NULL));
    printf("{\"test\": \"blinding\", \"messages\": \"%s\", \"results\": %zu, \"bare_product\": "
           "%zu, \"same_symbol\": %zu, \"chance\": %.3g",
           how, f.results, f.product, f.parity, f.chance);
    judge(b, f.product > 0 || f.chance < RARE, flaw);
}

static void look_at_masks(bench *b, const char *how, const uint64_t *residue, int flaw)
{
    pv_masks_found f;
    pv_ciphertexts_masks(&f, b->pk, residue, b->outputs, b->bits);
    printf("{\"test\": \"masks\", \"messages\": \"%s\", \"pairs\": %zu, \"reused\": %zu, "
           "\"chance\": %.3g",
           how, f.pairs, f.reused, f.chance);
    judge(b, f.reused > 0, flaw);
}

static void look_at_low_bits(bench *b, const char *how, const uint64_t *residue, int flaw)
{
    pv_low_bits_found f;
    pv_ciphertexts_low_bits(&f, b->pk, residue, b->outputs, LOW);
    printf("{\"test\": \"low bits\", \"messages\": \"%s\", \"residues\": %zu, \"chi_squared\": "
           "%.1f, \"freedom\": %d, \"chance\": %.3g",
           how, b->outputs, f.chi, f.freedom, f.chance);
    judge(b, f.chance < RARE, flaw);
}

/* ---- messages */

static void as_they_are(bench *b)
{
    uint64_t *got = need(b->outputs * CIPHER, sizeof *got);
    uint64_t *residue = need(b->outputs * LIMBS, sizeof *residue);
    must(pv_paillier_cipher_load(got, b->p.scores.data, b->outputs, b->pk, "scores"));
    must(pv_paillier_decrypt(residue, b->p.sk, got, b->outputs, NULL));
    look_at_blinding(b, "the protocol's", got, 0);
    look_at_masks(b, "the protocol's", residue, 0);
    look_at_low_bits(b, "the protocol's", residue, 0);
    pv_free(got);
    pv_free(residue);
}

/* 1 + m·n, of LIMBS limbs each */
static void without_randomness(uint64_t *out, const uint64_t *m, const uint64_t *n)
{
    memset(out, 0, CIPHER * sizeof *out);
    out[0] = 1;
    for (size_t i = 0; i < LIMBS; i++) {
        unsigned __int128 carry = 0;
        for (size_t k = 0; k < LIMBS; k++) {
            carry += (unsigned __int128)m[i] * n[k] + out[i + k];
            out[i + k] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + LIMBS] = (uint64_t)carry;
    }
}

static void blinded(bench *b, const char *how, int blinding, int flaw)
{
    uint64_t *got = need(LOOKED * CIPHER, sizeof *got), *mask = need(LOOKED * LIMBS, sizeof *mask);
    pv_paillier_blind *blind;
    pv_residue_random(mask, b->pk, LOOKED, &b->p.rp);
    if (blinding < 0) {
        for (size_t i = 0; i < LOOKED; i++)
            without_randomness(got + i * CIPHER, mask + i * LIMBS, pv_paillier_n(b->pk));
        must(pv_paillier_add(got, b->pk, got, b->product, LOOKED, NULL));
    } else {
        must(pv_paillier_blind_new(&blind, b->pk, (pv_paillier_blinding)blinding, &b->p.rp, NULL));
        must(pv_paillier_rerandomize(got, blind, b->product, mask, LOOKED, &b->p.rp, NULL));
        pv_paillier_blind_free(blind);
    }
    look_at_blinding(b, how, got, flaw);
    pv_free(got);
    pv_free(mask);
}

static void masked_weakly(bench *b)
{
    uint64_t *residue = need(b->outputs * LIMBS, sizeof *residue);
    uint64_t *mask = need(b->outputs * LIMBS, sizeof *mask);
    pv_residue_random(mask, b->pk, b->outputs, &b->p.rp);
    memcpy(mask + (b->outputs - 1) * LIMBS, mask, LIMBS * sizeof *mask);
    for (size_t i = 0; i < b->outputs; i++)
        pv_residue_add(residue + i * LIMBS, b->hidden + i * LIMBS, mask + i * LIMBS, b->pk);
    look_at_masks(b, "the first mask used for the last result", residue, 1);
    /* multiples of 2^fa, as wide as what they hide: whole numbers have fa zeros at the end, still
     */
    for (size_t i = 0; i < b->outputs; i++) {
        uint64_t *m = mask + i * LIMBS;
        memset(m + b->bits / 64, 0, (LIMBS - b->bits / 64) * sizeof *m);
        m[0] &= ~(((uint64_t)1 << b->p.b.set.fa) - 1);
        pv_residue_add(residue + i * LIMBS, b->hidden + i * LIMBS, m, b->pk);
    }
    look_at_low_bits(b, "masks in units of an activation", residue, 1);
    pv_free(residue);
    pv_free(mask);
}

int main(int argc, char **argv)
{
    long outputs = argc > 1 ? strtol(argv[1], NULL, 10) : 1500;
    bench b = {0};
    if (argc > 2 || outputs < 5 << LOW || outputs > 100000) {
        fprintf(stderr, "bench_ciphertexts [OUTPUTS]: %d to 100000\n", 5 << LOW);
        return 2;
    }
    make_product(&b, (size_t)outputs);
    as_they_are(&b);
    blinded(&b, "textbook blinding", PV_BLIND_TEXTBOOK, 0);
    blinded(&b, "blinding by half the length", PV_BLIND_HALF, 1);
    blinded(&b, "no blinding", -1, 1);
    masked_weakly(&b);
    close_bench(&b);
    return b.wrong;
}
