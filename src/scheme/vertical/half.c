#include "scheme/vertical/half.h"

#include "base/json.h"
#include "base/secret.h"
#include "nn/model_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SHARE[] = "half.share";
enum { METADATA = 6, SESSION_TEXT = 2 * PV_SESSION_BYTES + 1, HEADS = 16 };

static const char *side_name(int active)
{
    return active ? "active" : "passive";
}

/* ---- the boundary's settings as JSON */
typedef struct field {
    const char *key;
    enum { WIDE, INTEGER, REAL } kind;
    size_t where;
    double low, high;
} field;

#define AT(name) offsetof(pv_boundary_settings, name)
static const field fields[] = {
    {"batch", WIDE, AT(batch), 1, 1 << 24},
    {"width", WIDE, AT(width), 1, 1 << 24},
    {"outputs", WIDE, AT(outputs), 1, 1 << 24},
    {"steps", WIDE, AT(steps), 0, 1e15},
    {"lr", REAL, AT(lr), 0, 1e6},
    {"momentum", REAL, AT(momentum), 0, 1},
    {"decay", REAL, AT(decay), 0, 1e6},
    {"clamp", REAL, AT(clamp), 0, 1e9},
    {"initial", REAL, AT(initial), 0, 1e9},
    {"gradient", REAL, AT(gradient), 0, 1e9},
    {"noise", REAL, AT(noise), 0, 1e9},
    {"sigma", INTEGER, AT(sigma), 0, 256},
    {"weak", INTEGER, AT(weak), 0, 256},
    {"bits", INTEGER, AT(bits), 0, 65536},
    {"fa", INTEGER, AT(fa), 0, 64},
    {"fg", INTEGER, AT(fg), 0, 64},
    {"fw", INTEGER, AT(fw), 0, 64},
    {"fe", INTEGER, AT(fe), 0, 64},
    {"fm", INTEGER, AT(fm), 0, 64},
    {"fl", INTEGER, AT(fl), 0, 64},
};
enum { FIELDS = sizeof fields / sizeof *fields };

pv_status pv_half_settings(pv_str *out, const pv_boundary_settings *set)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    for (int i = 0; i < FIELDS; i++) {
        const char *at = (const char *)set + fields[i].where;
        int64_t wide = 0;
        int integer = 0;
        double real = 0;
        if (fields[i].kind == REAL)
            memcpy(&real, at, sizeof real);
        else if (fields[i].kind == WIDE)
            memcpy(&wide, at, sizeof wide);
        else
            memcpy(&integer, at, sizeof integer);
        PV_TRY_GOTO(pv_json_set(j, fields[i].key,
                                fields[i].kind == REAL
                                    ? json_real(real)
                                    : json_integer(fields[i].kind == WIDE ? wide : integer)));
    }
    PV_TRY_GOTO(pv_json_dump(out, j, 0));
done:
    json_decref(j);
    return status;
}

static pv_status read_settings(pv_boundary_settings *set, const char *text, const char *path)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    *set = (pv_boundary_settings){0};
    PV_TRY(pv_json_parse(&j, path, text, strlen(text)));
    for (int i = 0; i < FIELDS; i++) {
        const field *f = &fields[i];
        char *at = (char *)set + f->where;
        int64_t wide = 0;
        double real = 0;
        if (f->kind == REAL)
            PV_TRY_GOTO(pv_json_get_real(&real, j, f->key, path));
        else
            PV_TRY_GOTO(
                pv_json_get_integer(&wide, j, f->key, (int64_t)f->low, (int64_t)f->high, path));
        if (f->kind == REAL && !(real >= f->low && real <= f->high))
            PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: %s of the boundary is %g; from %g to %g was expected",
                         path, f->key, real, f->low, f->high);
        int integer = (int)wide;
        memcpy(at,
               f->kind == REAL   ? (void *)&real
               : f->kind == WIDE ? (void *)&wide
                                 : &integer,
               f->kind == INTEGER ? sizeof integer : sizeof wide);
    }
done:
    json_decref(j);
    return status;
}

/* ---- writing */
static void zero_others(pv_model *m, const pv_vertical_cut *cut, int active)
{
    for (size_t i = 0; i < m->params; i++) {
        pv_tensor *v = &m->param[i].value;
        if (pv_vertical_side(cut, m, (int)i) != (active ? 0 : 2))
            memset(v->data, 0, pv_tensor_bytes(v));
    }
}

static void session_text(char out[SESSION_TEXT], const uint8_t *s)
{
    for (int i = 0; i < PV_SESSION_BYTES; i++) snprintf(out + 2 * i, 3, "%02x", s[i]);
}

pv_status pv_half_save(const pv_half *h, const pv_vertical_cut *cut, const char *path)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    pv_str boundary = {0};
    char head[16], session[SESSION_TEXT], scenario[PV_HASH_TEXT], key[PV_HASH_TEXT];
    PV_TRY(pv_model_copy(&m, h->model));
    zero_others(m, cut, h->active);
    PV_TRY_GOTO(pv_half_settings(&boundary, &h->set));
    snprintf(head, sizeof head, "%lld", (long long)h->head);
    session_text(session, h->session);
    const pv_tensor share = {PV_U8, PV_SHAPE((int64_t)h->share.size), h->share.data};
    const pv_named_tensor extra = {SHARE, &share};
    const pv_metadata metadata[METADATA] = {
        {"half", side_name(h->active)},
        {"head", head},
        {"boundary", pv_str_text(&boundary)},
        {"session", session},
        {"scenario", pv_hash_text(&h->scenario, scenario)},
        {"key", pv_hash_text(&h->key, key)},
    };
    PV_TRY_GOTO(pv_model_write(m, path, &extra, 1, metadata, METADATA, 0600));
done:
    pv_str_clear(&boundary);
    pv_model_free(m);
    return status;
}

/* ---- reading */
static pv_status metadata_of(const char **out, const pv_safetensors *s, const char *key,
                             const char *path)
{
    *out = pv_safetensors_metadata(s, key);
    if (*out == NULL) PV_FAIL(PV_ERR_FORMAT, "%s: a half without '%s'", path, key);
    return PV_OK;
}

static pv_status read_session(uint8_t *out, const char *text, const char *path)
{
    size_t n = strlen(text);
    if (n != SESSION_TEXT - 1 || strspn(text, "0123456789abcdef") != n)
        PV_FAIL(PV_ERR_FORMAT, "%s: its session is not 32 hexadecimal digits", path);
    for (int i = 0; i < PV_SESSION_BYTES; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return PV_OK;
}

static pv_status read_share(pv_bytes *out, const pv_safetensors *s, const char *path)
{
    pv_tensor t;
    PV_TRY_CONTEXT(pv_safetensors_get(s, SHARE, &t), "%s: while reading the share", path);
    if (t.dtype != PV_U8 || t.shape.ndim != 1) {
        pv_tensor_clear(&t);
        PV_FAIL(PV_ERR_FORMAT, "%s: %s is no list of bytes", path, SHARE);
    }
    *out = (pv_bytes){.data = t.data, .size = pv_tensor_bytes(&t)};
    return PV_OK;
}

static pv_status read_half(pv_half *h, const pv_safetensors *s, const char *path)
{
    const char *text, *head;
    char *end;
    const char *side = pv_safetensors_metadata(s, "half");
    if (side == NULL || strcmp(side, side_name(h->active)) != 0)
        PV_FAIL(PV_ERR_INPUT,
                "%s: %s%s; the half.safetensors that the %s party's training left was expected",
                path, side == NULL ? "it is no half of a model" : "it is the half of the party: ",
                side == NULL ? "" : side, side_name(h->active));
    PV_TRY(metadata_of(&head, s, "head", path));
    h->head = strtoll(head, &end, 10);
    if (h->head < 1 || h->head > HEADS || *end != '\0')
        PV_FAIL(PV_ERR_FORMAT, "%s: head is '%s'; from 1 to %d was expected", path, head, HEADS);
    PV_TRY(metadata_of(&text, s, "boundary", path));
    PV_TRY(read_settings(&h->set, text, path));
    PV_TRY(metadata_of(&text, s, "session", path));
    PV_TRY(read_session(h->session, text, path));
    PV_TRY(metadata_of(&text, s, "scenario", path));
    PV_TRY(pv_hash_parse(&h->scenario, text));
    PV_TRY(metadata_of(&text, s, "key", path));
    PV_TRY(pv_hash_parse(&h->key, text));
    PV_TRY(read_share(&h->share, s, path));
    return pv_model_read(&h->model, s, path);
}

static pv_status take(pv_half *h, pv_safetensors *s, const char *path, int active)
{
    *h = (pv_half){.active = active};
    pv_status status = read_half(h, s, path);
    pv_safetensors_free(s);
    if (status != PV_OK) pv_half_clear(h);
    return status;
}

pv_status pv_half_load(pv_half *h, const char *path, int active)
{
    pv_safetensors *s;
    *h = (pv_half){0};
    PV_TRY(pv_safetensors_open(&s, path));
    return take(h, s, path, active);
}

pv_status pv_half_parse(pv_half *h, const char *name, const void *data, size_t size, int active)
{
    pv_safetensors *s;
    *h = (pv_half){0};
    PV_TRY(pv_safetensors_parse(&s, name, data, size));
    return take(h, s, name, active);
}

void pv_half_clear(pv_half *h)
{
    if (h->share.data != NULL) pv_secret_wipe(h->share.data, h->share.size);
    pv_bytes_clear(&h->share);
    pv_model_free(h->model);
    *h = (pv_half){0};
}
