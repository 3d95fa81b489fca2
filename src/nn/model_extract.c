#include "base/str.h"
#include "nn/model_i.h"
#include "nn/stages.h"

#include <assert.h>
#include <string.h>

pv_status pv_model_check_bounds(const pv_model *m, size_t first, size_t end)
{
    int depth = 0, outside = first <= end && end <= m->layers.count;
    for (size_t i = 0; outside && i < end; i++) {
        if (i == first) outside = depth == 0;
        if (m->layers.layer[i].kind == PV_LAYER_RESIDUAL) depth++;
        if (m->layers.layer[i].kind == PV_LAYER_END) depth--;
    }
    if (outside && depth == 0) return PV_OK;
    PV_FAIL(PV_ERR_USAGE,
            "layers %zu to %zu of the model %s, which has %zu: no part of it, or one that ends "
            "inside a residual",
            first, end, m->name, m->layers.count);
}

static pv_status write_init(pv_str *out, const pv_init *init)
{
    static const char *const names[] = {[PV_INIT_DEFAULT] = "default",
                                        [PV_INIT_HE] = "he",
                                        [PV_INIT_UNIFORM] = "uniform:",
                                        [PV_INIT_NORMAL] = "normal:"};
    if (init->kind == PV_INIT_DEFAULT) return PV_OK;
    PV_TRY(pv_str_printf(out, " init=%s", names[init->kind]));
    int sized = init->kind == PV_INIT_UNIFORM || init->kind == PV_INIT_NORMAL;
    return sized ? pv_str_number(out, init->value) : PV_OK;
}

/* One layer with all its values, none of them a symbol. */
static pv_status write_layer(pv_str *out, const pv_layer *l)
{
    const pv_layer_type *type = &pv_layer_types[l->kind];
    if (l->kind == PV_LAYER_RESIDUAL) return pv_str_append(out, "residual {\n");
    if (l->kind == PV_LAYER_SHORTCUT) return pv_str_append(out, "} shortcut {\n");
    if (l->kind == PV_LAYER_END) return pv_str_append(out, "}\n");
    PV_TRY(pv_str_append(out, type->name));
    for (int k = 0; type->open ? k < l->given : type->key[k].name != NULL; k++) {
        PV_TRY(pv_str_append(out, " "));
        if (!type->open) PV_TRY(pv_str_printf(out, "%s=", type->key[k].name));
        if (type->key[type->open ? 0 : k].kind == PV_VALUE_SWITCH)
            PV_TRY(pv_str_append(out, l->value[k] != 0 ? "yes" : "no"));
        else
            PV_TRY(pv_str_number(out, l->value[k]));
    }
    if (type->takes_init) PV_TRY(write_init(out, &l->init));
    return pv_str_append(out, "\n");
}

/* What the part works on. */
static pv_status part_domain(pv_model_domain *d, const pv_model *m, size_t first, size_t end)
{
    char text[PV_SHAPE_TEXT];
    *d = m->domain;
    if (d->kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_MISMATCH, "the model %s is for text and has no parts", m->name);
    if (end < m->layers.count) d->classes = PV_MODEL_PART;
    if (first == 0) return PV_OK;
    PV_TRY(pv_cut_shape(&d->sample, m, first));
    if (d->sample.ndim != 3 && d->sample.ndim != 1)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: what comes into %s is %s; a part begins with an image of three dimensions or "
                "a row",
                m->name, m->layers.layer[first].name, pv_shape_text(&d->sample, text));
    d->kind = d->sample.ndim == 3 ? PV_DATA_IMAGE : PV_DATA_TABLE;
    return PV_OK;
}

static pv_status copy_values(pv_model *to, size_t at, const pv_model *m, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pv_tensor *out = &to->param[at + i].value;
        const pv_tensor *value = &m->param[from + i].value;
        assert(pv_shape_equal(&out->shape, &value->shape));
        pv_tensor_clear(out);
        PV_TRY(pv_tensor_init(out, PV_F32, value->shape));
        memcpy(out->data, value->data, pv_tensor_bytes(value));
    }
    return PV_OK;
}

static pv_status copy_classes(pv_model *to, const pv_model *m)
{
    for (int i = 0; i < to->domain.classes; i++)
        PV_TRY(pv_model_set_class(to, i, m->class_name[i]));
    return PV_OK;
}

pv_status pv_model_extract(pv_model **out, const pv_model *m, size_t first, size_t end)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    pv_model *part = NULL;
    pv_model_domain domain;
    int last = end == m->layers.count;
    const char *name = first > 0 ? last ? "back" : "middle" : last ? m->name : "front";
    *out = NULL;
    if (first == end)
        PV_FAIL(PV_ERR_USAGE, "no layer of the model %s: a part has one at least", m->name);
    PV_TRY(pv_model_check_bounds(m, first, end));
    PV_TRY(part_domain(&domain, m, first, end));
    for (size_t i = first; i < end; i++) PV_TRY_GOTO(write_layer(&text, &m->layers.layer[i]));
    PV_TRY_GOTO(pv_model_create(&part, name, pv_str_text(&text), text.size, &domain));
    PV_TRY_GOTO(copy_values(part, 0, m, pv_model_first_param(m, first), part->params));
    PV_TRY_GOTO(copy_classes(part, m));
    if (first == 0) PV_TRY_GOTO(pv_model_copy_norm(part, m));
    *out = part;
    part = NULL;
done:
    pv_model_free(part);
    pv_str_clear(&text);
    return status;
}

size_t pv_model_secret_at(const pv_model *m)
{
    size_t i = 0;
    while (i < m->layers.count && m->layers.layer[i].kind != PV_LAYER_SECRET) i++;
    return i;
}

int pv_model_has_secret(const pv_model *m)
{
    return pv_model_secret_at(m) < m->layers.count;
}

pv_status pv_model_check_alone(const pv_model *m)
{
    if (m->domain.classes == PV_MODEL_PART)
        PV_FAIL(PV_ERR_INPUT,
                "%s is a part of a network, which gives no classes; use the model it was cut from",
                m->name);
    if (!pv_model_has_secret(m)) return PV_OK;
    PV_FAIL(PV_ERR_INPUT,
            "the model %s takes a secret beside every sample and can't be used alone: train it "
            "with 'privet retrain', cut it with 'privet partition'",
            m->name);
}

/* The first byte of line `line`, from 1. */
static const char *line_start(const char *text, int line)
{
    while (--line > 0) text = strchr(text, '\n') + 1;
    return text;
}

pv_status pv_model_with_secret(pv_model **out, const pv_model *m, size_t before, int64_t channels,
                               uint64_t seed)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    pv_model *s = NULL;
    *out = NULL;
    if (pv_model_has_secret(m))
        PV_FAIL(PV_ERR_MISMATCH, "the model %s has a secret already; start from one without",
                m->name);
    PV_TRY(pv_model_check_bounds(m, before, m->layers.count));
    if (before == m->layers.count)
        PV_FAIL(PV_ERR_USAGE, "%s: a secret behind the last layer joins nothing", m->name);
    const char *rest = line_start(m->text, m->layers.layer[before].line);
    PV_TRY_GOTO(pv_str_append_bytes(&text, m->text, (size_t)(rest - m->text)));
    PV_TRY_GOTO(pv_str_printf(&text, "secret %lld\n%s", (long long)channels, rest));
    PV_TRY_GOTO(pv_model_parse(&s, pv_str_text(&text), text.size, m->name, &m->domain, seed));
    PV_TRY_GOTO(copy_values(s, 0, m, 0, pv_model_first_param(m, before)));
    PV_TRY_GOTO(copy_classes(s, m));
    PV_TRY_GOTO(pv_model_copy_norm(s, m));
    *out = s;
    s = NULL;
done:
    pv_model_free(s);
    pv_str_clear(&text);
    return status;
}
