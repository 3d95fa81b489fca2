#include "party/party_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "view/view.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- metrics.jsonl */

pv_status pv_party_open_metrics(pv_party *p)
{
    pv_status status = PV_OK;
    struct stat st;
    char *path = pv_path_join(p->o->folder, "metrics.jsonl");
    if (path == NULL) PV_FAIL_MEMORY(strlen(p->o->folder));
    p->metrics = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (p->metrics < 0 || fstat(p->metrics, &st) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: could not be opened: %s", path, strerror(errno));
    p->metrics_size = p->kept.metrics;
    if ((uint64_t)st.st_size < p->metrics_size) { /* a machine that stopped may have lost lines */
        pv_ctx_log(&p->ctx, PV_LOG_WARN, "%s: lines were lost when the machine stopped", path);
        p->metrics_size = (uint64_t)st.st_size;
    }
    if (ftruncate(p->metrics, (off_t)p->metrics_size) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: could not be cut back: %s", path, strerror(errno));
done:
    pv_free(path);
    return status;
}

static pv_status write_line(pv_party *p, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(p->metrics, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL(PV_ERR_IO, "%s/metrics.jsonl: writing failed: %s", p->o->folder,
                    strerror(errno));
        text += n;
        size -= (size_t)n;
        p->metrics_size += (uint64_t)n;
    }
    return PV_OK;
}

pv_status pv_party_metric(pv_party *p, json_t *line)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    json_t *with_step = json_object();
    PV_TRY_GOTO(pv_json_set(with_step, "step", json_integer((json_int_t)p->step)));
    if (line == NULL || json_object_update_missing(with_step, line) != 0)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a line of metrics");
    PV_TRY_GOTO(pv_json_dump(&text, with_step, 0));
    PV_TRY_GOTO(pv_str_append(&text, "\n"));
    PV_TRY_GOTO(write_line(p, text.text, text.size));
done:
    pv_str_clear(&text);
    json_decref(with_step);
    json_decref(line);
    return status;
}

pv_status pv_party_result(pv_party *p, const char *key, json_t *value)
{
    return pv_json_set(p->kept.results, key, value);
}

void pv_party_progress(pv_party *p, uint64_t done, uint64_t total, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    pv_ctx_progress(&p->ctx, text, done, total);
}

/* ---- result.json */

static const char *type_name(const pv_party *p, uint16_t type)
{
    if (type == PV_TYPE_SEAL) return "seal";
    for (int i = 0; i < p->o->types; i++)
        if (p->type[i].id == type) return p->type[i].name;
    return "channel";
}

static pv_status traffic_of(json_t **out, const pv_party *p, int peer)
{
    pv_status status = PV_OK;
    int types = pv_hub_traffic_types(p->hub);
    json_t *j = json_object(), *one = NULL;
    pv_hub_traffic *t = pv_calloc((size_t)types, sizeof *t);
    if (t == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d message types", types);
    pv_hub_traffic_of(p->hub, peer, t);
    for (int i = 0; i < types; i++) {
        if (t[i].sent_count == 0 && t[i].received_count == 0 && t[i].sent_bytes == 0 &&
            t[i].received_bytes == 0)
            continue;
        one = json_object();
        PV_TRY_GOTO(pv_json_set(one, "sent_count", json_integer((json_int_t)t[i].sent_count)));
        PV_TRY_GOTO(pv_json_set(one, "sent_bytes", json_integer((json_int_t)t[i].sent_bytes)));
        PV_TRY_GOTO(
            pv_json_set(one, "received_count", json_integer((json_int_t)t[i].received_count)));
        PV_TRY_GOTO(
            pv_json_set(one, "received_bytes", json_integer((json_int_t)t[i].received_bytes)));
        json_t *whole = one;
        one = NULL;
        PV_TRY_GOTO(pv_json_set(j, type_name(p, t[i].type), whole));
    }
    *out = j;
    j = NULL;
done:
    json_decref(one);
    json_decref(j);
    pv_free(t);
    return status;
}

static pv_status set_traffic(json_t *out, const pv_party *p)
{
    pv_status status = PV_OK;
    json_t *all = json_object();
    for (int i = 0; i < p->peers; i++) {
        json_t *one = NULL;
        PV_TRY_GOTO(traffic_of(&one, p, i));
        PV_TRY_GOTO(pv_json_set(all, p->peer[i].name, one));
    }
    json_incref(all);
    PV_TRY_GOTO(pv_json_set(out, "traffic", all));
done:
    json_decref(all);
    return status;
}

static pv_status set_seconds(json_t *out, double total, const pv_hub_seconds *s)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    double compute = total - s->channel - s->journal - s->view - s->waiting;
    PV_TRY_GOTO(pv_json_set(j, "total", pv_json_number(total)));
    PV_TRY_GOTO(pv_json_set(j, "compute", pv_json_number(compute > 0.0 ? compute : 0.0)));
    PV_TRY_GOTO(pv_json_set(j, "channel", pv_json_number(s->channel)));
    PV_TRY_GOTO(pv_json_set(j, "journal", pv_json_number(s->journal)));
    PV_TRY_GOTO(pv_json_set(j, "view", pv_json_number(s->view)));
    PV_TRY_GOTO(pv_json_set(j, "waiting", pv_json_number(s->waiting)));
    json_incref(j);
    PV_TRY_GOTO(pv_json_set(out, "seconds", j));
done:
    json_decref(j);
    return status;
}

/* The view is closed by now: what it is worth is checked as anybody else would. */
static pv_status set_view(json_t *out, const pv_party *p)
{
    pv_status status = PV_OK;
    pv_hash hash;
    pv_view_check check = {0};
    pv_view *v = NULL;
    char text[PV_HASH_TEXT];
    json_t *j = json_object();
    PV_TRY_GOTO(pv_hash_file(&hash, p->view));
    PV_TRY_GOTO(pv_view_open(&v, p->view));
    PV_TRY_GOTO(pv_view_verify(&check, v));
    PV_TRY_GOTO(pv_json_set(j, "file", json_string("view.pvv")));
    PV_TRY_GOTO(pv_json_set(j, "bytes",
                            json_integer((json_int_t)(pv_view_end(v).bytes + pv_view_torn(v)))));
    PV_TRY_GOTO(pv_json_set(j, "sha256", json_string(pv_hash_text(&hash, text))));
    PV_TRY_GOTO(pv_json_set(j, "records", json_integer((json_int_t)check.records)));
    PV_TRY_GOTO(pv_json_set(j, "payloads", json_integer((json_int_t)check.payloads)));
    PV_TRY_GOTO(pv_json_set(j, "seals", json_integer((json_int_t)check.seals)));
    PV_TRY_GOTO(
        pv_json_set(j, "last_sealed_step", json_integer((json_int_t)check.last_sealed_step)));
    json_incref(j);
    PV_TRY_GOTO(pv_json_set(out, "view", j));
done:
    pv_view_free(v);
    json_decref(j);
    return status;
}

static pv_status set_truth(json_t *out, const pv_party *p)
{
    pv_status status = PV_OK;
    char text[PV_HASH_TEXT];
    if (!p->truth_known) return PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "root", json_string(pv_hash_text(&p->truth, text))));
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer(p->truth_rows)));
    json_incref(j);
    PV_TRY_GOTO(pv_json_set(out, "truth", j));
done:
    json_decref(j);
    return status;
}

static pv_status set_dropped(json_t *out, const pv_party *p)
{
    pv_status status = PV_OK;
    json_t *j = json_array();
    for (int i = 0; i < p->peers; i++)
        if (pv_hub_dropped(p->hub, i)) PV_TRY_GOTO(pv_json_append(j, json_string(p->peer[i].name)));
    json_incref(j);
    PV_TRY_GOTO(pv_json_set(out, "dropped", j));
done:
    json_decref(j);
    return status;
}

static pv_status set_head(json_t *j, const pv_party *p)
{
    char text[PV_HASH_TEXT];
    PV_TRY(pv_json_set(j, "party", json_string(p->o->name)));
    PV_TRY(pv_json_set(j, "role", json_string(p->self->role)));
    PV_TRY(pv_json_set(j, "scheme", json_string(p->o->scheme)));
    PV_TRY(pv_json_set(j, "scenario", json_string(pv_hash_text(&p->o->scenario->hash, text))));
    PV_TRY(pv_json_set(j, "steps", json_integer((json_int_t)p->step)));
    return pv_json_set(j, "restarts", json_integer((json_int_t)p->restarts));
}

pv_status pv_party_write_result(pv_party *p, double seconds)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    pv_hub_seconds spent;
    char *path = pv_path_join(p->o->folder, "result.json");
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(set_head(j, p));
    spent = pv_hub_seconds_of(p->hub);
    PV_TRY_GOTO(set_seconds(j, seconds, &spent));
    PV_TRY_GOTO(set_traffic(j, p));
    PV_TRY_GOTO(set_dropped(j, p));
    PV_TRY_GOTO(set_truth(j, p));
    PV_TRY_GOTO(pv_json_set(j, "result", json_incref(p->kept.results)));
    pv_hub_free(p->hub); /* closes the view */
    p->hub = NULL;
    PV_TRY_GOTO(set_view(j, p));
    PV_TRY_GOTO(pv_json_save(j, 2, path));
done:
    pv_free(path);
    json_decref(j);
    return status;
}
