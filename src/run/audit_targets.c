#include "run/audit_i.h"

#include <stdlib.h>
#include <string.h>

enum { TARGETS = 100 };
/* Samples of one step that an attack on images is asked for, and one on labels alone. */
enum { APART = 8, COUNTED = 4096 };
/* A step about more samples than this counts once a victim, for labels. */
enum { ONCE = 256 };

/* ---- targets: the steps of a victim about which the view kept something */

/* Has the view all that crossed between its party and this peer in the step? *seen: did anything
 * come from the victim's side? */
static int kept(const pv_view *v, int mirrored, const char *peer, uint64_t step, int *seen)
{
    int index = pv_view_peer_index(v, peer), all = 1;
    pv_view_kind kind = mirrored ? PV_VIEW_SENT : PV_VIEW_RECEIVED;
    *seen = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step != step || r->peer != index || r->type < PV_TYPE_FIRST) continue;
        *seen |= r->kind == kind;
        all &= r->kept;
    }
    return *seen && all;
}

/* Under masked sums nothing that comes from one victim says anything: what the server has is its
 * note of what the sum was, which is about all of them. */
static int is_masked(const pv_view *v)
{
    int masked = pv_view_type_id(v, "masked");
    for (uint64_t i = 0; masked >= 0 && i < pv_view_count(v); i++)
        if (pv_view_at(v, i)->type == masked) return 1;
    return 0;
}

static int has_sum(const pv_view *v, uint64_t step, int *seen)
{
    int sum = pv_view_type_id(v, "aggregate"), any = 0;
    *seen = 0;
    for (uint64_t i = 0; sum >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step != step || r->kind != PV_VIEW_DERIVED || r->type != sum) continue;
        *seen = 1;
        any |= r->kept;
    }
    return any;
}

/* Did the view's own party, a client beside the victim, send something in this step? */
static int took_part(const pv_view *v, uint64_t step)
{
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step == step && r->kind == PV_VIEW_SENT && r->type >= PV_TYPE_FIRST) return 1;
    }
    return 0;
}

static uint64_t last_step(const pv_view *v)
{
    uint64_t last = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++)
        if (pv_view_at(v, i)->step > last) last = pv_view_at(v, i)->step;
    return last;
}

/* What a party told others about the number of its samples, in the first step; 0: nothing. */
static int64_t samples_told(const pv_view *v, const char *party)
{
    int peer = pv_view_peer_index(v, party), join = pv_view_type_id(v, "join");
    for (uint64_t i = 0; peer >= 0 && join >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        pv_view_payload payload = {0};
        int64_t n = 0;
        if (r->peer != peer || r->type != join || r->kind != PV_VIEW_RECEIVED || !r->kept) continue;
        if (pv_view_load(&payload, v, i) != PV_OK) {
            pv_trail_clear();
            return 0;
        }
        const pv_part *part = pv_parts_find(&payload.parts, "samples");
        if (part == NULL) part = pv_parts_find(&payload.parts, "rows");
        if (part != NULL && part->dtype == PV_I64 && part->shape.ndim == 1 &&
            part->shape.dim[0] == 1)
            memcpy(&n, part->data, sizeof n);
        pv_view_payload_clear(&payload);
        return n;
    }
    return 0;
}

int64_t pv_audit_samples_of(const pv_audit_work *w, const pv_audit_party *p)
{
    const json_t *result = json_object_get(p->result, "result");
    int64_t n = json_integer_value(json_object_get(result, "samples"));
    if (n == 0) n = json_integer_value(json_object_get(result, "rows"));
    for (int i = 0; n == 0 && i < w->parties; i++)
        if (w->party[i].view != NULL) n = samples_told(w->party[i].view, p->name);
    return n;
}

typedef struct found {
    int victim;
    uint64_t step;
    int64_t batch;
} found;

static pv_status add_targets_of(pv_audit_work *w, pv_audit_case *c, int victim, found **list,
                                size_t *count, size_t *capacity)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    const pv_audit_party *p = &w->party[victim];
    int64_t samples = pv_audit_samples_of(w, p);
    const char *peer = c->owner != NULL ? c->adversary : p->name;
    /* colluding parties that did not talk to the victim work from what all of them saw */
    int direct = pv_view_peer_index(c->view[0], peer) >= 0;
    uint64_t last = last_step(c->view[0]);
    for (uint64_t step = 1; step <= last; step++) {
        int seen = 1;
        pv_batch_truth_clear(&truth);
        PV_TRY_GOTO(w->scheme->truth(&truth, &w->scenario, p->name, samples, step));
        if (truth.count == 0) continue;
        if (!direct && !took_part(c->view[0], step)) continue;
        if (direct && !(c->joint ? has_sum(c->view[0], step, &seen)
                                 : kept(c->view[0], c->owner != NULL, peer, step, &seen))) {
            c->steps += (size_t)seen;
            c->unkept += (size_t)seen;
            continue;
        }
        c->steps++;
        PV_TRY_GOTO(pv_grow((void **)list, capacity, *count + 1, sizeof **list));
        (*list)[(*count)++] = (found){victim, step, truth.count};
    }
done:
    pv_batch_truth_clear(&truth);
    return status;
}

/* A step about very many samples is about the same ones in every round: counting them again would
 * make intervals narrower than what is known. One such step a victim is enough. */
static size_t once_a_victim(found *list, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].batch <= ONCE || n == 0 || list[n - 1].victim != list[i].victim)
            list[n++] = list[i];
    return n;
}

/* Spread over all that was found: the same number from each stretch of the list. */
static pv_status choose(pv_audit_work *w, pv_audit_case *c, found *list, size_t count)
{
    size_t want = (size_t)(w->o->targets > 0 ? w->o->targets : TARGETS);
    int rows = strcmp(c->attack->wants, "rows") == 0;
    int labels = strcmp(c->attack->wants, "labels") == 0;
    if (labels) count = once_a_victim(list, count);
    if (rows || want > count) want = count;
    c->target = pv_calloc(want + 1, sizeof *c->target);
    c->victim = pv_calloc(want + 1, sizeof *c->victim);
    if (c->target == NULL || c->victim == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu targets", want);
    for (size_t i = 0; i < want; i++) {
        const found *f = &list[i * count / want];
        int64_t most = rows ? INT64_MAX : labels ? COUNTED : APART;
        int64_t batch = f->batch < most ? f->batch : most;
        c->target[i] =
            (pv_attack_target){.victim = w->party[f->victim].name, .step = f->step, .batch = batch};
        c->victim[i] = f->victim;
    }
    c->targets = want;
    return PV_OK;
}

int pv_audit_is_member(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *word = list; word != NULL && *word != '\0';) {
        size_t k = strcspn(word, "+");
        if (k == n && strncmp(word, name, n) == 0) return 1;
        word += k + (word[k] == '+');
    }
    return 0;
}

int pv_audit_wants(const pv_audit_case *c, const char *what)
{
    return strcmp(c->attack->wants, what) == 0;
}

int pv_audit_is_victim(const pv_audit_work *w, const pv_audit_case *c, int party)
{
    const pv_audit_party *p = &w->party[party];
    return strcmp(p->role, c->claim->victim) == 0 && !pv_audit_is_member(c->adversary, p->name) &&
           (c->owner == NULL || strcmp(p->name, c->owner) == 0);
}

/* The same steps, about the samples of all victims together. */
static pv_status join_targets(pv_audit_work *w, const pv_audit_case *c, found *list, size_t count)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < w->parties; k++) {
            if (k == list[i].victim || !pv_audit_is_victim(w, c, k)) continue;
            pv_batch_truth_clear(&truth);
            PV_TRY_GOTO(w->scheme->truth(&truth, &w->scenario, w->party[k].name,
                                         pv_audit_samples_of(w, &w->party[k]), list[i].step));
            list[i].batch += truth.count;
        }
done:
    pv_batch_truth_clear(&truth);
    return status;
}

pv_status pv_audit_message_targets(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    found *list = NULL;
    size_t count = 0, capacity = 0;
    c->joint = c->owner == NULL && is_masked(c->view[0]);
    for (int i = 0; i < w->parties; i++) {
        if (!pv_audit_is_victim(w, c, i)) continue;
        PV_TRY_GOTO(add_targets_of(w, c, i, &list, &count, &capacity));
        if (c->joint && count > 0) break;
    }
    if (c->joint) PV_TRY_GOTO(join_targets(w, c, list, count));
    PV_TRY_GOTO(choose(w, c, list, count));
done:
    pv_free(list);
    return status;
}
