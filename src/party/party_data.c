#include "party/party_i.h"

#include "base/secret.h"
#include "crypto/identity/merkle.h"
#include "party/data.h"
#include <stdlib.h>
#include <string.h>

/* ---- what was committed to before anything was sent */

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
    PV_TRY_GOTO(pv_truth_root(&p->truth, salt, data));
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

pv_status pv_party_data(pv_data **out, pv_party *p)
{
    PV_TRY(pv_local_data(out, p->o->local, p->o->scenario, p->o->name, &p->ctx));
    pv_status status = p->truth_known ? PV_OK : commit_to(p, *out);
    if (status == PV_OK) return PV_OK;
    pv_data_free(*out);
    *out = NULL;
    return status;
}

pv_status pv_party_test(pv_data **out, pv_party *p)
{
    return pv_local_test(out, p->o->local, p->o->scenario, p->o->name, &p->ctx);
}
