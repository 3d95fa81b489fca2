#include "attack/attack.h"

#include "base/str.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *pv_attack_option_get(const pv_attack *a, const pv_attack_option *option, int options,
                                 const char *name)
{
    for (const pv_attack_option *o = a->options; o->name != NULL; o++) {
        if (strcmp(o->name, name) != 0) continue;
        for (int i = options; i-- > 0;)
            if (strcmp(option[i].name, name) == 0) return option[i].value;
        return o->value;
    }
    return NULL;
}

pv_status pv_attack_option_check(const pv_attack *a, const pv_attack_option *option, int options)
{
    pv_str all = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < options; i++) {
        if (pv_attack_option_get(a, option, options, option[i].name) != NULL) continue;
        for (const pv_attack_option *o = a->options; o->name != NULL; o++)
            PV_TRY_GOTO(pv_str_printf(&all, "%s%s", o == a->options ? "" : ", ", o->name));
        PV_FAIL_GOTO(PV_ERR_OPTION, "the attack %s has no option '%s'; it has %s", a->name,
                     option[i].name, all.size == 0 ? "none" : pv_str_text(&all));
    }
done:
    pv_str_clear(&all);
    return status;
}

pv_status pv_attack_option_number(double *out, const pv_attack *a, const pv_attack_option *option,
                                  int options, const char *name, double low, double high)
{
    const char *text = pv_attack_option_get(a, option, options, name);
    char *end = NULL;
    *out = text == NULL ? NAN : strtod(text, &end);
    if (text == NULL || end == text || *end != '\0' || !(*out >= low && *out <= high))
        PV_FAIL(PV_ERR_OPTION, "%s: %s is '%s'; a number from %g to %g was expected", a->name, name,
                text == NULL ? "" : text, low, high);
    return PV_OK;
}

pv_status pv_attack_option_count(int64_t *out, const pv_attack *a, const pv_attack_option *option,
                                 int options, const char *name, int64_t low, int64_t high)
{
    double value;
    PV_TRY(pv_attack_option_number(&value, a, option, options, name, (double)low, (double)high));
    if (value != floor(value))
        PV_FAIL(PV_ERR_OPTION, "%s: %s is %g; a whole number was expected", a->name, name, value);
    *out = (int64_t)value;
    return PV_OK;
}

pv_status pv_attack_option_choice(int *out, const pv_attack *a, const pv_attack_option *option,
                                  int options, const char *name, const char *words)
{
    const char *text = pv_attack_option_get(a, option, options, name);
    size_t n = text == NULL ? 0 : strlen(text);
    *out = 0;
    for (const char *word = words; n > 0; word++, ++*out) {
        size_t length = strcspn(word, "|");
        if (length == n && strncmp(word, text, n) == 0) return PV_OK;
        word += length;
        if (*word == '\0') break;
    }
    PV_FAIL(PV_ERR_OPTION, "%s: %s is '%s'; one of %s was expected", a->name, name,
            text == NULL ? "" : text, words);
}
