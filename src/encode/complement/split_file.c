/* Halves as files and as bytes. */
#include "encode/complement/activation.h"
#include "encode/complement/hidden_i.h"
#include "encode/complement/split_i.h"

#include "base/file.h"
#include "base/json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { METADATA = 6, EXTRA = 5 };

/* Of the activation: times noise it is a float. */
static const double SPREAD_MOST = 1e30;

static const char *side_name(int provider)
{
    return provider ? "provider" : "customer";
}

pv_status pv_split_half_path(char **path, const char *folder, int provider)
{
    *path = pv_path_join(folder, provider ? "provider.safetensors" : "customer.safetensors");
    if (*path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    return PV_OK;
}

/* ---- writing */

static pv_status secret_json(pv_str *out, const pv_split_half *h)
{
    pv_status status = PV_OK;
    json_t *j = NULL, *input = json_array();
    const pv_shape *shape = &h->plan.input;
    PV_TRY_GOTO(pv_secret_plan_json(&j, &h->plan, h->kept));
    PV_TRY_GOTO(pv_json_set(j, "classes", json_integer(h->plan.classes)));
    for (int i = 0; i < shape->ndim; i++)
        PV_TRY_GOTO(pv_json_append(input, json_integer(shape->dim[i])));
    PV_TRY_GOTO(pv_json_set(j, "input", json_incref(input)));
    PV_TRY_GOTO(pv_json_dump(out, j, 0));
done:
    json_decref(input);
    json_decref(j);
    return status;
}

static pv_status noise_json(pv_str *out, const pv_split_half *h)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "sigma", pv_json_number(h->noise)));
    PV_TRY_GOTO(pv_json_set(j, "spread", pv_json_number(h->spread)));
    PV_TRY_GOTO(pv_json_dump(out, j, 0));
done:
    json_decref(j);
    return status;
}

/* To path, or to *out when that is NULL. */
static pv_status write_half(const pv_split_half *h, const char *path, pv_bytes *out)
{
    pv_status status = PV_OK;
    pv_str secret = {0}, noise = {0};
    char cut[PV_CUT_TEXT], own[PV_HASH_TEXT], other[PV_HASH_TEXT];
    int64_t numbers = pv_shape_count(&h->activation);
    const pv_tensor tensor[EXTRA] = {
        {PV_F32, PV_SHAPE(h->channels), h->low},        {PV_F32, PV_SHAPE(h->channels), h->high},
        {PV_F32, PV_SHAPE(h->rank, numbers), h->basis}, {PV_F32, PV_SHAPE(h->rank), h->basis_low},
        {PV_F32, PV_SHAPE(h->rank), h->basis_high},
    };
    const pv_named_tensor extra[EXTRA] = {
        {"cut.low", &tensor[0]},       {"cut.high", &tensor[1]},       {"cut.basis", &tensor[2]},
        {"cut.basis_low", &tensor[3]}, {"cut.basis_high", &tensor[4]},
    };
    int extras = h->rank > 0 ? EXTRA : 2, entries = h->noise > 0 ? METADATA : METADATA - 1;
    PV_TRY_GOTO(secret_json(&secret, h));
    PV_TRY_GOTO(noise_json(&noise, h));
    const pv_metadata metadata[METADATA] = {
        {"half", side_name(h->provider)},          {"secret", pv_str_text(&secret)},
        {"cut", pv_cut_text(&h->cut, cut)},        {"own", pv_hash_text(&h->own, own)},
        {"other", pv_hash_text(&h->other, other)}, {"noise", pv_str_text(&noise)},
    };
    if (path != NULL)
        PV_TRY_GOTO(pv_model_write(h->model, path, extra, extras, metadata, entries,
                                   h->provider ? 0600 : 0644));
    else
        PV_TRY_GOTO(pv_model_bytes(out, h->model, "a half", extra, extras, metadata, entries));
done:
    pv_str_clear(&secret);
    pv_str_clear(&noise);
    return status;
}

pv_status pv_split_half_save(const pv_split_half *half, const char *path)
{
    return write_half(half, path, NULL);
}

pv_status pv_split_half_bytes(pv_bytes *out, const pv_split_half *half)
{
    *out = (pv_bytes){0};
    return write_half(half, NULL, out);
}

/* ---- reading */

static pv_status metadata_of(const char **out, const pv_safetensors *s, const char *key,
                             const char *what)
{
    *out = pv_safetensors_metadata(s, key);
    if (*out == NULL) PV_FAIL(PV_ERR_FORMAT, "%s: a half without '%s'", what, key);
    return PV_OK;
}

static pv_status read_plan_shape(pv_shape *shape, const json_t *j, const char *what)
{
    json_t *input;
    PV_TRY(pv_json_get_array(&input, j, "input", what));
    size_t n = json_array_size(input);
    int ok = n == 1 || n == 3;
    for (size_t i = 0; ok && i < n; i++) {
        json_int_t v = json_integer_value(json_array_get(input, i));
        ok = v >= 1 && v <= 1 << 24;
        shape->dim[i] = v;
    }
    shape->ndim = (int32_t)n;
    if (!ok)
        PV_FAIL(PV_ERR_FORMAT, "%s: the input that its secret joins is no image and no row", what);
    return PV_OK;
}

static pv_status read_plan(pv_split_half *h, const char *text, const char *what)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    int64_t classes;
    PV_TRY(pv_secret_plan_parse(&h->plan, &h->kept, text, what));
    PV_TRY(pv_json_parse(&j, what, text, strlen(text)));
    PV_TRY_GOTO(pv_json_get_integer(&classes, j, "classes", 2, PV_SECRET_CLASSES, what));
    PV_TRY_GOTO(read_plan_shape(&h->plan.input, j, what));
    h->plan.classes = (int)classes;
    if (pv_secret_plan_check(&h->plan) != PV_OK)
        status = pv_trail_context(PV_ERR_FORMAT, __FILE__, __LINE__, "%s: its secret", what);
done:
    json_decref(j);
    return status;
}

static pv_status read_cut(pv_split_half *h, const char *text, const char *what)
{
    pv_cut_at *cut = &h->cut;
    char again[PV_CUT_TEXT];
    char *end;
    *cut = (pv_cut_at){.stage = strtoll(text, &end, 10)};
    cut->before_pool = strcmp(end, ":before-pool") == 0;
    if (cut->stage < 1 || cut->stage > PV_LAYERS_MAX || strcmp(pv_cut_text(cut, again), text) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: its cut is '%.40s'; '2' or '2:before-pool' was expected", what,
                text);
    if (cut->stage <= h->kept)
        PV_FAIL(PV_ERR_FORMAT, "%s: its cut is '%s', before its secret, which enters at stage %lld",
                what, text, (long long)h->kept + 1);
    return PV_OK;
}

/* None without the field; 0 in it is no noise that privet writes. */
static pv_status read_noise(pv_split_half *h, const char *text, const char *what)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    if (text == NULL) return PV_OK;
    PV_TRY(pv_json_parse(&j, what, text, strlen(text)));
    PV_TRY_GOTO(pv_json_get_real(&h->noise, j, "sigma", what));
    PV_TRY_GOTO(pv_json_get_real(&h->spread, j, "spread", what));
    if (!(h->noise > 0 && h->noise <= PV_FRONT_NOISE_MOST) ||
        !(h->spread > 0 && h->spread <= SPREAD_MOST))
        PV_FAIL_GOTO(PV_ERR_RANGE,
                     "%s: noise of %g times %g; above 0 and up to %g times a spread above 0 was "
                     "expected",
                     what, h->noise, h->spread, PV_FRONT_NOISE_MOST);
done:
    json_decref(j);
    return status;
}

/* Numbers [n] or [rows, n]: all finite. */
static pv_status read_floats(float **out, const pv_safetensors *s, const char *name, pv_shape shape,
                             const char *what)
{
    pv_status status = PV_OK;
    pv_tensor t;
    char text[2][PV_SHAPE_TEXT];
    PV_TRY_CONTEXT(pv_safetensors_get(s, name, &t), "%s: a half without %s", what, name);
    if (t.dtype != PV_F32 || !pv_shape_equal(&t.shape, &shape))
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: %s is %s %s, f32 %s was expected", what, name,
                     pv_dtype_name(t.dtype), pv_shape_text(&t.shape, text[0]),
                     pv_shape_text(&shape, text[1]));
    int64_t n = pv_shape_count(&shape);
    const float *v = t.data;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: %s has numbers that are not finite", what, name);
    *out = pv_alloc((size_t)n, sizeof **out);
    if (*out == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for %s", what, name);
    memcpy(*out, v, (size_t)n * sizeof **out);
done:
    pv_tensor_clear(&t);
    return status;
}

static pv_status read_ranges(float **low, float **high, const pv_safetensors *s,
                             const char *const name[2], int64_t n, const char *what)
{
    PV_TRY(read_floats(low, s, name[0], PV_SHAPE(n), what));
    PV_TRY(read_floats(high, s, name[1], PV_SHAPE(n), what));
    for (int64_t c = 0; c < n; c++)
        if ((*low)[c] > (*high)[c] || !isfinite((*high)[c] - (*low)[c]))
            PV_FAIL(PV_ERR_FORMAT, "%s: %s and %s of channel %lld are no range", what, name[0],
                    name[1], (long long)c);
    return PV_OK;
}

static pv_status read_basis(pv_split_half *h, const pv_safetensors *s, const char *what)
{
    static const char *const range[2] = {"cut.basis_low", "cut.basis_high"};
    int at = pv_safetensors_find(s, "cut.basis");
    int64_t numbers = pv_shape_count(&h->activation);
    if (at < 0) return PV_OK;
    const pv_shape shape = pv_safetensors_shape(s, at);
    if (!h->provider || shape.ndim != 2 || shape.dim[0] < 1 || shape.dim[0] >= numbers ||
        numbers > PV_PROJECTION_MAX)
        PV_FAIL(PV_ERR_FORMAT, "%s: cut.basis is no basis of a part of its activation", what);
    PV_TRY(read_floats(&h->basis, s, "cut.basis", PV_SHAPE(shape.dim[0], numbers), what));
    h->rank = shape.dim[0];
    return read_ranges(&h->basis_low, &h->basis_high, s, range, h->rank, what);
}

static int has_secret(const pv_model *m)
{
    return pv_model_secret_at(m) < m->layers.count;
}

/* What a customer's network gives, and whether it takes the secret of the plan. */
static pv_status front_shape(pv_split_half *h, const char *what)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_model_nodes nodes = {0};
    char text[2][PV_SHAPE_TEXT];
    const pv_secret_plan *p = &h->plan;
    pv_shape wanted = {.ndim = p->input.ndim + 1, .dim = {1}};
    if (h->model->domain.classes != PV_MODEL_PART || !has_secret(h->model))
        PV_FAIL(PV_ERR_FORMAT, "%s: a customer's half that %s", what,
                has_secret(h->model) ? "gives classes" : "takes no secret");
    for (int i = 0; i < p->input.ndim; i++) wanted.dim[i + 1] = p->input.dim[i];
    wanted.dim[p->input.ndim] = pv_secret_channels(p);
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build(h->model, g, 1, 0, PV_NONE, &nodes));
    const pv_shape *secret = pv_node_shape(g, nodes.secret);
    if (!pv_shape_equal(secret, &wanted))
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: its network takes a secret of %s, the one it names is %s (batch first)",
                     what, pv_shape_text(secret, text[0]), pv_shape_text(&wanted, text[1]));
    const pv_shape *z = pv_node_shape(g, nodes.logits);
    h->activation = (pv_shape){.ndim = z->ndim - 1};
    memcpy(h->activation.dim, z->dim + 1, (size_t)h->activation.ndim * sizeof *z->dim);
done:
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    return status;
}

static pv_status back_shape(pv_split_half *h, const char *what)
{
    if (has_secret(h->model))
        PV_FAIL(PV_ERR_FORMAT, "%s: a provider's half that takes the secret in the clear", what);
    if (h->model->domain.classes != h->plan.classes)
        PV_FAIL(PV_ERR_FORMAT, "%s: its network has %d classes, its secret %d", what,
                h->model->domain.classes, h->plan.classes);
    h->activation = h->model->domain.sample;
    return PV_OK;
}

static pv_status read_hash(pv_hash *out, const pv_safetensors *s, const char *key, const char *what)
{
    const char *text;
    PV_TRY(metadata_of(&text, s, key, what));
    PV_TRY_CONTEXT(pv_hash_parse(out, text), "%s: its hash '%s'", what, key);
    return PV_OK;
}

static pv_status read_half(pv_split_half *h, const pv_safetensors *s, const char *what)
{
    static const char *const range[2] = {"cut.low", "cut.high"};
    const char *text, *side = pv_safetensors_metadata(s, "half");
    char own[PV_HASH_TEXT], found[PV_HASH_TEXT];
    pv_hash computed;
    if (side == NULL || strcmp(side, side_name(h->provider)) != 0)
        PV_FAIL(PV_ERR_INPUT,
                "%s: it is %s%.40s; the %s's half, as privet partition writes it, was expected",
                what, side == NULL ? "no half of a model" : "another half, of the party ",
                side == NULL ? "" : side, side_name(h->provider));
    PV_TRY(metadata_of(&text, s, "secret", what));
    PV_TRY(read_plan(h, text, what));
    PV_TRY(metadata_of(&text, s, "cut", what));
    PV_TRY(read_cut(h, text, what));
    PV_TRY(read_noise(h, pv_safetensors_metadata(s, "noise"), what));
    PV_TRY(read_hash(&h->own, s, "own", what));
    PV_TRY(read_hash(&h->other, s, "other", what));
    PV_TRY(pv_model_read(&h->model, s, what));
    if (h->model->domain.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_FORMAT, "%s: a half of a model for text; there are none", what);
    PV_TRY(h->provider ? back_shape(h, what) : front_shape(h, what));
    int64_t numbers = pv_shape_count(&h->activation);
    if (h->activation.ndim < 1 || numbers < 1 || numbers > PV_ACTIVATION_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: an activation of %lld numbers; up to %d can cross", what,
                (long long)numbers, PV_ACTIVATION_MAX);
    h->channels = h->activation.dim[h->activation.ndim - 1];
    PV_TRY(read_ranges(&h->low, &h->high, s, range, h->channels, what));
    PV_TRY(read_basis(h, s, what));
    PV_TRY(pv_split_half_hash(&computed, h));
    if (!pv_hash_equal(&computed, &h->own))
        PV_FAIL(PV_ERR_FORMAT,
                "%s: its contents have the hash %.16s..., it says %.16s...: the file was changed; "
                "take it from privet partition again",
                what, pv_hash_text(&computed, found), pv_hash_text(&h->own, own));
    return pv_split_half_bind(h);
}

static pv_status take(pv_split_half *h, pv_safetensors *s, const char *what, int provider)
{
    *h = (pv_split_half){.provider = provider != 0};
    pv_status status = read_half(h, s, what);
    pv_safetensors_free(s);
    if (status != PV_OK) pv_split_half_clear(h);
    return status;
}

pv_status pv_split_half_load(pv_split_half *half, const char *path, int provider)
{
    pv_safetensors *s;
    *half = (pv_split_half){0};
    PV_TRY(pv_safetensors_open(&s, path));
    return take(half, s, path, provider);
}

pv_status pv_split_half_parse(pv_split_half *half, const char *what, const void *data, size_t size,
                              int provider)
{
    pv_safetensors *s;
    *half = (pv_split_half){0};
    PV_TRY(pv_safetensors_parse(&s, what, data, size));
    return take(half, s, what, provider);
}
