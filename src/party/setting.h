/* party/setting.h - one section of a scenario into a struct, by a table
 *
 * As cli/option.h does for the command line: a table says which keys there are, their ranges,
 * defaults and what they mean; parsing, messages and documentation (`privet list schemes`) come
 * from it. A table is all that its section may hold: another key is refused with the nearest known
 * one, unless somebody took it by pv_ini_text before.
 *
 *     PV_SETTING_INTEGER  int64_t in [low, high]; low == high: unbounded
 *     PV_SETTING_REAL     double in [low, high]; likewise, but always finite
 *     PV_SETTING_FLAG     int: yes or no
 *     PV_SETTING_CHOICE   int: index into choices "fedavg|fedsgd"
 *     PV_SETTING_TEXT     const char *, living as long as the scenario; NULL without fallback
 */
#ifndef PV_PARTY_SETTING_H
#define PV_PARTY_SETTING_H

#include "base/ini.h"

typedef enum pv_setting_kind {
    PV_SETTING_INTEGER = 1,
    PV_SETTING_REAL,
    PV_SETTING_FLAG,
    PV_SETTING_CHOICE,
    PV_SETTING_TEXT,
} pv_setting_kind;

typedef struct pv_setting {
    const char *key; /* NULL ends the table */
    pv_setting_kind kind;
    const char *fallback; /* as one would write it; NULL: must be given (TEXT: may be missing) */
    double low, high;
    const char *choices;
    const char *help; /* one sentence, no final stop */
    size_t where;
} pv_setting;

/* Fills out from ini's section, marking its keys as used. Errors: PV_ERR_FORMAT, PV_ERR_RANGE with
 * file, line, key, what is allowed. */
pv_status pv_settings_read(void *out, const pv_setting *table, pv_ini *ini,
                           const char *section) PV_MUST_USE;

#endif
