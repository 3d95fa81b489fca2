#include "run/audit_i.h"

#include "base/file.h"
#include "base/secret.h"
#include "run/folder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { METRICS_MAX = 64 << 20, VALUES_SHOWN = 16 };

static int64_t integer(const json_t *object, const char *key)
{
    int64_t v = json_integer_value(json_object_get(object, key));
    return v > 0 ? v : 0;
}

/* Batches' seconds in metrics.jsonl, a line a step; NaN where there are none. */
static pv_status seconds_of(double *out, const pv_audit_work *w, const char *name)
{
    pv_status status = PV_OK;
    pv_bytes all = {0};
    double sum = 0;
    int any = 0;
    char *path = pv_run_party_path(w->o->run, name, "metrics.jsonl");
    *out = NAN;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (!pv_file_exists(path)) goto done;
    PV_TRY_GOTO(pv_file_read(&all, path, METRICS_MAX));
    for (size_t at = 0; at < all.size;) {
        const char *line = (const char *)all.data + at;
        const char *end = memchr(line, '\n', all.size - at);
        size_t n = end != NULL ? (size_t)(end - line) : all.size - at;
        json_t *j = json_loadb(line, n, 0, NULL);
        const json_t *seconds = json_object_get(j, "seconds");
        if (integer(j, "rows") > 0 && json_is_number(seconds)) {
            sum += json_number_value(seconds);
            any = 1;
        }
        json_decref(j);
        at += n + 1;
    }
    if (any && sum >= 0) *out = sum;
done:
    pv_bytes_clear(&all);
    pv_free(path);
    return status;
}

static pv_status add_customer(pv_findings_customer *out, const pv_audit_work *w,
                              const pv_audit_party *p, const char *provider)
{
    const json_t *result = json_object_get(p->result, "result");
    const json_t *link = json_object_get(json_object_get(p->result, "traffic"), provider);
    const json_t *refused = json_object_get(result, "refusal");
    *out = (pv_findings_customer){
        .rows = integer(result, "rows"),
        .answered = integer(result, "answered"),
        .sent = integer(json_object_get(link, "activation"), "sent_bytes"),
        .received = integer(json_object_get(link, "answer"), "received_bytes")};
    if (json_is_integer(json_object_get(result, "correct")))
        out->right = (pv_count){integer(result, "correct"), out->answered};
    if (out->answered > out->rows || out->right.k > out->right.n)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: its result.json says %lld right of %lld answered of %lld rows; the file was "
                "changed after the run",
                p->name, (long long)out->right.k, (long long)out->answered, (long long)out->rows);
    PV_TRY(pv_audit_copy(&out->name, p->name));
    if (json_is_string(refused)) PV_TRY(pv_audit_copy(&out->refused, json_string_value(refused)));
    return seconds_of(&out->seconds, w, p->name);
}

/* ---- under which secret */
static pv_status count_values(pv_count *value, int values, pv_audit_work *w,
                              const pv_audit_party *p, const char *folder)
{
    const pv_scheme_cut *cut = w->scheme->cut;
    pv_status status = PV_OK;
    pv_split_half front = {0};
    pv_activation_form form = {0};
    pv_secret_value *secret = NULL;
    int32_t *opened = NULL;
    int64_t secrets = 0, labels = 0;
    status = cut->front(&front, &form, &w->scenario, folder);
    if (status == PV_ERR_NOT_FOUND) { /* it got no answer */
        pv_trail_clear();
        return PV_OK;
    }
    PV_TRY(status);
    if (pv_secret_values(&front.plan) != values) goto done;
    PV_TRY_GOTO(cut->secrets(&secret, &secrets, &front, &w->scenario, folder));
    PV_TRY_GOTO(cut->opened(&opened, &labels, &w->scenario, folder));
    if (labels > pv_data_count(p->data)) labels = pv_data_count(p->data);
    for (int64_t i = 0; i < labels && i < secrets; i++) {
        int v = secret[i].to[0];
        if (v >= values) continue;
        value[v].n++;
        value[v].k += opened[i] == pv_data_label(p->data, i);
    }
done:
    if (secret != NULL) pv_secret_wipe(secret, (size_t)secrets * sizeof *secret);
    pv_free(secret);
    pv_free(opened);
    pv_activation_form_clear(&form);
    pv_split_half_clear(&front);
    return status;
}

/* Of customers whose data the audit opened: for nothing else is any opened. */
static pv_status add_values(pv_findings *f, pv_audit_work *w, int values)
{
    pv_status status = PV_OK;
    pv_count *value = pv_calloc((size_t)values + 1, sizeof *value);
    int64_t rows = 0;
    if (value == NULL) PV_FAIL_MEMORY((size_t)values * sizeof *value);
    for (int i = 0; i < w->parties; i++) {
        const pv_audit_party *p = &w->party[i];
        if (strcmp(p->role, w->scheme->cut->customer) != 0 || p->data == NULL ||
            p->result == NULL || !pv_data_has_labels(p->data))
            continue;
        char *folder = pv_run_party_path(w->o->run, p->name, "");
        if (folder == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
        status = count_values(value, values, w, p, folder);
        pv_free(folder);
        if (status != PV_OK) goto done;
    }
    for (int v = 0; v < values; v++) rows += value[v].n;
    if (rows == 0) goto done;
    f->value = pv_calloc((size_t)values, sizeof *f->value);
    if (f->value == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the secrets");
    for (int v = 0; v < values; v++) {
        f->value[f->values++] = (pv_findings_value){.right = value[v]};
        PV_TRY_GOTO(pv_audit_text(&f->value[v].name, "%d", v));
    }
done:
    pv_free(value);
    return status;
}

pv_status pv_audit_facts_customers(pv_findings *f, pv_audit_work *w)
{
    const pv_scheme_cut *cut = w->scheme->cut;
    const char *provider = NULL;
    int64_t values = 0;
    if (cut == NULL) return PV_OK;
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].role, cut->provider) == 0) provider = w->party[i].name;
    f->customer = pv_calloc((size_t)w->parties + 1, sizeof *f->customer);
    if (f->customer == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the customers");
    for (int i = 0; i < w->parties && provider != NULL; i++) {
        const pv_audit_party *p = &w->party[i];
        if (strcmp(p->role, cut->customer) != 0 || p->result == NULL) continue;
        PV_TRY(add_customer(&f->customer[f->customers++], w, p, provider));
    }
    for (size_t i = 0; i < w->cases && values == 0; i++)
        if (w->item[i].known.front.model != NULL)
            values = pv_secret_values(&w->item[i].known.front.plan);
    return values > 0 && values <= VALUES_SHOWN ? add_values(f, w, (int)values) : PV_OK;
}
