#include "view/view_i.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A piece of the file that is at hand: records lie close together unless their payloads are large,
 * and then nothing is gained by reading into those. */
enum { WINDOW = 1 << 14 };

typedef struct window {
    uint8_t byte[WINDOW];
    uint64_t at;
    size_t size;
} window;

pv_status pv_view_bytes(const pv_view *v, uint64_t at, void *out, size_t n)
{
    if (v->memory == NULL) return pv_tape_read(&v->tape, at, out, n);
    if (n > 0) memcpy(out, v->memory + at, n);
    return PV_OK;
}

/* n <= WINDOW bytes from `at`, which are there. */
static pv_status look(const uint8_t **out, window *w, const pv_view *v, uint64_t at, size_t n)
{
    if (at < w->at || at + n > w->at + w->size) {
        uint64_t left = v->size - at;
        int near = at >= w->at && at < w->at + w->size + WINDOW;
        size_t size = !near ? n : left < WINDOW ? (size_t)left : WINDOW;
        w->size = 0;
        PV_TRY(pv_view_bytes(v, at, w->byte, size));
        w->at = at;
        w->size = size;
    }
    *out = w->byte + (at - w->at);
    return PV_OK;
}

static pv_status read_header(pv_view *v)
{
    uint8_t start[PV_VIEW_START];
    size_t size, n = v->size < sizeof start ? (size_t)v->size : sizeof start;
    pv_status status = PV_OK;
    uint8_t *bytes = NULL;
    PV_TRY(pv_view_bytes(v, 0, start, n));
    PV_TRY(pv_view_header_size(&size, v->name, start, n));
    if (size > v->size)
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: the header takes %zu bytes and the file has %" PRIu64 "; is it complete?",
                v->name, size, v->size);
    bytes = pv_alloc(size, 1);
    if (bytes == NULL) PV_FAIL_MEMORY(size);
    PV_TRY_GOTO(pv_view_bytes(v, 0, bytes, size));
    PV_TRY_GOTO(pv_view_head_parse(&v->head, v->name, bytes, size));
    v->end = (pv_view_position){.bytes = size, .hash = v->head.hash};
done:
    pv_free(bytes);
    return status;
}

/* Every whole record; what follows the last one is torn. A record's own fields are judged before
 * anything is made of the size that they tell. */
static pv_status read_records(pv_view *v, window *w)
{
    const uint8_t *fields;
    while (v->size - v->end.bytes >= PV_VIEW_RECORD) {
        pv_view_entry e = {.at = v->end.bytes + PV_VIEW_RECORD};
        pv_hash after;
        PV_TRY(look(&fields, w, v, v->end.bytes, PV_VIEW_RECORD));
        PV_TRY(pv_view_record_decode(&e.record, &after, fields, &v->end.hash, v->end.records + 1,
                                     v->name));
        PV_TRY(pv_view_record_check(&e.record, &v->head.header, PV_ERR_FORMAT, v->name));
        uint64_t stored = e.record.kept ? e.record.size : 0;
        if (stored > v->size - e.at) break;
        PV_TRY(pv_grow((void **)&v->entry, &v->capacity, v->count + 1, sizeof *v->entry));
        v->entry[v->count++] = e;
        v->end = (pv_view_position){.bytes = e.at + stored, .records = v->count, .hash = after};
    }
    return PV_OK;
}

static pv_status index_view(pv_view *v)
{
    PV_TRY(read_header(v));
    window *w = pv_calloc(1, sizeof *w);
    if (w == NULL) PV_FAIL_MEMORY(sizeof *w);
    pv_status status = read_records(v, w);
    pv_free(w);
    return status;
}

static pv_status new_view(pv_view **v, const char *name)
{
    *v = pv_calloc(1, sizeof **v);
    if (*v == NULL) PV_FAIL_MEMORY(sizeof **v);
    (*v)->tape.fd = -1;
    (*v)->name = pv_strdup(name);
    if ((*v)->name != NULL) return PV_OK;
    pv_view_free(*v);
    *v = NULL;
    PV_FAIL_MEMORY(strlen(name) + 1);
}

pv_status pv_view_open_part(pv_view **v, const char *path, uint64_t limit)
{
    pv_view *new;
    pv_status status = PV_OK;
    *v = NULL;
    PV_TRY(new_view(&new, path));
    PV_TRY_GOTO(pv_tape_open(&new->tape, path));
    new->size = new->tape.size < limit ? new->tape.size : limit;
    PV_TRY_GOTO(index_view(new));
    *v = new;
done:
    if (status != PV_OK) pv_view_free(new);
    return status;
}

pv_status pv_view_open(pv_view **v, const char *path)
{
    return pv_view_open_part(v, path, UINT64_MAX);
}

pv_status pv_view_parse(pv_view **v, const char *name, const void *data, size_t size)
{
    pv_view *new;
    pv_status status = PV_OK;
    *v = NULL;
    PV_TRY(new_view(&new, name));
    new->memory = data;
    new->size = size;
    PV_TRY_GOTO(index_view(new));
    *v = new;
done:
    if (status != PV_OK) pv_view_free(new);
    return status;
}

void pv_view_free(pv_view *v)
{
    if (v == NULL) return;
    if (v->tape.fd >= 0) pv_tape_close(&v->tape);
    pv_view_head_clear(&v->head);
    pv_free(v->entry);
    pv_free(v->name);
    pv_free(v);
}

/* ---- what is in it */

const pv_view_header *pv_view_header_of(const pv_view *v)
{
    return &v->head.header;
}

const char *pv_view_path(const pv_view *v)
{
    return v->name;
}

uint64_t pv_view_count(const pv_view *v)
{
    return v->count;
}

const pv_view_record *pv_view_at(const pv_view *v, uint64_t i)
{
    return &v->entry[i].record;
}

pv_view_position pv_view_end(const pv_view *v)
{
    return v->end;
}

uint64_t pv_view_torn(const pv_view *v)
{
    return v->size - v->end.bytes;
}

int pv_view_peer_index(const pv_view *v, const char *name)
{
    for (int i = 0; i < v->head.header.peers; i++)
        if (strcmp(v->head.peers[i].name, name) == 0) return i;
    return -1;
}

int pv_view_type_id(const pv_view *v, const char *name)
{
    for (int i = 0; i < v->head.header.types; i++)
        if (strcmp(v->head.types[i].name, name) == 0) return v->head.types[i].id;
    return strcmp(name, "seal") == 0 ? PV_TYPE_SEAL : -1;
}

const char *pv_view_type_name(const pv_view *v, uint16_t id)
{
    const pv_message_type *type = pv_view_type_of(&v->head.header, id);
    return type != NULL ? type->name : id == PV_TYPE_SEAL ? "seal" : "?";
}

/* ---- payloads */

static pv_status not_kept(const pv_view *v, const pv_view_record *r)
{
    char text[PV_VIEW_TEXT];
    const pv_message_type *type = pv_view_type_of(&v->head.header, r->type);
    if (type == NULL || type->retention.kind == PV_RETAIN_FULL)
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: %s: only its hash and size were kept, by whoever wrote it",
                v->name, pv_view_record_text(r, &v->head.header, text));
    if (type->retention.kind == PV_RETAIN_DIGEST)
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: %s: only its hash and size were kept (retention digest); a run with retention "
                "full or every:N for \"%s\" keeps it",
                v->name, pv_view_record_text(r, &v->head.header, text), type->name);
    PV_FAIL(PV_ERR_NOT_FOUND,
            "%s: %s: only its hash and size were kept (retention every:%" PRIu64
            "); steps divisible by that are there, and a run with retention full for \"%s\" keeps "
            "all",
            v->name, pv_view_record_text(r, &v->head.header, text), type->retention.every,
            type->name);
}

static pv_status load(pv_view_payload *out, const pv_view *v, const pv_view_entry *e)
{
    char text[PV_VIEW_TEXT];
    pv_hash hash;
    pv_str what = {0};
    pv_status status = PV_OK;
    out->bytes.data = pv_alloc((size_t)e->record.size, 1);
    if (out->bytes.data == NULL) PV_FAIL_MEMORY(e->record.size);
    out->bytes.size = (size_t)e->record.size;
    PV_TRY_GOTO(pv_str_printf(&what, "%s: %s", v->name,
                              pv_view_record_text(&e->record, &v->head.header, text)));
    PV_TRY_GOTO(pv_view_bytes(v, e->at, out->bytes.data, out->bytes.size));
    PV_TRY_GOTO(pv_hash_of(&hash, out->bytes.data, out->bytes.size));
    if (!pv_hash_equal(&hash, &e->record.payload))
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: its bytes do not fit its hash: they were changed or "
                     "damaged",
                     what.text);
    if (e->record.type != PV_TYPE_SEAL)
        PV_TRY_GOTO(pv_parts_parse(&out->parts, what.text, out->bytes.data, out->bytes.size));
done:
    pv_str_clear(&what);
    return status;
}

pv_status pv_view_load(pv_view_payload *out, const pv_view *v, uint64_t i)
{
    const pv_view_entry *e = &v->entry[i];
    *out = (pv_view_payload){0};
    if (!e->record.kept) return not_kept(v, &e->record);
    pv_status status = load(out, v, e);
    if (status != PV_OK) pv_view_payload_clear(out);
    return status;
}

void pv_view_payload_clear(pv_view_payload *p)
{
    pv_parts_clear(&p->parts);
    pv_bytes_clear(&p->bytes);
}
