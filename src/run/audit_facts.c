#include "run/audit_i.h"

#include "base/clock.h"
#include "run/folder.h"
#include "run/machine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- small things out of JSON that may lack them */
static double real(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static int64_t integer(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? json_integer_value(v) : fallback;
}

/* "alone_correct" of "alone_count". */
static pv_count count_of(const json_t *object, const char *what)
{
    char k[32], n[32];
    snprintf(k, sizeof k, "%s_correct", what);
    snprintf(n, sizeof n, "%s_count", what);
    return (pv_count){integer(object, k, 0), integer(object, n, 0)};
}

pv_status pv_audit_copy(char **out, const char *text)
{
    *out = pv_strdup(text != NULL ? text : "");
    if (*out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a text");
    return PV_OK;
}

static pv_status take(char **out, pv_str *s)
{
    pv_status status = pv_audit_copy(out, pv_str_text(s));
    pv_str_clear(s);
    return status;
}

/* ---- parties */
static pv_status holds(char **out, const pv_audit_party *p)
{
    pv_str s = {0};
    pv_status status = PV_OK;
    const pv_view *v = p->view;
    const pv_view_header *h = v == NULL ? NULL : pv_view_header_of(v);
    for (int i = 0; h != NULL && i < h->types; i++) {
        uint64_t received = 0, kept = 0;
        for (uint64_t k = 0; k < pv_view_count(v); k++) {
            const pv_view_record *r = pv_view_at(v, k);
            if (r->type != h->type[i].id || r->kind != PV_VIEW_RECEIVED) continue;
            received++;
            kept += (uint64_t)r->kept;
        }
        if (received > 0)
            PV_TRY_GOTO(pv_str_printf(&s, "%s%llu %s received, %llu kept in full",
                                      s.size > 0 ? "; " : "", (unsigned long long)received,
                                      h->type[i].name, (unsigned long long)kept));
    }
    return take(out, &s);
done:
    pv_str_clear(&s);
    return status;
}

/* Is anything of this type in the view? Many a type belongs to settings that a run does not have.
 */
static int occurs(const pv_view *v, uint16_t type)
{
    for (uint64_t i = 0; i < pv_view_count(v); i++)
        if (pv_view_at(v, i)->type == type) return 1;
    return 0;
}

static pv_status retention(char **out, pv_audit_work *w, const pv_view *v)
{
    pv_str s = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < w->scheme->types; i++) {
        pv_retention r;
        const pv_message_type *type = &w->scheme->type[i];
        PV_TRY_GOTO(pv_scenario_retention(&r, &w->scenario, type));
        if (r.kind == PV_RETAIN_FULL || v == NULL || !occurs(v, type->id)) continue;
        if (r.kind == PV_RETAIN_EVERY)
            PV_TRY_GOTO(pv_str_printf(&s, "%s%s: every %llu steps", s.size > 0 ? "; " : "",
                                      type->name, (unsigned long long)r.every));
        else
            PV_TRY_GOTO(pv_str_printf(&s, "%s%s: hash only", s.size > 0 ? "; " : "", type->name));
    }
    if (s.size == 0 && v != NULL) PV_TRY_GOTO(pv_str_append(&s, "full"));
    return take(out, &s);
done:
    pv_str_clear(&s);
    return status;
}

/* This view held against those of its peers that are at hand. */
static pv_status cross(char **out, const pv_audit_work *w, const pv_audit_party *p)
{
    pv_str s = {0};
    pv_status status = PV_OK;
    pv_view_check alone;
    int links = 0, agree = 0;
    if (p->view == NULL) return pv_audit_copy(out, "no view");
    if (pv_view_verify(&alone, p->view) != PV_OK) {
        PV_TRY_GOTO(pv_str_printf(&s, "BROKEN: %s", pv_trail_text()));
        pv_trail_clear();
        return take(out, &s);
    }
    for (int i = 0; i < w->parties; i++) {
        pv_view_cross_result r;
        const pv_view *other = w->party[i].view;
        if (other == NULL || other == p->view || pv_view_peer_index(p->view, w->party[i].name) < 0)
            continue;
        links++;
        if (pv_view_cross(&r, p->view, other) == PV_OK)
            agree++;
        else
            pv_trail_clear();
    }
    PV_TRY_GOTO(
        pv_str_printf(&s, "%d of %d links agree with the other end's view; %llu signatures hold",
                      agree, links, (unsigned long long)alone.seals));
    return take(out, &s);
done:
    pv_str_clear(&s);
    return status;
}

static pv_status write_party(pv_findings_party *out, pv_audit_work *w, const pv_audit_party *p)
{
    const json_t *result = json_object_get(p->result, "result");
    const json_t *seconds = json_object_get(p->result, "seconds");
    char hash[PV_HASH_TEXT];
    *out = (pv_findings_party){.samples = integer(result, "samples", p->result != NULL ? 0 : -1),
                               .alone_accuracy = real(result, "alone_accuracy"),
                               .alone_count = count_of(result, "alone"),
                               .joint_accuracy = real(result, "joint_accuracy"),
                               .joint_count = count_of(result, "joint"),
                               .compute = real(seconds, "compute"),
                               .channel = real(seconds, "channel"),
                               .journal = real(seconds, "journal"),
                               .view = real(seconds, "view"),
                               .waiting = real(seconds, "waiting"),
                               .dropped_step = -1};
    PV_TRY(pv_audit_copy(&out->name, p->name));
    PV_TRY(pv_audit_copy(&out->role, p->role));
    PV_TRY(holds(&out->view_holds, p));
    PV_TRY(retention(&out->view_retention, w, p->view));
    PV_TRY(cross(&out->view_check, w, p));
    if (p->view != NULL) {
        pv_view_position end = pv_view_end(p->view);
        out->view_bytes = (int64_t)end.bytes;
        PV_TRY(pv_audit_copy(&out->view_hash, pv_hash_text(&end.hash, hash)));
    } else {
        PV_TRY(pv_audit_copy(&out->view_hash, ""));
    }
    return PV_OK;
}

int pv_audit_was_dropped(const pv_audit_work *w, const char *name)
{
    size_t k;
    json_t *one;
    json_array_foreach(json_object_get(w->run, "dropped"), k, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0) return 1;
    }
    return 0;
}

/* The last step in which anybody got something from this party. */
static uint64_t last_heard(const pv_audit_work *w, const char *name)
{
    uint64_t last = 0;
    for (int i = 0; i < w->parties; i++) {
        const pv_view *v = w->party[i].view;
        int peer = v == NULL ? -1 : pv_view_peer_index(v, name);
        for (uint64_t k = 0; peer >= 0 && k < pv_view_count(v); k++) {
            const pv_view_record *r = pv_view_at(v, k);
            if (r->kind == PV_VIEW_RECEIVED && r->peer == peer && r->type >= PV_TYPE_FIRST &&
                r->step > last)
                last = r->step;
        }
    }
    return last;
}

static pv_status write_parties(pv_findings *f, pv_audit_work *w)
{
    f->party = pv_calloc((size_t)w->parties, sizeof *f->party);
    if (f->party == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the parties");
    for (int i = 0; i < w->parties; i++) {
        f->parties++;
        PV_TRY(write_party(&f->party[i], w, &w->party[i]));
    }
    for (int i = 0; i < w->parties; i++)
        if (pv_audit_was_dropped(w, w->party[i].name))
            f->party[i].dropped_step = (int)last_heard(w, w->party[i].name) + 1;
    return PV_OK;
}

/* ---- traffic, as its senders counted it; as its receiver did, where the sender's folder is not at
 * hand */
static pv_status add_traffic(pv_findings *f, size_t *capacity, const char *from, const char *to,
                             const char *type, int64_t count, int64_t bytes)
{
    if (bytes == 0) return PV_OK;
    PV_TRY(pv_grow((void **)&f->traffic, capacity, (size_t)f->traffics + 1, sizeof *f->traffic));
    pv_findings_traffic *t = &f->traffic[f->traffics++];
    *t = (pv_findings_traffic){.count = count, .bytes = bytes};
    PV_TRY(pv_audit_copy(&t->from, from));
    PV_TRY(pv_audit_copy(&t->to, to));
    return pv_audit_copy(&t->message, type);
}

static int has_result(const pv_audit_work *w, const char *name)
{
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].name, name) == 0) return w->party[i].result != NULL;
    return 0;
}

static pv_status write_traffic(pv_findings *f, const pv_audit_work *w)
{
    size_t capacity = 0;
    for (int i = 0; i < w->parties; i++) {
        const char *own = w->party[i].name, *peer, *type;
        json_t *types, *one;
        json_object_foreach(json_object_get(w->party[i].result, "traffic"), peer, types)
        {
            json_object_foreach(types, type, one)
                PV_TRY(add_traffic(f, &capacity, own, peer, type, integer(one, "sent_count", 0),
                                   integer(one, "sent_bytes", 0)));
            if (has_result(w, peer)) continue;
            json_object_foreach(types, type, one)
                PV_TRY(add_traffic(f, &capacity, peer, own, type, integer(one, "received_count", 0),
                                   integer(one, "received_bytes", 0)));
        }
    }
    return PV_OK;
}

/* ---- the head of the page */
static pv_status write_roots(pv_findings *f, const pv_audit_work *w)
{
    pv_status status = PV_OK;
    pv_str s = {0};
    json_t *j = NULL;
    for (int i = 0; i < w->parties; i++) {
        const char *root;
        char *path = pv_run_party_path(w->o->run, w->party[i].name, "truth.json");
        if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
        status = w->party[i].opened ? pv_json_load(&j, path, 1 << 16) : PV_OK;
        pv_free(path);
        if (status != PV_OK) goto done;
        root = json_string_value(json_object_get(j, "root"));
        if (root != NULL)
            PV_TRY_GOTO(
                pv_str_printf(&s, "%s%s %s", s.size > 0 ? ", " : "", w->party[i].name, root));
        json_decref(j);
        j = NULL;
    }
    if (s.size > 0) return take(&f->truth_root, &s);
done:
    json_decref(j);
    pv_str_clear(&s);
    return status;
}

static int steps_of(const pv_audit_work *w)
{
    int most = 0;
    for (int i = 0; i < w->parties; i++) {
        int n = (int)integer(w->party[i].result, "steps", 0);
        most = n > most ? n : most;
    }
    return most;
}

/* What sending all rows to one place would take: a byte a value of an image, four of a table, and a
 * label. */
static int64_t pooled_bytes(const pv_audit_work *w)
{
    int64_t rows = 0;
    const pv_schema *s = &w->scenario.schema;
    int64_t width = pv_shape_count(&s->sample) * (s->kind == PV_DATA_IMAGE ? 1 : 4) + 4;
    for (int i = 0; i < w->parties; i++) {
        int64_t n = integer(json_object_get(w->party[i].result, "result"), "samples", 0);
        rows = !w->scheme->split ? rows + n : n > rows ? n : rows;
    }
    return rows > 0 ? rows * width : -1;
}

/* All of it, from the scenario to the page. */
static pv_status write_command(pv_findings *f, const pv_audit_work *w, const char *given)
{
    pv_str s = {0};
    pv_status status = PV_OK;
    if (given != NULL) PV_TRY_GOTO(pv_str_printf(&s, "privet run %s --out %s\n", given, w->o->run));
    PV_TRY_GOTO(pv_str_printf(&s, "%s\nprivet report %s%s --out report.html", w->o->command,
                              w->o->run, w->o->with_originals ? " --with-originals" : ""));
    return take(&f->command, &s);
done:
    pv_str_clear(&s);
    return status;
}

/* Of the parties that are at hand, for an owner who has no run.json. */
static double longest(const pv_audit_work *w)
{
    double most = NAN;
    for (int i = 0; i < w->parties; i++) {
        double x = real(json_object_get(w->party[i].result, "seconds"), "total");
        if (isfinite(x) && !(x < most)) most = x;
    }
    return most;
}

/* What kind of set the data is, not where it lies: as run.json has it, or as a party's own file. */
static pv_status write_data(pv_findings *f, pv_audit_work *w)
{
    pv_status status = PV_OK;
    const char *told = json_string_value(json_object_get(w->run, "data"));
    if (told != NULL) return pv_audit_copy(&f->data, told);
    for (int i = 0; i < w->parties && f->data == NULL; i++) {
        pv_local local = {0};
        pv_str kind = {0};
        int own = w->o->as_owner != NULL && strcmp(w->o->as_owner, w->party[i].name) == 0;
        if (!w->party[i].opened && !own) continue;
        char *path = pv_run_party_path(w->o->run, w->party[i].name, "local.ini");
        if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
        status = pv_local_load(&local, &w->scenario, w->party[i].name, path);
        if (status == PV_OK && local.data != NULL)
            status = pv_str_printf(&kind, "%.*s", (int)strcspn(local.data, ":?"), local.data);
        if (status == PV_OK && kind.size > 0) status = pv_audit_copy(&f->data, pv_str_text(&kind));
        pv_str_clear(&kind);
        pv_local_clear(&local);
        pv_free(path);
        PV_TRY(status);
    }
    return f->data != NULL ? PV_OK : pv_audit_copy(&f->data, "");
}

pv_status pv_audit_facts(pv_findings *f, pv_audit_work *w)
{
    char text[PV_HASH_TEXT], clock[PV_CLOCK_TEXT], machine[PV_MACHINE_TEXT];
    const json_t *plain = json_object_get(w->run, "plain");
    PV_TRY(pv_audit_copy(&f->run, w->scenario.name));
    PV_TRY(pv_audit_copy(&f->scheme, w->scheme->name));
    PV_TRY(pv_audit_copy(&f->setting, pv_str_text(&w->setting)));
    PV_TRY(pv_audit_copy(&f->model, w->scenario.model));
    PV_TRY(pv_audit_copy(&f->created, pv_clock_text(clock)));
    const char *given = json_string_value(json_object_get(w->run, "scenario"));
    PV_TRY(pv_audit_copy(&f->scenario, given != NULL ? given : w->scenario.path));
    PV_TRY(pv_audit_copy(&f->scenario_hash, pv_hash_text(&w->scenario.hash, text)));
    PV_TRY(write_command(f, w, given));
    PV_TRY(pv_audit_copy(&f->machine, pv_machine_name(machine)));
    PV_TRY(pv_audit_copy(&f->version, pv_version()));
    const char *why = "";
    PV_TRY(pv_audit_copy(&f->guarantee, w->scheme->guarantee(&w->scenario, &why)));
    PV_TRY(pv_audit_copy(&f->guarantee_why, why));
    PV_TRY(pv_audit_copy(&f->guess_hash, pv_hash_text(&w->guesses, text)));
    PV_TRY(write_data(f, w));
    PV_TRY(write_roots(f, w));
    f->seed = w->scenario.seed;
    f->threads = w->scenario.threads;
    f->classes = w->scenario.schema.classes;
    f->steps = steps_of(w);
    f->rounds = (int)integer(w->run, "rounds", f->steps);
    f->seconds = w->run != NULL ? real(w->run, "seconds") : longest(w);
    f->accuracy = real(w->run, "test_accuracy");
    f->accuracy_count =
        (pv_count){integer(w->run, "test_correct", 0), integer(w->run, "test_count", 0)};
    f->plain_accuracy = real(plain, "test_accuracy");
    f->plain_count = (pv_count){integer(plain, "test_correct", 0), integer(plain, "test_count", 0)};
    f->plain_seconds = real(plain, "seconds");
    f->pooled_bytes = pooled_bytes(w);
    f->with_originals = w->o->with_originals;
    PV_TRY(write_parties(f, w));
    PV_TRY(write_traffic(f, w));
    PV_TRY(pv_audit_facts_customers(f, w));
    return pv_audit_claims(f, w);
}
