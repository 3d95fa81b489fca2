/* bench/vertical/boundary.c - what the shared layer of `vertical` costs, both parties in one
 * program
 *
 *     build/bench/bench_vertical_boundary [KEY [WIDTH [OUTPUTS [BATCH [THREADS [WEAK]]]]]]
 *
 * KEY: a file of numbers "p = hexadecimal" and "q = ...", by default the published one of
 * tests/vectors, or a number of bits: a key of that size is made first. The other settings are
 * those of the paper's interface: 84x10, batch 64, 9,380 steps, learning rate 0.05, momentum 0.9,
 * activations within 16, strong masks (WEAK 0).
 *
 * Prints one line of JSON, times the best of seven:
 *
 *     predict, train   milliseconds of processor time of a whole batch, one thread, both parties
 *                      together; "sample": divided by the batch. Blinds are made on the way;
 *                      only tables of powers are made in advance, once a key ("tables_ms").
 *                      Predictions are those after a training: shares are settled
 *     ... parts        the same operations by themselves: the owner's encryptions, products,
 *                      re-randomisations, decryptions, checks of incoming ciphertexts; "rest" is
 *                      what remains: packing, shares, masks
 *     single_ms        wall time of one prediction of one sample, with THREADS threads (2)
 *     train_wall_ms    wall time of a training sample of a batch with THREADS threads, both parties
 *                      taking turns
 *     bytes            of a prediction and of a training step
 *     ifma_per_s       multiply-adds of 52-bit lanes a second of a core, measured in the same run:
 * what this machine could do just then
 */
#include "base/clock.h"
#include "bench/vertical/pair.h"

#include <time.h>

enum { REPEAT = 7 };

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double wall(void)
{
    return 1e3 * pv_clock_seconds();
}

/* The best of REPEAT times `body` takes on a clock, in milliseconds. */
#define BEST(out, clock, body)                                                                     \
    do {                                                                                           \
        (out) = 1e300;                                                                             \
        for (int again_ = 0; again_ < REPEAT; again_++) {                                          \
            double begin_ = (clock)();                                                             \
            body;                                                                                  \
            double took_ = (clock)() - begin_;                                                     \
            if (took_ < (out)) (out) = took_;                                                      \
        }                                                                                          \
    } while (0)

static void step(pair *p, int64_t rows, pv_rng *r)
{
    pair_predict(p, rows);
    pair_gradient(p, rows, r);
    pair_learn(p, NULL, p->b.set.lr);
}

/* Operations by themselves. */
typedef struct parts {
    double encrypt, products, rerandomize, decrypt, load;
} parts;

typedef struct bench {
    const pair *p;
    const pv_paillier_pk *pk;
    pv_paillier_blind *blind;
    uint64_t *plain, *cipher, *out;
    uint8_t *bytes;
    pv_wide *e;
    pv_csprng r;
} bench;

static double encrypting(bench *b, size_t count)
{
    double best;
    BEST(best, processor,
         must(pv_paillier_encrypt_owner(b->cipher, b->p->sk, b->plain, count, &b->r, NULL)));
    return best;
}

static double decrypting(bench *b, size_t count)
{
    double best;
    BEST(best, processor, must(pv_paillier_decrypt(b->plain, b->p->sk, b->cipher, count, NULL)));
    return best;
}

static double rerandomising(bench *b, size_t count)
{
    double best;
    BEST(best, processor,
         must(pv_paillier_rerandomize(b->out, b->blind, b->cipher, b->plain, count, &b->r, NULL)));
    return best;
}

static double loading(bench *b, size_t count)
{
    double best;
    pv_paillier_cipher_store(b->bytes, b->cipher, count, b->pk);
    BEST(best, processor, must(pv_paillier_cipher_load(b->out, b->bytes, count, b->pk, "bench")));
    return best;
}

static double multiplying(bench *b, unsigned bits, size_t rows, size_t columns, size_t terms)
{
    double best;
    if (rows * columns * terms == 0) return 0;
    for (size_t i = 0; i < rows * terms; i++) b->e[i] = pv_wide_random(&b->r, bits);
    BEST(best, processor,
         must(pv_paillier_products(b->out, b->pk, b->cipher, b->e, bits, rows, columns, terms,
                                   NULL)));
    return best;
}

static parts apart(const pair *p, pv_boundary_counts n, int64_t rows, int training)
{
    const pv_boundary *s = &p->b;
    size_t m = (size_t)rows, d = (size_t)s->set.width, c = (size_t)s->set.outputs;
    size_t down = n.scores + (training ? n.weights + n.activations : 0);
    size_t up = n.samples + (training ? n.features + n.shares : 0);
    size_t most = up > down ? up : down, limbs = pv_paillier_limbs(pv_paillier_public(p->sk));
    bench b = {.p = p, .pk = pv_paillier_public(p->sk)};
    must(pv_csprng_init(&b.r));
    must(pv_paillier_blind_new(&b.blind, b.pk, PV_BLIND_FULL, &b.r, NULL));
    b.plain = need(most * limbs, sizeof *b.plain);
    b.cipher = need(2 * most * limbs, sizeof *b.cipher);
    b.out = need(2 * most * limbs, sizeof *b.out);
    b.bytes = need(2 * most * limbs, sizeof(uint64_t));
    b.e = need(m * d * c, sizeof *b.e);
    pv_residue_random(b.plain, b.pk, most, &b.r);
    must(pv_paillier_encrypt_owner(b.cipher, p->sk, b.plain, most, &b.r, NULL));
    const size_t to[] = {n.samples, n.features, n.shares},
                 back[] = {n.scores, n.weights, n.activations};
    parts t = {0};
    for (int i = 0; i < (training ? 3 : 1); i++) { /* message by message, as they come */
        t.encrypt += encrypting(&b, to[i]);
        t.rerandomize += rerandomising(&b, back[i]);
        t.decrypt += decrypting(&b, back[i]);
        t.load += loading(&b, to[i]) + loading(&b, back[i]);
    }
    t.products = multiplying(&b, training ? s->exponent_bits : s->settled_exponent_bits, c,
                             n.samples / d, d);
    if (training)
        t.products += multiplying(&b, s->gradient_bits, c, (size_t)s->weight_packs, m) +
                      multiplying(&b, s->shown_bits, m, (size_t)s->gradient_full, c) +
                      multiplying(&b, s->shown_bits, n.groups, 1, n.together * c);
    void *all[] = {b.plain, b.cipher, b.out, b.bytes, b.e};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) pv_free(all[i]);
    pv_paillier_blind_free(b.blind);
    pv_csprng_clear(&b.r);
    return t;
}

static void print_parts(const char *name, double total, parts t, int64_t rows)
{
    double rest = total - t.encrypt - t.products - t.rerandomize - t.decrypt - t.load;
    printf("\"%s\":{\"sample\":%.4f,\"batch\":%.2f,\"encrypt\":%.2f,\"products\":%.2f,"
           "\"rerandomize\":%.2f,\"decrypt\":%.2f,\"check\":%.2f,\"rest\":%.2f},",
           name, total / (double)rows, total, t.encrypt, t.products, t.rerandomize, t.decrypt,
           t.load, rest);
}

static double number(int argc, char **argv, int at, double otherwise)
{
    return argc > at ? atof(argv[at]) : otherwise;
}

int main(int argc, char **argv)
{
    pv_ctx many = {.threads = (int)number(argc, argv, 5, 2)}, one = {.threads = 1};
    pv_boundary_settings s = {.width = (int64_t)number(argc, argv, 2, 84),
                              .outputs = (int64_t)number(argc, argv, 3, 10),
                              .batch = (int64_t)number(argc, argv, 4, 64),
                              .weak = (int)number(argc, argv, 6, 0),
                              .steps = 9380,
                              .lr = 0.05,
                              .momentum = 0.9,
                              .clamp = 16,
                              .initial = 4};
    pv_rng r = pv_rng_make(1, 1);
    pv_paillier_sk *sk = bench_key(argc > 1 ? argv[1] : BENCH_KEY, &many);
    int64_t rows = s.batch;
    pair p;
    s.bits = pv_paillier_bits(pv_paillier_public(sk));
    double tables = processor();
    pair_open(&p, &s, sk, &one);
    pair_activations(&p, rows, &r);
    pair_predict(&p, 1); /* makes the owner's table */
    tables = processor() - tables;
    double predict, train, single, single_core, together;
    BEST(train, processor, step(&p, rows, &r));
    size_t train_bytes = pair_messages(&p);
    pair_settle(&p);
    BEST(predict, processor, pair_predict(&p, rows));
    size_t predict_bytes = pair_messages(&p);
    BEST(single_core, processor, pair_predict(&p, 1));
    parts of_predict = apart(&p, pv_boundary_count(&p.b, rows), rows, 0),
          of_train = apart(&p, pv_boundary_count(&p.b, rows), rows, 1);
    pair_close(&p);
    pair_open(&p, &s, sk, &many);
    pair_activations(&p, rows, &r);
    pair_predict(&p, 1);
    BEST(together, wall, step(&p, rows, &r));
    pair_settle(&p);
    BEST(single, wall, pair_predict(&p, 1));
    printf("{\"bits\":%d,\"width\":%d,\"outputs\":%d,\"batch\":%d,\"threads\":%d,\"weak\":%d,",
           s.bits, (int)s.width, (int)s.outputs, (int)s.batch, many.threads, s.weak);
    print_parts("predict", predict, of_predict, rows);
    print_parts("train", train, of_train, rows);
    printf("\"ifma_per_s\":%.3g,", pv_modsq_ifma_rate(0.2));
    printf("\"single_ms\":%.2f,\"single_core_ms\":%.2f,\"train_wall_ms\":%.4f,\"tables_ms\":%.1f,"
           "\"bytes\":{\"predict\":%zu,\"train\":%zu}}\n",
           single, single_core, together / (double)rows, tables, predict_bytes, train_bytes);
    pair_close(&p);
    pv_paillier_sk_free(sk);
    return 0;
}
