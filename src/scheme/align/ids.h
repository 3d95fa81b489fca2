/* scheme/align/ids.h - who is a row about? identifiers from the columns of a table
 *
 * An identifier is one value, or one of each of several columns. Before it is hashed, each value is
 * normalised, so that what means the same is the same at both parties:
 *
 *     exact    the bytes as they stand in the field, quotes taken off (blanks around an unquoted
 *              field never belong to it)
 *     text     blanks around it taken off, blanks inside made one, letters made small: ASCII, Latin
 *              (Latin-1, Extended-A and Additional), Greek and Cyrillic without their extensions,
 *              by Unicode's full case folding (sharp s is ss). Accents are kept, and so is how they
 *              are encoded: a letter and its accent in two code points are not the one in one
 *              (there is no NFC here), and the Turkish i is folded as elsewhere
 *     digits   the digits 0 to 9, everything else left out: telephone and insurance numbers
 *
 * The values of several columns are joined with their lengths in front, so that no two different
 * lists of values are one identifier. A value that is missing, or empty once normalised, makes the
 * identifier missing. Two rows about the same identifier are refused: which of them would be it?
 */
#ifndef PV_SCHEME_ALIGN_IDS_H
#define PV_SCHEME_ALIGN_IDS_H

#include "codec/csv.h"
#include "crypto/psi/psi.h"

enum { PV_ALIGN_COLUMNS = 16 }; /* of an identifier */

/* Appends value[0..size), UTF-8, normalised (PV_ALIGN_EXACT, ...). */
pv_status pv_align_ids_normalise(pv_str *out, int how, const char *value, size_t size) PV_MUST_USE;

typedef struct pv_align_ids {
    int column[PV_ALIGN_COLUMNS]; /* of the sheet */
    int columns;
    size_t count;
    pv_psi_id *id; /* [count], pointing into text */
    int64_t *row;  /* [count], of the sheet */
    int64_t dropped;
    pv_str text;
} pv_align_ids;

typedef struct pv_align_ids_how {
    const char *path;    /* of the sheet, for messages */
    const char *columns; /* "surname,born" */
    int normalise;
    int drop_missing;
} pv_align_ids_how;

/* Errors: PV_ERR_INPUT (no such column, one named twice, too many; a value missing, rows about the
 * same: with the lines, never the value), PV_ERR_LIMIT, PV_ERR_MEMORY. On failure *ids is cleared.
 */
pv_status pv_align_ids_read(pv_align_ids *ids, const pv_csv_sheet *sheet,
                            const pv_align_ids_how *how) PV_MUST_USE;
void pv_align_ids_clear(pv_align_ids *ids); /* idempotent */

#endif
