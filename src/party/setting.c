#include "party/setting.h"

#include "base/spelling.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

static int choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    int i = 0;
    for (const char *c = choices; n > 0; c++, i++) {
        const char *end = strchr(c, '|');
        size_t length = end == NULL ? strlen(c) : (size_t)(end - c);
        if (length == n && strncmp(c, value, n) == 0) return i;
        if (end == NULL) break;
        c = end;
    }
    return -1;
}

static pv_status read_number(void *target, const pv_setting *s, pv_ini *ini, const char *section)
{
    int bounded = s->low != s->high;
    if (s->kind == PV_SETTING_INTEGER) {
        int64_t *out = target;
        if (s->fallback != NULL) *out = strtoll(s->fallback, NULL, 10);
        return pv_ini_integer(out, ini, section, s->key, bounded ? (int64_t)s->low : INT64_MIN,
                              bounded ? (int64_t)s->high : INT64_MAX);
    }
    double *out = target;
    if (s->fallback != NULL) *out = strtod(s->fallback, NULL);
    return pv_ini_real(out, ini, section, s->key, bounded ? s->low : -DBL_MAX,
                       bounded ? s->high : DBL_MAX);
}

static pv_status read_one(void *out, const pv_setting *s, pv_ini *ini, const char *section)
{
    void *target = (char *)out + s->where;
    const pv_ini_entry *e = pv_ini_find(ini, section, s->key);
    const char *value = pv_ini_text(ini, section, s->key, s->fallback);
    if (value == NULL && s->kind != PV_SETTING_TEXT)
        PV_FAIL(PV_ERR_FORMAT, "%s: [%s] %s is missing: %s", ini->name, section, s->key, s->help);
    switch (s->kind) {
    case PV_SETTING_INTEGER:
    case PV_SETTING_REAL:
        return read_number(target, s, ini, section);
    case PV_SETTING_FLAG:
        *(int *)target = strcmp(value, "yes") == 0;
        if (*(int *)target == 0 && strcmp(value, "no") != 0)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: yes or no was expected", ini->name,
                    e == NULL ? 0 : e->line, s->key, value);
        return PV_OK;
    case PV_SETTING_CHOICE:
        *(int *)target = choice(s->choices, value);
        if (*(int *)target < 0)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s: must be one of %s", ini->name,
                    e == NULL ? 0 : e->line, s->key, value, s->choices);
        return PV_OK;
    case PV_SETTING_TEXT:
        *(const char **)target = value;
        return PV_OK;
    }
    PV_FAIL(PV_ERR_USAGE, "the table of [%s] has a setting '%s' of no kind", section, s->key);
}

/* Keys that somebody else asked for are not this table's business. */
static pv_status refuse_unknown(const pv_setting *table, const pv_ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->count; i++) {
        const pv_ini_entry *e = &ini->entry[i];
        if (e->used || strcmp(e->section, section) != 0) continue;
        pv_spelling near = pv_spelling_of(e->key);
        for (const pv_setting *s = table; s->key != NULL; s++) pv_spelling_try(&near, s->key);
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: [%s] knows no key '%s'%s%s", ini->name, e->line, section,
                e->key, near.best == NULL ? "; take it out" : "; did you mean ",
                near.best == NULL ? "" : near.best);
    }
    return PV_OK;
}

pv_status pv_settings_read(void *out, const pv_setting *table, pv_ini *ini, const char *section)
{
    for (const pv_setting *s = table; s->key != NULL; s++) PV_TRY(read_one(out, s, ini, section));
    return refuse_unknown(table, ini, section);
}
