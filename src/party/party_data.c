#include "party/party_i.h"

#include "base/secret.h"
#include "crypto/identity/merkle.h"
#include "data/spec.h"
#include "view/le.h"
#include <stdlib.h>
#include <string.h>

/* ---- what was committed to before anything was sent */

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

static pv_status compute_root(pv_hash *root, const uint8_t salt[PV_SALT_BYTES], const pv_data *data)
{
    pv_merkle *m;
    PV_TRY(pv_merkle_new(&m, salt));
    pv_status status = add_rows(m, data);
    if (status == PV_OK) status = pv_merkle_root(m, root);
    pv_merkle_free(m);
    return status;
}

/* The salt is secret: who knows it can try rows. */
static pv_status write_truth(const char *path, const char *root, const uint8_t salt[PV_SALT_BYTES],
                             int64_t rows)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    char hex[PV_HASH_TEXT];
    pv_hash h;
    memcpy(h.byte, salt, sizeof h.byte);
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "root", json_string(root)));
    PV_TRY_GOTO(pv_json_set(j, "salt", json_string(pv_hash_text(&h, hex))));
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer(rows)));
    PV_TRY_GOTO(pv_json_dump(&text, j, 2));
    PV_TRY_GOTO(pv_str_append(&text, "\n"));
    PV_TRY_GOTO(pv_file_write(path, text.text, text.size, 0600));
done:
    pv_secret_wipe(&h, sizeof h);
    pv_secret_wipe(hex, sizeof hex);
    pv_str_clear(&text);
    json_decref(j);
    return status;
}

static pv_status check_truth(const char *path, const char *root)
{
    json_t *j;
    const char *before;
    PV_TRY(pv_json_load(&j, path, 4096));
    pv_status status = pv_json_get_text(&before, j, "root", path);
    if (status == PV_OK && strcmp(before, root) != 0)
        status = pv_trail_fail(PV_ERR_MISMATCH, __FILE__, __LINE__,
                               "%s: the data is not what it was when the run began (root %.16s..., "
                               "now %.16s...); bring back what it was, or start the run anew",
                               path, before, root);
    json_decref(j);
    return status;
}

/* A party that is started again must have the same rows: what it sent came from them. */
static pv_status commit_to(pv_party *p, const pv_data *data)
{
    pv_status status = PV_OK;
    uint8_t salt[PV_SALT_BYTES];
    char root[PV_HASH_TEXT];
    char *path = pv_path_join(p->o->folder, "truth.json");
    pv_csprng r;
    if (path == NULL) PV_FAIL_MEMORY(strlen(p->o->folder));
    PV_TRY_GOTO(pv_csprng_derive(&r, p->kept.run_key, "party/truth", 0, 0));
    pv_csprng_bytes(&r, salt, sizeof salt);
    pv_csprng_clear(&r);
    PV_TRY_GOTO(compute_root(&p->truth, salt, data));
    pv_hash_text(&p->truth, root);
    if (p->first > 1 || pv_file_exists(path))
        PV_TRY_GOTO(check_truth(path, root));
    else
        PV_TRY_GOTO(write_truth(path, root, salt, pv_data_count(data)));
    p->truth_rows = pv_data_count(data);
    p->truth_known = 1;
done:
    pv_secret_wipe(salt, sizeof salt);
    pv_free(path);
    return status;
}

const pv_hash *pv_party_truth(const pv_party *p)
{
    return p->truth_known ? &p->truth : NULL;
}

/* ---- opening */

static pv_status take_part(pv_data **data, const pv_party *p)
{
    static const char name[] = "dirichlet:";
    const char *parts = p->o->local->parts;
    const pv_scenario *s = p->o->scenario;
    int k = pv_scenario_count(s, p->self->role), rank = pv_scenario_rank(s, p->o->name);
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

pv_status pv_party_open_data(pv_data **out, const pv_party *p)
{
    pv_status status = PV_OK;
    const pv_local *l = p->o->local;
    *out = NULL;
    if (l->data == NULL)
        PV_FAIL(PV_ERR_INPUT,
                "%s brings no data: write data = SPEC into its local file, or into [local %s] of "
                "%s",
                p->o->name, p->o->name, p->o->scenario->path);
    PV_TRY_GOTO(pv_data_open(out, l->data, &p->ctx));
    PV_TRY_GOTO(pv_schema_check(&p->o->scenario->schema, *out));
    if (l->parts != NULL) PV_TRY_GOTO(take_part(out, p));
done:
    if (status != PV_OK) {
        pv_data_free(*out);
        *out = NULL;
        return pv_trail_context(status, __FILE__, __LINE__, "in the data of %s, %s", p->o->name,
                                l->data);
    }
    return PV_OK;
}

pv_status pv_party_data(pv_data **out, pv_party *p)
{
    PV_TRY(pv_party_open_data(out, p));
    pv_status status = p->truth_known ? PV_OK : commit_to(p, *out);
    if (status == PV_OK) return PV_OK;
    pv_data_free(*out);
    *out = NULL;
    return status;
}

pv_status pv_party_test(pv_data **out, pv_party *p)
{
    pv_status status = PV_OK;
    const pv_local *l = p->o->local;
    pv_str spec = {0};
    int own = l->test != NULL;
    *out = NULL;
    if (own)
        PV_TRY_GOTO(pv_str_append(&spec, l->test));
    else if (l->data != NULL)
        PV_TRY_GOTO(pv_spec_test(&spec, l->data, &own));
    if (!own) goto done;
    PV_TRY_GOTO(pv_data_open(out, pv_str_text(&spec), &p->ctx));
    status = pv_schema_check(&p->o->scenario->schema, *out);
    if (status != PV_OK) {
        pv_data_free(*out);
        *out = NULL;
        status = pv_trail_context(status, __FILE__, __LINE__, "in the test data of %s, %s",
                                  p->o->name, pv_str_text(&spec));
    }
done:
    pv_str_clear(&spec);
    return status;
}
