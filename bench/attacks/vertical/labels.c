/* bench_labels: labels out of the gradient at the cut of a network that learns.
 *
 *     build/bench/bench_labels [--model lenet5] [--data mnist:../shared/data/mnist] [--epochs 2]
 *                              [--batch 64] [--lr 0.05] [--momentum 0.9] [--iso 0] [--known 1]
 *                              [--attack direction] [--option NAME=VALUE]... [--from EPOCH]
 *
 * Trains the model plainly by SGD and writes what the feature party of `vertical` would note, dL/dA
 * before the last dense layer, into a view in a temporary folder; with --iso R on the rows of G
 * noise of R times the longest row of the batch in each entry (in what is noted; the training is
 * left alone). From epoch --from on. Then runs the attack with --known rows a class and prints one
 * JSON object: the share of labels that are right, up to names where the attack has none. */
#include "attack/labels/labels.h"
#include "base/clock.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include "privet/metric.h"
#include "privet/rng.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTIONS_MAX = 8, CLASSES_MAX = 64 };

static void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "bench_labels: %s\n", pv_trail_text());
    exit(1);
}

static void *need(int64_t count, size_t size)
{
    void *p = pv_calloc((size_t)count, size);
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

typedef struct bench {
    const char *model_name, *data_name;
    int64_t epochs, batch, known, from;
    double lr, momentum, iso;
    const pv_attack *attack;
    pv_attack_option option[OPTIONS_MAX];
    int options;
    /* made ready */
    pv_data *data;
    pv_model *model;
    int classes;
    char folder[64], path[96];
    pv_view_writer *writer;
    /* the training step */
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node label, shared;
    pv_optim optim;
    pv_batch x;
    int64_t width;
    int64_t *order; /* [steps, batch] */
    int64_t steps;
} bench;

static int usage(void)
{
    fprintf(stderr, "bench_labels: the head of bench/attacks/vertical/labels.c says how\n");
    return 2;
}

static const pv_attack *const attacks[] = {&pv_attack_direction, &pv_attack_clustering,
                                           &pv_attack_norm, &pv_attack_spectral,
                                           &pv_attack_completion};

static int parse(bench *b, int argc, char **argv)
{
    static const struct option known[] = {
        {"model", 1, 0, 'm'},  {"data", 1, 0, 'd'},     {"epochs", 1, 0, 'e'}, {"batch", 1, 0, 'b'},
        {"lr", 1, 0, 'l'},     {"momentum", 1, 0, 'u'}, {"iso", 1, 0, 'i'},    {"known", 1, 0, 'k'},
        {"attack", 1, 0, 'a'}, {"option", 1, 0, 'o'},   {"from", 1, 0, 'f'},   {0}};
    int c;
    *b = (bench){.model_name = "lenet5",
                 .data_name = "mnist:../shared/data/mnist",
                 .epochs = 2,
                 .batch = 64,
                 .known = 1,
                 .lr = 0.05,
                 .momentum = 0.9,
                 .attack = &pv_attack_direction};
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        char *equals = optarg == NULL ? NULL : strchr(optarg, '=');
        if (c == 'm')
            b->model_name = optarg;
        else if (c == 'd')
            b->data_name = optarg;
        else if (c == 'e')
            b->epochs = strtol(optarg, NULL, 10);
        else if (c == 'b')
            b->batch = strtol(optarg, NULL, 10);
        else if (c == 'k')
            b->known = strtol(optarg, NULL, 10);
        else if (c == 'f')
            b->from = strtol(optarg, NULL, 10);
        else if (c == 'l')
            b->lr = strtod(optarg, NULL);
        else if (c == 'u')
            b->momentum = strtod(optarg, NULL);
        else if (c == 'i')
            b->iso = strtod(optarg, NULL);
        else if (c == 'o' && equals != NULL && b->options < OPTIONS_MAX) {
            *equals = '\0';
            b->option[b->options++] = (pv_attack_option){optarg, equals + 1};
        } else if (c == 'a') {
            b->attack = NULL;
            for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
                if (strcmp(optarg, attacks[i]->name) == 0) b->attack = attacks[i];
            if (b->attack == NULL) return 0;
        } else
            return 0;
    }
    return optind == argc && b->epochs > b->from && b->batch > 0 && b->known >= 0;
}

/* One step of SGD, with dL/dZ's factors read out: the cut, and the shared layer's weights. */
static void prepare(bench *b)
{
    enum { MOST = 256 };
    pv_node weight[MOST], gradient[MOST];
    int n = 0;
    size_t last = b->model->layers.count;
    const pv_optim_options sgd = {.size = sizeof sgd, .kind = PV_SGD, .momentum = b->momentum};
    char name[96];
    must(pv_graph_new(&b->graph));
    must(pv_model_build(b->model, b->graph, b->batch, 1, PV_NONE, &b->nodes));
    b->label = pv_input_index(b->graph, "label", PV_SHAPE(b->batch));
    pv_node loss = pv_cross_entropy_index(b->graph, b->nodes.logits, b->label);
    while (last > 0 && b->model->layers.layer[last - 1].kind != PV_LAYER_DENSE) last--;
    snprintf(name, sizeof name, "%s.weight", b->model->layers.layer[last - 1].name);
    for (int i = 0; i < b->nodes.params && n < MOST; i++) {
        if (strcmp(pv_model_param_name(b->model, i), name) == 0) b->shared = b->nodes.param[i];
        if (!pv_model_param_is_state(b->model, i)) weight[n++] = b->nodes.param[i];
    }
    must(pv_grad(b->graph, &loss, NULL, 1, weight, n, gradient));
    must(pv_optim_append(&b->optim, b->graph, weight, gradient, n, &sgd));
    must(pv_compile(&b->plan, b->graph, (pv_node[]){loss, b->nodes.logits}, 2, NULL));
    must(pv_model_to_plan(b->model, &b->nodes, b->plan));
    must(pv_batch_init(&b->x, b->model, b->batch));
    b->width = pv_shape_count(pv_node_shape(b->graph, b->shared)) / b->classes;
}

/* g [batch, width] = (G + noise)·W with W as it was before the step. */
static void release(float *g, const bench *b, const float *z, const float *w, pv_rng *rng)
{
    double longest = 0, *rows = need(b->batch * b->classes, sizeof *rows);
    for (int64_t i = 0; i < b->batch; i++) {
        double *p = rows + i * b->classes, most = -1e300, sum = 0, square = 0;
        for (int k = 0; k < b->classes; k++) most = fmax(most, z[i * b->classes + k]);
        for (int k = 0; k < b->classes; k++) sum += p[k] = exp(z[i * b->classes + k] - most);
        for (int k = 0; k < b->classes; k++) {
            p[k] = (p[k] / sum - (k == b->x.label[i])) / (double)b->batch;
            square += p[k] * p[k];
        }
        longest = fmax(longest, sqrt(square));
    }
    for (int64_t i = 0; i < b->batch; i++)
        for (int k = 0; k < b->classes; k++) {
            double v = rows[i * b->classes + k];
            if (b->iso > 0) v += b->iso * longest * pv_rng_normal(rng);
            for (int64_t j = 0; j < b->width; j++)
                g[i * b->width + j] += (float)(v * w[k * b->width + j]);
        }
    pv_free(rows);
}

static void note(bench *b, uint64_t step, const int64_t *index, const float *g)
{
    const pv_part part[2] = {{"index", PV_I64, PV_SHAPE(b->batch), index},
                             {"gradient", PV_F32, PV_SHAPE(b->batch, b->width), g}};
    pv_view_record record = {.step = step,
                             .kind = PV_VIEW_DERIVED,
                             .peer = PV_VIEW_NO_PEER,
                             .type = PV_TYPE_FIRST,
                             .kept = 1};
    must(pv_view_append_parts(b->writer, &record, part, 2));
}

static void create(bench *b)
{
    static const pv_message_type type[1] = {{PV_TYPE_FIRST,
                                             "activation-gradient",
                                             "index i64[n], gradient f32[n,d]",
                                             1 << 28,
                                             {PV_RETAIN_FULL, 0}}};
    pv_view_peer peer = {.name = "labels", .role = "passive", .key = {1}};
    pv_view_header h = {.party = "features",
                        .role = "active",
                        .scheme = "vertical",
                        .peer = &peer,
                        .peers = 1,
                        .type = type,
                        .types = 1};
    snprintf(b->folder, sizeof b->folder, "/tmp/labels-XXXXXX");
    if (mkdtemp(b->folder) == NULL) exit(1);
    snprintf(b->path, sizeof b->path, "%s/features.view", b->folder);
    must(pv_view_create(&b->writer, b->path, &h));
}

static void train(bench *b)
{
    int64_t n = pv_data_count(b->data), each = n / b->batch;
    pv_rng rng = pv_rng_make(1, PV_STREAM_SHUFFLE), noise = pv_rng_make(1, PV_STREAM_TEST);
    uint32_t *shuffled = need(n, sizeof *shuffled);
    float *z = need(b->batch * b->classes, sizeof *z), *w = need(b->classes * b->width, sizeof *w);
    b->order = need(each * b->epochs * b->batch, sizeof *b->order);
    for (int64_t i = 0; i < n; i++) shuffled[i] = (uint32_t)i;
    for (int64_t e = 0; e < b->epochs; e++) {
        pv_rng_shuffle(&rng, shuffled, (size_t)n);
        for (int64_t s = 0; s < each; s++, b->steps++) {
            int64_t *index = b->order + b->steps * b->batch;
            for (int64_t k = 0; k < b->batch; k++) index[k] = shuffled[s * b->batch + k];
            pv_batch_fill(&b->x, b->model, b->data, index, NULL, 0, 0);
            must(pv_plan_write(b->plan, b->nodes.input, b->x.x, PV_F32));
            must(pv_plan_write(b->plan, b->label, b->x.label, PV_I32));
            must(pv_plan_read(b->plan, b->shared, w, PV_F32));
            must(pv_optim_set(&b->optim, b->plan, b->steps, b->lr));
            must(pv_run(b->plan));
            must(pv_plan_read(b->plan, b->nodes.logits, z, PV_F32));
            if (e < b->from) continue;
            float *g = need(b->batch * b->width, sizeof *g);
            release(g, b, z, w, &noise);
            note(b, (uint64_t)b->steps + 1, index, g);
            pv_free(g);
        }
    }
    must(pv_model_from_plan(b->model, &b->nodes, b->plan));
    pv_free(shuffled);
    pv_free(z);
    pv_free(w);
}

static double score(const bench *b, const pv_guess *g, int64_t first)
{
    int64_t right = 0, n = 0;
    double cost[CLASSES_MAX * CLASSES_MAX] = {0}, total;
    int32_t name[CLASSES_MAX];
    for (size_t t = 0; t < g->count; t++)
        for (int64_t k = 0; k < b->batch; k++, n++) {
            int y = pv_data_label(b->data, b->order[(first + (int64_t)t) * b->batch + k]);
            right += g->item[t].label[k] == y;
            cost[y * b->classes + g->item[t].label[k]]--;
        }
    if (b->attack->renames) {
        must(pv_assignment_solve(name, &total, cost, b->classes, b->classes));
        right = (int64_t)-total;
    }
    return (double)right / (double)n;
}

static void attack(bench *b)
{
    pv_view *view;
    pv_guess g;
    int64_t each = b->steps / b->epochs, have[CLASSES_MAX] = {0}, n = 0;
    int64_t *row = need(b->known * b->classes + 1, sizeof *row);
    int32_t *label = need(b->known * b->classes + 1, sizeof *label);
    pv_attack_target *target = need(each, sizeof *target);
    for (int64_t i = 0; i < pv_data_count(b->data); i++) {
        int y = pv_data_label(b->data, i);
        if (have[y]++ >= b->known) continue;
        row[n] = i;
        label[n++] = y;
    }
    const pv_public known = {.scheme = "vertical",
                             .model = b->model,
                             .known_row = row,
                             .known_label = label,
                             .known = n,
                             .classes = b->classes,
                             .own_data = b->data,
                             .own_model = b->model,
                             .own_head = 1};
    for (int64_t i = 0; i < each; i++) /* the last epoch's steps: every row once */
        target[i] = (pv_attack_target){
            .victim = "labels", .step = (uint64_t)(b->steps - each + i) + 1, .batch = b->batch};
    must(pv_view_open(&view, b->path));
    must(pv_guess_init(&g, (size_t)each));
    double begin = pv_clock_seconds();
    must(b->attack->run(&g, (const pv_view *const[]){view}, 1, &known, target, (size_t)each,
                        b->option, b->options, &(pv_budget){.seed = 1}, NULL));
    printf("{\"attack\": \"%s\", \"model\": \"%s\", \"data\": \"%s\", \"rows\": %lld, \"epochs\": "
           "%lld, \"from\": %lld, \"iso\": %g, \"known_a_class\": %lld, \"right\": %.4f, "
           "\"seconds\": %.2f}\n",
           b->attack->name, b->model_name, b->data_name, (long long)(each * b->batch),
           (long long)b->epochs, (long long)b->from, b->iso, (long long)b->known,
           score(b, &g, b->steps - each), pv_clock_seconds() - begin);
    pv_guess_clear(&g);
    pv_view_free(view);
    pv_free(row);
    pv_free(label);
    pv_free(target);
}

int main(int argc, char **argv)
{
    bench b;
    if (!parse(&b, argc, argv)) return usage();
    must(pv_data_open(&b.data, b.data_name, NULL));
    must(pv_model_new(&b.model, b.model_name, b.data, 1));
    b.classes = pv_model_what(b.model).classes;
    if (b.classes > CLASSES_MAX || pv_data_count(b.data) < b.batch) return usage();
    prepare(&b);
    create(&b);
    train(&b);
    must(pv_view_sync(b.writer));
    pv_view_writer_free(b.writer);
    attack(&b);
    unlink(b.path);
    rmdir(b.folder);
    pv_free(b.order);
    pv_batch_clear(&b.x);
    pv_plan_free(b.plan);
    pv_optim_clear(&b.optim);
    pv_model_nodes_clear(&b.nodes);
    pv_graph_free(b.graph);
    pv_model_free(b.model);
    pv_data_free(b.data);
    return 0;
}
