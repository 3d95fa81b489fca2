#include "scheme/plain/messages.h"

#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { PIECE = 4 << 20 }; /* bytes of samples in a message, about */
#define MOST_ROWS (INT64_C(1) << 31)

const pv_message_type pv_plain_type[PV_PLAIN_TYPES] = {
    {PV_PLAIN_JOIN, "join", "truth u8[32], samples i64[1]", 1 << 16, {PV_RETAIN_FULL, 0}},
    {PV_PLAIN_ROWS,
     "rows",
     "x [n, sample...] u8 for images of bytes, else f32; label i32[n]",
     1 << 30,
     {PV_RETAIN_FULL, 0}},
    {PV_PLAIN_EPOCH, "epoch", "epoch i64[1], loss f64[1]", 1 << 16, {PV_RETAIN_FULL, 0}},
    {PV_PLAIN_NORM, "norm", "mean f32[c], inverse_std f32[c]", 1 << 20, {PV_RETAIN_FULL, 0}},
    {PV_PLAIN_MODEL, "model", "each parameter f32", UINT64_C(1) << 31, {PV_RETAIN_FULL, 0}},
    {PV_PLAIN_RELEASED, "released", "each parameter f32", UINT64_C(1) << 31, {PV_RETAIN_FULL, 0}},
};

pv_status pv_plain_join_send(pv_party *p, int server, const pv_plain_join *j)
{
    const pv_part part[] = {pv_part_bytes("truth", j->truth.byte, PV_HASH_BYTES),
                            pv_part_number("samples", &j->samples)};
    return pv_send(pv_party_hub(p), server, PV_PLAIN_JOIN, part, 2);
}

pv_status pv_plain_join_take(pv_plain_join *j, const pv_parts *p, const char *what)
{
    PV_TRY(pv_parts_get_bytes(j->truth.byte, PV_HASH_BYTES, p, what, "truth"));
    return pv_parts_get_number(&j->samples, p, what, "samples", 1, MOST_ROWS);
}

static pv_shape rows_of(int64_t n, const pv_shape *sample)
{
    pv_shape s = {.ndim = sample->ndim + 1, .dim = {n}};
    for (int i = 0; i < sample->ndim; i++) s.dim[i + 1] = sample->dim[i];
    return s;
}

pv_status pv_plain_rows_send(pv_party *p, int server, const pv_data *data)
{
    pv_status status = PV_OK;
    pv_shape sample = pv_data_sample_shape(data);
    pv_dtype dtype = pv_data_dtype(data);
    size_t each = (size_t)pv_shape_count(&sample) * pv_dtype_size(dtype);
    int64_t count = pv_data_count(data), piece = each < PIECE ? (int64_t)(PIECE / each) : 1;
    void *x = pv_alloc((size_t)piece, each);
    int32_t *label = pv_alloc((size_t)piece, sizeof *label);
    if (x == NULL || label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", piece);
    for (int64_t at = 0; at < count; at += piece) {
        int64_t n = count - at < piece ? count - at : piece;
        pv_data_rows(data, at, n, x, label);
        const pv_part part[] = {
            {.name = "x", .dtype = dtype, .shape = rows_of(n, &sample), .data = x},
            {.name = "label", .dtype = PV_I32, .shape = PV_SHAPE(n), .data = label}};
        PV_TRY_GOTO(pv_send(pv_party_hub(p), server, PV_PLAIN_ROWS, part, 2));
    }
done:
    pv_free(x);
    pv_free(label);
    return status;
}

pv_status pv_plain_rows_take(pv_plain_rows *r, const pv_parts *p, const char *what,
                             const pv_shape *sample)
{
    const pv_part *x, *label, *any = pv_parts_find(p, "x");
    pv_dtype dtype = any != NULL && any->dtype == PV_U8 ? PV_U8 : PV_F32;
    PV_TRY(pv_parts_get(&x, p, what, "x", dtype, rows_of(-1, sample)));
    PV_TRY(pv_parts_get(&label, p, what, "label", PV_I32, PV_SHAPE(x->shape.dim[0])));
    *r = (pv_plain_rows){.dtype = dtype, .n = x->shape.dim[0], .x = x->data, .label = label->data};
    if (r->n < 1) PV_FAIL(PV_ERR_PEER, "%s: it has no rows", what);
    return PV_OK;
}

void pv_plain_epoch_parts(pv_part part[2], const int64_t *epoch, const double *loss)
{
    part[0] = pv_part_number("epoch", epoch);
    part[1] = (pv_part){.name = "loss", .dtype = PV_F64, .shape = PV_SHAPE(1), .data = loss};
}

void pv_plain_norm_parts(pv_part part[2], const pv_norm *norm)
{
    const pv_shape shape = PV_SHAPE(norm->n);
    part[0] = (pv_part){.name = "mean", .dtype = PV_F32, .shape = shape, .data = norm->mean};
    part[1] = (pv_part){
        .name = "inverse_std", .dtype = PV_F32, .shape = shape, .data = norm->inverse_std};
}

pv_status pv_plain_epoch_take(int64_t *epoch, double *loss, const pv_parts *p, const char *what)
{
    const pv_part *part;
    PV_TRY(pv_parts_get_number(epoch, p, what, "epoch", 1, MOST_ROWS));
    PV_TRY(pv_parts_get(&part, p, what, "loss", PV_F64, PV_SHAPE(1)));
    memcpy(loss, part->data, sizeof *loss);
    return PV_OK;
}

static pv_status copy_column(float **out, const pv_parts *p, const char *what, const char *name,
                             int columns)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_F32, PV_SHAPE(columns)));
    *out = pv_alloc((size_t)columns, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY((size_t)columns * sizeof **out);
    memcpy(*out, part->data, (size_t)columns * sizeof **out);
    return PV_OK;
}

pv_status pv_plain_norm_take(pv_norm *norm, const pv_parts *p, const char *what, int columns)
{
    *norm = (pv_norm){.n = columns};
    pv_status status = copy_column(&norm->mean, p, what, "mean", columns);
    if (status == PV_OK) status = copy_column(&norm->inverse_std, p, what, "inverse_std", columns);
    for (int i = 0; status == PV_OK && i < columns; i++)
        if (!isfinite(norm->mean[i]) || !isfinite(norm->inverse_std[i]))
            status = pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                                   "%s: the normalisation of column %d is not finite", what, i);
    if (status != PV_OK) pv_norm_clear(norm);
    return status;
}
