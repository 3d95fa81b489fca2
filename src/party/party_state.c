/* party/party_state.c - what a commit keeps of driver and role
 *
 *     u32  version, 1
 *     32   run key
 *     u8   done
 *     f64  seconds so far
 *     u64  bytes of metrics.jsonl
 *     sized JSON of the results
 *     the role's own bytes, to the end
 */
#include "party/party_i.h"

#include "base/clock.h"
#include "base/secret.h"
#include <string.h>

enum { STATE_VERSION = 1, RESULTS_MAX = 64 << 20 };

static pv_status new_run_key(pv_party_kept *k)
{
    if (k->run_key == NULL) k->run_key = pv_secret_alloc(PV_RUN_KEY_BYTES);
    if (k->run_key == NULL) PV_FAIL_MEMORY(PV_RUN_KEY_BYTES);
    return PV_OK;
}

pv_status pv_party_state_begin(pv_party *p)
{
    pv_csprng r;
    PV_TRY(new_run_key(&p->kept));
    PV_TRY(pv_csprng_init(&r));
    pv_csprng_bytes(&r, p->kept.run_key, PV_RUN_KEY_BYTES);
    pv_csprng_clear(&r);
    p->kept.results = json_object();
    if (p->kept.results == NULL) PV_FAIL_MEMORY(64);
    return PV_OK;
}

pv_status pv_party_state_encode(pv_bytes *out, pv_party *p)
{
    pv_status status = PV_OK;
    pv_str results = {0};
    pv_writer w = pv_writer_make("state of a party", SIZE_MAX / 2);
    w.secret = 1;
    *out = (pv_bytes){0};
    PV_TRY_GOTO(pv_json_dump(&results, p->kept.results, 0));
    if (results.size > RESULTS_MAX)
        PV_FAIL_GOTO(PV_ERR_LIMIT, "%s: %zu bytes of results, at most %d are kept", p->o->name,
                     results.size, RESULTS_MAX);
    pv_writer_u32le(&w, STATE_VERSION);
    pv_writer_bytes(&w, p->kept.run_key, PV_RUN_KEY_BYTES);
    pv_writer_u8(&w, p->kept.done != 0);
    pv_writer_f64le(&w, p->kept.seconds + (pv_clock_seconds() - p->began));
    pv_writer_u64le(&w, p->metrics_size);
    pv_writer_sized(&w, results.text, results.size);
    if (p->step > 0) PV_TRY_GOTO(p->o->role->save(p->self_role, &w)); /* before: nothing to save */
    PV_TRY_GOTO(pv_writer_take(&w, out));
done:
    pv_writer_clear(&w);
    pv_str_clear(&results);
    return status;
}

pv_status pv_party_state_parse(pv_party *p, pv_reader *role, const void *data, size_t size)
{
    pv_party_kept *k = &p->kept;
    size_t n;
    pv_reader r = pv_reader_make("the journal's state", data, size);
    uint32_t version = pv_reader_u32le(&r, "version");
    if (pv_reader_status(&r) == PV_OK && version != STATE_VERSION)
        pv_reader_fail(&r, PV_ERR_VERSION, "version %u, %d is read", version, STATE_VERSION);
    const uint8_t *key = pv_reader_bytes(&r, PV_RUN_KEY_BYTES, "run key");
    k->done = pv_reader_u8(&r, "done");
    k->seconds = pv_reader_f64le(&r, "seconds");
    k->metrics = pv_reader_u64le(&r, "bytes of metrics");
    const uint8_t *results = pv_reader_sized(&r, RESULTS_MAX, &n, "results");
    PV_TRY(pv_reader_status(&r));
    PV_TRY(new_run_key(k));
    memcpy(k->run_key, key, PV_RUN_KEY_BYTES);
    PV_TRY(pv_json_parse(&k->results, "the journal's results", results, n));
    if (!json_is_object(k->results)) PV_FAIL(PV_ERR_FORMAT, "the journal's results are no object");
    *role = pv_reader_make("the role's state", r.data + r.at, r.size - r.at);
    return PV_OK;
}

void pv_party_state_clear(pv_party_kept *k)
{
    pv_secret_free(k->run_key);
    json_decref(k->results);
    *k = (pv_party_kept){0};
}
