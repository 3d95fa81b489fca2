#include "base/file.h"
#include "nn/model_i.h"
#include "nn/zoo.h"
#include "privet/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CLASSES = 100000, MAX_TEXT = 1 << 20 };

static const struct {
    pv_data_kind kind;
    const char *name;
} kinds[] = {{PV_DATA_IMAGE, "image"}, {PV_DATA_TABLE, "table"}, {PV_DATA_TEXT, "text"}};

const char *pv_data_kind_name(pv_data_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind) return kinds[i].name;
    return "?";
}

pv_data_kind pv_data_kind_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].kind;
    return 0;
}

/* Draw the values of parameter i: the same numbers whatever other parameters there are. */
static pv_status draw(pv_model_parameter *p, size_t i, uint64_t seed)
{
    pv_shape shape = p->value.shape;
    PV_TRY(pv_tensor_init(&p->value, PV_F32, shape));
    float *v = p->value.data;
    int64_t n = pv_tensor_count(&p->value);
    pv_rng weights = pv_rng_make(seed, PV_STREAM_WEIGHTS), r = pv_rng_fork(&weights, i);
    double bound = 0, deviation = 0;
    if (p->role == PV_ROLE_ONES || p->role == PV_ROLE_STATE_ONES) {
        for (int64_t k = 0; k < n; k++) v[k] = 1.0f;
        return PV_OK;
    }
    if (p->role != PV_ROLE_WEIGHT && p->role != PV_ROLE_BIAS && p->role != PV_ROLE_EMBEDDING)
        return PV_OK;
    switch (p->init.kind) {
    case PV_INIT_DEFAULT:
        if (p->role == PV_ROLE_EMBEDDING)
            deviation = 1;
        else
            bound = 1 / sqrt(p->fan_in);
        break;
    case PV_INIT_HE:
        bound = p->role == PV_ROLE_BIAS ? 0 : sqrt(6 / p->fan_in);
        break;
    case PV_INIT_UNIFORM:
        bound = p->init.value;
        break;
    case PV_INIT_NORMAL:
        deviation = p->role == PV_ROLE_BIAS ? 0 : p->init.value;
        break;
    }
    for (int64_t k = 0; k < n; k++)
        v[k] = (float)(deviation > 0 ? deviation * pv_rng_normal(&r)
                                     : bound * (2 * pv_rng_uniform(&r) - 1));
    return PV_OK;
}

static pv_status check_domain(const char *name, const pv_model_domain *d)
{
    int dims = d->kind == PV_DATA_IMAGE ? 3 : 1, fits = d->sample.ndim == dims;
    char text[PV_SHAPE_TEXT];
    for (int i = 0; fits && i < dims; i++)
        fits = d->sample.dim[i] >= 1 && d->sample.dim[i] <= 1 << 24;
    if (!fits || pv_data_kind_name(d->kind)[0] == '?')
        PV_FAIL(PV_ERR_MISMATCH, "%s: %s is no shape of a sample of kind %s", name,
                d->sample.ndim > PV_MAX_DIMS ? "this" : pv_shape_text(&d->sample, text),
                pv_data_kind_name(d->kind));
    if (d->classes != PV_MODEL_PART && (d->classes < 2 || d->classes > MAX_CLASSES))
        PV_FAIL(PV_ERR_RANGE, "%s: %d classes; from 2 to %d can be told apart", name, d->classes,
                MAX_CLASSES);
    if ((d->kind == PV_DATA_TEXT) != (d->vocabulary > 0))
        PV_FAIL(PV_ERR_RANGE, "%s: a vocabulary of %d tokens does not go with data of kind %s",
                name, d->vocabulary, pv_data_kind_name(d->kind));
    return PV_OK;
}

pv_status pv_model_create(pv_model **out, const char *name, const char *text, size_t length,
                          const pv_model_domain *domain)
{
    pv_status status = PV_OK;
    char shape[PV_SHAPE_TEXT];
    *out = NULL;
    PV_TRY(check_domain(name, domain));
    pv_model *m = pv_calloc(1, sizeof *m);
    if (m == NULL) PV_FAIL_MEMORY(sizeof *m);
    m->domain = *domain;
    m->domain.size = sizeof m->domain;
    m->name = pv_strdup(name);
    m->text = pv_alloc(length + 1, 1);
    m->class_name = pv_calloc((size_t)domain->classes + 1, sizeof *m->class_name);
    if (m->name == NULL || m->text == NULL || m->class_name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for the model", name);
    memcpy(m->text, text, length);
    m->text[length] = '\0';
    PV_TRY_GOTO(
        pv_model_text_parse(&m->layers, text, length, name, domain->classes, domain->vocabulary));
    status = pv_model_collect(m);
    if (pv_status_exit(status) == 2)
        status = pv_trail_context(PV_ERR_MISMATCH, __FILE__, __LINE__,
                                  "the model %s does not fit samples of %s", name,
                                  pv_shape_text(&domain->sample, shape));
    PV_TRY_GOTO(status);
    *out = m;
    m = NULL;
done:
    pv_model_free(m);
    return status;
}

pv_status pv_model_set_class(pv_model *m, int i, const char *name)
{
    char *copy = pv_strdup(name);
    if (copy == NULL) PV_FAIL_MEMORY(strlen(name) + 1);
    pv_free(m->class_name[i]);
    m->class_name[i] = copy;
    return PV_OK;
}

pv_status pv_model_parse(pv_model **out, const char *text, size_t length, const char *where,
                         const pv_model_domain *domain, uint64_t seed)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    *out = NULL;
    if (domain->classes < 2)
        PV_FAIL(PV_ERR_RANGE, "%s: %d classes; from 2 to %d can be told apart", where,
                domain->classes, MAX_CLASSES);
    PV_TRY(pv_model_create(&m, where, text, length, domain));
    for (int i = 0; i < domain->classes; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        PV_TRY_GOTO(pv_model_set_class(m, i, name));
    }
    for (size_t i = 0; i < m->params; i++) PV_TRY_GOTO(draw(&m->param[i], i, seed));
    *out = m;
    m = NULL;
done:
    pv_model_free(m);
    return status;
}

static pv_status copy_floats(float **out, const float *from, int n)
{
    *out = pv_alloc((size_t)n, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY((size_t)n * sizeof **out);
    memcpy(*out, from, (size_t)n * sizeof **out);
    return PV_OK;
}

pv_status pv_model_copy_norm(pv_model *to, const pv_model *m)
{
    if (m->norm.n == 0) return PV_OK;
    PV_TRY(copy_floats(&to->norm.mean, m->norm.mean, m->norm.n));
    PV_TRY(copy_floats(&to->norm.inverse_std, m->norm.inverse_std, m->norm.n));
    to->norm.n = m->norm.n;
    return PV_OK;
}

pv_status pv_model_copy(pv_model **out, const pv_model *m)
{
    pv_status status = PV_OK;
    pv_model *c = NULL;
    *out = NULL;
    PV_TRY(pv_model_create(&c, m->name, m->text, strlen(m->text), &m->domain));
    for (int i = 0; i < m->domain.classes; i++)
        PV_TRY_GOTO(pv_model_set_class(c, i, m->class_name[i]));
    for (size_t i = 0; i < m->params; i++) {
        PV_TRY_GOTO(pv_tensor_init(&c->param[i].value, PV_F32, m->param[i].value.shape));
        memcpy(c->param[i].value.data, m->param[i].value.data, pv_tensor_bytes(&m->param[i].value));
    }
    PV_TRY_GOTO(pv_model_copy_norm(c, m));
    c->vocabulary_digest = m->vocabulary_digest;
    *out = c;
    c = NULL;
done:
    pv_model_free(c);
    return status;
}

void pv_model_free(pv_model *m)
{
    if (m == NULL) return;
    for (size_t i = 0; i < m->params; i++) {
        pv_free(m->param[i].name);
        pv_tensor_clear(&m->param[i].value);
    }
    for (int i = 0; m->class_name != NULL && i < m->domain.classes; i++) pv_free(m->class_name[i]);
    pv_free(m->param);
    pv_free(m->class_name);
    pv_norm_clear(&m->norm);
    pv_layers_clear(&m->layers);
    pv_free(m->name);
    pv_free(m->text);
    pv_free(m);
}

/* A name that is a path, not one of the zoo. */
static int is_path(const char *name, size_t n)
{
    static const char suffix[] = ".model";
    size_t m = sizeof suffix - 1;
    return memchr(name, '/', n) != NULL || (n > m && memcmp(name + n - m, suffix, m) == 0);
}

static pv_status zoo_text(const char *name, size_t n, pv_data_kind kind, const char **text)
{
    char base[64], all[512];
    int known = 0;
    snprintf(base, sizeof base, "%.*s", (int)(n < sizeof base ? n : sizeof base - 1), name);
    *text = pv_zoo_find(base, kind, &known);
    if (*text != NULL) return PV_OK;
    size_t used = 0;
    for (int i = 0, any; i < pv_zoo_count() && used < sizeof all; i++)
        if (pv_zoo_find(pv_zoo_name(i), kind, &any) != NULL)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used == 0 ? "" : ", ",
                                     pv_zoo_name(i));
    if (known)
        PV_FAIL(PV_ERR_MISMATCH, "the model %s does not work on data of kind %s; %s do", base,
                pv_data_kind_name(kind), all);
    PV_FAIL(
        PV_ERR_OPTION,
        "there is no model '%s'; for data of kind %s there are %s, or the path of a text ending "
        "in .model",
        base, pv_data_kind_name(kind), all);
}

/* "NAME" or "NAME:option=value,...": a zoo model or the path of a text. */
pv_status pv_model_new_domain(pv_model **out, const char *name, const pv_model_domain *domain,
                              uint64_t seed)
{
    pv_status status = PV_OK;
    pv_bytes file = {0};
    char *path = NULL, *set = NULL;
    const char *colon = strrchr(name, ':'), *text;
    if (colon != NULL && strchr(colon, '/') != NULL && strchr(colon, '=') == NULL)
        colon = NULL; /* it is part of a folder's name */
    size_t n = colon == NULL ? strlen(name) : (size_t)(colon - name), length;
    *out = NULL;
    if (is_path(name, n)) {
        path = pv_strdup(name);
        if (path == NULL) PV_FAIL_MEMORY(n);
        path[n] = '\0';
        PV_TRY_GOTO(pv_file_read(&file, path, MAX_TEXT));
        text = (const char *)file.data;
        length = file.size;
    } else {
        PV_TRY(zoo_text(name, n, domain->kind, &text));
        length = strlen(text);
    }
    PV_TRY_GOTO(pv_model_text_set(&set, text, length, name, colon == NULL ? "" : colon + 1));
    PV_TRY_GOTO(pv_model_parse(out, set, strlen(set), name, domain, seed));
done:
    pv_free(set);
    pv_free(path);
    pv_bytes_clear(&file);
    return status;
}

static uint64_t vocabulary_digest(const pv_data *data)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a; the NUL of each word is hashed too */
    for (int i = 0; i < pv_data_vocabulary(data); i++) {
        const char *word = pv_data_token_text(data, i);
        do h = (h ^ (unsigned char)*word) * UINT64_C(0x100000001b3);
        while (*word++ != '\0');
    }
    return h;
}

static pv_model_domain domain_of(const pv_data *data)
{
    return (pv_model_domain){.size = sizeof(pv_model_domain),
                             .kind = pv_data_what(data),
                             .sample = pv_data_sample_shape(data),
                             .classes = pv_data_classes(data),
                             .vocabulary = pv_data_vocabulary(data)};
}

pv_status pv_model_new(pv_model **out, const char *name, const pv_data *data, uint64_t seed)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    pv_model_domain domain = domain_of(data);
    *out = NULL;
    PV_TRY(pv_data_complete(data));
    PV_TRY(pv_model_new_domain(&m, name, &domain, seed));
    for (int i = 0; i < domain.classes; i++)
        PV_TRY_GOTO(pv_model_set_class(m, i, pv_data_class_name(data, i)));
    if (domain.kind == PV_DATA_TEXT)
        m->vocabulary_digest = vocabulary_digest(data);
    else
        PV_TRY_GOTO(pv_norm_fit(&m->norm, data));
    *out = m;
    m = NULL;
done:
    pv_model_free(m);
    return status;
}

pv_status pv_model_check_data(const pv_model *m, const pv_data *data)
{
    const pv_model_domain *want = &m->domain, have = domain_of(data);
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT];
    if (!pv_data_has_features(data)) PV_TRY(pv_data_complete(data));
    if (have.kind != want->kind)
        PV_FAIL(PV_ERR_MISMATCH, "the model %s is for data of kind %s, this is of kind %s", m->name,
                pv_data_kind_name(want->kind), pv_data_kind_name(have.kind));
    if (!pv_shape_equal(&have.sample, &want->sample))
        PV_FAIL(PV_ERR_MISMATCH, "the model %s takes samples of %s, the data has %s", m->name,
                pv_shape_text(&want->sample, a), pv_shape_text(&have.sample, b));
    int labels = pv_data_has_labels(data); /* without them there is still something to predict */
    if (labels && have.classes != want->classes)
        PV_FAIL(PV_ERR_MISMATCH, "the model %s tells %d classes apart, the data has %d", m->name,
                want->classes, have.classes);
    for (int i = 0; labels && i < want->classes; i++)
        if (strcmp(m->class_name[i], pv_data_class_name(data, i)) != 0)
            PV_FAIL(PV_ERR_MISMATCH, "class %d is '%s' to the model %s and '%s' in the data", i,
                    m->class_name[i], m->name, pv_data_class_name(data, i));
    if (want->kind == PV_DATA_TEXT &&
        (have.vocabulary != want->vocabulary ||
         (m->vocabulary_digest != 0 && vocabulary_digest(data) != m->vocabulary_digest)))
        PV_FAIL(
            PV_ERR_MISMATCH,
            "the model %s was made for another vocabulary (%d tokens, the data has %d); open the "
            "data with the file it was trained on",
            m->name, want->vocabulary, have.vocabulary);
    return PV_OK;
}

const char *pv_model_name(const pv_model *m)
{
    return m->name;
}

const char *pv_model_text(const pv_model *m)
{
    return m->text;
}

pv_model_domain pv_model_what(const pv_model *m)
{
    return m->domain;
}

const char *pv_model_class_name(const pv_model *m, int label)
{
    return label >= 0 && label < m->domain.classes ? m->class_name[label] : "";
}

const pv_norm *pv_model_norm(const pv_model *m)
{
    return &m->norm;
}

int pv_model_params(const pv_model *m)
{
    return (int)m->params;
}

const char *pv_model_param_name(const pv_model *m, int i)
{
    return m->param[i].name;
}

pv_tensor *pv_model_param(pv_model *m, int i)
{
    return &m->param[i].value;
}

int pv_model_param_is_state(const pv_model *m, int i)
{
    return m->param[i].role == PV_ROLE_STATE_ONES || m->param[i].role == PV_ROLE_STATE_ZEROS;
}

int64_t pv_model_weights(const pv_model *m)
{
    int64_t n = 0;
    for (int i = 0; i < (int)m->params; i++)
        if (!pv_model_param_is_state(m, i)) n += pv_tensor_count(&m->param[i].value);
    return n;
}

pv_status pv_model_to_plan(const pv_model *m, const pv_model_nodes *nodes, pv_plan *plan)
{
    for (int i = 0; i < nodes->params; i++) {
        if (nodes->param[i] == PV_NONE) continue; /* of a part of the network */
        PV_TRY_CONTEXT(pv_plan_write(plan, nodes->param[i], m->param[i].value.data, PV_F32),
                       "while loading %s into a plan", m->param[i].name);
    }
    return PV_OK;
}

pv_status pv_model_from_plan(pv_model *m, const pv_model_nodes *nodes, const pv_plan *plan)
{
    for (int i = 0; i < nodes->params; i++) {
        if (nodes->param[i] == PV_NONE) continue;
        PV_TRY_CONTEXT(pv_plan_read(plan, nodes->param[i], m->param[i].value.data, PV_F32),
                       "while taking %s from a plan", m->param[i].name);
    }
    return PV_OK;
}
