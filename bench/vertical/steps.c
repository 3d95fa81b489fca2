/* bench/vertical/steps.c - training steps of the shared layer, written down for integer.py
 *
 *     build/bench/bench_vertical_steps FILE [STEPS [WIDTH [OUTPUTS [BATCH [KEY]]]]]
 *     python3 bench/vertical/integer.py FILE
 *
 * FILE gets one JSON object a line: the settings with W_0; then for each step what fixes it (rate,
 * shares E and E_V of the active party as the step begins, activations, gradients, gradients with
 * noise) and what the parties got (Z, dA, W, V, b). Wide integers are hexadecimal, two's complement
 * of 256 bits; other numbers have digits enough to be read back exactly. Only for keys that nobody
 * relies on: a dump holds what no party may see. 100 steps, 5x3 and batch 4 by default, with
 * momentum and decay, every tenth batch short.
 */
#include "bench/vertical/pair.h"

static void wides(FILE *f, const char *name, const pv_wide *x, size_t count)
{
    fprintf(f, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        fprintf(f, "%s\"%016llx%016llx%016llx%016llx\"", i > 0 ? "," : "",
                (unsigned long long)x[i].limb[3], (unsigned long long)x[i].limb[2],
                (unsigned long long)x[i].limb[1], (unsigned long long)x[i].limb[0]);
    fprintf(f, "]");
}

static void numbers(FILE *f, const char *name, const double *x, size_t count)
{
    fprintf(f, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) fprintf(f, "%s%.17g", i > 0 ? "," : "", x[i]);
    fprintf(f, "]");
}

static void activations(FILE *f, const pair *p, int64_t rows)
{
    fprintf(f, ",\"a\":[");
    for (int64_t i = 0; i < rows * p->b.set.width; i++)
        fprintf(f, "%s%.17g", i > 0 ? "," : "", (double)p->a[i]);
    fprintf(f, "]");
}

static void difference(FILE *f, const char *name, const pv_wide *masked, const pv_wide *share,
                       size_t count)
{
    pv_wide *x = need(count, sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = pv_wide_sub(masked[i], share[i]);
    wides(f, name, x, count);
    pv_free(x);
}

static void begin(FILE *f, const pair *p, size_t count)
{
    const pv_boundary_settings *s = &p->b.set;
    fprintf(f,
            "{\"d\":%d,\"c\":%d,\"m\":%d,\"fa\":%d,\"fg\":%d,\"fw\":%d,\"fe\":%d,\"fm\":%d,"
            "\"fl\":%d,\"momentum\":%.17g,\"decay\":%.17g,\"clamp\":%.17g",
            (int)s->width, (int)s->outputs, (int)s->batch, s->fa, s->fg, s->fw, s->fe, s->fm, s->fl,
            s->momentum, s->decay, s->clamp);
    difference(f, "W", pv_passive_share(p->passive), pv_active_share(p->active), count);
    fprintf(f, "}\n");
}

static void step(FILE *f, pair *p, int64_t rows, double eta, int noisy, pv_rng *r)
{
    const pv_boundary_settings *s = &p->b.set;
    size_t count = (size_t)(s->width * s->outputs), scores = (size_t)(rows * s->outputs);
    pair_activations(p, rows, r);
    fprintf(f, "{\"rows\":%d,\"eta\":%.17g", (int)rows, eta);
    wides(f, "E", pv_active_share(p->active), count);
    wides(f, "EV", pv_active_velocity(p->active), count);
    activations(f, p, rows);
    pair_predict(p, rows);
    pair_gradient(p, rows, r);
    for (size_t i = 0; i < scores; i++)
        p->shown[i] = p->g[i] + noisy * (2 * pv_rng_uniform(r) - 1) / (double)s->batch;
    pair_learn(p, noisy ? p->shown : NULL, eta);
    for (int64_t k = 0; k < s->outputs; k++) {
        double sum = 0;
        for (int64_t i = 0; i < rows; i++) sum += p->g[i * s->outputs + k];
        p->bias[k] -= eta * sum;
    }
    numbers(f, "G", p->g, scores);
    numbers(f, "shown", p->shown, scores);
    numbers(f, "Z", p->z, scores);
    numbers(f, "dA", p->da, (size_t)(rows * s->width));
    numbers(f, "b", p->bias, (size_t)s->outputs);
    difference(f, "W", pv_passive_share(p->passive), pv_active_share(p->active), count);
    difference(f, "V", pv_passive_velocity(p->passive), pv_active_velocity(p->active), count);
    fprintf(f, "}\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr,
                "usage: bench_vertical_steps FILE [STEPS [WIDTH [OUTPUTS [BATCH [KEY]]]]]\n");
        return 2;
    }
    int steps = argc > 2 ? atoi(argv[2]) : 100;
    pv_boundary_settings s = {.width = argc > 3 ? atoi(argv[3]) : 5,
                              .outputs = argc > 4 ? atoi(argv[4]) : 3,
                              .batch = argc > 5 ? atoi(argv[5]) : 4,
                              .steps = steps,
                              .lr = 0.1,
                              .momentum = 0.9,
                              .decay = 1e-3,
                              .clamp = 4,
                              .initial = 2,
                              .noise = 1};
    pv_ctx ctx = {.threads = 2};
    pv_rng r = pv_rng_make(1, 1);
    pv_paillier_sk *sk = bench_key(argc > 6 ? argv[6] : BENCH_KEY, &ctx);
    pair p;
    FILE *f = fopen(argv[1], "w");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    s.bits = pv_paillier_bits(pv_paillier_public(sk));
    pair_open(&p, &s, sk, &ctx);
    begin(f, &p, (size_t)(s.width * s.outputs));
    for (int i = 0; i < steps; i++)
        step(f, &p, i % 10 == 9 ? (s.batch + 1) / 2 : s.batch, s.lr / (1 + 0.02 * i), i % 3 == 0,
             &r);
    if (fclose(f) != 0) {
        perror(argv[1]);
        return 1;
    }
    pair_close(&p);
    pv_paillier_sk_free(sk);
    return 0;
}
