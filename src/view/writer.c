#include "view/view_i.h"

#include "base/mem.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

struct pv_view_writer {
    pv_tape tape;
    pv_view_head head; /* the header as it is in the file */
    pv_view_position at;
};

static pv_status begin(pv_view_writer **w, pv_bytes *header_bytes, const char *path,
                       const pv_view_header *header)
{
    pv_hash hash;
    pv_status status = PV_OK;
    *w = NULL;
    *header_bytes = (pv_bytes){0};
    PV_TRY(pv_view_header_check(header, PV_ERR_USAGE, path));
    pv_view_writer *new = pv_calloc(1, sizeof *new);
    if (new == NULL) PV_FAIL_MEMORY(sizeof *new);
    new->tape.fd = -1;
    PV_TRY_GOTO(pv_view_header_encode(header_bytes, &hash, header));
    PV_TRY_GOTO(pv_view_head_parse(&new->head, path, header_bytes->data, header_bytes->size));
    *w = new;
done:
    if (status != PV_OK) {
        pv_view_writer_free(new);
        pv_bytes_clear(header_bytes);
    }
    return status;
}

pv_status pv_view_create(pv_view_writer **w, const char *path, const pv_view_header *header)
{
    pv_bytes bytes;
    pv_view_writer *new;
    pv_status status = PV_OK;
    int made = 0;
    *w = NULL;
    PV_TRY(begin(&new, &bytes, path, header));
    PV_TRY_GOTO(pv_tape_create(&new->tape, path, BUFFER));
    made = 1;
    PV_TRY_GOTO(pv_tape_append(&new->tape, bytes.data, bytes.size, NULL, 0));
    PV_TRY_GOTO(pv_tape_sync(&new->tape));
    new->at = (pv_view_position){.bytes = bytes.size, .hash = new->head.hash};
    *w = new;
done:
    pv_bytes_clear(&bytes);
    if (status != PV_OK) {
        pv_view_writer_free(new);
        if (made) (void)unlink(path); /* half a header would be in the way of the next try */
    }
    return status;
}

/* Is the file, up to the position, what a writer with this header left there? */
static pv_status check_position(const char *path, const pv_hash *header, const pv_view_position *at)
{
    pv_view *v = NULL;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_view_open_part(&v, path, at->bytes));
    if (!pv_hash_equal(&v->head.hash, header))
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: its header is another one; is it the view of this party in this run?",
                     path);
    if (v->end.bytes != at->bytes || v->end.records != at->records ||
        !pv_hash_equal(&v->end.hash, &at->hash))
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: record %" PRIu64 " does not end at byte %" PRIu64
                     " with the hash that was noted; only %" PRIu64 " records in %" PRIu64
                     " bytes of it are whole",
                     path, at->records, at->bytes, v->end.records, v->end.bytes);
done:
    pv_view_free(v);
    return status;
}

pv_status pv_view_resume(pv_view_writer **w, const char *path, const pv_view_header *header,
                         const pv_view_position *at)
{
    pv_bytes bytes;
    pv_view_writer *new;
    pv_status status = PV_OK;
    *w = NULL;
    PV_TRY(begin(&new, &bytes, path, header));
    PV_TRY_GOTO(check_position(path, &new->head.hash, at));
    PV_TRY_GOTO(pv_tape_reopen(&new->tape, path, BUFFER));
    PV_TRY_GOTO(pv_tape_cut(&new->tape, at->bytes));
    new->at = *at;
    *w = new;
done:
    pv_bytes_clear(&bytes);
    if (status != PV_OK) pv_view_writer_free(new);
    return status;
}

void pv_view_writer_free(pv_view_writer *w)
{
    if (w == NULL) return;
    if (w->tape.fd >= 0) pv_tape_close(&w->tape);
    pv_view_head_clear(&w->head);
    pv_free(w);
}

pv_status pv_view_append(pv_view_writer *w, pv_view_record *r, const void *payload)
{
    uint8_t head[PV_VIEW_RECORD];
    pv_hash after;
    pv_view_record next = *r;
    next.number = w->at.records + 1;
    next.kept = r->kept != 0 || r->type == PV_TYPE_SEAL;
    PV_TRY(pv_view_record_check(&next, &w->head.header, PV_ERR_USAGE, w->tape.path));
    PV_TRY(pv_view_record_encode(head, &after, &next, &w->at.hash));
    size_t stored = next.kept ? (size_t)next.size : 0;
    PV_TRY(pv_tape_append(&w->tape, head, sizeof head, payload, stored));
    w->at = (pv_view_position){.bytes = w->tape.size, .records = next.number, .hash = after};
    *r = next;
    return PV_OK;
}

pv_status pv_view_append_parts(pv_view_writer *w, pv_view_record *r, const pv_part *part,
                               size_t count)
{
    pv_status status = PV_OK;
    r->size = pv_parts_size(part, count);
    uint8_t *payload = pv_alloc_aligned((size_t)r->size, 1);
    if (payload == NULL) PV_FAIL_MEMORY((size_t)r->size);
    PV_TRY_GOTO(pv_parts_encode(payload, part, count));
    PV_TRY_GOTO(pv_hash_of(&r->payload, payload, (size_t)r->size));
    PV_TRY_GOTO(pv_view_append(w, r, payload));
done:
    pv_free(payload);
    return status;
}

pv_status pv_view_sync(pv_view_writer *w)
{
    return pv_tape_sync(&w->tape);
}

pv_view_position pv_view_writer_position(const pv_view_writer *w)
{
    return w->at;
}
