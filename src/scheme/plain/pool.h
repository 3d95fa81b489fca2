/* scheme/plain/pool.h - the rows of all clients, in the order of the scenario
 *
 * They are in memory, and in FOLDER/pool.bin (mode 0600) as soon as they are complete: a server
 * that dies goes on from there, since clients do not send them again. The file stays: the server
 * was given these rows, and its view holds them as well.
 */
#ifndef PV_SCHEME_PLAIN_POOL_H
#define PV_SCHEME_PLAIN_POOL_H

#include "party/scenario.h"
#include "scheme/plain/messages.h"

typedef struct pv_plain_pool {
    pv_dtype dtype; /* 0: no rows yet */
    size_t each;    /* bytes of a sample */
    uint8_t *x;
    int32_t *label;
    int64_t n;
    size_t x_cap, label_cap;
} pv_plain_pool;

void pv_plain_pool_clear(pv_plain_pool *pool); /* idempotent */

/* Errors: PV_ERR_MISMATCH when rows are of another dtype than those before. */
pv_status pv_plain_pool_add(pv_plain_pool *pool, const pv_plain_rows *r, const char *what,
                            const pv_shape *sample) PV_MUST_USE;
/* Forget all rows from number n on: of a client that was lost on the way. */
void pv_plain_pool_cut(pv_plain_pool *pool, int64_t n);

pv_status pv_plain_pool_save(const pv_plain_pool *pool, const char *path,
                             const pv_shape *sample) PV_MUST_USE;
pv_status pv_plain_pool_load(pv_plain_pool *pool, const char *path,
                             const pv_shape *sample) PV_MUST_USE;

/* As a data set of the schema. */
pv_status pv_plain_pool_data(pv_data **out, const pv_plain_pool *pool,
                             const pv_schema *schema) PV_MUST_USE;

#endif
