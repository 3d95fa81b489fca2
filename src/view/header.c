#include "view/view_i.h"

#include "wire/reader.h"
#include "wire/writer.h"
#include <string.h>

const char pv_view_magic[6] = {'P', 'V', 'V', 'I', 'E', 'W'};

/* ---- what may stand in one */

/* Text that can be shown as it is: UTF-8 without control characters (C1 ones are 0xC2 0x80..9F). */
static int plain(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p < ' ' || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0)) return 0;
    return 1;
}

static pv_status check_name(const char *name, pv_status fault, const char *what, const char *field)
{
    if (pv_party_name_check(name) != PV_OK)
        PV_FAIL(fault,
                "%s: \"%.63s\" can't be the name of a %s: a-z, 0-9 and - can, a letter first", what,
                name, field);
    return PV_OK;
}

static pv_status check_type(const pv_message_type *t, pv_status fault, const char *what)
{
    if (t->id < PV_TYPE_FIRST || t->id > PV_TYPE_LAST)
        PV_FAIL(fault, "%s: message type %d is not among %d to %d", what, t->id, PV_TYPE_FIRST,
                PV_TYPE_LAST);
    if (t->name[0] == '\0' || strlen(t->name) >= PV_VIEW_TYPE_NAME || !plain(t->name))
        PV_FAIL(fault, "%s: the name of message type %d must be 1 to %d bytes of plain text", what,
                t->id, PV_VIEW_TYPE_NAME - 1);
    if (strcmp(t->name, "seal") == 0)
        PV_FAIL(fault, "%s: message type %d can't be called \"seal\": that is the channel's", what,
                t->id);
    if (strlen(t->layout) >= PV_VIEW_LAYOUT || !plain(t->layout))
        PV_FAIL(fault, "%s: the layout of message type %d must be at most %d bytes of plain text",
                what, t->id, PV_VIEW_LAYOUT - 1);
    if ((t->retention.kind == PV_RETAIN_EVERY) != (t->retention.every > 0))
        PV_FAIL(fault, "%s: the retention of message type %d contradicts itself", what, t->id);
    return PV_OK;
}

pv_status pv_view_header_check(const pv_view_header *h, pv_status fault, const char *what)
{
    PV_TRY(check_name(h->party, fault, what, "party"));
    PV_TRY(check_name(h->role, fault, what, "role"));
    PV_TRY(check_name(h->scheme, fault, what, "scheme"));
    if (h->peers < 0 || h->peers > PV_VIEW_PEERS_MAX || h->types < 0 ||
        h->types > PV_VIEW_TYPES_MAX)
        PV_FAIL(fault, "%s: %d peers and %d message types, at most %d and %d are allowed", what,
                h->peers, h->types, PV_VIEW_PEERS_MAX, PV_VIEW_TYPES_MAX);
    for (int i = 0; i < h->peers; i++) {
        const pv_view_peer *p = &h->peer[i];
        PV_TRY(check_name(p->name, fault, what, "peer"));
        PV_TRY(check_name(p->role, fault, what, "role"));
        int twin = strcmp(p->name, h->party) == 0;
        for (int k = 0; k < i && !twin; k++) twin = strcmp(p->name, h->peer[k].name) == 0;
        if (twin) PV_FAIL(fault, "%s: there are two parties called \"%s\"", what, p->name);
    }
    for (int i = 0; i < h->types; i++) {
        PV_TRY(check_type(&h->type[i], fault, what));
        for (int k = 0; k < i; k++)
            if (h->type[i].id == h->type[k].id || strcmp(h->type[i].name, h->type[k].name) == 0)
                PV_FAIL(fault, "%s: message type %d \"%s\" is there twice", what, h->type[i].id,
                        h->type[i].name);
    }
    return PV_OK;
}

/* ---- writing */

pv_status pv_view_header_encode(pv_bytes *out, pv_hash *hash, const pv_view_header *h)
{
    pv_status status = PV_OK;
    pv_writer w = pv_writer_make("the header of a view", PV_VIEW_HEADER_MAX);
    *out = (pv_bytes){0};
    pv_writer_bytes(&w, pv_view_magic, sizeof pv_view_magic);
    pv_writer_u16le(&w, PV_VIEW_VERSION);
    pv_writer_u32le(&w, 0); /* the size, below */
    pv_writer_string(&w, h->party);
    pv_writer_string(&w, h->role);
    pv_writer_string(&w, h->scheme);
    pv_writer_bytes(&w, h->key, sizeof h->key);
    pv_writer_bytes(&w, h->scenario.byte, PV_HASH_BYTES);
    pv_writer_u16le(&w, (uint16_t)h->peers);
    for (int i = 0; i < h->peers; i++) {
        pv_writer_string(&w, h->peer[i].name);
        pv_writer_string(&w, h->peer[i].role);
        pv_writer_bytes(&w, h->peer[i].key, sizeof h->peer[i].key);
    }
    pv_writer_u16le(&w, (uint16_t)h->types);
    for (int i = 0; i < h->types; i++) {
        const pv_message_type *t = &h->type[i];
        pv_writer_u16le(&w, t->id);
        pv_writer_string(&w, t->name);
        pv_writer_string(&w, t->layout);
        pv_writer_u64le(&w, t->max);
        pv_writer_u8(&w, (uint8_t)t->retention.kind);
        pv_writer_u64le(&w, t->retention.every);
    }
    PV_TRY_GOTO(pv_writer_status(&w));
    size_t size = w.size + PV_HASH_BYTES;
    for (int i = 0; i < 4; i++) w.data[8 + i] = (uint8_t)(size >> (8 * i));
    PV_TRY_GOTO(pv_hash_of(hash, w.data, w.size));
    pv_writer_bytes(&w, hash->byte, PV_HASH_BYTES);
    PV_TRY_GOTO(pv_writer_take(&w, out));
done:
    pv_writer_clear(&w);
    return status;
}

/* ---- reading */

static size_t read_start(pv_reader *r)
{
    pv_reader_expect(r, pv_view_magic, sizeof pv_view_magic, "magic \"PVVIEW\"");
    uint16_t version = pv_reader_u16le(r, "the version");
    if (pv_reader_status(r) == PV_OK && version != PV_VIEW_VERSION)
        pv_reader_fail(r, version > PV_VIEW_VERSION ? PV_ERR_VERSION : PV_ERR_FORMAT,
                       "a view of version %d, this program reads version %d", version,
                       PV_VIEW_VERSION);
    size_t size = pv_reader_u32le(r, "the size of the header");
    pv_reader_require_max(r, size, PV_VIEW_HEADER_MAX, "the size of the header");
    if (pv_reader_status(r) == PV_OK && size < PV_VIEW_START + PV_HASH_BYTES)
        pv_reader_fail(r, PV_ERR_FORMAT, "no header has %zu bytes", size);
    return size;
}

pv_status pv_view_header_size(size_t *out, const char *what, const void *start, size_t size)
{
    pv_reader r = pv_reader_make(what, start, size);
    *out = read_start(&r);
    return pv_reader_status(&r);
}

static void read_bytes(pv_reader *r, uint8_t *out, size_t n, const char *field)
{
    const uint8_t *p = pv_reader_bytes(r, n, field);
    if (p != NULL) memcpy(out, p, n);
}

/* Text appended at *at: there is room, since all texts come from the same bytes. */
static const char *read_text(pv_reader *r, char **at, size_t size, const char *field)
{
    char *text = *at;
    pv_reader_string(r, text, size, field);
    *at += strlen(text) + 1;
    return text;
}

static pv_status read_peers(pv_view_head *h, pv_reader *r)
{
    int peers = pv_reader_u16le(r, "the number of peers");
    pv_reader_require_max(r, (uint64_t)peers, PV_VIEW_PEERS_MAX, "the number of peers");
    PV_TRY(pv_reader_status(r));
    h->peers = pv_calloc((size_t)peers, sizeof *h->peers);
    if (h->peers == NULL) PV_FAIL_MEMORY((size_t)peers * sizeof *h->peers);
    h->header.peer = h->peers;
    h->header.peers = peers;
    for (int i = 0; i < peers && pv_reader_status(r) == PV_OK; i++) {
        pv_reader_string(r, h->peers[i].name, PV_PARTY_NAME, "the name of a peer");
        pv_reader_string(r, h->peers[i].role, PV_PARTY_NAME, "the role of a peer");
        read_bytes(r, h->peers[i].key, sizeof h->peers[i].key, "the key of a peer");
    }
    return pv_reader_status(r);
}

static pv_status read_types(pv_view_head *h, pv_reader *r)
{
    int types = pv_reader_u16le(r, "the number of message types");
    pv_reader_require_max(r, (uint64_t)types, PV_VIEW_TYPES_MAX, "the number of message types");
    PV_TRY(pv_reader_status(r));
    size_t room = pv_reader_left(r) + 2 * (size_t)types + PV_VIEW_LAYOUT;
    h->types = pv_calloc((size_t)types, sizeof *h->types);
    h->texts = pv_alloc(room, 1);
    if (h->types == NULL || h->texts == NULL)
        PV_FAIL_MEMORY((size_t)types * sizeof *h->types + room);
    h->header.type = h->types;
    h->header.types = types;
    char *at = h->texts;
    for (int i = 0; i < types && pv_reader_status(r) == PV_OK; i++) {
        pv_message_type *t = &h->types[i];
        t->id = pv_reader_u16le(r, "a message type");
        t->name = read_text(r, &at, PV_VIEW_TYPE_NAME, "the name of a message type");
        t->layout = read_text(r, &at, PV_VIEW_LAYOUT, "the layout of a message type");
        t->max = pv_reader_u64le(r, "the most bytes of a message");
        uint8_t kind = pv_reader_u8(r, "a retention");
        t->retention.every = pv_reader_u64le(r, "the steps of a retention");
        if (kind > PV_RETAIN_DIGEST) pv_reader_fail(r, PV_ERR_FORMAT, "%d is no retention", kind);
        if (pv_reader_status(r) == PV_OK)
            t->retention.kind = kind == PV_RETAIN_FULL    ? PV_RETAIN_FULL
                                : kind == PV_RETAIN_EVERY ? PV_RETAIN_EVERY
                                                          : PV_RETAIN_DIGEST;
    }
    return pv_reader_status(r);
}

static pv_status read_head(pv_view_head *h, const char *what, const uint8_t *data, size_t size)
{
    size_t body = size - PV_HASH_BYTES;
    PV_TRY(pv_hash_of(&h->hash, data, body));
    if (memcmp(h->hash.byte, data + body, PV_HASH_BYTES) != 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s: the header does not fit its hash: it was changed or damaged",
                what);
    pv_reader r = pv_reader_make(what, data, body);
    if (read_start(&r) != size) pv_reader_fail(&r, PV_ERR_FORMAT, "the header has %zu bytes", size);
    pv_reader_string(&r, h->header.party, PV_PARTY_NAME, "the party's name");
    pv_reader_string(&r, h->header.role, PV_PARTY_NAME, "the party's role");
    pv_reader_string(&r, h->header.scheme, PV_PARTY_NAME, "the scheme");
    read_bytes(&r, h->header.key, sizeof h->header.key, "the party's key");
    read_bytes(&r, h->header.scenario.byte, PV_HASH_BYTES, "the hash of the scenario");
    PV_TRY(read_peers(h, &r));
    PV_TRY(read_types(h, &r));
    pv_reader_end(&r);
    PV_TRY(pv_reader_status(&r));
    return pv_view_header_check(&h->header, PV_ERR_FORMAT, what);
}

pv_status pv_view_head_parse(pv_view_head *out, const char *what, const uint8_t *data, size_t size)
{
    *out = (pv_view_head){0};
    pv_status status = read_head(out, what, data, size);
    if (status != PV_OK) pv_view_head_clear(out);
    return status;
}

void pv_view_head_clear(pv_view_head *h)
{
    pv_free(h->peers);
    pv_free(h->types);
    pv_free(h->texts);
    *h = (pv_view_head){0};
}
