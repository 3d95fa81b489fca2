/* bench_gradient: an attack of attack/gradient against a view with known images behind it.
 *
 *     bench_gradient --data mnist:../shared/data/mnist --model lenet5-dlg --attack idlg
 *                    [--images 100] [--batch 1] [--seed 1] [--known-labels] [--update]
 *                    [--evaluations N] [--restarts N] [--option NAME=VALUE]... [--floor]
 *                    [--save FILE] [-v]
 *
 * --model: a name of the zoo, or a model file. The first images of split=test, batch after batch,
 * each behind one gradient of a view that is written to a temporary folder as a federated server
 * would have recorded it; every gradient is at the same weights. --update: the client sends a
 * weight difference after one local step instead (learning rate 0.1). --floor: for a network whose
 * first layer sees only 2x2 means (a convolution, then mean pooling): the error that stays in the
 * part of an image that those means do not have, from a start at the mean of the data. --save: the
 * model, for peer.py. Prints one JSON object; bench/attacks/gradient/run.py runs it. */
#include "attack/gradient/gradient.h"
#include "base/mem.h"
#include "privet/metric.h"
#include "privet/model.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODEL = PV_TYPE_FIRST, GRADIENT, UPDATE, OPTIONS_MAX = 16, PARTS_MAX = 128 };
static const float LOCAL_LR = 0.1f;

typedef struct bench {
    const char *data, *model_name, *attack_name, *save;
    int64_t images, batch;
    uint64_t seed;
    int known_labels, update, floor, verbose;
    pv_budget budget;
    pv_attack_option option[OPTIONS_MAX];
    int options;
    /* made ready */
    const pv_attack *attack;
    pv_data *train, *test;
    pv_model *model;
    int64_t pixels;
    float *truth; /* [images, pixels] */
    int32_t *label;
    char folder[64], path[96];
    pv_view *view;
    pv_guess guess;
} bench;

static const pv_attack *const attacks[] = {&pv_attack_dlg, &pv_attack_idlg, &pv_attack_cosine,
                                           &pv_attack_analytic, &pv_attack_labels};

static int usage(void)
{
    fprintf(stderr, "bench_gradient: the head of bench/attacks/gradient/bench.c says how\n");
    return 2;
}

static int parse(bench *b, int argc, char **argv)
{
    static const struct option known[] = {{"data", 1, 0, 'd'},        {"model", 1, 0, 'm'},
                                          {"attack", 1, 0, 'a'},      {"images", 1, 0, 'n'},
                                          {"batch", 1, 0, 'b'},       {"seed", 1, 0, 's'},
                                          {"floor", 0, 0, 'f'},       {"known-labels", 0, 0, 'k'},
                                          {"update", 0, 0, 'u'},      {"option", 1, 0, 'o'},
                                          {"evaluations", 1, 0, 'e'}, {"save", 1, 0, 'w'},
                                          {"restarts", 1, 0, 'r'},    {0}};
    int c;
    *b = (bench){.data = "mnist:../shared/data/mnist",
                 .model_name = "lenet5-dlg",
                 .attack_name = "idlg",
                 .images = 100,
                 .batch = 1,
                 .seed = 1};
    while ((c = getopt_long(argc, argv, "v", known, NULL)) != -1) {
        char *equals = optarg == NULL ? NULL : strchr(optarg, '=');
        switch (c) {
        case 'd':
            b->data = optarg;
            break;
        case 'm':
            b->model_name = optarg;
            break;
        case 'a':
            b->attack_name = optarg;
            break;
        case 'n':
            b->images = atoll(optarg);
            break;
        case 'b':
            b->batch = atoll(optarg);
            break;
        case 's':
            b->seed = (uint64_t)atoll(optarg);
            break;
        case 'f':
            b->floor = 1;
            break;
        case 'k':
            b->known_labels = 1;
            break;
        case 'u':
            b->update = 1;
            break;
        case 'e':
            b->budget.evaluations = atoll(optarg);
            break;
        case 'r':
            b->budget.restarts = atoi(optarg);
            break;
        case 'w':
            b->save = optarg;
            break;
        case 'v':
            b->verbose = 1;
            break;
        case 'o':
            if (equals == NULL || b->options == OPTIONS_MAX) return usage();
            *equals = '\0';
            b->option[b->options++] = (pv_attack_option){optarg, equals + 1};
            break;
        default:
            return usage();
        }
    }
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (strcmp(attacks[i]->name, b->attack_name) == 0) b->attack = attacks[i];
    if (b->attack == NULL || b->images < 1 || b->batch < 1 || optind != argc) return usage();
    b->images -= b->images % b->batch;
    b->budget.seed = b->seed;
    return 0;
}

static pv_status load(bench *b)
{
    char spec[512];
    const char *suffix = strstr(b->model_name, ".safetensors");
    snprintf(spec, sizeof spec, "%s?split=test&limit=%lld", b->data, (long long)b->images);
    PV_TRY(pv_data_open(&b->test, spec, NULL));
    if (suffix != NULL) {
        PV_TRY(pv_model_load(&b->model, b->model_name));
    } else {
        PV_TRY(pv_data_open(&b->train, b->data, NULL));
        PV_TRY(pv_model_new(&b->model, b->model_name, b->train, b->seed));
    }
    if (b->save != NULL) PV_TRY(pv_model_save(b->model, b->save));
    pv_shape sample = pv_data_sample_shape(b->test);
    b->pixels = pv_shape_count(&sample);
    b->images = pv_data_count(b->test) / b->batch * b->batch;
    b->truth = pv_calloc((size_t)(b->images * b->pixels), sizeof *b->truth);
    b->label = pv_calloc((size_t)b->images, sizeof *b->label);
    if (b->truth == NULL || b->label == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; i < b->images; i++) {
        pv_data_raw(b->test, i, b->truth + i * b->pixels);
        b->label[i] = pv_data_label(b->test, i);
    }
    return PV_OK;
}

static pv_status append(pv_view_writer *w, pv_view_kind kind, uint16_t type, uint64_t step,
                        uint64_t link, const pv_part *part, size_t n)
{
    pv_view_record record = {.step = step, .kind = kind, .type = type, .link = link, .kept = 1};
    return pv_view_append_parts(w, &record, part, n);
}

typedef struct client {
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node label, gradient[PARTS_MAX];
    int weight[PARTS_MAX], weights;
} client;

static void client_clear(client *c)
{
    pv_plan_free(c->plan);
    pv_model_nodes_clear(&c->nodes);
    pv_graph_free(c->graph);
}

static pv_status client_init(client *c, const bench *b)
{
    pv_node weight[PARTS_MAX];
    PV_TRY(pv_graph_new(&c->graph));
    PV_TRY(pv_model_build(b->model, c->graph, b->batch, 1, PV_NONE, &c->nodes));
    if (c->nodes.params > PARTS_MAX) PV_FAIL(PV_ERR_LIMIT, "more than %d parameters", PARTS_MAX);
    c->label = pv_input_index(c->graph, "label", PV_SHAPE(b->batch));
    pv_node loss = pv_cross_entropy_index(c->graph, c->nodes.logits, c->label);
    for (int i = 0; i < c->nodes.params; i++) {
        if (pv_model_param_is_state(b->model, i)) continue;
        weight[c->weights] = c->nodes.param[i];
        c->weight[c->weights++] = i;
    }
    PV_TRY(pv_grad(c->graph, &loss, NULL, 1, weight, c->weights, c->gradient));
    PV_TRY(pv_compile(&c->plan, c->graph, c->gradient, c->weights, NULL));
    return pv_model_to_plan(b->model, &c->nodes, c->plan);
}

/* One step of the view: the model to the client, what it sends back about a batch. */
static pv_status exchange(bench *b, client *c, pv_view_writer *w, int64_t step, float *x,
                          float **sent)
{
    pv_part part[PARTS_MAX + 1];
    int64_t index[64], samples = b->batch;
    size_t n = 0;
    int32_t label[64];
    for (int64_t i = 0; i < b->batch; i++) index[i] = step * b->batch + i;
    pv_data_batch(b->test, index, b->batch, pv_model_norm(b->model), NULL, 0, 0, x, label);
    PV_TRY(pv_plan_write(c->plan, c->nodes.input, x, PV_F32));
    PV_TRY(pv_plan_write(c->plan, c->label, label, PV_I32));
    PV_TRY(pv_run(c->plan));
    for (int i = 0; i < pv_model_params(b->model); i++) {
        const pv_tensor *t = pv_model_param(b->model, i);
        part[n++] = (pv_part){pv_model_param_name(b->model, i), PV_F32, t->shape, t->data};
    }
    PV_TRY(append(w, PV_VIEW_SENT, MODEL, (uint64_t)step, (uint64_t)step + 1, part, n));
    n = 0;
    for (int i = 0; i < c->weights; i++) {
        const pv_tensor *t = pv_model_param(b->model, c->weight[i]);
        PV_TRY(pv_plan_read(c->plan, c->gradient[i], sent[i], PV_F32));
        const float *old = t->data;
        for (int64_t k = 0; b->update && k < pv_tensor_count(t); k++) {
            float now = old[k] - LOCAL_LR * sent[i][k];
            sent[i][k] = now - old[k];
        }
        part[n++] =
            (pv_part){pv_model_param_name(b->model, c->weight[i]), PV_F32, t->shape, sent[i]};
    }
    part[n++] = (pv_part){"samples", PV_I64, PV_SHAPE(1), &samples};
    return append(w, PV_VIEW_RECEIVED, b->update ? UPDATE : GRADIENT, (uint64_t)step,
                  (uint64_t)step + 1, part, n);
}

static pv_status record(bench *b)
{
    static const pv_message_type type[] = {
        {MODEL, "model", "f32", 1 << 30, {PV_RETAIN_FULL, 0}},
        {GRADIENT, "gradient", "f32", 1 << 30, {PV_RETAIN_FULL, 0}},
        {UPDATE, "update", "f32", 1 << 30, {PV_RETAIN_FULL, 0}}};
    static const pv_view_peer peer = {.name = "client", .role = "client"};
    const pv_view_header header = {.party = "server",
                                   .role = "server",
                                   .scheme = "federated",
                                   .peer = &peer,
                                   .peers = 1,
                                   .type = type,
                                   .types = 3};
    pv_status status = PV_OK;
    client c = {0};
    pv_view_writer *w = NULL;
    float *x = NULL, *sent[PARTS_MAX] = {0};
    snprintf(b->folder, sizeof b->folder, "/tmp/bench-gradient-XXXXXX");
    if (mkdtemp(b->folder) == NULL) PV_FAIL(PV_ERR_IO, "no temporary folder");
    snprintf(b->path, sizeof b->path, "%s/server.view", b->folder);
    PV_TRY_GOTO(client_init(&c, b));
    PV_TRY_GOTO(pv_view_create(&w, b->path, &header));
    x = pv_calloc((size_t)(b->batch * b->pixels), sizeof *x);
    if (x == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory");
    for (int i = 0; i < c.weights; i++) {
        sent[i] = pv_calloc((size_t)pv_tensor_count(pv_model_param(b->model, c.weight[i])),
                            sizeof *sent[i]);
        if (sent[i] == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory");
    }
    for (int64_t step = 0; step < b->images / b->batch; step++)
        PV_TRY_GOTO(exchange(b, &c, w, step, x, sent));
    PV_TRY_GOTO(pv_view_sync(w));
    PV_TRY_GOTO(pv_view_open(&b->view, b->path));
done:
    for (int i = 0; i < PARTS_MAX; i++) pv_free(sent[i]);
    pv_free(x);
    pv_view_writer_free(w);
    client_clear(&c);
    return status;
}

static pv_status run(bench *b)
{
    pv_status status = PV_OK;
    size_t targets = (size_t)(b->images / b->batch);
    const pv_view *view = b->view;
    pv_public known = {.scheme = "federated", .model = b->model};
    pv_attack_target *target = pv_calloc(targets, sizeof *target);
    if (target == NULL) PV_FAIL_MEMORY(targets * sizeof *target);
    if (b->update) known.local_epochs = 1, known.local_lr = LOCAL_LR;
    for (size_t i = 0; i < targets; i++)
        target[i] =
            (pv_attack_target){.victim = "client",
                               .step = i,
                               .batch = b->batch,
                               .label = b->known_labels ? b->label + (int64_t)i * b->batch : NULL};
    PV_TRY_GOTO(pv_guess_init(&b->guess, targets));
    PV_TRY_GOTO(b->attack->run(&b->guess, &view, 1, &known, target, targets, b->option, b->options,
                               &b->budget, NULL));
done:
    pv_free(target);
    return status;
}

/* Of a 28x28 image minus a constant, the mean square of the part that has no 2x2 means: with the
 * signs of a chess board it is a sum of a row's and a column's number, so it is what a two-way
 * analysis of variance finds there. h + w - 1 dimensions. */
static double blind(const float *x, double start, int h, int w)
{
    double row[64] = {0}, column[64] = {0}, all = 0, sum = 0;
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) {
            double v = (x[i * w + j] - start) * ((i + j) % 2 ? -1 : 1);
            row[i] += v / w, column[j] += v / h, all += v / (h * w);
        }
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) sum += pow(row[i] + column[j] - all, 2);
    return sum / (h * w);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Errors of a batch's images, each guess given to one of them; labels that are right as a bag. */
static pv_status score(const bench *b, int64_t target, double *error, int64_t *labels)
{
    const pv_guess_item *g = &b->guess.item[target];
    double cost[64 * 64];
    int32_t column[64];
    int64_t n = b->batch, used[64] = {0};
    const float *truth = b->truth + target * n * b->pixels;
    const int32_t *label = b->label + target * n;
    for (int64_t i = 0; i < n; i++) {
        error[i] = 1;
        for (int64_t k = 0; g->label != NULL && k < n; k++)
            if (!used[k] && label[k] == g->label[i]) {
                used[k] = 1;
                ++*labels;
                break;
            }
        for (int64_t k = 0; g->x != NULL && k < n; k++)
            cost[i * n + k] =
                pv_mean_squared_error(truth + i * b->pixels, g->x + k * b->pixels, b->pixels);
    }
    if (g->x == NULL) return PV_OK;
    PV_TRY(pv_assignment_solve(column, NULL, cost, (int)n, (int)n));
    for (int64_t i = 0; i < n; i++) {
        error[i] = cost[i * n + column[i]];
        if (b->verbose)
            fprintf(stderr, "%lld: error %.3e loss %.3e evaluations %lld\n",
                    (long long)(target * n + i), error[i], g->loss, (long long)g->evaluations);
    }
    return PV_OK;
}

static pv_status report(const bench *b)
{
    int64_t targets = b->images / b->batch, labels = 0, below[3] = {0}, finished = 0;
    double evaluations = 0, seconds = 0, floor_mean = 0, floor_most = 0;
    static const double limit[3] = {1e-3, 2e-3, 1e-2};
    pv_status status = PV_OK;
    double *error = pv_calloc((size_t)b->images, sizeof *error);
    if (error == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory");
    for (int64_t t = 0; t < targets; t++) {
        PV_TRY_GOTO(score(b, t, error + t * b->batch, &labels));
        evaluations += (double)b->guess.item[t].evaluations;
        seconds += b->guess.item[t].seconds;
        finished += b->guess.item[t].finished;
    }
    for (int64_t i = 0; b->floor && i < b->images; i++) {
        double f = blind(b->truth + i * b->pixels, pv_model_norm(b->model)->mean[0], 28, 28);
        floor_mean += f / (double)b->images;
        floor_most = fmax(floor_most, f);
    }
    for (int64_t i = 0; i < b->images; i++)
        for (int k = 0; k < 3; k++) below[k] += error[i] < limit[k];
    qsort(error, (size_t)b->images, sizeof *error, by_value);
    printf("{\"model\":\"%s\",\"attack\":\"%s\",\"images\":%lld,\"batch\":%lld,\"seed\":%llu,"
           "\"below_1e-3\":%lld,\"below_2e-3\":%lld,\"below_1e-2\":%lld,\"median_mse\":%.3g,"
           "\"labels\":%lld,\"finished\":%lld,\"targets\":%lld,\"evaluations_per_target\":%.1f,"
           "\"seconds_per_image\":%.5f",
           b->model_name, b->attack_name, (long long)b->images, (long long)b->batch,
           (unsigned long long)b->seed, (long long)below[0], (long long)below[1],
           (long long)below[2], error[b->images / 2], (long long)labels, (long long)finished,
           (long long)targets, evaluations / (double)targets, seconds / (double)b->images);
    if (b->floor)
        printf(",\"blind_mse_mean\":%.3g,\"blind_mse_most\":%.3g", floor_mean, floor_most);
    printf("}\n");
done:
    pv_free(error);
    return status;
}

int main(int argc, char **argv)
{
    bench b;
    pv_status status = PV_OK;
    int wrong = parse(&b, argc, argv);
    if (wrong) return wrong;
    if (b.batch > 64) return usage();
    PV_TRY_GOTO(load(&b));
    PV_TRY_GOTO(record(&b));
    PV_TRY_GOTO(run(&b));
    PV_TRY_GOTO(report(&b));
done:
    if (status != PV_OK) fprintf(stderr, "bench_gradient: %s\n", pv_trail_text());
    pv_guess_clear(&b.guess);
    pv_view_free(b.view);
    if (b.path[0] != '\0') unlink(b.path);
    if (b.folder[0] != '\0') rmdir(b.folder);
    pv_free(b.truth);
    pv_free(b.label);
    pv_model_free(b.model);
    pv_data_free(b.train);
    pv_data_free(b.test);
    return pv_status_exit(status);
}
