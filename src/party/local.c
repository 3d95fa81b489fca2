#include "party/scenario_i.h"

#include "data/spec.h"
#include <stdlib.h>
#include <string.h>

static const char DIAL[] = "dial ";
enum { DIAL_SIZE = sizeof DIAL - 1, SECTION = 128 };

typedef struct settings {
    const char *data, *test, *parts, *key, *cert, *ca, *passphrase_file, *listen, *proxy, *paillier,
        *half, *model, *front, *order, *ids, *missing_ids, *keep_ids;
    int64_t threads;
} settings;

static const pv_setting table[] = {
    {.key = "data",
     .kind = PV_SETTING_TEXT,
     .help = "SPEC of the data the party brings",
     .where = offsetof(settings, data)},
    {.key = "test",
     .kind = PV_SETTING_TEXT,
     .help = "SPEC of the data it evaluates on",
     .where = offsetof(settings, test)},
    {.key = "parts",
     .kind = PV_SETTING_TEXT,
     .help = "iid or dirichlet:ALPHA: takes its part of data only, by its place among its role",
     .where = offsetof(settings, parts)},
    {.key = "key",
     .kind = PV_SETTING_TEXT,
     .help = "file of its private key",
     .where = offsetof(settings, key)},
    {.key = "cert",
     .kind = PV_SETTING_TEXT,
     .help = "file of its certificate",
     .where = offsetof(settings, cert)},
    {.key = "ca",
     .kind = PV_SETTING_TEXT,
     .help = "file of the authority's certificate",
     .where = offsetof(settings, ca)},
    {.key = "passphrase_file",
     .kind = PV_SETTING_TEXT,
     .help = "file whose first line opens the key",
     .where = offsetof(settings, passphrase_file)},
    {.key = "listen",
     .kind = PV_SETTING_TEXT,
     .help = "HOST:PORT or :PORT to listen on; its address when not given",
     .where = offsetof(settings, listen)},
    {.key = "proxy",
     .kind = PV_SETTING_TEXT,
     .help = "HOST:PORT of an HTTP proxy for dialling out",
     .where = offsetof(settings, proxy)},
    {.key = "paillier",
     .kind = PV_SETTING_TEXT,
     .help = "vertical, features' side: file of its Paillier key; made for the run when not given",
     .where = offsetof(settings, paillier)},
    {.key = "half",
     .kind = PV_SETTING_TEXT,
     .help = "its half of a trained network, as a run of training or privet partition left it",
     .where = offsetof(settings, half)},
    {.key = "model",
     .kind = PV_SETTING_TEXT,
     .help = "complement, the provider: a model with a secret, which is cut when the run begins",
     .where = offsetof(settings, model)},
    {.key = "front",
     .kind = PV_SETTING_TEXT,
     .help = "complement, the provider with a half: the customers' half, to be published",
     .where = offsetof(settings, front)},
    {.key = "order",
     .kind = PV_SETTING_TEXT,
     .help = "order.json of privet align: the common order that its rows are in",
     .where = offsetof(settings, order)},
    {.key = "ids",
     .kind = PV_SETTING_TEXT,
     .help = "align: column or columns that say who a row is about, as in surname,born",
     .where = offsetof(settings, ids)},
    {.key = "missing_ids",
     .kind = PV_SETTING_TEXT,
     .help = "align: error or drop: what to do with rows that do not say who they are about",
     .where = offsetof(settings, missing_ids)},
    {.key = "keep_ids",
     .kind = PV_SETTING_TEXT,
     .help = "align: yes or no: are the columns of ids in what is written",
     .where = offsetof(settings, keep_ids)},
    {.key = "threads",
     .kind = PV_SETTING_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 1024,
     .help = "compute threads here; 0: as the scenario says",
     .where = offsetof(settings, threads)},
    {0},
};

/* ---- is it what it should be? */

static pv_status check_parts(const char *file, const pv_ini_entry *e)
{
    static const char name[] = "dirichlet:";
    char *end;
    if (strcmp(e->value, "iid") == 0) return PV_OK;
    if (strncmp(e->value, name, sizeof name - 1) == 0) {
        double alpha = strtod(e->value + sizeof name - 1, &end);
        if (end != e->value + sizeof name - 1 && *end == '\0' && alpha >= 1e-3 && alpha <= 1e6)
            return PV_OK;
    }
    PV_FAIL(PV_ERR_FORMAT,
            "%s:%d: parts = %s: iid or dirichlet:ALPHA with an ALPHA of 0.001 to 1000000 was "
            "expected",
            file, e->line, e->value);
}

static pv_status check_spec(const char *file, const pv_ini_entry *e)
{
    pv_spec spec;
    pv_status status = pv_spec_parse(&spec, e->value);
    if (status != PV_OK)
        return pv_trail_context(status == PV_ERR_OPTION ? PV_ERR_FORMAT : status, __FILE__,
                                __LINE__, "in %s:%d: %s", file, e->line, e->key);
    pv_spec_clear(&spec);
    return PV_OK;
}

static pv_status check_word(const char *file, const pv_ini_entry *e, const char *a, const char *b)
{
    if (strcmp(e->value, a) == 0 || strcmp(e->value, b) == 0) return PV_OK;
    PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: %s or %s was expected", file, e->line, e->key, e->value,
            a, b);
}

/* An empty value takes back what an earlier section said. */
static pv_status check_value(const char *file, const pv_ini_entry *e)
{
    if (e->value[0] == '\0') return PV_OK;
    if (strcmp(e->key, "data") == 0 || strcmp(e->key, "test") == 0) return check_spec(file, e);
    if (strcmp(e->key, "parts") == 0) return check_parts(file, e);
    if (strcmp(e->key, "listen") == 0) return pv_scenario_address_check(file, e, 1);
    if (strcmp(e->key, "proxy") == 0) return pv_scenario_address_check(file, e, 0);
    if (strcmp(e->key, "missing_ids") == 0) return check_word(file, e, "error", "drop");
    if (strcmp(e->key, "keep_ids") == 0) return check_word(file, e, "no", "yes");
    return PV_OK;
}

static pv_status check_dial(const pv_scenario *s, pv_ini *ini, pv_ini_entry *e)
{
    e->used = 1;
    if (pv_scenario_find(s, e->key + DIAL_SIZE) == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s: the scenario has no party '%s'", ini->name, e->line,
                e->key, e->key + DIAL_SIZE);
    return e->value[0] == '\0' ? PV_OK : pv_scenario_address_check(ini->name, e, 0);
}

pv_status pv_local_check(const pv_scenario *s, pv_ini *ini)
{
    settings ignored;
    for (size_t i = 0; i < ini->count; i++) {
        pv_ini_entry *e = &ini->entry[i];
        if (!pv_local_is_section(e->section)) continue;
        const char *name = e->section + sizeof "local" - 1;
        if (*name != '\0' && pv_scenario_find(s, name + 1) == NULL)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: [%s]: the scenario has no party '%s'", ini->name,
                    e->line, e->section, name + 1);
        if (strncmp(e->key, DIAL, DIAL_SIZE) == 0)
            PV_TRY(check_dial(s, ini, e));
        else
            PV_TRY(check_value(ini->name, e));
    }
    for (size_t i = 0; i < ini->count; i++)
        if (pv_local_is_section(ini->entry[i].section) && !ini->entry[i].used)
            PV_TRY(pv_settings_read(&ignored, table, ini, ini->entry[i].section));
    return PV_OK;
}

/* ---- what holds for one party */

static pv_status copy(char **out, const char *text, size_t size)
{
    char *p = pv_alloc(size + 1, 1);
    if (p == NULL) PV_FAIL_MEMORY(size + 1);
    memcpy(p, text, size);
    p[size] = '\0';
    pv_free(*out);
    *out = p;
    return PV_OK;
}

/* A path that stands in `file`: relative ones begin at its folder. */
static pv_status beside(pv_str *out, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (path[0] != '/' && path[0] != '\0' && slash != NULL)
        PV_TRY(pv_str_append_bytes(out, file, (size_t)(slash + 1 - file)));
    return pv_str_append(out, path);
}

static pv_status set_text(char **out, const char *value)
{
    if (value == NULL) return PV_OK;
    if (value[0] != '\0') return copy(out, value, strlen(value));
    pv_free(*out);
    *out = NULL;
    return PV_OK;
}

static pv_status set_path(char **out, const char *file, const char *value)
{
    pv_str path = {0};
    if (value == NULL) return PV_OK;
    pv_status status = value[0] == '\0' ? PV_OK : beside(&path, file, value);
    if (status == PV_OK) status = set_text(out, pv_str_text(&path));
    pv_str_clear(&path);
    return status;
}

/* The path of a SPEC is made relative to where we are; its kind and options stay. */
static pv_status set_spec(char **out, const char *file, const char *value)
{
    pv_status status = PV_OK;
    pv_spec spec = {0};
    pv_str text = {0};
    if (value == NULL || value[0] == '\0') return set_text(out, value);
    PV_TRY_GOTO(pv_spec_parse(&spec, value));
    if (spec.path[0] == '\0') {
        PV_TRY_GOTO(set_text(out, value));
    } else {
        size_t before = (size_t)(spec.path - spec.pieces);
        PV_TRY_GOTO(pv_str_append_bytes(&text, value, before));
        PV_TRY_GOTO(beside(&text, file, spec.path));
        PV_TRY_GOTO(pv_str_append(&text, value + before + strlen(spec.path)));
        PV_TRY_GOTO(set_text(out, pv_str_text(&text)));
    }
done:
    pv_spec_clear(&spec);
    pv_str_clear(&text);
    return status;
}

static pv_status set_dial(pv_local *l, const pv_scenario *s, const pv_ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->count; i++) {
        const pv_ini_entry *e = &ini->entry[i];
        if (strcmp(e->section, section) != 0 || strncmp(e->key, DIAL, DIAL_SIZE) != 0) continue;
        const pv_scenario_party *p = pv_scenario_find(s, e->key + DIAL_SIZE);
        PV_TRY(set_text(&l->dial[p - s->party], e->value));
    }
    return PV_OK;
}

static pv_status add_section(pv_local *l, const pv_scenario *s, pv_ini *ini, const char *section)
{
    settings x;
    PV_TRY(pv_settings_read(&x, table, ini, section));
    PV_TRY(set_spec(&l->data, ini->name, x.data));
    PV_TRY(set_spec(&l->test, ini->name, x.test));
    PV_TRY(set_text(&l->parts, x.parts));
    PV_TRY(set_path(&l->key, ini->name, x.key));
    PV_TRY(set_path(&l->cert, ini->name, x.cert));
    PV_TRY(set_path(&l->ca, ini->name, x.ca));
    PV_TRY(set_path(&l->passphrase_file, ini->name, x.passphrase_file));
    PV_TRY(set_text(&l->listen, x.listen));
    PV_TRY(set_text(&l->proxy, x.proxy));
    PV_TRY(set_path(&l->paillier, ini->name, x.paillier));
    PV_TRY(set_path(&l->half, ini->name, x.half));
    PV_TRY(set_path(&l->model, ini->name, x.model));
    PV_TRY(set_path(&l->front, ini->name, x.front));
    PV_TRY(set_path(&l->order, ini->name, x.order));
    PV_TRY(set_text(&l->ids, x.ids));
    PV_TRY(set_text(&l->missing_ids, x.missing_ids));
    PV_TRY(set_text(&l->keep_ids, x.keep_ids));
    if (pv_ini_find(ini, section, "threads") != NULL) l->threads = (int)x.threads;
    return set_dial(l, s, ini, section);
}

static pv_status add_file(pv_local *l, const pv_scenario *s, pv_ini *ini, const char *party)
{
    char section[SECTION] = "local ";
    PV_TRY(add_section(l, s, ini, "local"));
    strncat(section, party, sizeof section - strlen(section) - 1);
    return add_section(l, s, ini, section);
}

static pv_status add_extra(pv_local *l, const pv_scenario *s, const char *party, const char *path)
{
    pv_status status = PV_OK;
    pv_ini ini;
    PV_TRY(pv_ini_load(&ini, path));
    for (size_t i = 0; i < ini.count; i++)
        if (!pv_local_is_section(ini.entry[i].section))
            PV_FAIL_GOTO(PV_ERR_FORMAT,
                         "%s:%d: [%s] has no place in a local file; [local] and [local NAME] were "
                         "expected",
                         path, ini.entry[i].line, ini.entry[i].section);
    PV_TRY_GOTO(pv_local_check(s, &ini));
    PV_TRY_GOTO(add_file(l, s, &ini, party));
done:
    pv_ini_clear(&ini);
    return status;
}

pv_status pv_local_load(pv_local *l, pv_scenario *s, const char *party, const char *extra)
{
    pv_status status = PV_OK;
    *l = (pv_local){0};
    const pv_scenario_party *p = pv_scenario_find(s, party);
    if (p == NULL)
        PV_FAIL(PV_ERR_OPTION, "%s names no party '%s'; write [party %s] or take one that is there",
                s->path, party, party);
    l->dials = s->parties;
    l->dial = pv_calloc((size_t)s->parties, sizeof *l->dial);
    if (l->dial == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the addresses of parties");
    PV_TRY_GOTO(add_file(l, s, &s->ini, party));
    if (extra != NULL) PV_TRY_GOTO(add_extra(l, s, party, extra));
    if (l->listen == NULL && p->address != NULL) PV_TRY_GOTO(set_text(&l->listen, p->address));
done:
    if (status != PV_OK) pv_local_clear(l);
    return status;
}

void pv_local_clear(pv_local *l)
{
    char *own[] = {
        l->data,     l->test,  l->parts,    l->key,  l->cert,  l->ca,  l->passphrase_file,
        l->listen,   l->proxy, l->paillier, l->half, l->order, l->ids, l->missing_ids,
        l->keep_ids, l->model, l->front};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) pv_free(own[i]);
    for (int i = 0; l->dial != NULL && i < l->dials; i++) pv_free(l->dial[i]);
    pv_free(l->dial);
    *l = (pv_local){0};
}
