/* Every answer of a run of the scheme complement beside what the whole model says itself.
 *
 *     build/bench/bench_complement_whole HIDDEN.safetensors RUN
 *
 * RUN was made by `privet run` with the provider's `model = HIDDEN.safetensors`. For each customer
 * its rows are opened again, go through the whole network under the secrets of its secrets.csv, and
 * the labels, turned back, are compared with its predictions.csv. Where customers put noise on what
 * they send (hide_noise) it is derived again, from the key of the run's folder, and put on the same
 * layer's output here. What the cut rounds away may
 * differ: with bits = 32 only rows of which numbers were clamped. One line a customer; status 1
 * when more differ than were clamped and `--tolerance SHARE` of the rows. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/identity/identity.h"
#include "encode/complement/hidden_i.h"
#include "nn/step.h"
#include "party/data.h"
#include "party/scenario.h"
#include "scheme/complement/complement.h"
#include "scheme/complement/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, LINE = 4096 };

typedef struct whole {
    pv_hidden hidden;
    pv_split_half front; /* of the run: cut and noise */
    int64_t numbers;     /* of its activation */
    pv_node noise;       /* [BATCH, activation], as it is added; PV_NONE */
    pv_prf_key key;      /* of the customer's noise */
    float *raw, *noises;
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_batch batch;
    float *planes, *logits;
    int64_t each; /* numbers of a secret as the network gets it */
} whole;

static pv_status build(whole *w)
{
    const pv_hidden *h = &w->hidden;
    size_t end, count = h->model->layers.count;
    PV_TRY(pv_cut_end(&end, h->model, &w->front.cut));
    PV_TRY(pv_hidden_begin(h, w->graph, BATCH, 0, PV_NONE, &w->nodes));
    PV_TRY(pv_hidden_append(h, w->graph, BATCH, 0, pv_model_secret_at(h->model), end, &w->nodes));
    w->noise = PV_NONE;
    if (w->front.noise > 0) {
        w->noise = pv_input(w->graph, "noise", *pv_node_shape(w->graph, w->nodes.logits));
        w->nodes.logits = pv_add(w->graph, w->nodes.logits, w->noise);
    }
    return pv_hidden_append(h, w->graph, BATCH, 0, end, count, &w->nodes);
}

static pv_status open_whole(whole *w, const char *path)
{
    PV_TRY(pv_hidden_load(&w->hidden, path));
    const pv_shape sample = pv_model_what(w->hidden.model).sample;
    w->numbers = pv_shape_count(&w->front.activation);
    const pv_secret_plan *plan = &w->hidden.plan;
    w->each = pv_secret_numbers(plan);
    PV_TRY(pv_graph_new(&w->graph));
    PV_TRY(build(w));
    PV_TRY(pv_compile(&w->plan, w->graph, &w->nodes.logits, 1, NULL));
    PV_TRY(pv_model_to_plan(w->hidden.model, &w->nodes, w->plan));
    w->planes = pv_calloc(BATCH * (size_t)w->each, sizeof *w->planes);
    w->logits = pv_calloc(BATCH * (size_t)plan->classes, sizeof *w->logits);
    w->raw = pv_calloc((size_t)pv_shape_count(&sample), sizeof *w->raw);
    w->noises = pv_calloc(BATCH, (size_t)w->numbers * sizeof *w->noises);
    if (w->planes == NULL || w->logits == NULL || w->raw == NULL || w->noises == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory");
    return pv_batch_init(&w->batch, w->hidden.model, BATCH);
}

static void close_whole(whole *w)
{
    pv_plan_free(w->plan);
    pv_model_nodes_clear(&w->nodes);
    pv_graph_free(w->graph);
    pv_batch_clear(&w->batch);
    pv_free(w->planes);
    pv_free(w->raw);
    pv_free(w->noises);
    pv_prf_key_clear(&w->key);
    pv_split_half_clear(&w->front);
    pv_free(w->logits);
    pv_hidden_clear(&w->hidden);
}

static int64_t clamped_of(const char *folder)
{
    json_t *j = NULL;
    int64_t n = 0;
    char *path = pv_path_join(folder, "result.json");
    if (path != NULL && pv_json_load(&j, path, 1 << 24) == PV_OK)
        n = json_integer_value(json_object_get(json_object_get(j, "result"), "clamped"));
    json_decref(j);
    pv_free(path);
    return n;
}

/* Up to BATCH rows' labels, of predictions.csv behind its first line. */
static int64_t read_labels(char label[BATCH][64], FILE *file)
{
    char line[LINE];
    int64_t n = 0;
    for (; n < BATCH && fgets(line, sizeof line, file) != NULL; n++) {
        char *name = strchr(line, ',');
        name = name == NULL ? line : name + 1;
        name[strcspn(name, ",\n")] = '\0';
        snprintf(label[n], sizeof label[n], "%.63s", name);
    }
    return n;
}

static pv_status open_predictions(FILE **out, const char *folder)
{
    char line[LINE], *path = pv_path_join(folder, "predictions.csv");
    *out = path == NULL ? NULL : fopen(path, "r");
    pv_free(path);
    if (*out == NULL || fgets(line, sizeof line, *out) == NULL)
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: no predictions.csv", folder);
    return PV_OK;
}

/* As the customer derived it, and as its front added it. */
static pv_status noise_of(float *out, whole *w, const pv_data *data, int64_t row)
{
    const pv_shape sample = pv_data_sample_shape(data);
    const float sd = (float)(w->front.noise * w->front.spread);
    pv_data_raw(data, row, w->raw);
    PV_TRY(pv_front_noise_derive(out, w->numbers, &w->key, w->raw,
                                 (size_t)pv_shape_count(&sample) * sizeof *w->raw));
    for (int64_t i = 0; i < w->numbers; i++) out[i] *= sd;
    return PV_OK;
}

static pv_status run_batch(whole *w, const pv_data *data, int64_t first, int64_t n,
                           const pv_secret_value *secret)
{
    int64_t index[BATCH];
    memset(w->planes, 0, BATCH * (size_t)w->each * sizeof *w->planes);
    for (int64_t i = 0; i < BATCH; i++) index[i] = first + (i < n ? i : n - 1);
    for (int64_t i = 0; i < n; i++)
        pv_secret_fill_open(w->planes + i * w->each, &w->hidden.plan, &secret[i]);
    pv_batch_fill(&w->batch, w->hidden.model, data, index, NULL, 0, 0);
    PV_TRY(pv_plan_write(w->plan, w->nodes.input, w->batch.x, PV_F32));
    PV_TRY(pv_plan_write(w->plan, w->nodes.secret, w->planes, PV_F32));
    for (int64_t i = 0; w->noise != PV_NONE && i < n; i++)
        PV_TRY(noise_of(w->noises + i * w->numbers, w, data, first + i));
    if (w->noise != PV_NONE) PV_TRY(pv_plan_write(w->plan, w->noise, w->noises, PV_F32));
    PV_TRY(pv_run(w->plan));
    return pv_plan_read(w->plan, w->nodes.logits, w->logits, PV_F32);
}

static pv_status compare(int64_t *rows, int64_t *other, whole *w, const pv_data *data,
                         FILE *predictions, const pv_secret_value *secret, int64_t secrets)
{
    const pv_secret_plan *plan = &w->hidden.plan;
    char label[BATCH][64];
    int64_t n;
    for (*rows = *other = 0; (n = read_labels(label, predictions)) > 0; *rows += n) {
        if (*rows + n > pv_data_count(data) || *rows + n > secrets)
            PV_FAIL(PV_ERR_FORMAT, "more answers than rows or secrets");
        PV_TRY(run_batch(w, data, *rows, n, secret + *rows));
        for (int64_t i = 0; i < n; i++) {
            const float *score = w->logits + i * plan->classes;
            int best = 0;
            for (int k = 1; k < plan->classes; k++)
                if (score[k] > score[best]) best = k;
            int open = pv_secret_open(plan, &secret[*rows + i], best);
            *other += strcmp(label[i], pv_data_class_name(data, open)) != 0;
        }
    }
    return PV_OK;
}

static pv_status take_key(whole *w, const pv_local *local)
{
    pv_prf_key key;
    pv_identity *identity;
    if (w->front.noise == 0) return PV_OK;
    PV_TRY(pv_identity_load(&identity, local->cert, local->key, NULL));
    pv_status status = pv_identity_derive(key.byte, identity, "complement/secrets");
    if (status == PV_OK) status = pv_front_noise_key(&w->key, &key, &w->front.binding);
    pv_prf_key_clear(&key);
    pv_identity_free(identity);
    return status;
}

static pv_status customer(int *fine, whole *w, pv_scenario *s, const char *run, const char *name,
                          double tolerance)
{
    pv_status status = PV_OK;
    pv_local local = {0};
    pv_data *data = NULL;
    FILE *predictions = NULL;
    pv_secret_value *secret = NULL;
    char folder[LINE], path[LINE + 16];
    int64_t rows = 0, other = 0, secrets = 0;
    snprintf(folder, sizeof folder, "%s/parties/%s", run, name);
    snprintf(path, sizeof path, "%s/local.ini", folder);
    PV_TRY_GOTO(pv_local_load(&local, s, name, path));
    PV_TRY_GOTO(take_key(w, &local));
    PV_TRY_GOTO(pv_local_data(&data, &local, s, name, NULL));
    PV_TRY_GOTO(open_predictions(&predictions, folder));
    PV_TRY_GOTO(pv_complement_secrets_load(&secret, &secrets, folder, &w->hidden.plan));
    PV_TRY_GOTO(compare(&rows, &other, w, data, predictions, secret, secrets));
    int64_t clamped = clamped_of(folder);
    *fine =
        rows == pv_data_count(data) && (double)other <= (double)clamped + tolerance * (double)rows;
    printf("%s: %lld of %lld rows answered, %lld unlike the whole model%s\n", name, (long long)rows,
           (long long)pv_data_count(data), (long long)other, *fine ? "" : ": LOST OR SWAPPED");
done:
    if (predictions != NULL) fclose(predictions);
    pv_free(secret);
    pv_data_free(data);
    pv_local_clear(&local);
    return status;
}

/* The half that the run's customers have, of the first of them. */
static pv_status open_front(whole *w, pv_scenario *s, const char *run)
{
    pv_complement_options o;
    pv_activation_form form = {0};
    char folder[LINE];
    int i = 0;
    PV_TRY(pv_complement_options_read(&o, s));
    if (o.guard.noise > 0 && o.secrets == PV_QUERY_FRESH)
        PV_FAIL(PV_ERR_UNSUPPORTED, "with secrets = fresh nobody can derive the noise again");
    while (i < s->parties - 1 && strcmp(s->party[i].role, "customer") != 0) i++;
    snprintf(folder, sizeof folder, "%s/parties/%s", run, s->party[i].name);
    pv_status status = pv_complement_kept(&w->front, &form, folder);
    pv_activation_form_clear(&form);
    return status;
}

static pv_status all(int *fine, const char *hidden, const char *run, double tolerance)
{
    pv_status status = PV_OK;
    pv_scenario s = {0};
    whole w = {0};
    char path[LINE];
    snprintf(path, sizeof path, "%s/scenario.ini", run);
    *fine = 1;
    PV_TRY_GOTO(pv_scenario_load(&s, path));
    PV_TRY_GOTO(open_front(&w, &s, run));
    PV_TRY_GOTO(open_whole(&w, hidden));
    for (int i = 0; i < s.parties; i++) {
        int one = 1;
        if (strcmp(s.party[i].role, "customer") == 0)
            PV_TRY_GOTO(customer(&one, &w, &s, run, s.party[i].name, tolerance));
        *fine &= one;
    }
done:
    close_whole(&w);
    pv_scenario_clear(&s);
    return status;
}

int main(int argc, char **argv)
{
    int fine = 0;
    double tolerance = argc == 5 && strcmp(argv[3], "--tolerance") == 0 ? atof(argv[4]) : 0;
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: %s HIDDEN.safetensors RUN [--tolerance SHARE]\n", argv[0]);
        return 2;
    }
    if (all(&fine, argv[1], argv[2], tolerance) != PV_OK) {
        fprintf(stderr, "%s\n", pv_trail_text());
        return 3;
    }
    return fine ? 0 : 1;
}
