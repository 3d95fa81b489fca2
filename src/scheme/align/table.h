/* scheme/align/table.h - a party's table: read from what its local file says, written in the common
 * order
 *
 * data = csv:FILE, without options: the columns are taken as they are, whatever they mean.
 */
#ifndef PV_SCHEME_ALIGN_TABLE_H
#define PV_SCHEME_ALIGN_TABLE_H

#include "crypto/identity/hash.h"
#include "scheme/align/align.h"
#include "scheme/align/ids.h"

typedef struct pv_align_table {
    char *path;
    pv_bytes file;
    pv_hash hash; /* of the file */
    pv_csv_sheet sheet;
    pv_align_ids ids;
    int keep_ids;
} pv_align_table;

/* who: the party, for messages. On failure *t is cleared. Errors: PV_ERR_INPUT (no data, no ids, no
 * column left, a SPEC that is no csv:FILE), those of reading and of the ids. */
pv_status pv_align_table_open(pv_align_table *t, const pv_align_options *o, const pv_local *l,
                              const char *who) PV_MUST_USE;
void pv_align_table_clear(pv_align_table *t); /* idempotent */

/* Rows row[0..count) of the sheet, with the first line, into a file of mode 0600. */
pv_status pv_align_table_write(const pv_align_table *t, const char *path, const uint32_t *row,
                               size_t count) PV_MUST_USE;

#endif
