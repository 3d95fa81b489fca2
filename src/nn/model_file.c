#include "base/json.h"
#include "codec/safetensors.h"
#include "nn/model_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model file is a safetensors file: one tensor a parameter under its name, "norm.mean" and
 * "norm.inverse_std", and this metadata. */
static const char *const FORMAT = "privet-model", *const FORMAT_VERSION = "1";
enum { MODEL_METADATA = 10, NUMBER = 24 };

static pv_status class_names_json(const pv_model *m, pv_str *out)
{
    pv_status status = PV_OK;
    json_t *array = json_array();
    for (int i = 0; i < m->domain.classes; i++)
        PV_TRY_GOTO(pv_json_append(array, json_string(m->class_name[i])));
    PV_TRY_GOTO(pv_json_dump(out, array, 0));
done:
    json_decref(array);
    return status;
}

static const char *sample_text(const pv_shape *s, char buffer[PV_SHAPE_TEXT])
{
    size_t used = 0;
    for (int i = 0; i < s->ndim; i++)
        used += (size_t)snprintf(buffer + used, PV_SHAPE_TEXT - used, "%s%lld", i == 0 ? "" : " ",
                                 (long long)s->dim[i]);
    return buffer;
}

/* m with what is to stand beside it: to path, or to *out when path is NULL. */
static pv_status write_model(const pv_model *m, const char *path, mode_t mode, pv_bytes *out,
                             const char *name, const pv_named_tensor *extra, int n,
                             const pv_metadata *metadata, int k)
{
    pv_status status = PV_OK;
    char sample[PV_SHAPE_TEXT], vocabulary[NUMBER], digest[NUMBER];
    pv_str classes = {0};
    const pv_tensor mean = {PV_F32, PV_SHAPE(m->norm.n), m->norm.mean};
    const pv_tensor inverse_std = {PV_F32, PV_SHAPE(m->norm.n), m->norm.inverse_std};
    int count = 0;
    pv_named_tensor *tensors = pv_alloc(m->params + 2 + (size_t)n, sizeof *tensors);
    pv_metadata *all = pv_alloc(MODEL_METADATA + (size_t)k, sizeof *all);
    if (tensors == NULL || all == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    PV_TRY_GOTO(class_names_json(m, &classes));
    for (size_t i = 0; i < m->params; i++)
        tensors[count++] = (pv_named_tensor){m->param[i].name, &m->param[i].value};
    if (m->norm.n > 0) {
        tensors[count++] = (pv_named_tensor){"norm.mean", &mean};
        tensors[count++] = (pv_named_tensor){"norm.inverse_std", &inverse_std};
    }
    for (int i = 0; i < n; i++) tensors[count++] = extra[i];
    snprintf(vocabulary, sizeof vocabulary, "%d", m->domain.vocabulary);
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)m->vocabulary_digest);
    const pv_metadata own[MODEL_METADATA] = {
        {"format", FORMAT},
        {"format_version", FORMAT_VERSION},
        {"privet", PV_VERSION},
        {"model", m->name},
        {"text", m->text},
        {"kind", pv_data_kind_name(m->domain.kind)},
        {"sample", sample_text(&m->domain.sample, sample)},
        {"classes", pv_str_text(&classes)},
        {"vocabulary", vocabulary},
        {"vocabulary_digest", digest},
    };
    memcpy(all, own, sizeof own);
    for (int i = 0; i < k; i++) all[MODEL_METADATA + i] = metadata[i];
    if (path != NULL)
        PV_TRY_GOTO(pv_safetensors_save(path, tensors, count, all, MODEL_METADATA + k, mode));
    else
        PV_TRY_GOTO(pv_safetensors_bytes(out, name, tensors, count, all, MODEL_METADATA + k));
done:
    pv_str_clear(&classes);
    pv_free(all);
    pv_free(tensors);
    return status;
}

pv_status pv_model_write(const pv_model *m, const char *path, const pv_named_tensor *extra, int n,
                         const pv_metadata *metadata, int k, mode_t mode)
{
    return write_model(m, path, mode, NULL, path, extra, n, metadata, k);
}

pv_status pv_model_bytes(pv_bytes *out, const pv_model *m, const char *name,
                         const pv_named_tensor *extra, int n, const pv_metadata *metadata, int k)
{
    *out = (pv_bytes){0};
    return write_model(m, NULL, 0, out, name, extra, n, metadata, k);
}

static pv_status metadata(const pv_safetensors *s, const char *path, const char *key,
                          const char **value)
{
    *value = pv_safetensors_metadata(s, key);
    if (*value == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: the metadata has no '%s'; it is not a model saved by privet",
                path, key);
    return PV_OK;
}

static pv_status whole_number(const char *path, const char *key, const char *text, int64_t most,
                              int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || *value < 0 || *value > most)
        PV_FAIL(PV_ERR_FORMAT, "%s: '%s' is '%s', a whole number up to %lld was expected", path,
                key, text, (long long)most);
    return PV_OK;
}

static pv_status read_sample(const char *path, const char *text, pv_shape *shape)
{
    *shape = (pv_shape){0};
    while (*text != '\0') {
        char *end;
        if (shape->ndim == PV_MAX_DIMS) break;
        shape->dim[shape->ndim++] = strtoll(text, &end, 10);
        if (end == text) break;
        text = end;
    }
    if (*text != '\0' || shape->ndim == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: 'sample' is no shape; it is not a model saved by privet", path);
    return PV_OK;
}

static pv_status read_classes(const char *path, const char *text, json_t **array)
{
    PV_TRY_CONTEXT(pv_json_parse(array, "classes", text, strlen(text)), "%s: its class names",
                   path);
    int ok = json_is_array(*array);
    for (size_t i = 0; ok && i < json_array_size(*array); i++)
        ok = json_is_string(json_array_get(*array, i));
    if (ok) return PV_OK;
    json_decref(*array);
    *array = NULL;
    PV_FAIL(PV_ERR_FORMAT, "%s: 'classes' is not a JSON array of names", path);
}

pv_status pv_model_read_params(pv_model *m, const pv_safetensors *s, const char *path,
                               const char *prefix)
{
    for (size_t i = 0; i < m->params; i++) {
        pv_model_parameter *p = &m->param[i];
        char name[256], text[2][PV_SHAPE_TEXT];
        pv_tensor read;
        snprintf(name, sizeof name, "%s%s", prefix, p->name);
        PV_TRY_CONTEXT(pv_safetensors_get(s, name, &read), "%s: while reading a parameter", path);
        if (read.dtype != PV_F32 || !pv_shape_equal(&read.shape, &p->value.shape)) {
            pv_shape_text(&read.shape, text[0]);
            const char *dtype = pv_dtype_name(read.dtype);
            pv_tensor_clear(&read);
            PV_FAIL(PV_ERR_MISMATCH, "%s: %s is %s %s, the model's text asks for f32 %s", path,
                    name, dtype, text[0], pv_shape_text(&p->value.shape, text[1]));
        }
        pv_tensor_clear(&p->value);
        p->value = read;
    }
    return PV_OK;
}

static pv_status read_norm(pv_model *m, const pv_safetensors *s, const char *path)
{
    if (pv_safetensors_find(s, "norm.mean") < 0) return PV_OK;
    pv_status status = PV_OK;
    pv_tensor mean = {0}, scale = {0};
    int64_t n = m->domain.sample.dim[m->domain.sample.ndim - 1];
    const pv_shape want = PV_SHAPE(n);
    PV_TRY_GOTO(pv_safetensors_get(s, "norm.mean", &mean));
    PV_TRY_GOTO(pv_safetensors_get(s, "norm.inverse_std", &scale));
    if (n > PV_NORM_MAX || mean.dtype != PV_F32 || scale.dtype != PV_F32 ||
        !pv_shape_equal(&mean.shape, &want) || !pv_shape_equal(&scale.shape, &want))
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: norm.mean and norm.inverse_std must be f32 [%lld]", path,
                     (long long)n);
    m->norm.mean = pv_alloc((size_t)n, sizeof(float));
    m->norm.inverse_std = pv_alloc((size_t)n, sizeof(float));
    if (m->norm.mean == NULL || m->norm.inverse_std == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", path);
    memcpy(m->norm.mean, mean.data, pv_tensor_bytes(&mean));
    memcpy(m->norm.inverse_std, scale.data, pv_tensor_bytes(&scale));
    m->norm.n = (int)n;
done:
    pv_tensor_clear(&mean);
    pv_tensor_clear(&scale);
    return status;
}

pv_status pv_model_save(const pv_model *m, const char *path)
{
    return pv_model_write(m, path, NULL, 0, NULL, 0, 0644);
}

pv_status pv_model_read(pv_model **out, const pv_safetensors *s, const char *path)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    json_t *classes = NULL;
    pv_model_domain domain = {.size = sizeof domain};
    const char *format, *version, *name, *text, *kind, *sample, *names, *vocabulary, *digest;
    int64_t tokens;
    *out = NULL;
    PV_TRY(metadata(s, path, "format", &format));
    PV_TRY(metadata(s, path, "format_version", &version));
    if (strcmp(format, FORMAT) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: its format is '%s', '%s' was expected", path, format, FORMAT);
    if (strcmp(version, FORMAT_VERSION) != 0)
        PV_FAIL(PV_ERR_VERSION,
                "%s: format version %s; this privet reads version %s, a newer one is "
                "needed",
                path, version, FORMAT_VERSION);
    PV_TRY(metadata(s, path, "model", &name));
    PV_TRY(metadata(s, path, "text", &text));
    PV_TRY(metadata(s, path, "kind", &kind));
    PV_TRY(metadata(s, path, "sample", &sample));
    PV_TRY(metadata(s, path, "classes", &names));
    PV_TRY(metadata(s, path, "vocabulary", &vocabulary));
    PV_TRY(metadata(s, path, "vocabulary_digest", &digest));
    PV_TRY(read_sample(path, sample, &domain.sample));
    PV_TRY(whole_number(path, "vocabulary", vocabulary, INT32_MAX, &tokens));
    PV_TRY(read_classes(path, names, &classes));
    domain.kind = pv_data_kind_by_name(kind);
    if (json_array_size(classes) == 0 && pv_safetensors_metadata(s, "half") == NULL)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: the model has no classes, and is no half of one", path);
    domain.classes = (int)json_array_size(classes);
    domain.vocabulary = (int)tokens;
    PV_TRY_GOTO(pv_model_create(&m, name, text, strlen(text), &domain));
    for (int i = 0; i < domain.classes; i++)
        PV_TRY_GOTO(
            pv_model_set_class(m, i, json_string_value(json_array_get(classes, (size_t)i))));
    m->vocabulary_digest = strtoull(digest, NULL, 16);
    PV_TRY_GOTO(pv_model_read_params(m, s, path, ""));
    PV_TRY_GOTO(read_norm(m, s, path));
    *out = m;
    m = NULL;
done:
    pv_model_free(m);
    json_decref(classes);
    return status;
}

/* Whose half it is, and what to do with one. */
static pv_status refuse_half(const char *path, const char *half)
{
    if (strcmp(half, "customer") == 0 || strcmp(half, "provider") == 0)
        PV_FAIL(PV_ERR_INPUT,
                "%s: it is the %s's half of a model with a secret, cut by privet partition; a run "
                "of scheme complement uses it, everything else wants the model that was cut",
                path, half);
    PV_FAIL(PV_ERR_INPUT,
            "%s: it is the %.40s party's half of a model; a prediction needs both parties (task = "
            "predict), or privet merge",
            path, half);
}

pv_status pv_model_load(pv_model **m, const char *path)
{
    pv_safetensors *s = NULL;
    *m = NULL;
    PV_TRY(pv_safetensors_open(&s, path));
    const char *half = pv_safetensors_metadata(s, "half");
    pv_status status = half == NULL ? pv_model_read(m, s, path) : refuse_half(path, half);
    int whole = half == NULL;
    pv_safetensors_free(s);
    if (status != PV_OK && whole) PV_TRY_CONTEXT(status, "%s: the model was not loaded", path);
    return status;
}
