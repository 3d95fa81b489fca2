#include "cli/view_print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { TIME_TEXT = 40, NAME_TEXT = 256, HASH_SHOWN = 12 };

static const char *peer_name(const pv_view *v, uint16_t peer)
{
    return peer == PV_VIEW_NO_PEER ? "-" : pv_view_header_of(v)->peer[peer].name;
}

/* "2027-01-15T08:00:00.001Z" */
static const char *time_text(int64_t milliseconds, char buffer[TIME_TEXT])
{
    struct tm utc;
    char text[TIME_TEXT];
    int64_t rest = milliseconds % 1000;
    if (rest < 0) rest += 1000;
    time_t seconds = (time_t)((milliseconds - rest) / 1000);
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year < -1900 || utc.tm_year > 8099) {
        snprintf(buffer, TIME_TEXT, "%" PRId64 " ms", milliseconds);
        return buffer;
    }
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(buffer, TIME_TEXT, "%.19s.%03dZ", text, (int)rest);
    return buffer;
}

/* A tensor's name comes from another party: no control character of it reaches the terminal. */
static const char *harmless(const char *name, char buffer[NAME_TEXT])
{
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < NAME_TEXT; n++) {
        unsigned char c = (unsigned char)name[n], before = n > 0 ? (unsigned char)name[n - 1] : 0;
        int control = c < ' ' || c == 0x7F || (before == 0xC2 && c < 0xA0);
        buffer[n] = name[n];
        if (control) buffer[n] = '?';
        if (control && before == 0xC2) buffer[n - 1] = '?';
    }
    buffer[n] = '\0';
    return buffer;
}

/* ---- text */

static void print_header(const pv_view *v)
{
    const pv_view_header *h = pv_view_header_of(v);
    char hash[PV_HASH_TEXT], retention[PV_RETENTION_TEXT], size[PV_CONSOLE_TEXT];
    pv_console_print("%s: what %s, the %s, saw of a run of %s\n", pv_view_path(v), h->party,
                     h->role, h->scheme);
    pv_console_print("  scenario  %s\n", pv_hash_text(&h->scenario, hash));
    pv_console_print("  peers    ");
    for (int i = 0; i < h->peers; i++)
        pv_console_print("%s %s (%s)", i == 0 ? "" : ",", h->peer[i].name, h->peer[i].role);
    pv_console_print("%s\n", h->peers == 0 ? " none" : "");
    for (int i = 0; i < h->types; i++)
        pv_console_print("  %s %-12s %s, kept %s\n", i == 0 ? "messages " : "         ",
                         h->type[i].name, h->type[i].layout[0] == '\0' ? "-" : h->type[i].layout,
                         pv_retention_text(&h->type[i].retention, retention));
    pv_console_print("  records   %" PRIu64 " in %s\n", pv_view_count(v),
                     pv_console_bytes((double)pv_view_end(v).bytes, size));
    if (pv_view_torn(v) > 0)
        pv_console_print("  torn      %" PRIu64 " bytes of a record that was not finished\n",
                         pv_view_torn(v));
}

static pv_status print_summary(const pv_view *v)
{
    pv_view_line *line;
    size_t lines;
    char size[PV_CONSOLE_TEXT], steps[48];
    PV_TRY(pv_view_summary(&line, &lines, v));
    if (lines > 0)
        pv_console_print("\n  %-9s %-16s %-16s %9s %9s %12s  %s\n", "kind", "peer", "type", "count",
                         "kept", "payload", "steps");
    for (size_t i = 0; i < lines; i++) {
        const pv_view_line *l = &line[i];
        snprintf(steps, sizeof steps, "%" PRIu64 "-%" PRIu64, l->first, l->last);
        pv_console_print("  %-9s %-16s %-16s %9" PRIu64 " %9" PRIu64 " %12s  %s\n",
                         pv_view_kind_name(l->kind), peer_name(v, l->peer),
                         pv_view_type_name(v, l->type), l->count, l->kept,
                         pv_console_bytes((double)l->bytes, size), steps);
    }
    pv_free(line);
    return PV_OK;
}

static void print_record(const pv_view *v, const pv_view_record *r)
{
    char hash[PV_HASH_TEXT], time[TIME_TEXT];
    pv_console_print("%8" PRIu64 " %8" PRIu64 "  %-24s %-9s %-16s %-16s %12" PRIu64 " %-4s %.*s\n",
                     r->number, r->step, time_text(r->time, time), pv_view_kind_name(r->kind),
                     peer_name(v, r->peer), pv_view_type_name(v, r->type), r->size,
                     r->kept ? "yes" : "no", HASH_SHOWN, pv_hash_text(&r->payload, hash));
}

static void print_records(const pv_view *v)
{
    pv_console_print("\n%8s %8s  %-24s %-9s %-16s %-16s %12s %-4s %s\n", "number", "step", "time",
                     "kind", "peer", "type", "bytes", "kept", "hash");
    for (uint64_t i = 0; i < pv_view_count(v); i++) print_record(v, pv_view_at(v, i));
}

pv_status pv_view_print(const pv_view *v, const pv_view_check *check, int records)
{
    print_header(v);
    PV_TRY(print_summary(v));
    if (records) print_records(v);
    if (check == NULL)
        pv_console_print("\nnot verified: only the chain of the records was checked\n");
    else
        pv_console_print("\nverified: %" PRIu64 " records, %" PRIu64 " payloads, %" PRIu64
                         " seals; every peer has sealed all up to step %" PRIu64 "\n",
                         check->records, check->payloads, check->seals, check->last_sealed_step);
    return PV_OK;
}

static pv_status print_seal(const pv_view_payload *p, const char *what)
{
    char hash[PV_HASH_TEXT];
    pv_seal s;
    PV_TRY(pv_seal_parse(&s, what, p->bytes.data, p->bytes.size));
    pv_console_print("  its signer had sent     %8" PRIu64 " frames, %s\n", s.sent.count,
                     pv_hash_text(&s.sent.hash, hash));
    pv_console_print("              and received %8" PRIu64 " frames, %s\n", s.received.count,
                     pv_hash_text(&s.received.hash, hash));
    return PV_OK;
}

static void print_parts(const pv_parts *parts)
{
    char shape[PV_SHAPE_TEXT], name[NAME_TEXT];
    pv_console_print("  %-28s %-5s %-18s %12s %12s %12s\n", "tensor", "type", "shape", "min",
                     "mean", "max");
    for (size_t i = 0; i < parts->count; i++) {
        const pv_part *p = &parts->part[i];
        pv_part_range r = pv_part_range_of(p);
        int64_t other = pv_shape_count(&p->shape) - r.finite;
        pv_console_print("  %-28s %-5s %-18s", harmless(p->name, name), pv_dtype_name(p->dtype),
                         pv_shape_text(&p->shape, shape));
        if (r.finite > 0) pv_console_print(" %12.5g %12.5g %12.5g", r.min, r.mean, r.max);
        if (other > 0) pv_console_print("  and %" PRId64 " not finite", other);
        pv_console_print("\n");
    }
}

/* ---- JSON */

static pv_status set_hash(json_t *j, const char *key, const pv_hash *h)
{
    char text[PV_HASH_TEXT];
    return pv_json_set(j, key, json_string(pv_hash_text(h, text)));
}

static json_t *peer_value(const pv_view *v, uint16_t peer)
{
    return peer == PV_VIEW_NO_PEER ? json_null() : json_string(peer_name(v, peer));
}

static pv_status set_record(json_t *j, const pv_view *v, const pv_view_record *r)
{
    PV_TRY(pv_json_set(j, "number", json_integer((json_int_t)r->number)));
    PV_TRY(pv_json_set(j, "step", json_integer((json_int_t)r->step)));
    PV_TRY(pv_json_set(j, "time_ms", json_integer((json_int_t)r->time)));
    PV_TRY(pv_json_set(j, "kind", json_string(pv_view_kind_name(r->kind))));
    PV_TRY(pv_json_set(j, "peer", peer_value(v, r->peer)));
    PV_TRY(pv_json_set(j, "type", json_string(pv_view_type_name(v, r->type))));
    PV_TRY(pv_json_set(j, "frame", json_integer((json_int_t)r->link)));
    PV_TRY(pv_json_set(j, "bytes", json_integer((json_int_t)r->size)));
    PV_TRY(pv_json_set(j, "kept", json_boolean(r->kept)));
    return set_hash(j, "hash", &r->payload);
}

static pv_status set_header(json_t *j, const pv_view *v)
{
    const pv_view_header *h = pv_view_header_of(v);
    char retention[PV_RETENTION_TEXT];
    json_t *peers = json_array(), *types = json_array();
    PV_TRY(pv_json_set(j, "view", json_string(pv_view_path(v))));
    PV_TRY(pv_json_set(j, "party", json_string(h->party)));
    PV_TRY(pv_json_set(j, "role", json_string(h->role)));
    PV_TRY(pv_json_set(j, "scheme", json_string(h->scheme)));
    PV_TRY(set_hash(j, "scenario", &h->scenario));
    PV_TRY(pv_json_set(j, "peers", peers));
    for (int i = 0; i < h->peers; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(peers, one));
        PV_TRY(pv_json_set(one, "name", json_string(h->peer[i].name)));
        PV_TRY(pv_json_set(one, "role", json_string(h->peer[i].role)));
    }
    PV_TRY(pv_json_set(j, "types", types));
    for (int i = 0; i < h->types; i++) {
        json_t *one = json_object();
        const pv_message_type *t = &h->type[i];
        PV_TRY(pv_json_append(types, one));
        PV_TRY(pv_json_set(one, "id", json_integer(t->id)));
        PV_TRY(pv_json_set(one, "name", json_string(t->name)));
        PV_TRY(pv_json_set(one, "layout", json_string(t->layout)));
        PV_TRY(pv_json_set(one, "retention",
                           json_string(pv_retention_text(&t->retention, retention))));
    }
    PV_TRY(pv_json_set(j, "records", json_integer((json_int_t)pv_view_count(v))));
    PV_TRY(pv_json_set(j, "bytes", json_integer((json_int_t)pv_view_end(v).bytes)));
    return pv_json_set(j, "torn_bytes", json_integer((json_int_t)pv_view_torn(v)));
}

static pv_status fill_summary(json_t *table, const pv_view *v, const pv_view_line *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const pv_view_line *l = &line[i];
        json_t *one = json_object();
        PV_TRY(pv_json_append(table, one));
        PV_TRY(pv_json_set(one, "kind", json_string(pv_view_kind_name(l->kind))));
        PV_TRY(pv_json_set(one, "peer", peer_value(v, l->peer)));
        PV_TRY(pv_json_set(one, "type", json_string(pv_view_type_name(v, l->type))));
        PV_TRY(pv_json_set(one, "count", json_integer((json_int_t)l->count)));
        PV_TRY(pv_json_set(one, "kept", json_integer((json_int_t)l->kept)));
        PV_TRY(pv_json_set(one, "bytes", json_integer((json_int_t)l->bytes)));
        PV_TRY(pv_json_set(one, "kept_bytes", json_integer((json_int_t)l->kept_bytes)));
        PV_TRY(pv_json_set(one, "first_step", json_integer((json_int_t)l->first)));
        PV_TRY(pv_json_set(one, "last_step", json_integer((json_int_t)l->last)));
    }
    return PV_OK;
}

static pv_status set_summary(json_t *j, const pv_view *v)
{
    pv_view_line *line;
    size_t lines;
    json_t *table = json_array();
    PV_TRY(pv_json_set(j, "summary", table));
    PV_TRY(pv_view_summary(&line, &lines, v));
    pv_status status = fill_summary(table, v, line, lines);
    pv_free(line);
    return status;
}

static pv_status set_check(json_t *j, const pv_view_check *c)
{
    json_t *one = c == NULL ? json_null() : json_object();
    PV_TRY(pv_json_set(j, "verified", one));
    if (c == NULL) return PV_OK;
    PV_TRY(pv_json_set(one, "records", json_integer((json_int_t)c->records)));
    PV_TRY(pv_json_set(one, "payloads", json_integer((json_int_t)c->payloads)));
    PV_TRY(pv_json_set(one, "seals", json_integer((json_int_t)c->seals)));
    return pv_json_set(one, "last_sealed_step", json_integer((json_int_t)c->last_sealed_step));
}

pv_status pv_view_print_json(const pv_view *v, const pv_view_check *check, int records)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(set_header(j, v));
    PV_TRY_GOTO(set_summary(j, v));
    if (records) {
        json_t *list = json_array();
        PV_TRY_GOTO(pv_json_set(j, "list", list));
        for (uint64_t i = 0; i < pv_view_count(v); i++) {
            json_t *one = json_object();
            PV_TRY_GOTO(pv_json_append(list, one));
            PV_TRY_GOTO(set_record(one, v, pv_view_at(v, i)));
        }
    }
    PV_TRY_GOTO(set_check(j, check));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

static pv_status fill_parts(json_t *list, const pv_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        const pv_part *p = &parts->part[i];
        pv_part_range r = pv_part_range_of(p);
        json_t *one = json_object(), *shape = json_array();
        PV_TRY(pv_json_append(list, one));
        PV_TRY(pv_json_set(one, "name", json_string(p->name)));
        PV_TRY(pv_json_set(one, "dtype", json_string(pv_dtype_name(p->dtype))));
        PV_TRY(pv_json_set(one, "shape", shape));
        for (int d = 0; d < p->shape.ndim; d++)
            PV_TRY(pv_json_append(shape, json_integer(p->shape.dim[d])));
        PV_TRY(pv_json_set(one, "min", pv_json_number(r.min)));
        PV_TRY(pv_json_set(one, "mean", pv_json_number(r.mean)));
        PV_TRY(pv_json_set(one, "max", pv_json_number(r.max)));
        PV_TRY(pv_json_set(one, "finite", json_integer(r.finite)));
    }
    return PV_OK;
}

static pv_status print_payload_json(const pv_view *v, uint64_t i, const pv_view_payload *p)
{
    pv_status status = PV_OK;
    json_t *j = json_object(), *record = json_object(), *list = json_array();
    PV_TRY_GOTO(pv_json_set(j, "view", json_string(pv_view_path(v))));
    PV_TRY_GOTO(set_record(record, v, pv_view_at(v, i)));
    PV_TRY_GOTO(pv_json_set(j, "record", json_incref(record)));
    PV_TRY_GOTO(fill_parts(list, &p->parts));
    PV_TRY_GOTO(pv_json_set(j, "tensors", json_incref(list)));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(list);
    json_decref(record);
    json_decref(j);
    return status;
}

pv_status pv_view_print_payload(const pv_view *v, uint64_t i, int json)
{
    pv_view_payload p;
    pv_status status = PV_OK;
    PV_TRY(pv_view_load(&p, v, i));
    if (json) {
        status = print_payload_json(v, i, &p);
    } else {
        print_record(v, pv_view_at(v, i));
        if (pv_view_at(v, i)->type == PV_TYPE_SEAL)
            status = print_seal(&p, pv_view_path(v));
        else
            print_parts(&p.parts);
    }
    pv_view_payload_clear(&p);
    return status;
}
