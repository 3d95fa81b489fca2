#include "data/spec.h"

#include "privet/data.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_spec_clear(pv_spec *spec)
{
    pv_free((char *)spec->text);
    pv_free(spec->pieces);
    *spec = (pv_spec){0};
}

static pv_status parse_options(pv_spec *spec, char *p)
{
    for (char *next; p != NULL; p = next) {
        next = strchr(p, '&');
        if (next != NULL) *next++ = '\0';
        char *equals = strchr(p, '=');
        if (equals == NULL || equals == p || equals[1] == '\0')
            PV_FAIL(PV_ERR_OPTION, "%s: '%s' is no option; write KEY=VALUE, several joined by '&'",
                    spec->text, p);
        *equals = '\0';
        if (pv_spec_get(spec, p) != NULL)
            PV_FAIL(PV_ERR_OPTION, "%s: option '%s' is given twice; leave one out", spec->text, p);
        if (spec->n == PV_SPEC_OPTIONS)
            PV_FAIL(PV_ERR_OPTION, "%s: more than %d options", spec->text, PV_SPEC_OPTIONS);
        spec->option[spec->n].key = p;
        spec->option[spec->n++].value = equals + 1;
    }
    return PV_OK;
}

pv_status pv_spec_parse(pv_spec *spec, const char *text)
{
    pv_status status = PV_OK;
    *spec = (pv_spec){.text = pv_strdup(text), .pieces = pv_strdup(text)};
    if (spec->text == NULL || spec->pieces == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the data spec");
    char *p = spec->pieces, *options = strrchr(p, '?'), *colon = strchr(p, ':');
    if (options != NULL && colon != NULL && options < colon) colon = NULL;
    if (options != NULL) *options++ = '\0';
    if (colon != NULL) *colon++ = '\0';
    spec->kind = p;
    spec->path = colon != NULL ? colon : "";
    PV_TRY_GOTO(parse_options(spec, options));
done:
    if (status != PV_OK) pv_spec_clear(spec);
    return status;
}

const char *pv_spec_get(const pv_spec *spec, const char *key)
{
    for (int i = 0; i < spec->n; i++)
        if (strcmp(spec->option[i].key, key) == 0) return spec->option[i].value;
    return NULL;
}

pv_status pv_spec_int(const pv_spec *spec, const char *key, int64_t fallback, int64_t min,
                      int64_t max, int64_t *value)
{
    const char *text = pv_spec_get(spec, key);
    char *end;
    *value = fallback;
    if (text == NULL) return PV_OK;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || strchr("+- \t", text[0]) != NULL || v < min || v > max)
        PV_FAIL(PV_ERR_OPTION, "%s: %s=%s: a whole number from %lld to %lld is expected",
                spec->text, key, text, (long long)min, (long long)max);
    *value = v;
    return PV_OK;
}

pv_status pv_spec_word(const pv_spec *spec, const char *key, const char *const *words, int *number)
{
    const char *text = pv_spec_get(spec, key);
    char known[128] = "";
    *number = 0;
    if (text == NULL) return PV_OK;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *number = i;
            return PV_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : " or ", words[i]);
    }
    PV_FAIL(PV_ERR_OPTION, "%s: %s=%s: %s is expected", spec->text, key, text, known);
}

pv_status pv_spec_split(const pv_spec *spec, int *test)
{
    static const char *const words[] = {"train", "test", NULL};
    return pv_spec_word(spec, "split", words, test);
}

pv_status pv_spec_test(pv_str *out, const char *spec, int *changed)
{
    const char *options = strrchr(spec, '?');
    int named = options != NULL && strstr(options, "split=") != NULL;
    int change = !named && pv_data_has_test_split(spec);
    if (changed != NULL) *changed = change;
    PV_TRY(pv_str_append(out, spec));
    if (!change) return PV_OK;
    return pv_str_append(out, options == NULL ? "?split=test" : "&split=test");
}
