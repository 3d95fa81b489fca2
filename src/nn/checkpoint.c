#include "nn/trainer_i.h"

#include "base/ctx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char FILE_NAME[] = "checkpoint.safetensors";
enum { NAME = 256, DIGEST_SAMPLES = 16 };

static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++) h = (h ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return h;
}

/* Enough of a data set to notice that it is another: its size, all labels, some samples. */
static pv_status describe_data(pv_str *out, const pv_data *data)
{
    const pv_shape shape = pv_data_sample_shape(data);
    int64_t count = pv_data_count(data), each = pv_shape_count(&shape);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    char text[PV_SHAPE_TEXT];
    float *x = pv_alloc((size_t)each, sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)each * sizeof *x);
    for (int64_t i = 0; i < count; i++) {
        int32_t label = pv_data_label(data, i);
        h = hash(h, &label, sizeof label);
    }
    for (int64_t i = 0; i < DIGEST_SAMPLES; i++) {
        pv_data_raw(data, i * (count - 1) / (DIGEST_SAMPLES - 1), x);
        h = hash(h, x, (size_t)each * sizeof *x);
    }
    pv_free(x);
    return pv_str_printf(out, "%lld samples %s, digest %016llx", (long long)count,
                         pv_shape_text(&shape, text), (unsigned long long)h);
}

static pv_status set_number(json_t *object, const char *key, double value)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    PV_TRY_GOTO(pv_str_number(&text, value));
    PV_TRY_GOTO(pv_json_set(object, key, json_string(pv_str_text(&text))));
done:
    pv_str_clear(&text);
    return status;
}

static pv_status set_data(json_t *object, const char *key, const pv_data *data)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    if (data == NULL)
        PV_TRY_GOTO(pv_str_append(&text, "none"));
    else
        PV_TRY_GOTO(describe_data(&text, data));
    PV_TRY_GOTO(pv_json_set(object, key, json_string(pv_str_text(&text))));
done:
    pv_str_clear(&text);
    return status;
}

/* The reference kernels train in float64, which the model's float32 parameters can't hold: their
 * checkpoints have the optimiser's state, and the parameters once more, in float64. */
static int is_exact(const pv_trainer *t)
{
    return t->o->backend == PV_BACKEND_REF;
}

/* Everything the weights depend on, as text, so that a difference can be named. */
static pv_status options_json(const pv_trainer *t, json_t **out)
{
    const pv_train_options *o = t->o;
    const pv_optim_options *p = &o->optim;
    char seed[24];
    pv_status status = PV_OK;
    json_t *j = json_object();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    PV_TRY_GOTO(pv_json_set(j, "model", json_string(t->m->text)));
    PV_TRY_GOTO(set_data(j, "data", o->train));
    PV_TRY_GOTO(set_data(j, "validation data", o->validation));
    PV_TRY_GOTO(set_number(j, "epochs", o->epochs));
    PV_TRY_GOTO(set_number(j, "batch", (double)t->batch));
    PV_TRY_GOTO(pv_json_set(j, "seed", json_string(seed)));
    PV_TRY_GOTO(set_number(j, "threads", pv_ctx_threads(t->ctx)));
    PV_TRY_GOTO(pv_json_set(j, "backend", json_string(is_exact(t) ? "ref" : "fast")));
    PV_TRY_GOTO(pv_json_set(j, "optimiser", json_string(pv_optim_name(p->kind))));
    PV_TRY_GOTO(set_number(j, "momentum", p->momentum));
    PV_TRY_GOTO(set_number(j, "nesterov", p->nesterov != 0));
    PV_TRY_GOTO(set_number(j, "weight decay", p->weight_decay));
    PV_TRY_GOTO(set_number(j, "beta1", p->beta1));
    PV_TRY_GOTO(set_number(j, "beta2", p->beta2));
    PV_TRY_GOTO(set_number(j, "eps", p->eps));
    PV_TRY_GOTO(set_number(j, "clip norm", p->clip_norm));
    PV_TRY_GOTO(set_number(j, "clip value", p->clip_value));
    PV_TRY_GOTO(set_number(j, "learning rate", o->lr));
    PV_TRY_GOTO(pv_json_set(j, "schedule", json_string(pv_schedule_name(o->schedule))));
    PV_TRY_GOTO(set_number(j, "warm-up epochs", o->warmup_epochs));
    PV_TRY_GOTO(set_number(j, "step epochs", o->step_epochs));
    PV_TRY_GOTO(set_number(j, "step gamma", o->step_gamma));
    PV_TRY_GOTO(set_number(j, "poly power", o->poly_power));
    PV_TRY_GOTO(set_number(j, "learning rate floor", o->lr_floor));
    PV_TRY_GOTO(set_number(j, "label smoothing", o->label_smoothing));
    PV_TRY_GOTO(set_number(j, "flip", o->augment.flip != 0));
    PV_TRY_GOTO(set_number(j, "shift", o->augment.shift));
    PV_TRY_GOTO(set_number(j, "cutout", o->augment.cutout));
    PV_TRY_GOTO(set_number(j, "patience", o->patience));
    *out = j;
    j = NULL;
done:
    json_decref(j);
    return status;
}

/* The numbers of an epoch, in the order in which the log has them. */
static const struct {
    const char *key;
    size_t offset;
} epoch_fields[] = {
    {"lr", offsetof(pv_epoch, lr)},
    {"train_loss", offsetof(pv_epoch, train_loss)},
    {"train_accuracy", offsetof(pv_epoch, train_accuracy)},
    {"validation_loss", offsetof(pv_epoch, validation_loss)},
    {"validation_accuracy", offsetof(pv_epoch, validation_accuracy)},
    {"seconds", offsetof(pv_epoch, seconds)},
    {"samples_per_s", offsetof(pv_epoch, samples_per_second)},
};
enum { EPOCH_FIELDS = sizeof epoch_fields / sizeof *epoch_fields };

pv_status pv_epoch_to_json(json_t **out, const pv_epoch *e)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "epoch", json_integer(e->epoch)));
    for (int i = 0; i < EPOCH_FIELDS; i++)
        PV_TRY_GOTO(pv_json_set(
            j, epoch_fields[i].key,
            pv_json_number(*(const double *)((const char *)e + epoch_fields[i].offset))));
    *out = j;
    j = NULL;
done:
    json_decref(j);
    return status;
}

/* null, which stands for NaN, is no number to pv_json_get_real. */
static pv_status get_number(double *out, const json_t *object, const char *key, const char *path)
{
    if (json_is_null(json_object_get(object, key))) {
        *out = NAN;
        return PV_OK;
    }
    return pv_json_get_real(out, object, key, path);
}

static pv_status epoch_from_json(pv_epoch *e, const json_t *j, const char *path)
{
    int64_t number;
    PV_TRY(pv_json_get_integer(&number, j, "epoch", 1, INT32_MAX, path));
    e->epoch = (int)number;
    for (int i = 0; i < EPOCH_FIELDS; i++)
        PV_TRY(get_number((double *)((char *)e + epoch_fields[i].offset), j, epoch_fields[i].key,
                          path));
    return PV_OK;
}

static pv_status position_json(const pv_trainer *t, json_t **out)
{
    const pv_train_position *at = &t->at;
    pv_status status = PV_OK;
    json_t *j = json_object(), *epochs = json_array(), *e = NULL;
    PV_TRY_GOTO(pv_json_set(j, "step", json_integer(at->step)));
    PV_TRY_GOTO(pv_json_set(j, "batch", json_integer(at->batch)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(at->loss)));
    PV_TRY_GOTO(pv_json_set(j, "correct", json_integer(at->correct)));
    PV_TRY_GOTO(pv_json_set(j, "epoch_seconds", pv_json_number(at->epoch_seconds)));
    PV_TRY_GOTO(pv_json_set(j, "best_loss", pv_json_number(at->best_loss)));
    PV_TRY_GOTO(pv_json_set(j, "best_epoch", json_integer(t->result.best_epoch)));
    PV_TRY_GOTO(pv_json_set(j, "since_best", json_integer(at->since_best)));
    PV_TRY_GOTO(pv_json_set(j, "stopped_early", json_integer(t->result.stopped_early)));
    PV_TRY_GOTO(
        pv_json_set(j, "uniform_step", json_integer((json_int_t)pv_plan_step(t->step.plan))));
    for (int i = 0; i < t->result.epochs; i++) {
        PV_TRY_GOTO(pv_epoch_to_json(&e, &t->result.epoch[i]));
        PV_TRY_GOTO(pv_json_append(epochs, e));
        e = NULL;
    }
    PV_TRY_GOTO(pv_json_set(j, "epochs", json_incref(epochs)));
    *out = j;
    j = NULL;
done:
    json_decref(epochs);
    json_decref(j);
    return status;
}

static pv_status position_from_json(pv_trainer *t, const json_t *j, const char *path)
{
    const int64_t most = INT64_C(1) << 53;
    pv_train_position *at = &t->at;
    int64_t best, since, stopped, uniform;
    json_t *epochs;
    PV_TRY(pv_json_get_integer(&at->step, j, "step", 0, most, path));
    PV_TRY(pv_json_get_integer(&at->batch, j, "batch", 0, t->batches, path));
    PV_TRY(pv_json_get_real(&at->loss, j, "loss", path));
    PV_TRY(pv_json_get_integer(&at->correct, j, "correct", 0, most, path));
    PV_TRY(pv_json_get_real(&at->epoch_seconds, j, "epoch_seconds", path));
    PV_TRY(get_number(&at->best_loss, j, "best_loss", path));
    PV_TRY(pv_json_get_integer(&best, j, "best_epoch", 0, INT32_MAX, path));
    PV_TRY(pv_json_get_integer(&since, j, "since_best", 0, INT32_MAX, path));
    PV_TRY(pv_json_get_integer(&stopped, j, "stopped_early", 0, 1, path));
    PV_TRY(pv_json_get_integer(&uniform, j, "uniform_step", 0, INT64_MAX, path));
    PV_TRY(pv_json_get_array(&epochs, j, "epochs", path));
    at->since_best = (int)since;
    t->result.best_epoch = (int)best;
    t->result.stopped_early = (int)stopped;
    pv_plan_set_step(t->step.plan, (uint64_t)uniform);
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        pv_epoch e;
        PV_TRY(epoch_from_json(&e, json_array_get(epochs, i), path));
        PV_TRY(pv_trainer_add_epoch(t, &e));
    }
    if (t->result.epochs > t->o->epochs || at->step != t->result.epochs * t->batches + at->batch)
        PV_FAIL(PV_ERR_FORMAT, "%s: %d epochs and %lld batches do not make %lld steps", path,
                t->result.epochs, (long long)at->batch, (long long)at->step);
    return PV_OK;
}

/* Names and values of what a checkpoint has beside the model. */
typedef struct extras {
    pv_named_tensor *tensor;
    char (*name)[NAME];
    pv_tensor *read; /* copies of what is in the plan */
    int count, reads;
} extras;

/* What of the plan goes into a checkpoint: the optimiser's state, and if need be the parameters. */
static int plan_tensors(const pv_trainer *t)
{
    return t->step.optim.states + (is_exact(t) ? t->step.nodes.params : 0);
}

static pv_node plan_tensor(const pv_trainer *t, int i, char name[NAME])
{
    const pv_optim *optim = &t->step.optim;
    int own = i < optim->states;
    pv_node x = own ? optim->state[i] : t->step.nodes.param[i - optim->states];
    snprintf(name, NAME, "%s.%s", own ? "optim" : "exact", pv_node_name(t->step.graph, x));
    return x;
}

static void extras_clear(extras *x)
{
    for (int i = 0; x->read != NULL && i < x->reads; i++) pv_tensor_clear(&x->read[i]);
    pv_free(x->read);
    pv_free(x->name);
    pv_free(x->tensor);
}

static pv_status extras_init(extras *x, const pv_trainer *t)
{
    pv_dtype dtype = is_exact(t) ? PV_F64 : PV_F32;
    *x = (extras){.reads = plan_tensors(t)};
    size_t all = (size_t)x->reads + t->m->params;
    x->tensor = pv_alloc(all, sizeof *x->tensor);
    x->name = pv_alloc(all, sizeof *x->name);
    x->read = pv_calloc((size_t)x->reads, sizeof *x->read);
    if (x->tensor == NULL || x->name == NULL || x->read == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a checkpoint of %zu tensors", all);
    for (int i = 0; i < x->reads; i++) {
        pv_node node = plan_tensor(t, i, x->name[x->count]);
        PV_TRY(pv_tensor_init(&x->read[i], dtype, *pv_node_shape(t->step.graph, node)));
        PV_TRY(pv_plan_read(t->step.plan, node, x->read[i].data, dtype));
        x->tensor[x->count] = (pv_named_tensor){x->name[x->count], &x->read[i]};
        x->count++;
    }
    for (size_t i = 0; t->best != NULL && i < t->m->params; i++) {
        snprintf(x->name[x->count], NAME, "best.%s", t->m->param[i].name);
        x->tensor[x->count] = (pv_named_tensor){x->name[x->count], &t->best[i]};
        x->count++;
    }
    return PV_OK;
}

static pv_status checkpoint_path(const pv_trainer *t, char **path)
{
    *path = pv_path_join(t->o->checkpoint, FILE_NAME);
    if (*path == NULL) PV_FAIL_MEMORY(strlen(t->o->checkpoint));
    return PV_OK;
}

pv_status pv_checkpoint_save(pv_trainer *t)
{
    pv_status status = PV_OK;
    char *path = NULL;
    pv_str options = {0}, position = {0};
    json_t *a = NULL, *b = NULL;
    extras x = {0};
    PV_TRY_GOTO(checkpoint_path(t, &path));
    PV_TRY_GOTO(options_json(t, &a));
    PV_TRY_GOTO(position_json(t, &b));
    PV_TRY_GOTO(pv_json_dump(&options, a, 0));
    PV_TRY_GOTO(pv_json_dump(&position, b, 0));
    PV_TRY_GOTO(extras_init(&x, t));
    const pv_metadata metadata[2] = {{"run_options", pv_str_text(&options)},
                                     {"run_position", pv_str_text(&position)}};
    PV_TRY_GOTO(pv_model_write(t->m, path, x.tensor, x.count, metadata, 2, 0644));
done:
    extras_clear(&x);
    json_decref(a);
    json_decref(b);
    pv_str_clear(&options);
    pv_str_clear(&position);
    pv_free(path);
    return status;
}

static pv_status run_json(json_t **out, const pv_safetensors *s, const char *path, const char *key)
{
    const char *text = pv_safetensors_metadata(s, key);
    if (text == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: the metadata has no '%s'; it is not a checkpoint of privet",
                path, key);
    return pv_json_parse(out, path, text, strlen(text));
}

static pv_status same_options(json_t *ours, const json_t *theirs, const char *path)
{
    const char *key;
    json_t *value;
    json_object_foreach(ours, key, value)
    {
        const char *have;
        PV_TRY(pv_json_get_text(&have, theirs, key, path));
        if (strcmp(have, json_string_value(value)) == 0) continue;
        if (strcmp(key, "model") == 0)
            PV_FAIL(
                PV_ERR_MISMATCH,
                "%s: the checkpoint is of another model; resume with the one it was begun with, or "
                "begin anew in another folder",
                path);
        PV_FAIL(
            PV_ERR_MISMATCH,
            "%s: the checkpoint is of a run with %s %s, this one has %s; resume with the options "
            "it was begun with, or begin anew in another folder",
            path, key, have, json_string_value(value));
    }
    return PV_OK;
}

static pv_status load_plan(pv_trainer *t, const pv_safetensors *s, const char *path)
{
    for (int i = 0; i < plan_tensors(t); i++) {
        char name[NAME];
        pv_tensor value;
        pv_node node = plan_tensor(t, i, name);
        PV_TRY_CONTEXT(pv_safetensors_get(s, name, &value), "%s: while resuming", path);
        pv_status status =
            pv_shape_equal(&value.shape, pv_node_shape(t->step.graph, node))
                ? pv_plan_write(t->step.plan, node, value.data, value.dtype)
                : pv_trail_fail(PV_ERR_MISMATCH, __FILE__, __LINE__,
                                "%s: %s does not have the shape of what it belongs to", path, name);
        pv_tensor_clear(&value);
        PV_TRY(status);
    }
    return PV_OK;
}

static pv_status load(pv_trainer *t, const pv_safetensors *s, const char *path)
{
    pv_status status = PV_OK;
    json_t *ours = NULL, *theirs = NULL, *position = NULL;
    PV_TRY_GOTO(options_json(t, &ours));
    PV_TRY_GOTO(run_json(&theirs, s, path, "run_options"));
    PV_TRY_GOTO(same_options(ours, theirs, path));
    PV_TRY_GOTO(run_json(&position, s, path, "run_position"));
    PV_TRY_GOTO(position_from_json(t, position, path));
    if (t->o->patience > 0 && t->result.best_epoch > 0) {
        PV_TRY_GOTO(pv_model_read_params(t->m, s, path, "best."));
        PV_TRY_GOTO(pv_trainer_keep_best(t));
    }
    PV_TRY_GOTO(pv_model_read_params(t->m, s, path, ""));
    PV_TRY_GOTO(pv_model_to_plan(t->m, &t->step.nodes, t->step.plan));
    PV_TRY_GOTO(load_plan(t, s, path));
done:
    json_decref(ours);
    json_decref(theirs);
    json_decref(position);
    return status;
}

pv_status pv_checkpoint_load(pv_trainer *t, int *found)
{
    pv_status status = PV_OK;
    char *path = NULL;
    pv_safetensors *s = NULL;
    PV_TRY_GOTO(checkpoint_path(t, &path));
    *found = pv_file_exists(path);
    if (!*found) goto done;
    PV_TRY_GOTO(pv_safetensors_open(&s, path));
    PV_TRY_GOTO(load(t, s, path));
done:
    pv_safetensors_free(s);
    pv_free(path);
    return status;
}
