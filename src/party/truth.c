#include "party/truth.h"

#include "base/mem.h"
#include "base/secret.h"
#include <string.h>

pv_status pv_party_truth_root(pv_hash *root, const pv_data *data, const uint8_t salt[PV_SALT_BYTES])
{
    pv_status status = PV_OK;
    pv_merkle *m = NULL;
    pv_shape shape = pv_data_sample_shape(data);
    size_t each = (size_t)pv_shape_count(&shape);
    float *x = pv_alloc(each, sizeof *x);
    pv_writer w = pv_writer_make("a row", (each + 1) * 4);
    if (x == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a row of %zu numbers", each);
    PV_TRY_GOTO(pv_merkle_new(&m, salt));
    for (int64_t i = 0; i < pv_data_count(data); i++) {
        pv_data_raw(data, i, x);
        w.size = 0; /* the same room for every row */
        for (size_t k = 0; k < each; k++) pv_writer_f32le(&w, x[k]);
        pv_writer_u32le(&w, (uint32_t)pv_data_label(data, i));
        PV_TRY_GOTO(pv_writer_status(&w));
        PV_TRY_GOTO(pv_merkle_add(m, w.data, w.size));
    }
    PV_TRY_GOTO(pv_merkle_root(m, root));
done:
    pv_merkle_free(m);
    pv_writer_clear(&w);
    pv_free(x);
    return status;
}

static pv_status write_json(const char *path, const uint8_t salt[PV_SALT_BYTES],
                            const pv_hash *root, int64_t rows)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    char hex[PV_HASH_TEXT];
    pv_hash secret;
    json_t *j = json_object();
    memcpy(secret.byte, salt, PV_SALT_BYTES);
    PV_TRY_GOTO(pv_json_set(j, "root", json_string(pv_hash_text(root, hex))));
    PV_TRY_GOTO(pv_json_set(j, "salt", json_string(pv_hash_text(&secret, hex))));
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer(rows)));
    PV_TRY_GOTO(pv_json_dump(&text, j, 2));
    PV_TRY_GOTO(pv_str_append(&text, "\n"));
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&text), text.size, 0600));
done:
    json_decref(j);
    pv_str_clear(&text);
    pv_secret_wipe(&secret, sizeof secret);
    pv_secret_wipe(hex, sizeof hex);
    return status;
}

pv_status pv_party_truth(pv_hash *root, pv_party *p, const pv_data *data)
{
    pv_status status = PV_OK;
    uint8_t salt[PV_SALT_BYTES];
    pv_csprng r;
    char *path = NULL;
    PV_TRY(pv_party_csprng(&r, p, "party/truth"));
    pv_csprng_bytes(&r, salt, sizeof salt);
    pv_csprng_clear(&r);
    PV_TRY_GOTO(pv_party_truth_root(root, data, salt));
    path = pv_path_join(pv_party_folder(p), "truth.json");
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(write_json(path, salt, root, pv_data_count(data)));
done:
    pv_free(path);
    pv_secret_wipe(salt, sizeof salt);
    return status;
}
