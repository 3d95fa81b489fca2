#include "scheme/align/messages.h"

#include "crypto/psi/psi.h"
#include "scheme/align/ids.h"
#include <inttypes.h>
#include <string.h>

enum { SMALL = 1 << 12 };

const pv_message_type pv_align_type[PV_ALIGN_TYPES] = {
    {PV_ALIGN_JOIN, "join", "nonce u8[32], ids i64[1], columns i64[1]", SMALL, {PV_RETAIN_FULL, 0}},
    {PV_ALIGN_HIDDEN, "hidden", "point u8[ids,32]", 1 << 30, {PV_RETAIN_DIGEST, 0}},
    {PV_ALIGN_DOUBLED, "doubled", "point u8[ids,32]", 1 << 30, {PV_RETAIN_DIGEST, 0}},
    {PV_ALIGN_OPENED, "opened", "order i32[ids]", 1 << 28, {PV_RETAIN_DIGEST, 0}},
    {PV_ALIGN_AGREED, "agreed", "order u8[32], rows i64[1]", SMALL, {PV_RETAIN_FULL, 0}},
    {PV_ALIGN_ALIGNED,
     "aligned",
     "order u8[32], sizes i64[3]: own, the other's, shared",
     SMALL,
     {PV_RETAIN_FULL, 0}},
};

pv_status pv_align_join_send(pv_party *p, int peer, const pv_align_join *j)
{
    const pv_part part[] = {pv_part_bytes("nonce", j->nonce, sizeof j->nonce),
                            pv_part_number("ids", &j->ids), pv_part_number("columns", &j->columns)};
    return pv_send(pv_party_hub(p), peer, PV_ALIGN_JOIN, part, 3);
}

pv_status pv_align_join_take(pv_align_join *j, const pv_parts *p, const char *what)
{
    PV_TRY(pv_parts_get_bytes(j->nonce, sizeof j->nonce, p, what, "nonce"));
    PV_TRY(pv_parts_get_number(&j->ids, p, what, "ids", 0, PV_PSI_MOST));
    return pv_parts_get_number(&j->columns, p, what, "columns", 1, PV_ALIGN_COLUMNS);
}

pv_status pv_align_points_send(pv_party *p, int peer, uint16_t type, const uint8_t *point,
                               size_t count)
{
    const pv_part part = {.name = "point",
                          .dtype = PV_U8,
                          .shape = PV_SHAPE((int64_t)count, PV_PSI_POINT),
                          .data = point};
    return pv_send(pv_party_hub(p), peer, type, &part, 1);
}

pv_status pv_align_points_take(const uint8_t **point, const pv_parts *p, const char *what,
                               size_t count)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, "point", PV_U8, PV_SHAPE((int64_t)count, PV_PSI_POINT)));
    *point = part->data;
    return PV_OK;
}

pv_status pv_align_opened_send(pv_party *p, int peer, const uint32_t *order, size_t count)
{
    const pv_part part = {
        .name = "order", .dtype = PV_I32, .shape = PV_SHAPE((int64_t)count), .data = order};
    return pv_send(pv_party_hub(p), peer, PV_ALIGN_OPENED, &part, 1);
}

pv_status pv_align_opened_take(const uint32_t **order, const pv_parts *p, const char *what,
                               size_t count)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, "order", PV_I32, PV_SHAPE((int64_t)count)));
    *order = part->data; /* a negative number is one beyond count */
    return pv_psi_shuffle_check(*order, count, what);
}

static void agreed_parts(pv_part part[2], const pv_hash *order, const char *name,
                         const int64_t *number, int64_t numbers)
{
    part[0] = pv_part_bytes("order", order->byte, PV_HASH_BYTES);
    part[1] = (pv_part){.name = name, .dtype = PV_I64, .shape = PV_SHAPE(numbers), .data = number};
}

pv_status pv_align_agreed_send(pv_party *p, int peer, const pv_hash *order, int64_t rows)
{
    pv_part part[2];
    agreed_parts(part, order, "rows", &rows, 1);
    return pv_send(pv_party_hub(p), peer, PV_ALIGN_AGREED, part, 2);
}

pv_status pv_align_agreed_take(pv_hash *order, int64_t *rows, const pv_parts *p, const char *what)
{
    PV_TRY(pv_parts_get_bytes(order->byte, PV_HASH_BYTES, p, what, "order"));
    return pv_parts_get_number(rows, p, what, "rows", 1, PV_PSI_MOST);
}

pv_status pv_align_aligned_note(pv_party *p, const pv_hash *order, const int64_t sizes[3])
{
    pv_part part[2];
    agreed_parts(part, order, "sizes", sizes, 3);
    return pv_note(pv_party_hub(p), PV_VIEW_DERIVED, PV_ALIGN_ALIGNED, part, 2);
}
