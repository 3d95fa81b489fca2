#include "party/scenario_i.h"

#include "base/spelling.h"
#include "net/address.h"
#include "net/hub.h"
#include <string.h>

enum { PARTIES = PV_HUB_PEERS };

static const char PARTY[] = "party ";
static const char PIN[] = "sha256:";

typedef struct settings {
    const char *name, *scheme, *model, *ca;
    int64_t seed, threads, min_parties;
    int on_loss;
    double loss_timeout;
} settings;

static const pv_setting table[] = {
    {.key = "name",
     .kind = PV_SETTING_TEXT,
     .help = "a name for people",
     .where = offsetof(settings, name)},
    {.key = "scheme",
     .kind = PV_SETTING_TEXT,
     .help = "how the parties work together; privet list schemes names them",
     .where = offsetof(settings, scheme)},
    {.key = "model",
     .kind = PV_SETTING_TEXT,
     .help = "what is trained; privet list models names them",
     .where = offsetof(settings, model)},
    {.key = "seed",
     .kind = PV_SETTING_INTEGER,
     .fallback = "1",
     .low = 0,
     .high = 9007199254740991.0,
     .help = "of all that is random and no secret: weights, batches, splits",
     .where = offsetof(settings, seed)},
    {.key = "threads",
     .kind = PV_SETTING_INTEGER,
     .fallback = "1",
     .low = 1,
     .high = 1024,
     .help = "compute threads of each party",
     .where = offsetof(settings, threads)},
    {.key = "on_loss",
     .kind = PV_SETTING_CHOICE,
     .fallback = "wait",
     .choices = "wait|proceed",
     .help = "what happens when a party is lost",
     .where = offsetof(settings, on_loss)},
    {.key = "min_parties",
     .kind = PV_SETTING_INTEGER,
     .fallback = "0",
     .low = 1,
     .high = PARTIES,
     .help = "with on_loss = proceed: so many of each role are never given up",
     .where = offsetof(settings, min_parties)},
    {.key = "loss_timeout",
     .kind = PV_SETTING_REAL,
     .fallback = "60",
     .low = 0.01,
     .high = 1e6,
     .help = "with on_loss = proceed: seconds without the message that is waited for, after which "
             "its sender is given up",
     .where = offsetof(settings, loss_timeout)},
    {.key = "ca",
     .kind = PV_SETTING_TEXT,
     .help = "sha256:... of the authority's certificate",
     .where = offsetof(settings, ca)},
    {0},
};

typedef struct party_settings {
    const char *role, *address, *cert;
} party_settings;

static const pv_setting party_table[] = {
    {.key = "role",
     .kind = PV_SETTING_TEXT,
     .help = "what it does in the scheme",
     .where = offsetof(party_settings, role)},
    {.key = "address",
     .kind = PV_SETTING_TEXT,
     .help = "HOST:PORT where others reach it; without one it only dials out",
     .where = offsetof(party_settings, address)},
    {.key = "cert",
     .kind = PV_SETTING_TEXT,
     .help = "sha256:... of its certificate",
     .where = offsetof(party_settings, cert)},
    {0},
};

/* ---- what the sections are */

int pv_local_is_section(const char *section)
{
    return strcmp(section, "local") == 0 || strncmp(section, "local ", 6) == 0;
}

static pv_status check_sections(const pv_scenario *s)
{
    static const char *const known[] = {"scenario", "schema", "scheme", "view", "party", "local"};
    for (size_t i = 0; i < s->ini.count; i++) {
        const pv_ini_entry *e = &s->ini.entry[i];
        pv_spelling near = pv_spelling_of(e->section);
        int found =
            pv_local_is_section(e->section) || strncmp(e->section, PARTY, sizeof PARTY - 1) == 0;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            pv_spelling_try(&near, known[k]);
            found = found || (k < 4 && strcmp(e->section, known[k]) == 0);
        }
        if (found) continue;
        if (strcmp(e->section, "party") == 0)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: [party] has no name; write [party NAME]", s->path,
                    e->line);
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: there is no section [%s]%s%s%s", s->path, e->line,
                e->section, near.best == NULL ? "" : ", did you mean [",
                near.best == NULL ? "" : near.best, near.best == NULL ? "" : "]?");
    }
    return PV_OK;
}

/* One line each section and key, so that two of them can be compared line by line. */
static pv_status write_agreement(pv_scenario *s)
{
    const char *section = "";
    for (size_t i = 0; i < s->ini.count; i++) {
        const pv_ini_entry *e = &s->ini.entry[i];
        if (pv_local_is_section(e->section)) continue;
        if (strcmp(section, e->section) != 0)
            PV_TRY(pv_str_printf(&s->agreement, "[%s]\n", e->section));
        section = e->section;
        PV_TRY(pv_str_printf(&s->agreement, "%s = %s\n", e->key, e->value));
    }
    return pv_hash_of(&s->hash, pv_str_text(&s->agreement), s->agreement.size);
}

/* ---- values */

static pv_status read_pin(pv_hash *out, int *pinned, const pv_ini *ini, const char *section,
                          const char *key, const char *value)
{
    *pinned = value != NULL;
    if (value == NULL) return PV_OK;
    int line = pv_ini_find(ini, section, key)->line;
    const size_t n = sizeof PIN - 1;
    if (strncmp(value, PIN, n) != 0 || pv_hash_parse(out, value + n) != PV_OK) {
        pv_trail_clear();
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%d: %s = %s: sha256: and 64 hexadecimal digits were expected, as privet keys "
                "prints them",
                ini->name, line, key, value);
    }
    return PV_OK;
}

pv_status pv_scenario_address_check(const char *file, const pv_ini_entry *e, int may_be_any)
{
    pv_address a;
    if (pv_address_parse(&a, e->value, may_be_any) == PV_OK) return PV_OK;
    pv_trail_clear();
    PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: HOST:PORT or [IPV6]:PORT%s was expected", file, e->line,
            e->key, e->value, may_be_any ? " or :PORT" : "");
}

/* pv_party_name_check does not know where the name stands. */
static pv_status check_name(const pv_scenario *s, int line, const char *what, const char *name)
{
    if (pv_party_name_check(name) == PV_OK) return PV_OK;
    pv_trail_clear();
    PV_FAIL(PV_ERR_FORMAT,
            "%s:%d: '%s' is no name of a %s: 1 to %d of a-z, 0-9 and '-' were expected, a letter "
            "first",
            s->path, line, name, what, PV_PARTY_NAME - 1);
}

static pv_status read_scenario(pv_scenario *s)
{
    settings x;
    PV_TRY(pv_settings_read(&x, table, &s->ini, "scenario"));
    if (x.scheme == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scenario] scheme is missing: %s", s->path, table[1].help);
    PV_TRY(check_name(s, pv_ini_find(&s->ini, "scenario", "scheme")->line, "scheme", x.scheme));
    s->name = x.name == NULL ? x.scheme : x.name;
    s->scheme = x.scheme;
    s->model = x.model;
    s->seed = (uint64_t)x.seed;
    s->threads = (int)x.threads;
    s->on_loss = x.on_loss == 0 ? PV_LOSS_WAIT : PV_LOSS_PROCEED;
    s->min_parties = (int)x.min_parties;
    s->loss_timeout = x.loss_timeout;
    static const char *const only[] = {"min_parties", "loss_timeout"};
    for (int i = 0; i < 2 && s->on_loss == PV_LOSS_WAIT; i++) {
        const pv_ini_entry *e = pv_ini_find(&s->ini, "scenario", only[i]);
        if (e != NULL)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s means something with on_loss = proceed only", s->path,
                    e->line, only[i]);
    }
    if (s->on_loss == PV_LOSS_PROCEED && s->min_parties == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: on_loss = proceed needs min_parties, %s", s->path,
                pv_ini_find(&s->ini, "scenario", "on_loss")->line,
                "so many of each role are never given up");
    return read_pin(&s->ca, &s->ca_pinned, &s->ini, "scenario", "ca", x.ca);
}

/* ---- parties */

static pv_status add_party(pv_scenario *s, size_t *capacity, const char *section, int line)
{
    party_settings x;
    const char *name = section + sizeof PARTY - 1;
    PV_TRY(check_name(s, line, "party", name));
    if (s->parties == PARTIES)
        PV_FAIL(PV_ERR_LIMIT, "%s:%d: more than %d parties", s->path, line, PARTIES);
    PV_TRY(pv_settings_read(&x, party_table, &s->ini, section));
    if (x.role == NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: [%s] role is missing: %s", s->path, line, section,
                party_table[0].help);
    PV_TRY(check_name(s, pv_ini_find(&s->ini, section, "role")->line, "role", x.role));
    if (x.address != NULL)
        PV_TRY(pv_scenario_address_check(s->path, pv_ini_find(&s->ini, section, "address"), 0));
    PV_TRY(pv_grow((void **)&s->party, capacity, (size_t)s->parties + 1, sizeof *s->party));
    pv_scenario_party *p = &s->party[s->parties];
    *p = (pv_scenario_party){.line = line};
    s->parties++;
    PV_TRY(read_pin(&p->fingerprint, &p->pinned, &s->ini, section, "cert", x.cert));
    p->name = pv_strdup(name);
    p->role = pv_strdup(x.role);
    p->address = x.address == NULL ? NULL : pv_strdup(x.address);
    if (p->name == NULL || p->role == NULL || (p->address == NULL) != (x.address == NULL))
        PV_FAIL_MEMORY(PV_PARTY_NAME);
    return PV_OK;
}

static int line_of(const pv_scenario *s, const pv_scenario_party *p, const char *key)
{
    for (size_t i = 0; i < s->ini.count; i++) {
        const pv_ini_entry *e = &s->ini.entry[i];
        if (strncmp(e->section, PARTY, sizeof PARTY - 1) == 0 &&
            strcmp(e->section + sizeof PARTY - 1, p->name) == 0 && strcmp(e->key, key) == 0)
            return e->line;
    }
    return p->line;
}

static pv_status check_twins(const pv_scenario *s)
{
    for (int i = 1; i < s->parties; i++)
        for (int k = 0; k < i; k++) {
            const pv_scenario_party *a = &s->party[k], *b = &s->party[i];
            if (a->address != NULL && b->address != NULL && strcmp(a->address, b->address) == 0)
                PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s has the address %s, and so has %s on line %d",
                        s->path, line_of(s, b, "address"), b->name, b->address, a->name,
                        line_of(s, a, "address"));
            if (a->pinned && b->pinned && pv_hash_equal(&a->fingerprint, &b->fingerprint))
                PV_FAIL(PV_ERR_FORMAT,
                        "%s:%d: %s has the certificate of %s on line %d; each party needs its own",
                        s->path, line_of(s, b, "cert"), b->name, a->name, line_of(s, a, "cert"));
        }
    return PV_OK;
}

static pv_status read_parties(pv_scenario *s)
{
    size_t capacity = 0;
    for (size_t i = 0; i < s->ini.count; i++) {
        const char *section = s->ini.entry[i].section;
        if (strncmp(section, PARTY, sizeof PARTY - 1) != 0) continue;
        if (pv_scenario_find(s, section + sizeof PARTY - 1) != NULL) continue;
        PV_TRY(add_party(s, &capacity, section, s->ini.entry[i].line));
    }
    if (s->parties == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: names no party; write a section [party NAME] for each",
                s->path);
    if (s->min_parties > s->parties)
        PV_FAIL(PV_ERR_RANGE, "%s:%d: min_parties = %d: there are only %d parties", s->path,
                pv_ini_find(&s->ini, "scenario", "min_parties")->line, s->min_parties, s->parties);
    return check_twins(s);
}

/* ---- doors */

static pv_status understand(pv_scenario *s)
{
    PV_TRY(check_sections(s));
    PV_TRY(read_scenario(s));
    PV_TRY(pv_schema_read(&s->schema, &s->ini));
    PV_TRY(read_parties(s));
    PV_TRY(pv_local_check(s, &s->ini));
    return write_agreement(s);
}

pv_status pv_scenario_parse(pv_scenario *s, const char *path, const void *text, size_t size)
{
    pv_status status = PV_OK;
    *s = (pv_scenario){.path = pv_strdup(path)};
    if (s->path == NULL) PV_FAIL_MEMORY(strlen(path));
    PV_TRY_GOTO(pv_ini_parse(&s->ini, path, text, size));
    PV_TRY_GOTO(understand(s));
done:
    if (status != PV_OK) pv_scenario_clear(s);
    return status;
}

pv_status pv_scenario_load(pv_scenario *s, const char *path)
{
    pv_bytes file;
    *s = (pv_scenario){0};
    PV_TRY(pv_file_read(&file, path, PV_INI_MAX));
    pv_status status = pv_scenario_parse(s, path, file.data, file.size);
    pv_bytes_clear(&file);
    return status;
}

void pv_scenario_clear(pv_scenario *s)
{
    for (int i = 0; i < s->parties; i++) {
        pv_free(s->party[i].name);
        pv_free(s->party[i].role);
        pv_free(s->party[i].address);
    }
    pv_free(s->party);
    pv_schema_clear(&s->schema);
    pv_str_clear(&s->agreement);
    pv_ini_clear(&s->ini);
    pv_free(s->path);
    *s = (pv_scenario){0};
}

const pv_scenario_party *pv_scenario_find(const pv_scenario *s, const char *party)
{
    for (int i = 0; i < s->parties; i++)
        if (strcmp(s->party[i].name, party) == 0) return &s->party[i];
    return NULL;
}

int pv_scenario_count(const pv_scenario *s, const char *role)
{
    int n = 0;
    for (int i = 0; i < s->parties; i++) n += strcmp(s->party[i].role, role) == 0;
    return n;
}

int pv_scenario_rank(const pv_scenario *s, const char *party)
{
    const pv_scenario_party *p = pv_scenario_find(s, party);
    int n = 0;
    for (const pv_scenario_party *q = s->party; p != NULL && q < p; q++)
        n += strcmp(q->role, p->role) == 0;
    return n;
}

pv_status pv_scenario_unused(const pv_scenario *s)
{
    return pv_ini_unused(&s->ini);
}

pv_status pv_scenario_retention(pv_retention *out, pv_scenario *s, const pv_message_type *type)
{
    *out = type->retention;
    const char *word = pv_ini_text(&s->ini, "view", type->name, NULL);
    if (word == NULL) return PV_OK;
    pv_status status = pv_retention_parse(out, word);
    if (status == PV_OK || status == PV_ERR_MEMORY) return status;
    pv_trail_clear();
    PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: full, digest or every:N was expected", s->path,
            pv_ini_find(&s->ini, "view", type->name)->line, type->name, word);
}
