/* report/findings_fields.h - every field of findings.json, described once
 *
 * Writing, reading and freeing walk the same tables, so none of them can forget a field. The order
 * of a table is the order of the keys in the file.
 */
#ifndef PV_REPORT_FINDINGS_FIELDS_H
#define PV_REPORT_FINDINGS_FIELDS_H

#include "report/findings.h"

typedef enum pv_field_kind {
    PV_FIELD_END = 0,
    PV_FIELD_TEXT,     /* char *, NULL is null */
    PV_FIELD_PICTURE,  /* the same, base64 */
    PV_FIELD_REAL,     /* double, NaN is null; a number lies in [low, high] */
    PV_FIELD_INT,      /* int in [low, high]; -1 is null where low is -1 */
    PV_FIELD_WIDE,     /* int64_t, likewise */
    PV_FIELD_SEED,     /* uint64_t up to 2^53 - 1 */
    PV_FIELD_FLAG,     /* int, true or false */
    PV_FIELD_INTERVAL, /* pv_interval: [low, high], each NaN or in [0, 1] */
    PV_FIELD_OBJECT,   /* a struct with its own fields */
    PV_FIELD_LIST,     /* a pointer to `size` bytes each, as many as the int at `count` */
    PV_FIELD_LATER,    /* a list that files of earlier programs lack: none of it then */
    PV_FIELD_SHOWN,    /* worked out from the others; written for readers, not read */
} pv_field_kind;

typedef struct pv_field {
    const char *key;
    pv_field_kind kind;
    size_t where; /* offsetof */
    double low, high;
    const struct pv_field *fields;        /* of an object, of a list's elements */
    size_t size, count;                   /* of a list */
    json_t *(*show)(const void *element); /* PV_FIELD_SHOWN */
} pv_field;

extern const pv_field pv_findings_fields[]; /* of a pv_findings; ends with PV_FIELD_END */

#define PV_FINDINGS_SCHEMA_NAME "privet-findings"

#endif
