/* base/ini.h - INI files: sections, keys and the lines they stand on
 *
 *     # a comment
 *     [party hospital]
 *     role = owner
 *     address = 10.0.0.2:7000
 *
 * Everything is read into memory, in the order of the file; whoever understands the file then takes
 * each key by name and at the end asks pv_ini_unused whether one was not understood. Errors name
 * the file and the line: no '=', a key outside any section, a line of 200 bytes or more, a key that
 * its section already has, bytes that are not text. A section may be continued further down. Blanks
 * at the beginning of a line mean nothing; a ';' after a blank begins a comment. Parsing is inih's.
 */
#ifndef PV_BASE_INI_H
#define PV_BASE_INI_H

#include "base/mem.h"

typedef struct pv_ini_entry {
    char *section, *key, *value; /* as written, outer blanks removed */
    int line;
    int used;
} pv_ini_entry;

typedef struct pv_ini {
    char *name; /* of the file, for errors */
    pv_ini_entry *entry;
    size_t count, capacity;
} pv_ini;

enum { PV_INI_MAX = 1 << 20, PV_INI_ENTRIES = 4096 }; /* most bytes and keys of a file */

/* On failure *ini is cleared. Errors: PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_MEMORY; of load also
 * those of pv_file_read. */
pv_status pv_ini_parse(pv_ini *ini, const char *name, const void *data, size_t size) PV_MUST_USE;
pv_status pv_ini_load(pv_ini *ini, const char *path) PV_MUST_USE;
void pv_ini_clear(pv_ini *ini); /* idempotent */

/* The entry, not marked as used; NULL when it is not there. */
const pv_ini_entry *pv_ini_find(const pv_ini *ini, const char *section, const char *key);

/* The value of a key, marked as used; fallback (which may be NULL) when it is not there. */
const char *pv_ini_text(pv_ini *ini, const char *section, const char *key, const char *fallback);

/* The same as a number in [low, high]; *out keeps its value when the key is not there. Errors:
 * PV_ERR_FORMAT, PV_ERR_RANGE, both with file and line. */
pv_status pv_ini_integer(int64_t *out, pv_ini *ini, const char *section, const char *key,
                         int64_t low, int64_t high) PV_MUST_USE;
pv_status pv_ini_real(double *out, pv_ini *ini, const char *section, const char *key, double low,
                      double high) PV_MUST_USE;

/* PV_ERR_FORMAT naming the first key that nobody asked for. */
pv_status pv_ini_unused(const pv_ini *ini) PV_MUST_USE;

#endif
