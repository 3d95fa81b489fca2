/* bench_chosen: how many activations a label party reads that chooses its ciphertexts.
 *
 *     build/bench/bench_chosen [MODEL [DATA [BATCH]]]
 *
 * MODEL: a model file, or a name of the zoo (lenet5, as it is drawn); DATA:
 * mnist:../shared/data/mnist ?split=test; BATCH: 64. Both parties run in this program, on the
 * public 2,048-bit key of tests/vectors: the feature party as it is (scheme/vertical), the label
 * party with attack/inversion/chosen.h. W_0 is the model's own last layer. The same rows are asked
 * for until all activations have had their turn. Prints one JSON object: how many activations came
 * out exactly as the feature party encrypted them, and whether the scores did as well. */
#include "attack/inversion/chosen.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "bench/vertical/key.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include "scheme/vertical/boundary.h"
#include <math.h>

enum { BITS = 2048 };

typedef struct bench {
    pv_data *data;
    pv_model *model;
    int64_t rows, width, classes;
    float *a;  /* [rows, width] */
    double *w; /* [classes, width] */
} bench;

/* The activations before the last dense layer. */
static void activate(bench *b)
{
    pv_graph *g;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_batch batch;
    size_t last = b->model->layers.count;
    while (last > 0 && b->model->layers.layer[last - 1].kind != PV_LAYER_DENSE) last--;
    must(pv_graph_new(&g));
    must(pv_model_build(b->model, g, b->rows, 0, PV_NONE, &nodes));
    pv_node cut = last < 2 ? PV_NONE : pv_graph_find(g, b->model->layers.layer[last - 2].name);
    if (cut == PV_NONE) {
        fprintf(stderr, "bench_chosen: the model has nothing before a last dense layer\n");
        exit(1);
    }
    must(pv_compile(&plan, g, (pv_node[]){cut, nodes.logits}, 2, NULL));
    must(pv_model_to_plan(b->model, &nodes, plan));
    must(pv_batch_init(&batch, b->model, b->rows));
    int64_t *index = need((size_t)b->rows, sizeof *index);
    for (int64_t i = 0; i < b->rows; i++) index[i] = i;
    pv_batch_fill(&batch, b->model, b->data, index, NULL, 0, 0);
    must(pv_plan_write(plan, nodes.input, batch.x, PV_F32));
    must(pv_run(plan));
    b->width = pv_shape_count(pv_node_shape(g, cut)) / b->rows;
    b->a = need((size_t)(b->rows * b->width), sizeof *b->a);
    must(pv_plan_read(plan, cut, b->a, PV_F32));
    for (size_t i = 0; i < b->model->params; i++) {
        const pv_model_parameter *p = &b->model->param[i];
        if (p->value.shape.ndim != 2 || p->value.shape.dim[1] != b->width ||
            p->value.shape.dim[0] != b->classes)
            continue;
        const float *v = p->value.data;
        for (int64_t k = 0; k < b->classes * b->width; k++) b->w[k] = v[k];
    }
    pv_free(index);
    pv_batch_clear(&batch);
    pv_plan_free(plan);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
}

typedef struct found {
    int64_t queries, asked, exact, scores;
    double seconds;
} found;

typedef struct parties {
    pv_boundary b;
    pv_active *active;
    pv_passive *passive;
    pv_paillier_blind *blind;
    pv_wide *working;
    pv_chosen_layout layout;
    pv_csprng ra, rp;
    pv_ctx ctx;
} parties;

static void open_parties(parties *p, const bench *b, const pv_paillier_sk *sk)
{
    const pv_boundary_settings set = {.batch = b->rows,
                                      .width = b->width,
                                      .outputs = b->classes,
                                      .steps = 9380,
                                      .lr = 0.05,
                                      .momentum = 0.9,
                                      .clamp = 16,
                                      .initial = 2,
                                      .bits = BITS};
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_bytes start;
    memset(p, 0, sizeof *p);
    p->ctx.threads = 1;
    must(pv_boundary_init(&p->b, &set));
    must(pv_csprng_init(&p->ra));
    must(pv_csprng_init(&p->rp));
    must(pv_active_new(&p->active, &p->b, sk, &p->ctx));
    must(pv_passive_new(&p->passive, &p->b, pk, 1, &p->rp, &p->ctx));
    must(pv_active_setup(&start, p->active, 0.1, b->w, &p->ra));
    must(pv_passive_setup(p->passive, start.data, start.size, 0.1, 1, "start", &p->rp));
    pv_bytes_clear(&start);
    must(pv_paillier_blind_new(&p->blind, pk, PV_BLIND_FULL, &p->rp, &p->ctx));
    p->working = need((size_t)(b->classes * b->width), sizeof *p->working);
    for (int64_t i = 0; i < b->classes * b->width; i++)
        p->working[i] =
            pv_wide_shr(pv_passive_share(p->passive)[i], (unsigned)(p->b.scale - p->b.set.fw));
    p->layout = (pv_chosen_layout){
        .rows = (size_t)b->rows,
        .width = (size_t)b->width,
        .classes = (size_t)b->classes,
        .slots = (size_t)p->b.score_slots,
        .slot = p->b.score_slot,
        .activation_bits = 65 - (unsigned)__builtin_clzll((uint64_t)p->b.activation_most),
        .exponent_bits = p->b.exponent_bits,
        .fa = p->b.set.fa,
        .fw = p->b.set.fw};
}

static void close_parties(parties *p)
{
    pv_free(p->working);
    pv_paillier_blind_free(p->blind);
    pv_active_free(p->active);
    pv_passive_free(p->passive);
    pv_csprng_clear(&p->ra);
    pv_csprng_clear(&p->rp);
}

static void query(found *f, parties *p, const bench *b, const pv_paillier_pk *pk, int64_t first)
{
    size_t *feature = need((size_t)b->classes, sizeof *feature);
    double *got = need((size_t)(b->rows * b->classes), sizeof *got),
           *z = need((size_t)(b->rows * b->classes), sizeof *z), unit = ldexp(1, -p->b.set.fa),
           begin = pv_clock_seconds();
    pv_bytes samples, scores, opened;
    pv_chosen c;
    for (int64_t k = 0; k < b->classes; k++)
        feature[k] = (size_t)(first + k < b->width ? first + k : b->width - 1);
    must(pv_active_send_samples(&samples, p->active, b->a, b->rows, &p->ra));
    must(pv_chosen_scores(&scores, &c, &p->layout, pk, p->blind, p->working, feature, samples.data,
                          samples.size, &p->rp, &p->ctx));
    must(pv_active_open(&opened, p->active, scores.data, scores.size, "enc-scores"));
    must(pv_chosen_read(got, z, &c, opened.data, opened.size));
    f->seconds += pv_clock_seconds() - begin;
    f->queries++;
    for (int64_t i = 0; i < b->rows; i++)
        for (int64_t k = 0; k < b->classes; k++) {
            double a = b->a[i * b->width + (int64_t)feature[k]], sum = 0;
            double clamped = fmin(fmax(a, -p->b.set.clamp), p->b.set.clamp);
            for (int64_t j = 0; j < b->width; j++)
                sum += b->w[k * b->width + j] * b->a[i * b->width + j];
            f->scores += fabs(z[i * b->classes + k] - sum) < 0.01;
            if (first + k >= b->width) continue;
            f->asked++;
            f->exact += got[i * b->classes + k] == floor(clamped / unit + 0.5) * unit;
        }
    pv_chosen_clear(&c);
    pv_bytes_clear(&samples);
    pv_bytes_clear(&scores);
    pv_bytes_clear(&opened);
    pv_free(feature);
    pv_free(got);
    pv_free(z);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "lenet5";
    const char *spec = argc > 2 ? argv[2] : "mnist:../shared/data/mnist?split=test";
    bench b = {.rows = argc > 3 ? strtol(argv[3], NULL, 10) : 64};
    parties p;
    found f = {0};
    if (argc > 4 || b.rows < 1) {
        fprintf(stderr, "bench_chosen [MODEL [DATA [BATCH]]]\n");
        return 2;
    }
    must(pv_data_open(&b.data, spec, NULL));
    if (strstr(name, ".safetensors") != NULL)
        must(pv_model_load(&b.model, name));
    else
        must(pv_model_new(&b.model, name, b.data, 1));
    b.classes = pv_model_what(b.model).classes;
    b.w = need((size_t)(b.classes * 65536), sizeof *b.w);
    if (pv_data_count(b.data) < b.rows) b.rows = pv_data_count(b.data);
    activate(&b);
    pv_paillier_sk *sk = bench_key(BENCH_KEY, NULL);
    open_parties(&p, &b, sk);
    for (int64_t first = 0; first < b.width; first += b.classes)
        query(&f, &p, &b, pv_paillier_public(sk), first);
    printf("{\"model\": \"%s\", \"key_bits\": %d, \"batch\": %lld, \"width\": %lld, \"classes\": "
           "%lld, \"slot_bits\": %u, \"shift\": %u, \"queries\": %lld, \"activations\": %lld, "
           "\"exact\": %lld, \"activations_a_query\": %lld, \"scores_within_0.01\": %lld, "
           "\"seconds_a_query\": %.3f}\n",
           name, BITS, (long long)b.rows, (long long)b.width, (long long)b.classes, p.layout.slot,
           p.layout.slot - p.layout.activation_bits, (long long)f.queries, (long long)f.asked,
           (long long)f.exact, (long long)(b.rows * b.classes), (long long)f.scores,
           f.seconds / (double)f.queries);
    close_parties(&p);
    pv_paillier_sk_free(sk);
    pv_free(b.a);
    pv_free(b.w);
    pv_model_free(b.model);
    pv_data_free(b.data);
    return f.exact == f.asked ? 0 : 1;
}
