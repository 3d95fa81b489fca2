#include "party/data.h"

#include "base/str.h"
#include "data/spec.h"
#include "view/le.h"
#include <stdlib.h>
#include <string.h>

/* ---- what is committed to */

/* Row i as it is committed to: its values as they are read, float32, and its label, i32; both
 * little-endian. */
static void encode_row(uint8_t *out, float *x, int64_t each, const pv_data *data, int64_t i)
{
    pv_data_raw(data, i, x);
    for (int64_t k = 0; k < each; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        out = pv_le_put(out, bits, 4);
    }
    pv_le_put(out, (uint32_t)pv_data_label(data, i), 4);
}

static pv_status add_rows(pv_merkle *m, const pv_data *data)
{
    pv_status status = PV_OK;
    const pv_shape shape = pv_data_sample_shape(data);
    int64_t each = pv_shape_count(&shape), count = pv_data_count(data);
    size_t size = 4 * ((size_t)each + 1);
    float *x = pv_alloc((size_t)each, sizeof *x);
    uint8_t *row = pv_alloc(size, 1);
    if (x == NULL || row == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a row of data");
    for (int64_t i = 0; i < count; i++) {
        encode_row(row, x, each, data, i);
        PV_TRY_GOTO(pv_merkle_add(m, row, size));
    }
done:
    pv_free(x);
    pv_free(row);
    return status;
}

pv_status pv_truth_root(pv_hash *root, const uint8_t salt[PV_SALT_BYTES], const pv_data *data)
{
    pv_merkle *m;
    PV_TRY(pv_merkle_new(&m, salt));
    pv_status status = add_rows(m, data);
    if (status == PV_OK) status = pv_merkle_root(m, root);
    pv_merkle_free(m);
    return status;
}

/* ---- opening */

static pv_status take_part(pv_data **data, const pv_local *l, const pv_scenario *s,
                           const char *party)
{
    static const char name[] = "dirichlet:";
    const char *parts = l->parts;
    int k = pv_scenario_count(s, pv_scenario_find(s, party)->role),
        rank = pv_scenario_rank(s, party);
    double alpha = strcmp(parts, "iid") == 0 ? 0.0 : strtod(parts + sizeof name - 1, NULL);
    pv_data **all = pv_calloc((size_t)k, sizeof *all);
    if (all == NULL) PV_FAIL_MEMORY((size_t)k * sizeof *all);
    pv_status status = pv_data_split(all, k, *data, alpha, s->seed);
    for (int i = 0; i < k && status == PV_OK; i++)
        if (i != rank) pv_data_free(all[i]);
    if (status == PV_OK) {
        pv_data_free(*data);
        *data = all[rank];
    }
    pv_free(all);
    return status;
}

pv_status pv_local_data(pv_data **out, const pv_local *l, const pv_scenario *s, const char *party,
                        const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    *out = NULL;
    if (l->data == NULL)
        PV_FAIL(PV_ERR_INPUT,
                "%s brings no data: write data = SPEC into its local file, or into [local %s] of "
                "%s",
                party, party, s->path);
    PV_TRY_GOTO(pv_data_open(out, l->data, ctx));
    PV_TRY_GOTO(pv_schema_check(&s->schema, *out));
    if (l->parts != NULL) PV_TRY_GOTO(take_part(out, l, s, party));
done:
    if (status != PV_OK) {
        pv_data_free(*out);
        *out = NULL;
        return pv_trail_context(status, __FILE__, __LINE__, "in the data of %s, %s", party,
                                l->data);
    }
    return PV_OK;
}

pv_status pv_local_test(pv_data **out, const pv_local *l, const pv_scenario *s, const char *party,
                        const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_str spec = {0};
    int own = l->test != NULL;
    *out = NULL;
    if (own)
        PV_TRY_GOTO(pv_str_append(&spec, l->test));
    else if (l->data != NULL)
        PV_TRY_GOTO(pv_spec_test(&spec, l->data, &own));
    if (!own) goto done;
    PV_TRY_GOTO(pv_data_open(out, pv_str_text(&spec), ctx));
    status = pv_schema_check(&s->schema, *out);
    if (status != PV_OK) {
        pv_data_free(*out);
        *out = NULL;
        status = pv_trail_context(status, __FILE__, __LINE__, "in the test data of %s, %s", party,
                                  pv_str_text(&spec));
    }
done:
    pv_str_clear(&spec);
    return status;
}
