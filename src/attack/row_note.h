/* attack/row_note.h - what a party noted about rows: a list of row numbers and a vector for each
 *
 * The two notes of `vertical` are of this form (scheme/vertical/messages.h): "activation-gradient"
 * {index i64 [rows], gradient f32 [rows,d]} and "logits" {index i64 [rows], logits f32 [rows,c],
 * ...}.
 */
#ifndef PV_ATTACK_ROW_NOTE_H
#define PV_ATTACK_ROW_NOTE_H

#include "view/view.h"

typedef struct pv_row_note {
    pv_view_payload payload; /* everything in it, further parts included */
    const int64_t *index;    /* [rows], none below zero */
    const float *value;      /* [rows, width], all finite */
    int64_t rows, width;
    char what[96]; /* "the logits noted at step 3", for errors */
} pv_row_note;

/* The first view that has records of this kind (notes: PV_VIEW_DERIVED) and type whose bytes were
 * kept. PV_ERR_NOT_FOUND, naming the retention if that is why. */
pv_status pv_row_note_choose(const pv_view **out, const pv_view *const *view, int views,
                             pv_view_kind kind, const char *type) PV_MUST_USE;
int pv_row_note_is(const pv_view *view, uint64_t record, const char *type);
/* part: name of the values; width: what it must be, -1: any. PV_ERR_PEER, PV_ERR_RANGE. */
pv_status pv_row_note_load(pv_row_note *n, const pv_view *view, uint64_t record, const char *type,
                           const char *part, int64_t width) PV_MUST_USE;
void pv_row_note_clear(pv_row_note *n); /* idempotent */

/* ---- the rows of many notes. index [count]: row numbers as the notes have them; afterwards each
 * once, ascending, *rows of them. row [count]: position of each in index. */
pv_status pv_row_note_number(int64_t *index, int32_t *row, int64_t *rows,
                             int64_t count) PV_MUST_USE;
/* Position of a row number in index [rows]; -1: not there. */
int64_t pv_row_note_find(const int64_t *index, int64_t rows, int64_t number);

#endif
