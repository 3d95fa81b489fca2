#include "base/ini.h"

#include "base/file.h"
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

/* inih keeps names in 50-byte buffers and silently cuts what is longer. */
enum { NAME_MAX_BYTES = 49 };

typedef struct source {
    const char *at, *end;
    int line, long_line; /* lines handed out; the first that did not fit, or 0 */
    int refused_line;    /* the first whose entry was refused, with its status, or 0 */
    pv_ini *ini;
    pv_status status;
} source;

/* fgets for memory. Blanks at the beginning of a line are dropped: to inih they would make it a
 * continuation of the value above. */
static char *next_line(char *buffer, int size, void *stream)
{
    source *s = stream;
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
    size_t left = (size_t)(s->end - s->at), n = 0;
    if (left == 0) return NULL;
    while (n < left && n < (size_t)size - 1) {
        char c = s->at[n];
        buffer[n++] = c;
        if (c == '\n') break;
    }
    buffer[n] = '\0';
    s->line++;
    if (buffer[n - 1] != '\n' && n < left && s->long_line == 0) s->long_line = s->line;
    s->at += n;
    return buffer;
}

static pv_ini_entry *find(const pv_ini *ini, const char *section, const char *key)
{
    for (size_t i = 0; i < ini->count; i++)
        if (strcmp(ini->entry[i].section, section) == 0 && strcmp(ini->entry[i].key, key) == 0)
            return &ini->entry[i];
    return NULL;
}

static pv_status add(source *s, const char *section, const char *key, const char *value)
{
    pv_ini *ini = s->ini;
    if (section[0] == '\0')
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: '%s' stands in no [section]", ini->name, s->line, key);
    if (key[0] == '\0')
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: a key is missing before '='", ini->name, s->line);
    if (strlen(section) >= NAME_MAX_BYTES)
        PV_FAIL(PV_ERR_LIMIT, "%s:%d: the section name is longer than %d bytes", ini->name, s->line,
                NAME_MAX_BYTES - 1);
    if (ini->count == PV_INI_ENTRIES)
        PV_FAIL(PV_ERR_LIMIT, "%s:%d: more than %d keys; is this the right file?", ini->name,
                s->line, PV_INI_ENTRIES);
    const pv_ini_entry *twin = find(ini, section, key);
    if (twin != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: [%s] %s was already set on line %d; remove one of them",
                ini->name, s->line, section, key, twin->line);
    PV_TRY(pv_grow((void **)&ini->entry, &ini->capacity, ini->count + 1, sizeof *ini->entry));
    pv_ini_entry *e = &ini->entry[ini->count++];
    *e = (pv_ini_entry){.section = pv_strdup(section),
                        .key = pv_strdup(key),
                        .value = pv_strdup(value),
                        .line = s->line};
    if (e->section == NULL || e->key == NULL || e->value == NULL) PV_FAIL_MEMORY(strlen(value));
    return PV_OK;
}

/* inih goes on after an error, so only the first one is kept. Non-zero means fine. */
static int on_entry(void *user, const char *section, const char *key, const char *value)
{
    source *s = user;
    if (s->status == PV_OK && (s->status = add(s, section, key, value)) != PV_OK)
        s->refused_line = s->line;
    return s->status == PV_OK;
}

pv_status pv_ini_parse(pv_ini *ini, const char *name, const void *data, size_t size)
{
    pv_status status = PV_OK;
    *ini = (pv_ini){0};
    if (size > PV_INI_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes, at most %d are read", name, size, PV_INI_MAX);
    ini->name = pv_strdup(name);
    if (ini->name == NULL) PV_FAIL_MEMORY(strlen(name));
    if (size == 0) data = ""; /* NULL is allowed then */
    if (memchr(data, '\0', size) != NULL)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: holds a NUL byte; an INI file is text", name);
    source s = {.at = data, .end = (const char *)data + size, .ini = ini, .status = PV_OK};
    int wrong = ini_parse_stream(next_line, &s, on_entry, &s);
    if (s.long_line != 0)
        PV_FAIL_GOTO(PV_ERR_LIMIT, "%s:%d: the line is too long; shorten it", name, s.long_line);
    if (wrong > 0 && wrong != s.refused_line)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s:%d: '[section]' or 'key = value' was expected", name,
                     wrong);
    PV_TRY_GOTO(s.status);
done:
    if (status != PV_OK) pv_ini_clear(ini);
    return status;
}

pv_status pv_ini_load(pv_ini *ini, const char *path)
{
    pv_bytes file;
    *ini = (pv_ini){0};
    PV_TRY(pv_file_read(&file, path, PV_INI_MAX));
    pv_status status = pv_ini_parse(ini, path, file.data, file.size);
    pv_bytes_clear(&file);
    return status;
}

void pv_ini_clear(pv_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        pv_free(ini->entry[i].section);
        pv_free(ini->entry[i].key);
        pv_free(ini->entry[i].value);
    }
    pv_free(ini->entry);
    pv_free(ini->name);
    *ini = (pv_ini){0};
}

const pv_ini_entry *pv_ini_find(const pv_ini *ini, const char *section, const char *key)
{
    return find(ini, section, key);
}

const char *pv_ini_text(pv_ini *ini, const char *section, const char *key, const char *fallback)
{
    pv_ini_entry *e = find(ini, section, key);
    if (e == NULL) return fallback;
    e->used = 1;
    return e->value;
}

pv_status pv_ini_integer(int64_t *out, pv_ini *ini, const char *section, const char *key,
                         int64_t low, int64_t high)
{
    pv_ini_entry *e = find(ini, section, key);
    char *end;
    if (e == NULL) return PV_OK;
    e->used = 1;
    errno = 0;
    long long x = strtoll(e->value, &end, 10);
    if (end == e->value || *end != '\0')
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: an integer was expected", ini->name, e->line, key,
                e->value);
    if (errno == ERANGE || x < low || x > high)
        PV_FAIL(PV_ERR_RANGE, "%s:%d: %s = %s: must be %lld to %lld", ini->name, e->line, key,
                e->value, (long long)low, (long long)high);
    *out = x;
    return PV_OK;
}

pv_status pv_ini_real(double *out, pv_ini *ini, const char *section, const char *key, double low,
                      double high)
{
    pv_ini_entry *e = find(ini, section, key);
    char *end;
    if (e == NULL) return PV_OK;
    e->used = 1;
    double x = strtod(e->value, &end);
    if (end == e->value || *end != '\0')
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: a number was expected", ini->name, e->line, key,
                e->value);
    if (!(x >= low && x <= high))
        PV_FAIL(PV_ERR_RANGE, "%s:%d: %s = %s: must be %g to %g", ini->name, e->line, key, e->value,
                low, high);
    *out = x;
    return PV_OK;
}

pv_status pv_ini_unused(const pv_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++)
        if (!ini->entry[i].used)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: [%s] %s is not known here; check its spelling",
                    ini->name, ini->entry[i].line, ini->entry[i].section, ini->entry[i].key);
    return PV_OK;
}
