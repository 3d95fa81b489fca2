#include "net/handshake.h"

#include "net/agreement.h"
#include "wire/reader.h"
#include "wire/utf8.h"
#include "wire/writer.h"
#include <inttypes.h>
#include <string.h>

pv_status pv_hello_encode(pv_bytes *out, const pv_hello *h)
{
    pv_writer w = pv_writer_make("hello", PV_HELLO_MAX);
    pv_writer_u16le(&w, PV_PROTOCOL_VERSION);
    pv_writer_string(&w, h->name);
    pv_writer_string(&w, h->role);
    pv_writer_string(&w, h->scheme);
    pv_writer_sized(&w, h->certificate, h->certificate_size);
    pv_writer_sized(&w, h->agreement, strlen(h->agreement));
    pv_writer_u64le(&w, (uint64_t)h->clock);
    pv_writer_u64le(&w, h->need);
    pv_writer_u64le(&w, h->from);
    pv_writer_u64le(&w, h->last);
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    return status;
}

static pv_status parse(pv_hello *out, pv_reader *r)
{
    size_t size = 0;
    uint16_t version = pv_reader_u16le(r, "version of the protocol");
    if (pv_reader_status(r) == PV_OK && version != PV_PROTOCOL_VERSION)
        pv_reader_fail(r, PV_ERR_VERSION,
                       "it speaks version %d of the protocol, version %d is spoken here", version,
                       PV_PROTOCOL_VERSION);
    pv_reader_string(r, out->name, sizeof out->name, "name");
    pv_reader_string(r, out->role, sizeof out->role, "role");
    pv_reader_string(r, out->scheme, sizeof out->scheme, "scheme");
    out->certificate =
        pv_reader_sized(r, PV_CERTIFICATE_MAX, &out->certificate_size, "certificate");
    const uint8_t *agreement = pv_reader_sized(r, PV_AGREEMENT_MAX, &size, "agreement");
    if (agreement != NULL && pv_utf8_check(agreement, size) != size)
        pv_reader_fail(r, PV_ERR_FORMAT, "the agreement is not text");
    out->clock = (int64_t)pv_reader_u64le(r, "clock");
    out->need = pv_reader_u64le(r, "next frame needed");
    out->from = pv_reader_u64le(r, "first frame kept");
    out->last = pv_reader_u64le(r, "last frame");
    if (pv_reader_status(r) == PV_OK && (out->need == 0 || out->from == 0 || out->last > INT64_MAX))
        pv_reader_fail(r, PV_ERR_FORMAT, "frame numbers begin at 1");
    pv_reader_end(r);
    PV_TRY(pv_reader_status(r));
    out->agreement = pv_alloc(size + 1, 1);
    if (out->agreement == NULL) PV_FAIL_MEMORY(size + 1);
    memcpy(out->agreement, agreement, size);
    out->agreement[size] = '\0';
    return PV_OK;
}

pv_status pv_hello_parse(pv_hello *out, const char *from, const void *data, size_t size)
{
    pv_reader r = pv_reader_make(from, data, size);
    *out = (pv_hello){0};
    pv_status status = parse(out, &r);
    if (status != PV_OK) *out = (pv_hello){0};
    return status;
}

void pv_hello_clear(pv_hello *h)
{
    pv_free(h->agreement);
    *h = (pv_hello){0};
}

pv_status pv_refusal_status(pv_refusal r)
{
    switch (r) {
    case PV_REFUSE_AUTH:
    case PV_REFUSE_DROPPED:
        return PV_ERR_AUTH;
    case PV_REFUSE_MISMATCH:
        return PV_ERR_MISMATCH;
    case PV_REFUSE_PROTOCOL:
    case PV_REFUSE_BUSY:
        break;
    }
    return PV_ERR_PEER;
}

pv_status pv_refuse_encode(pv_bytes *out, pv_refusal reason, const char *text)
{
    pv_writer w = pv_writer_make("refuse", PV_REFUSE_MAX);
    size_t n = strlen(text), most = PV_REFUSE_MAX - 3; /* and a NUL at the other end */
    pv_writer_u16le(&w, (uint16_t)reason);
    pv_writer_bytes(&w, text, n < most ? n : most);
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    return status;
}

pv_status pv_refuse_parse(pv_refusal *reason, char text[PV_REFUSE_MAX], const char *from,
                          const void *data, size_t size)
{
    pv_reader r = pv_reader_make(from, data, size);
    uint16_t code = pv_reader_u16le(&r, "reason");
    size_t n = pv_reader_left(&r);
    if (n > PV_REFUSE_MAX - 3) pv_reader_fail(&r, PV_ERR_LIMIT, "a text of %zu bytes", n);
    if (pv_reader_status(&r) == PV_OK && (code < PV_REFUSE_AUTH || code > PV_REFUSE_BUSY))
        pv_reader_fail(&r, PV_ERR_FORMAT, "unknown reason %d", code);
    const uint8_t *p = pv_reader_bytes(&r, n, "text");
    text[0] = '\0';
    PV_TRY(pv_reader_status(&r));
    *reason = (pv_refusal)code;
    /* It will stand in a terminal. */
    for (size_t i = 0; i < n; i++) text[i] = p[i] >= ' ' && p[i] < 127 ? (char)p[i] : '?';
    text[n] = '\0';
    return PV_OK;
}

/* Can the one who sends give the one who needs what it wants? */
static int can_give(const pv_hello *sender, const pv_hello *needer)
{
    return needer->need >= sender->from && needer->need <= sender->last + 1;
}

static pv_status journals(pv_str *out, const pv_hello *sender, const pv_hello *needer)
{
    return pv_str_printf(out,
                         "journals do not fit: %s needs frame %" PRIu64
                         " of %s next, which has %" PRIu64 " to %" PRIu64
                         "; was an older copy of a run's folder put back?",
                         needer->name, needer->need, sender->name, sender->from, sender->last);
}

pv_status pv_handshake_fits(pv_str *theirs, const pv_hello *here, const pv_hello *there)
{
    pv_str mine = {0};
    pv_status status = PV_OK;
    if (strcmp(here->scheme, there->scheme) != 0) {
        PV_TRY_GOTO(
            pv_str_printf(&mine, "scheme '%s' here, '%s' there", here->scheme, there->scheme));
        PV_TRY_GOTO(
            pv_str_printf(theirs, "scheme '%s' here, '%s' there", there->scheme, here->scheme));
    } else if (strcmp(here->agreement, there->agreement) != 0) {
        PV_TRY_GOTO(pv_str_append(&mine, "the scenarios are not the same: "));
        PV_TRY_GOTO(pv_agreement_difference(&mine, here->agreement, there->agreement));
        PV_TRY_GOTO(pv_str_append(theirs, "the scenarios are not the same: "));
        PV_TRY_GOTO(pv_agreement_difference(theirs, there->agreement, here->agreement));
    } else if (!can_give(here, there)) {
        PV_TRY_GOTO(journals(&mine, here, there));
        PV_TRY_GOTO(pv_str_append(theirs, pv_str_text(&mine)));
    } else if (!can_give(there, here)) {
        PV_TRY_GOTO(journals(&mine, there, here));
        PV_TRY_GOTO(pv_str_append(theirs, pv_str_text(&mine)));
    }
    if (mine.size > 0)
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s and %s: %s", here->name, there->name, pv_str_text(&mine));
done:
    pv_str_clear(&mine);
    return status;
}
