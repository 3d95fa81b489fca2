#include "crypto/secagg/message.h"

#include <inttypes.h>
#include <string.h>

static const char *const names[] = {NULL,
                                    "secagg keys",
                                    "secagg shares",
                                    "secagg delivery",
                                    "secagg survivors",
                                    "secagg answer",
                                    "secagg client state"};

void pv_secagg_write_header(pv_writer *w, const pv_secagg_params *p, int type, int client)
{
    pv_writer_u8(w, (uint8_t)type);
    pv_writer_u8(w, PV_SECAGG_VERSION);
    pv_writer_bytes(w, p->run, sizeof p->run);
    pv_writer_u64le(w, p->round);
    pv_writer_u16le(w, (uint16_t)client);
}

void pv_secagg_read_header(pv_reader *r, const pv_secagg_params *p, int type, int client)
{
    int found = pv_reader_u8(r, "type");
    if (found != type)
        pv_reader_fail(r, PV_ERR_FORMAT, "type %d was expected and %d found", type, found);
    int version = pv_reader_u8(r, "version");
    if (version > PV_SECAGG_VERSION)
        pv_reader_fail(r, PV_ERR_VERSION, "version %d; only version %d is understood", version,
                       PV_SECAGG_VERSION);
    if (version != PV_SECAGG_VERSION)
        pv_reader_fail(r, PV_ERR_FORMAT, "there is no version %d", version);
    const uint8_t *run = pv_reader_bytes(r, sizeof p->run, "run");
    if (run != NULL && memcmp(run, p->run, sizeof p->run) != 0)
        pv_reader_fail(r, PV_ERR_MISMATCH, "it belongs to another run");
    uint64_t round = pv_reader_u64le(r, "round");
    if (round != p->round)
        pv_reader_fail(r, PV_ERR_MISMATCH, "it is of round %" PRIu64 ", expected %" PRIu64, round,
                       p->round);
    int named = pv_reader_u16le(r, "client");
    if (named != client)
        pv_reader_fail(r, PV_ERR_MISMATCH, "it names client %d, expected %d", named, client);
}

void pv_secagg_write_sizes(pv_writer *w, const pv_secagg_params *p)
{
    pv_writer_u16le(w, (uint16_t)p->n);
    pv_writer_u16le(w, (uint16_t)p->t);
    pv_writer_u64le(w, p->length);
}

void pv_secagg_read_sizes(pv_reader *r, const pv_secagg_params *p)
{
    int n = pv_reader_u16le(r, "number of clients"), t = pv_reader_u16le(r, "threshold");
    uint64_t length = pv_reader_u64le(r, "length");
    if (n != p->n || t != p->t || length != p->length)
        pv_reader_fail(r, PV_ERR_MISMATCH,
                       "%d clients, threshold %d, vectors of %" PRIu64
                       "; expected %d clients, threshold %d, vectors of %zu",
                       n, t, length, p->n, p->t, p->length);
}

int pv_secagg_entry_client(const pv_secagg_message *m, int i)
{
    const uint8_t *p = m->entry + (size_t)i * m->stride;
    return p[0] | p[1] << 8;
}

const uint8_t *pv_secagg_entry(const pv_secagg_message *m, int i)
{
    return m->entry + (size_t)i * m->stride + 2;
}

static void read_list(pv_secagg_message *m, pv_reader *r, int n, size_t body)
{
    m->stride = 2 + body;
    m->count = pv_reader_u16le(r, "number of entries");
    pv_reader_require_max(r, (uint64_t)m->count, (uint64_t)n, "number of entries");
    if (pv_reader_status(r) != PV_OK) return;
    m->entry = pv_reader_bytes(r, (size_t)m->count * m->stride, "entries");
    for (int i = 0, last = -1; m->entry != NULL && i < m->count; i++) {
        int client = pv_secagg_entry_client(m, i);
        if (client <= last || client >= n) {
            pv_reader_fail(r, PV_ERR_FORMAT,
                           "entry %d names client %d: clients are in ascending order, below %d", i,
                           client, n);
            return;
        }
        last = client;
    }
}

static void read_kinds(const pv_secagg_message *m, pv_reader *r)
{
    for (int i = 0; pv_reader_status(r) == PV_OK && i < m->count; i++)
        if (*pv_secagg_entry(m, i) > PV_SECAGG_OF_MASK_KEY)
            pv_reader_fail(r, PV_ERR_FORMAT, "entry %d is a share of kind %d, expected 0 or 1", i,
                           *pv_secagg_entry(m, i));
}

pv_status pv_secagg_decode(pv_secagg_message *m, const pv_secagg_params *p, int type, int client,
                           const void *bytes, size_t size)
{
    pv_reader r = pv_reader_make(names[type], bytes, size);
    *m = (pv_secagg_message){0};
    pv_secagg_read_header(&r, p, type, client);
    switch (type) {
    case PV_SECAGG_TYPE_KEYS:
        pv_secagg_read_sizes(&r, p);
        m->channel_key = pv_reader_bytes(&r, 32, "channel key");
        m->mask_key = pv_reader_bytes(&r, 32, "mask key");
        break;
    case PV_SECAGG_TYPE_SHARES:
        m->commitment = pv_reader_bytes(&r, 32, "commitment");
        read_list(m, &r, p->n, PV_SECAGG_BUNDLE);
        break;
    case PV_SECAGG_TYPE_DELIVERY:
        read_list(m, &r, p->n, PV_SECAGG_BUNDLE);
        break;
    case PV_SECAGG_TYPE_SURVIVORS:
        read_list(m, &r, p->n, 0);
        break;
    default:
        read_list(m, &r, p->n, 1 + PV_SECAGG_HALF);
        read_kinds(m, &r);
        break;
    }
    pv_reader_end(&r);
    if (pv_reader_status(&r) != PV_OK) *m = (pv_secagg_message){0};
    return pv_reader_status(&r);
}
