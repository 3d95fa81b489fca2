#include "scheme/plain/pool.h"

#include "base/mem.h"
#include <string.h>

void pv_plain_pool_clear(pv_plain_pool *pool)
{
    pv_free(pool->x);
    pv_free(pool->label);
    *pool = (pv_plain_pool){0};
}

pv_status pv_plain_pool_add(pv_plain_pool *pool, const pv_plain_rows *r, const char *what,
                            const pv_shape *sample)
{
    if (pool->dtype == 0) {
        pool->dtype = r->dtype;
        pool->each = (size_t)pv_shape_count(sample) * pv_dtype_size(r->dtype);
    }
    if (pool->dtype != r->dtype)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: its samples are %s, those before were %s; bring all data in one form", what,
                pv_dtype_name(r->dtype), pv_dtype_name(pool->dtype));
    size_t have = (size_t)pool->n, n = (size_t)r->n;
    PV_TRY(pv_grow((void **)&pool->x, &pool->x_cap, (have + n) * pool->each, 1));
    PV_TRY(pv_grow((void **)&pool->label, &pool->label_cap, have + n, sizeof *pool->label));
    memcpy(pool->x + have * pool->each, r->x, n * pool->each);
    memcpy(pool->label + have, r->label, n * sizeof *pool->label);
    pool->n += r->n;
    return PV_OK;
}

void pv_plain_pool_cut(pv_plain_pool *pool, int64_t n)
{
    if (n < pool->n) pool->n = n;
    if (pool->n == 0) pool->dtype = 0;
}

/* The payload of one large rows message. */
pv_status pv_plain_pool_save(const pv_plain_pool *pool, const char *path, const pv_shape *sample)
{
    pv_status status = PV_OK;
    pv_shape shape = {.ndim = sample->ndim + 1, .dim = {pool->n}};
    for (int i = 0; i < sample->ndim; i++) shape.dim[i + 1] = sample->dim[i];
    const pv_part part[] = {
        {.name = "x", .dtype = pool->dtype, .shape = shape, .data = pool->x},
        {.name = "label", .dtype = PV_I32, .shape = PV_SHAPE(pool->n), .data = pool->label}};
    size_t size = pv_parts_size(part, 2);
    uint8_t *bytes = pv_alloc(size, 1);
    if (bytes == NULL) PV_FAIL_MEMORY(size);
    PV_TRY_GOTO(pv_parts_encode(bytes, part, 2));
    PV_TRY_GOTO(pv_file_write(path, bytes, size, 0600));
done:
    pv_free(bytes);
    return status;
}

pv_status pv_plain_pool_load(pv_plain_pool *pool, const char *path, const pv_shape *sample)
{
    pv_status status = PV_OK;
    pv_bytes file = {0};
    pv_parts parts = {0};
    pv_plain_rows rows;
    *pool = (pv_plain_pool){0};
    PV_TRY_GOTO(pv_file_read(&file, path, PTRDIFF_MAX));
    PV_TRY_GOTO(pv_parts_parse(&parts, path, file.data, file.size));
    PV_TRY_GOTO(pv_plain_rows_take(&rows, &parts, path, sample));
    PV_TRY_GOTO(pv_plain_pool_add(pool, &rows, path, sample));
done:
    pv_parts_clear(&parts);
    pv_bytes_clear(&file);
    return status;
}

pv_status pv_plain_pool_data(pv_data **out, const pv_plain_pool *pool, const pv_schema *schema)
{
    const pv_rows rows = {.kind = schema->kind,
                          .dtype = pool->dtype,
                          .sample = schema->sample,
                          .n = pool->n,
                          .x = pool->x,
                          .label = pool->label,
                          .class_name = (const char *const *)schema->class_name,
                          .classes = schema->classes};
    return pv_data_from_rows(out, &rows);
}
