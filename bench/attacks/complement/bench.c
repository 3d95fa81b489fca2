/* What the provider of `complement` reads off activations, and what a customer copies.
 *
 *     bench_complement probe|inversion|student [--data SPEC] [--test SPEC] [--model NAME]
 *         [--kept N] [--cut CUT] [--kind complement|offset|permutation] [--base EPOCHS]
 *         [--epochs EPOCHS] [--bits 32|8|4] [--rows N] [--shadow N] [--seed N] [--lr RATE]
 *         [--load FILE] [--quick]
 *
 * Trains the model (--base epochs, when --kept layers of it are kept), then the one with a secret,
 * plainly (--epochs), or takes one that `privet retrain` made (--load), cuts it, and attacks rows
 * of the test set under secrets that are drawn:
 *
 *     probe      every probe on activations and logits, for the secret and for the label; and what
 *                the two attacks say of --rows test rows
 *     inversion  for the cut, or every one there is without --cut: likelihood, the inverse network
 *                alone and refined, unsplit on --rows test rows; error, PSNR, SSIM, and how many
 *                are nearest to their own row among 200
 *     student    agreement after 1/100, 1/10, 1, 2 and 5 times as many queries as the back has
 *                weights, from logits and from labels; at most --shadow queries
 *
 * Prints one JSON object. */
#include "attack/extraction/student.h"
#include "attack/inversion/decoder.h"
#include "attack/inversion/scores.h"
#include "attack/inversion/unsplit.h"
#include "attack/probe/reader.h"
#include "attack/shadow.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "encode/complement/retrain.h"
#include "nn/model_i.h"
#include "privet/metric.h"
#include "privet/train.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 200, CUTS = 32 };

typedef struct bench {
    const char *mode, *data, *test, *model, *cut, *load;
    int64_t kept, rows, shadow;
    pv_secret_kind kind;
    int base, epochs, bits, quick;
    double lr; /* of the second training; 0: its default */
    uint64_t seed;
    /* made ready */
    pv_data *train_data, *test_data;
    pv_hidden h;
    double accuracy, base_accuracy, worst, train_seconds;
    pv_ctx *ctx;
} bench;

static void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "bench_complement: %s\n", pv_trail_text());
    exit(1);
}

static void *need(int64_t count, size_t size)
{
    void *p = pv_calloc((size_t)count, size);
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

static int usage(void)
{
    fprintf(stderr, "bench_complement: the head of bench/attacks/complement/bench.c says how\n");
    return 2;
}

static int parse(bench *b, int argc, char **argv)
{
    static const struct option known[] = {
        {"data", 1, 0, 'd'}, {"test", 1, 0, 't'}, {"model", 1, 0, 'm'},  {"kept", 1, 0, 'k'},
        {"cut", 1, 0, 'c'},  {"kind", 1, 0, 'K'}, {"base", 1, 0, 'b'},   {"epochs", 1, 0, 'e'},
        {"bits", 1, 0, 'B'}, {"rows", 1, 0, 'r'}, {"shadow", 1, 0, 's'}, {"seed", 1, 0, 'S'},
        {"lr", 1, 0, 'l'},   {"load", 1, 0, 'L'}, {"quick", 0, 0, 'q'},  {0}};
    int c;
    *b = (bench){.data = "glyphs",
                 .test = "glyphs?split=test",
                 .model = "lenet5",
                 .kind = PV_SECRET_COMPLEMENT,
                 .base = 2,
                 .epochs = 4,
                 .bits = 32,
                 .kept = 1,
                 .rows = 32,
                 .shadow = 10000,
                 .seed = 1};
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'd')
            b->data = optarg;
        else if (c == 't')
            b->test = optarg;
        else if (c == 'm')
            b->model = optarg;
        else if (c == 'k')
            b->kept = atoll(optarg);
        else if (c == 'c')
            b->cut = optarg;
        else if (c == 'K')
            b->kind = pv_secret_kind_by_name(optarg);
        else if (c == 'b')
            b->base = atoi(optarg);
        else if (c == 'e')
            b->epochs = atoi(optarg);
        else if (c == 'B')
            b->bits = atoi(optarg);
        else if (c == 'r')
            b->rows = atoll(optarg);
        else if (c == 's')
            b->shadow = atoll(optarg);
        else if (c == 'S')
            b->seed = (uint64_t)atoll(optarg);
        else if (c == 'l')
            b->lr = atof(optarg);
        else if (c == 'L')
            b->load = optarg;
        else if (c == 'q')
            b->quick = 1;
        else
            return usage();
    }
    if (optind != argc - 1 || b->rows < 1 || b->kind == 0) return usage();
    b->mode = argv[optind];
    return 0;
}

/* ---- a model with a secret */

static void make(bench *b)
{
    pv_model *old;
    pv_retrain_options o;
    pv_retrain_result r;
    must(pv_model_new(&old, b->model, b->train_data, b->seed));
    if (b->kept > 0) {
        pv_train_options t;
        pv_train_result done;
        pv_evaluation e;
        pv_train_defaults(&t, b->model, b->train_data);
        t.epochs = b->base;
        t.seed = b->seed;
        must(pv_train(old, &t, b->ctx, &done));
        must(pv_evaluate(old, b->test_data, b->ctx, &e));
        b->base_accuracy = e.accuracy;
        pv_evaluation_clear(&e);
        pv_train_result_clear(&done);
    }
    const pv_hidden_options how = {
        .kind = b->kind, .form = PV_SECRET_PLANE, .kept = b->kept, .seed = b->seed};
    must(pv_hidden_make(&b->h, old, b->train_data, &how));
    pv_model_free(old);
    pv_retrain_defaults(&o, b->model, b->train_data);
    o.train.train = b->train_data;
    o.train.epochs = b->epochs;
    o.train.seed = b->seed;
    if (b->lr > 0) o.train.lr = b->lr;
    must(pv_retrain(&b->h, &o, b->ctx, &r));
    pv_retrain_result_clear(&r);
}

static void prepare(bench *b)
{
    pv_hidden_score score;
    double begin = pv_clock_seconds();
    must(pv_data_open(&b->train_data, b->data, b->ctx));
    must(pv_data_open(&b->test_data, b->test, b->ctx));
    b->base_accuracy = NAN;
    if (b->load == NULL) {
        make(b);
    } else {
        must(pv_hidden_load(&b->h, b->load));
        b->model = b->load;
        b->kept = b->h.kept;
        b->kind = b->h.plan.kind;
    }
    b->train_seconds = pv_clock_seconds() - begin;
    must(pv_hidden_measure(&score, &b->h, b->test_data, b->seed, b->ctx));
    b->accuracy = score.accuracy;
    b->worst = score.worst;
    pv_hidden_score_clear(&score);
}

typedef struct cut {
    char text[PV_CUT_TEXT];
    pv_split_half front, back;
    pv_activation_form form;
    pv_public known, asked;  /* of the provider; with the test rows as its own */
    pv_shadow shadow, query; /* its own queries; those that are attacked */
} cut;

static void cut_make(cut *c, bench *b, const pv_cut_at *at, int64_t shadow, int64_t queries)
{
    memset(c, 0, sizeof *c);
    pv_cut_text(at, c->text);
    must(pv_split_make(&c->front, &c->back, &b->h, at, b->train_data, b->seed));
    must(pv_activation_form_init(&c->form, &c->front, b->bits));
    c->known = (pv_public){.scheme = "complement",
                           .model = c->front.model,
                           .classes = c->front.plan.classes,
                           .own_data = b->train_data,
                           .front = &c->front,
                           .back = &c->back,
                           .crossing = &c->form,
                           .answers = "logits"};
    c->asked = c->known;
    c->asked.own_data = b->test_data;
    must(pv_shadow_init(&c->shadow, &c->known, shadow, 1, b->seed, "bench", b->ctx));
    must(pv_shadow_init(&c->query, &c->asked, queries, 1, b->seed + 7, "bench", b->ctx));
}

static void cut_clear(cut *c)
{
    pv_shadow_clear(&c->shadow);
    pv_shadow_clear(&c->query);
    pv_activation_form_clear(&c->form);
    pv_split_half_clear(&c->front);
    pv_split_half_clear(&c->back);
}

static void the_cut(pv_cut_at *at, const bench *b)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)b->kept + 1);
    must(pv_cut_parse(at, b->cut != NULL ? b->cut : text, b->h.model));
}

static void head(const bench *b)
{
    printf(
        "{\"mode\": \"%s\", \"data\": \"%s\", \"model\": \"%s\", \"secret\": \"%s\", \"kept\": "
        "%lld, \"bits\": %d, \"base_accuracy\": %.4f, \"accuracy\": %.4f, \"worst_value\": %.4f, "
        "\"training_seconds\": %.1f, ",
        b->mode, b->data, b->model, pv_secret_kind_name(b->kind), (long long)b->kept, b->bits,
        isnan(b->base_accuracy) ? 0 : b->base_accuracy, b->accuracy, b->worst, b->train_seconds);
}

/* ---- probe */

static float *joined(const pv_shadow *s)
{
    int64_t all = s->width + s->classes;
    float *x = need(s->n, (size_t)all * sizeof *x);
    for (int64_t i = 0; i < s->n; i++) {
        memcpy(x + i * all, s->z + i * s->width, (size_t)s->width * sizeof *x);
        memcpy(x + i * all + s->width, s->logits + i * s->classes, (size_t)s->classes * sizeof *x);
    }
    return x;
}

static int32_t *numbers(const pv_shadow *s)
{
    int32_t *v = need(s->n, sizeof *v);
    for (int64_t i = 0; i < s->n; i++) v[i] = s->secret[i].to[0];
    return v;
}

static void probe_one(const bench *b, const cut *c, const char *what, const int32_t *train,
                      const int32_t *test)
{
    float *x = joined(&c->shadow), *y = joined(&c->query);
    pv_probe p;
    pv_probe_options o;
    double begin = pv_clock_seconds(), best[PV_PROBE_KINDS] = {0};
    pv_probe_set set = {c->shadow.n, c->shadow.width + c->shadow.classes, c->shadow.classes, x,
                        train},
                 asked = {c->query.n, set.width, set.classes, y, test};
    pv_probe_defaults(&o);
    o.seed = b->seed;
    if (b->quick) o.seeds = 1;
    must(pv_probe_run(&p, &set, &asked, &o, b->ctx));
    for (int i = 0; i < p.scores; i++)
        best[p.score[i].kind] = fmax(best[p.score[i].kind], p.score[i].accuracy);
    printf("\"%s\": {\"prior\": %.4f, \"linear\": %.4f, \"small\": %.4f, \"large\": %.4f, "
           "\"kept\": %.4f, \"held\": %.4f, \"probes\": %d, \"seconds\": %.1f}, ",
           what, p.prior, best[PV_PROBE_LINEAR], best[PV_PROBE_SMALL], best[PV_PROBE_LARGE],
           p.score[p.best].accuracy, p.score[p.best].held, p.scores, pv_clock_seconds() - begin);
    pv_probe_clear(&p);
    pv_free(x);
    pv_free(y);
}

static double attacked(const bench *b, const cut *c, pv_read_what what, const int32_t *truth,
                       double *seconds)
{
    pv_reader r;
    pv_probe_options o;
    double begin = pv_clock_seconds();
    int32_t *said = need(c->query.n, sizeof *said);
    double *sure = need(c->query.n, sizeof *sure);
    pv_probe_defaults(&o);
    o.seed = b->seed;
    o.enough = 0.9999;
    if (b->quick) o.seeds = 1;
    must(pv_reader_learn(&r, &c->shadow, &c->front.plan, &o, b->ctx));
    must(pv_reader_read(said, sure, &r, what, c->query.z, c->query.logits, c->query.n, b->ctx));
    *seconds = pv_clock_seconds() - begin;
    double share = pv_accuracy(said, truth, c->query.n);
    pv_reader_clear(&r);
    pv_free(said);
    pv_free(sure);
    return share;
}

static void probe(bench *b)
{
    cut c;
    pv_cut_at at;
    double seconds;
    the_cut(&at, b);
    cut_make(&c, b, &at, b->shadow, pv_data_count(b->test_data));
    int32_t *own = numbers(&c.shadow), *asked = numbers(&c.query);
    head(b);
    printf("\"cut\": \"%s\", \"width\": %lld, \"shadow\": %lld, \"rows\": %lld, ", c.text,
           (long long)c.query.width, (long long)c.shadow.n, (long long)c.query.n);
    if (b->kind != PV_SECRET_PERMUTATION) probe_one(b, &c, "secret_probes", own, asked);
    probe_one(b, &c, "label_probes", c.shadow.label, c.query.label);
    double label = attacked(b, &c, PV_READ_LABEL, c.query.label, &seconds);
    printf("\"probe\": %.4f, \"probe_seconds\": %.1f, ", label, seconds);
    double secret =
        b->kind == PV_SECRET_PERMUTATION ? 0 : attacked(b, &c, PV_READ_SECRET, asked, &seconds);
    printf("\"secret_probe\": %.4f, \"secret_probe_seconds\": %.1f}\n", secret, seconds);
    pv_free(own);
    pv_free(asked);
    cut_clear(&c);
}

/* ---- inversion */

typedef struct quality {
    double error, psnr, ssim, identified, seconds;
} quality;

/* truth [CANDIDATES or all, sample]: the first n are those that guess is about. */
static quality judge(const float *guess, const float *truth, int64_t n, int64_t all, pv_shape s,
                     double seconds)
{
    quality q = {.seconds = seconds / (double)n};
    int64_t sample = pv_shape_count(&s);
    for (int64_t i = 0; i < n; i++) {
        const float *g = guess + i * sample;
        double own = pv_mean_squared_error(g, truth + i * sample, sample), ssim = 0;
        int nearest = 1;
        must(pv_ssim(&ssim, g, truth + i * sample, (int)s.dim[0], (int)s.dim[1], (int)s.dim[2], 1));
        for (int64_t k = 0; k < all && nearest; k++)
            nearest = k == i || pv_mean_squared_error(g, truth + k * sample, sample) > own;
        q.error += own / (double)n;
        q.psnr += fmin(pv_psnr(g, truth + i * sample, sample, 1), 100) / (double)n;
        q.ssim += ssim / (double)n;
        q.identified += (double)nearest / (double)n;
    }
    return q;
}

static void print_quality(const char *name, quality q, const char *end)
{
    printf("\"%s\": {\"mse\": %.5f, \"psnr\": %.2f, \"ssim\": %.4f, \"identified\": %.3f, "
           "\"seconds_a_row\": %.3f}%s",
           name, q.error, q.psnr, q.ssim, q.identified, q.seconds, end);
}

static void restore_all(float *out, const float *x, int64_t n, int64_t sample, const pv_model *m)
{
    double *one = need(sample, sizeof *one);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < sample; k++) one[k] = x[i * sample + k];
        pv_sample_restore(out + i * sample, one, m);
    }
    pv_free(one);
}

static void invert_at(bench *b, const pv_cut_at *at, int last)
{
    cut c;
    pv_shape s = pv_model_what(b->h.model).sample;
    int64_t sample = pv_shape_count(&s), n = b->rows;
    double begin, seconds;
    pv_likelihood_options lo;
    pv_unsplit_options uo;
    pv_decoder_options d;
    pv_likelihood_result r;
    pv_decoder decoder;
    cut_make(&c, b, at, b->shadow, CANDIDATES);
    if (n > c.query.n) n = c.query.n;
    float *truth = need(c.query.n, (size_t)sample * sizeof *truth),
          *guess = need(n, (size_t)sample * sizeof *guess), *mean = need(sample, sizeof *mean);
    restore_all(truth, c.query.x, c.query.n, sample, c.front.model);
    printf("{\"cut\": \"%s\", \"activation\": %lld, \"ratio\": %.3f, ", c.text,
           (long long)c.query.width, (double)c.query.width / (double)sample);
    /* blind: the mean of the provider's own samples */
    for (int64_t k = 0; k < c.shadow.n * sample; k++)
        mean[k % sample] += c.shadow.x[k] / (float)c.shadow.n;
    for (int64_t i = 0; i < n; i++) restore_all(guess + i * sample, mean, 1, sample, c.front.model);
    print_quality("blind", judge(guess, truth, n, c.query.n, s, 0), ", ");
    pv_likelihood_defaults(&lo);
    if (b->quick) lo.steps = 200;
    begin = pv_clock_seconds();
    must(pv_likelihood_invert(&r, c.front.model, &c.front.plan, c.query.z, NULL, n, &lo, b->ctx));
    seconds = pv_clock_seconds() - begin;
    int64_t right = 0;
    for (int64_t i = 0; i < n; i++) right += r.secret[i] == c.query.secret[i].to[0];
    print_quality("likelihood", judge(r.x, truth, n, c.query.n, s, seconds), ", ");
    printf("\"likelihood_secrets\": %.3f, ", (double)right / (double)n);
    pv_likelihood_result_clear(&r);
    pv_decoder_defaults(&d);
    if (b->quick) d.steps = 500;
    begin = pv_clock_seconds();
    must(pv_decoder_learn(&decoder, c.front.activation, s, c.shadow.z, c.shadow.x, c.shadow.n, &d,
                          b->ctx));
    float *x = need(n, (size_t)sample * sizeof *x);
    must(pv_decoder_apply(&decoder, x, c.query.z, n));
    seconds = pv_clock_seconds() - begin;
    restore_all(guess, x, n, sample, c.front.model);
    print_quality("inverse-network", judge(guess, truth, n, c.query.n, s, seconds), ", ");
    pv_decoder_clear(&decoder);
    pv_likelihood_refining(&lo);
    if (b->quick) lo.steps = 200;
    lo.first = x;
    begin = pv_clock_seconds();
    must(pv_likelihood_invert(&r, c.front.model, &c.front.plan, c.query.z, NULL, n, &lo, b->ctx));
    seconds += pv_clock_seconds() - begin;
    print_quality("refined", judge(r.x, truth, n, c.query.n, s, seconds), ", ");
    pv_likelihood_result_clear(&r);
    pv_unsplit_defaults(&uo);
    if (b->quick) uo.rounds = 20, uo.restarts = 1;
    begin = pv_clock_seconds();
    must(pv_unsplit_invert(&r, c.front.model, &c.front.plan, c.query.z, n, &uo, b->ctx));
    print_quality("unsplit", judge(r.x, truth, n, c.query.n, s, pv_clock_seconds() - begin), "");
    printf("}%s", last ? "" : ", ");
    fflush(stdout);
    pv_likelihood_result_clear(&r);
    pv_free(x);
    pv_free(truth);
    pv_free(guess);
    pv_free(mean);
    cut_clear(&c);
}

static void inversion(bench *b)
{
    pv_stages s;
    pv_cut_at at[CUTS];
    int cuts = 0;
    if (b->cut != NULL) the_cut(&at[cuts++], b);
    must(pv_stages_init(&s, b->h.model));
    for (int64_t k = b->kept + 1; b->cut == NULL && k < s.count && cuts < CUTS - 1; k++) {
        if (s.stage[k - 1].pool < s.stage[k - 1].end)
            at[cuts++] = (pv_cut_at){.stage = k, .before_pool = 1};
        at[cuts++] = (pv_cut_at){.stage = k};
    }
    pv_stages_clear(&s);
    head(b);
    printf("\"rows\": %lld, \"cuts\": [", (long long)b->rows);
    for (int i = 0; i < cuts; i++) invert_at(b, &at[i], i == cuts - 1);
    printf("]}\n");
}

/* ---- student */

/* A customer asks about a sample again, under another secret, when it has no more of them. */
static void repeat_rows(bench *b, int64_t n)
{
    pv_data *all;
    int64_t rows = pv_data_count(b->train_data), *index = need(n, sizeof *index);
    for (int64_t i = 0; i < n; i++) index[i] = i % rows;
    must(pv_data_subset(&all, b->train_data, index, n));
    pv_data_free(b->train_data);
    b->train_data = all;
    pv_free(index);
}

static int32_t *answers_of(const pv_shadow *s)
{
    int32_t *label = need(s->n, sizeof *label);
    for (int64_t i = 0; i < s->n; i++)
        for (int k = 1; k < s->classes; k++)
            if (s->logits[i * s->classes + k] > s->logits[i * s->classes + label[i]]) label[i] = k;
    return label;
}

static double agreement(bench *b, const cut *c, int64_t queries, pv_answer_kind kind,
                        const int32_t *told, const int32_t *truth)
{
    pv_student s;
    pv_student_options o;
    int32_t *said = need(c->query.n, sizeof *said);
    pv_lessons l = {.n = queries,
                    .width = c->shadow.width,
                    .classes = c->shadow.classes,
                    .z = c->shadow.z,
                    .kind = kind,
                    .score = c->shadow.logits,
                    .label = told};
    pv_student_defaults(&o);
    if (b->quick) o.steps = 1000;
    must(pv_student_learn(&s, &l, &o, b->ctx));
    must(pv_student_answer(said, NULL, &s, c->query.z, c->query.n));
    double share = pv_accuracy(said, truth, c->query.n);
    pv_student_clear(&s);
    pv_free(said);
    return share;
}

static void student(bench *b)
{
    static const double times[] = {0.01, 0.1, 1, 2, 5};
    cut c;
    pv_cut_at at;
    int64_t before = 0;
    the_cut(&at, b);
    if (pv_data_count(b->train_data) < b->shadow) repeat_rows(b, b->shadow);
    cut_make(&c, b, &at, b->shadow, pv_data_count(b->test_data));
    int64_t weights = pv_model_weights(c.back.model);
    int32_t *told = answers_of(&c.shadow), *truth = answers_of(&c.query);
    head(b);
    printf("\"cut\": \"%s\", \"width\": %lld, \"back_weights\": %lld, \"queries\": [", c.text,
           (long long)c.query.width, (long long)weights);
    for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
        int64_t queries = (int64_t)(times[k] * (double)weights);
        int capped = queries > c.shadow.n;
        if (capped) queries = c.shadow.n;
        if (queries <= before || queries < 1) continue;
        double begin = pv_clock_seconds();
        double logits = agreement(b, &c, queries, PV_ANSWER_LOGITS, told, truth);
        double labels = agreement(b, &c, queries, PV_ANSWER_LABELS, told, truth);
        printf("%s{\"times\": %g, \"capped\": %s, \"queries\": %lld, \"logits\": %.4f, \"labels\": "
               "%.4f, \"seconds\": %.1f}",
               before == 0 ? "" : ", ", (double)queries / (double)weights,
               capped ? "true" : "false", (long long)queries, logits, labels,
               pv_clock_seconds() - begin);
        fflush(stdout);
        before = queries;
    }
    printf("]}\n");
    pv_free(told);
    pv_free(truth);
    cut_clear(&c);
}

int main(int argc, char **argv)
{
    bench b;
    int bad = parse(&b, argc, argv);
    if (bad) return bad;
    prepare(&b);
    if (strcmp(b.mode, "probe") == 0)
        probe(&b);
    else if (strcmp(b.mode, "inversion") == 0)
        inversion(&b);
    else if (strcmp(b.mode, "student") == 0)
        student(&b);
    else
        bad = usage();
    pv_hidden_clear(&b.h);
    pv_data_free(b.train_data);
    pv_data_free(b.test_data);
    return bad;
}
