/* The first byte of a message is its type, and says which decoder gets it. What is accepted has one
 * encoding: written again, it is the same bytes. */
#include "crypto/secagg/message.h"
#include "fuzz.h"

#include <string.h>

enum { CLIENT = 1, MOST = 100000 };

static pv_secagg_params params(void)
{
    pv_secagg_params p = {.n = 4, .t = 3, .length = 10, .round = 6};
    memset(p.run, 0x5A, sizeof p.run);
    return p;
}

static void same(pv_writer *w, const uint8_t *data, size_t size)
{
    PV_FUZZ_CHECK(pv_writer_status(w) == PV_OK && w->size == size);
    PV_FUZZ_CHECK(memcmp(w->data, data, size) == 0);
    pv_writer_clear(w);
}

static void message(int type, const uint8_t *data, size_t size)
{
    pv_secagg_params p = params();
    pv_secagg_message m;
    int client = type == PV_SECAGG_TYPE_SURVIVORS ? PV_SECAGG_ALL : CLIENT;
    if (!pv_fuzz_ok(pv_secagg_decode(&m, &p, type, client, data, size))) {
        PV_FUZZ_CHECK(m.channel_key == NULL && m.commitment == NULL && m.entry == NULL);
        PV_FUZZ_CHECK(m.count == 0);
        return;
    }
    pv_writer w = pv_writer_make("again", MOST);
    pv_secagg_write_header(&w, &p, type, client);
    if (type == PV_SECAGG_TYPE_KEYS) {
        pv_secagg_write_sizes(&w, &p);
        pv_writer_bytes(&w, m.channel_key, 32);
        pv_writer_bytes(&w, m.mask_key, 32);
    } else {
        if (type == PV_SECAGG_TYPE_SHARES) pv_writer_bytes(&w, m.commitment, 32);
        pv_writer_u16le(&w, (uint16_t)m.count);
        for (int i = 0; i < m.count; i++) {
            PV_FUZZ_CHECK(pv_secagg_entry_client(&m, i) < p.n);
            pv_writer_u16le(&w, (uint16_t)pv_secagg_entry_client(&m, i));
            pv_writer_bytes(&w, pv_secagg_entry(&m, i), m.stride - 2);
        }
    }
    same(&w, data, size);
}

static void state(const uint8_t *data, size_t size)
{
    pv_secagg_params p = params();
    pv_secagg_client *c;
    pv_reader r = pv_reader_make("state", data, size);
    int ok = pv_fuzz_ok(pv_secagg_client_load(&c, &p, CLIENT, &r));
    PV_FUZZ_CHECK(ok == (c != NULL));
    if (!ok) return;
    pv_writer w = pv_writer_make("again", MOST);
    pv_secagg_client_save(c, &w);
    same(&w, data, size - pv_reader_left(&r));
    pv_secagg_client_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int type = size == 0 ? 0 : data[0];
    if (type >= PV_SECAGG_TYPE_KEYS && type <= PV_SECAGG_TYPE_ANSWER)
        message(type, data, size);
    else if (type == PV_SECAGG_TYPE_STATE)
        state(data, size);
    return 0;
}
