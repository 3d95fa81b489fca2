#include "run/audit_i.h"

#include "party/data.h"
#include "run/folder.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one attack when nobody says how many steps: where one costs next to nothing, and where
 * each is searched for. Of those, so many of one step. */
enum { CHEAP = 6400, IMAGES = 48, TABLE_ROWS = 256, EACH_IMAGE = 8, EACH_ROW = 32 };

static int is_cheap(const pv_audit_case *c)
{
    return pv_audit_wants(c, "secrets") || pv_audit_wants(c, "labels") ||
           pv_audit_wants(c, "answers");
}

/* An owner that audits alone has no samples but its own to stand for the provider's. */
static int spares_rows(const pv_audit_case *c)
{
    return c->owner != NULL;
}

/* ---- the queries that a view has */
typedef struct query {
    int asker, victim;
    uint64_t step;
    int64_t rows;
} query;

typedef struct queries {
    query *item;
    size_t count, capacity;
} queries;

static int number_of(const pv_audit_work *w, const char *name)
{
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].name, name) == 0) return i;
    return -1;
}

const pv_view *pv_audit_query_view(const pv_audit_work *w, const pv_audit_case *c)
{
    const char *role =
        pv_audit_wants(c, "answers") ? w->scheme->cut->customer : w->scheme->cut->provider;
    if (c->owner != NULL) return c->view[0];
    for (int i = 0; i < c->views; i++)
        if (strcmp(pv_view_header_of(c->view[i])->role, role) == 0) return c->view[i];
    return NULL;
}

/* Whose query the record is about; 0: nothing for this case. Of an owner that audits alone it is
 * what it sent. */
static int is_about(query *out, const pv_audit_work *w, const pv_audit_case *c, const pv_view *v,
                    const pv_view_record *r)
{
    const pv_view_header *h = pv_view_header_of(v);
    int mirrored = c->owner != NULL;
    if (r->kind != (mirrored ? PV_VIEW_SENT : PV_VIEW_RECEIVED) || r->peer >= h->peers) return 0;
    const char *peer = h->peer[r->peer].name;
    if (mirrored && strcmp(peer, c->adversary) != 0) return 0;
    out->victim = number_of(w, mirrored ? h->party : peer);
    out->asker = pv_audit_wants(c, "answers") ? number_of(w, h->party) : out->victim;
    out->step = r->step;
    return out->asker >= 0 && out->victim >= 0 && pv_audit_is_victim(w, c, out->victim);
}

/* Of secrets and labels a customer keeps those of rows that were answered: nothing of a row that it
 * was refused, and nothing at all when it was lost. */
static int is_told(const pv_audit_case *c, const pv_audit_party *p, const pv_batch_truth *t)
{
    const json_t *result = json_object_get(p->result, "result");
    const json_t *answered = json_object_get(result, "answered");
    if (!pv_audit_wants(c, "secrets") && !pv_audit_wants(c, "labels")) return 1;
    if (p->result == NULL) return !pv_audit_wants(c, "secrets");
    return !json_is_integer(answered) || t->index[t->count - 1] < json_integer_value(answered);
}

static pv_status find_queries(queries *out, pv_audit_work *w, pv_audit_case *c, const pv_view *v)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    int type = pv_view_type_id(v, c->reads->type);
    for (uint64_t i = 0; type >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        query q = {0};
        if (r->type != type || !is_about(&q, w, c, v, r)) continue;
        const pv_audit_party *p = &w->party[q.asker];
        pv_batch_truth_clear(&truth);
        PV_TRY_GOTO(
            w->scheme->truth(&truth, &w->scenario, p->name, pv_audit_samples_of(w, p), q.step));
        if (truth.count == 0 || !is_told(c, p, &truth)) continue;
        c->steps++;
        c->unkept += !r->kept;
        if (!r->kept) continue;
        q.rows = truth.count;
        PV_TRY_GOTO(
            pv_grow((void **)&out->item, &out->capacity, out->count + 1, sizeof *out->item));
        out->item[out->count++] = q;
    }
done:
    pv_batch_truth_clear(&truth);
    return status;
}

static int by_asker(const void *a, const void *b)
{
    const query *x = a, *y = b;
    if (x->asker != y->asker) return x->asker - y->asker;
    return x->step < y->step ? -1 : x->step > y->step;
}

/* ---- which of them */

/* Of each asker's `n` steps: the last quarter, when what came before is learnt from; every second,
 * when rows are spared. */
static int may_attack(const pv_audit_case *c, size_t at, size_t n)
{
    if (pv_audit_wants(c, "answers")) return at >= n - (n + 3) / 4 && n > 1;
    return !spares_rows(c) || !is_cheap(c) || n == 1 || at % 2 == 0;
}

static void keep_some(const pv_audit_case *c, queries *q)
{
    size_t kept = 0;
    for (size_t first = 0, n; first < q->count; first += n) {
        for (n = 1; first + n < q->count && q->item[first + n].asker == q->item[first].asker;) n++;
        for (size_t i = 0; i < n; i++)
            if (may_attack(c, i, n)) {
                q->item[kept] = q->item[first + i];
                if (n == 1 && spares_rows(c) && is_cheap(c))
                    q->item[kept].rows = (q->item[kept].rows + 1) / 2;
                kept++;
            }
    }
    q->count = kept;
}

static size_t wanted(const pv_audit_work *w, const pv_audit_case *c, const queries *q, int64_t each)
{
    int64_t most = is_cheap(c)                                     ? CHEAP
                   : pv_model_what(w->model).kind == PV_DATA_IMAGE ? IMAGES
                                                                   : TABLE_ROWS;
    int64_t rows = 0;
    if (w->o->targets > 0)
        return (size_t)w->o->targets < q->count ? (size_t)w->o->targets : q->count;
    for (size_t i = 0; i < q->count; i++) rows += q->item[i].rows < each ? q->item[i].rows : each;
    if (rows <= most) return q->count;
    size_t want = (size_t)((double)q->count * (double)most / (double)rows + 0.5);
    return want > 0 ? want : 1;
}

/* The same number from each stretch of the list, which goes by askers. */
static pv_status choose(pv_audit_work *w, pv_audit_case *c, const queries *q)
{
    int64_t each = is_cheap(c)                                     ? INT64_MAX
                   : pv_model_what(w->model).kind == PV_DATA_IMAGE ? EACH_IMAGE
                                                                   : EACH_ROW;
    size_t want = wanted(w, c, q, each);
    PV_TRY(pv_audit_case_targets(c, want));
    for (size_t i = 0; i < want; i++) {
        const query *one = &q->item[i * q->count / want];
        const pv_audit_party *p = &w->party[one->asker];
        PV_TRY(w->scheme->truth(&c->truth[i], &w->scenario, p->name, pv_audit_samples_of(w, p),
                                one->step));
        c->truths++;
        c->truth[i].count = one->rows < each ? one->rows : each;
        c->target[i] = (pv_attack_target){
            .victim = w->party[one->victim].name, .step = one->step, .batch = c->truth[i].count};
        c->victim[i] = one->asker;
        c->targets++;
    }
    return PV_OK;
}

static pv_status say_why_none(pv_audit_case *c, int answers)
{
    if (c->unkept > 0 && c->unkept == c->steps)
        return pv_str_printf(
            &c->failure,
            "of %zu queries the view kept hashes only; a run whose [view] has full "
            "or every:N can be attacked",
            c->unkept);
    if (answers && c->steps > 0)
        return pv_str_append(&c->failure, "one batch of answers cannot be learnt from and held out "
                                          "at once; a smaller query_batch, or more rows");
    return pv_str_append(&c->failure, "the view has no query that a customer made");
}

pv_status pv_audit_query_targets(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    queries q = {0};
    const pv_view *v;
    if (w->scheme->cut == NULL)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "the attack %s is on networks that are cut, and the scheme %s "
                "cuts none",
                c->attack->name, w->scheme->name);
    if (c->owner != NULL && c->reads->alone != NULL)
        return pv_str_printf(&c->failure, c->reads->alone, c->adversary);
    v = pv_audit_query_view(w, c);
    if (v == NULL)
        return pv_str_printf(&c->failure, "none of %s is a %s", c->adversary, c->claim->adversary);
    PV_TRY_GOTO(find_queries(&q, w, c, v));
    if (q.count > 0) qsort(q.item, q.count, sizeof *q.item, by_asker);
    keep_some(c, &q);
    if (q.count == 0)
        PV_TRY_GOTO(say_why_none(c, pv_audit_wants(c, "answers")));
    else
        PV_TRY_GOTO(choose(w, c, &q));
done:
    pv_free(q.item);
    return status;
}

/* ---- what the adversary has */

static int is_own(const pv_audit_work *w, const pv_audit_case *c, int party)
{
    const char *name = w->party[party].name;
    return c->owner != NULL ? strcmp(name, c->owner) == 0 : pv_audit_is_member(c->adversary, name);
}

/* It is published: whoever's folder has it will do, the adversary's first. */
static pv_status find_front(pv_audit_work *w, pv_audit_case *c)
{
    pv_known *k = &c->known;
    for (int others = 0; others < (c->owner != NULL ? 1 : 2); others++)
        for (int i = 0; i < w->parties; i++) {
            if (is_own(w, c, i) == others) continue;
            char *folder = pv_run_party_path(w->o->run, w->party[i].name, "");
            if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
            pv_status s = w->scheme->cut->front(&k->front, &k->crossing, &w->scenario, folder);
            pv_free(folder);
            if (s != PV_ERR_NOT_FOUND) return s;
            pv_trail_clear();
        }
    return pv_str_append(&c->failure, "no folder of this run has the half that customers run");
}

/* Rows of the owner's that are no targets. */
static pv_status spare_rows(pv_audit_work *w, pv_audit_case *c, int party)
{
    pv_status status = PV_OK;
    PV_TRY(pv_audit_open_data(w, party));
    const pv_data *data = w->party[party].data;
    int64_t n = pv_data_count(data), spared = 0, *row = pv_alloc((size_t)n + 1, sizeof *row);
    uint8_t *taken = pv_calloc((size_t)n + 1, 1);
    if (row == NULL || taken == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld rows", (long long)n);
    for (size_t t = 0; t < c->truths; t++)
        for (int64_t k = 0; k < c->truth[t].count; k++)
            if (c->truth[t].index[k] >= 0 && c->truth[t].index[k] < n)
                taken[c->truth[t].index[k]] = 1;
    for (int64_t i = 0; i < n; i++)
        if (!taken[i]) row[spared++] = i;
    if (spared > 0) PV_TRY_GOTO(pv_data_subset(&c->known.own_data, data, row, spared));
done:
    pv_free(row);
    pv_free(taken);
    return status;
}

/* What a party was given, for who needs samples of its own: no commitment is at stake. Nothing
 * where it has none: an attack that cannot do without says so. */
static pv_status own_data(pv_audit_work *w, pv_audit_case *c, int party)
{
    pv_status status = PV_OK;
    pv_local local = {0};
    const char *name = w->party[party].name;
    char *file = pv_run_party_path(w->o->run, name, "local.ini");
    if (file == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_local_load(&local, &w->scenario, name, file));
    if (local.data != NULL)
        PV_TRY_GOTO(pv_local_data(&c->known.own_data, &local, &w->scenario, name, w->ctx));
done:
    pv_local_clear(&local);
    pv_free(file);
    return status;
}

/* The provider's half, which nobody else has. */
static pv_status own_half(pv_audit_work *w, pv_audit_case *c, int party)
{
    char *folder = pv_run_party_path(w->o->run, w->party[party].name, "");
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = w->scheme->cut->back(&c->known.back, &w->scenario, folder);
    pv_free(folder);
    return status;
}

pv_status pv_audit_know_cut(pv_audit_work *w, pv_audit_case *c)
{
    int own = -1;
    const char *role = c->owner != NULL ? c->claim->victim : c->claim->adversary;
    for (int i = 0; i < w->parties; i++)
        if (own < 0 && is_own(w, c, i) && strcmp(w->party[i].role, role) == 0) own = i;
    if (own < 0)
        return pv_str_printf(&c->failure, "none of %s is a %s", c->adversary, c->claim->adversary);
    PV_TRY(find_front(w, c));
    if (c->failure.size > 0) return PV_OK;
    c->known.answers = w->scheme->cut->answers(&w->scenario);
    if (pv_audit_wants(c, "secrets") && c->known.front.plan.kind == PV_SECRET_PERMUTATION) {
        c->unsuited = !pv_audit_is_named(w);
        return pv_str_append(&c->failure, "a permutation is no number that could be counted; an "
                                          "attack on the true labels says what it hides");
    }
    if (spares_rows(c)) return spare_rows(w, c, own);
    PV_TRY(own_data(w, c, own));
    return strcmp(role, w->scheme->cut->provider) == 0 ? own_half(w, c, own) : PV_OK;
}

/* What an attack could not do without is said in the run's words. */
pv_status pv_audit_lacks(pv_audit_work *w, pv_audit_case *c)
{
    (void)w;
    if (!c->reads->cut || c->known.own_data != NULL || c->failure.size == 0) return PV_OK;
    return pv_str_printf(&c->failure,
                         c->owner != NULL ? "; all rows of %s are attacked, --targets leaves some"
                                          : "; %s has no samples of its own: its local file names "
                                            "no data",
                         c->owner != NULL ? c->owner : c->adversary);
}

/* ---- controls */
enum { PROBED = 200, SEARCHED = 8, SHADOWS = 1000, PICTURES = 600, MOST_SHADOWS = 8000 };

pv_status pv_audit_query_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                 int positive)
{
    int classes = c->known.front.plan.classes, cheap = is_cheap(c);
    int64_t shadows = 20 * (int64_t)classes * classes;
    if (shadows < SHADOWS) shadows = SHADOWS;
    if (shadows > MOST_SHADOWS) shadows = MOST_SHADOWS;
    char *path = pv_run_path(w->o->run, positive ? "audit/positive.pvv" : "audit/negative.pvv");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = pv_control_queries_make(
        out,
        &(pv_queries_plan){.path = path,
                           .wants = c->attack->wants,
                           .kind = cheap ? PV_DATA_TABLE : pv_model_what(w->model).kind,
                           .secret = cheap ? c->known.front.plan.kind : PV_SECRET_COMPLEMENT,
                           .classes = cheap ? classes : 2,
                           .rows = w->o->controls > 0 ? w->o->controls
                                   : cheap            ? PROBED
                                                      : SEARCHED,
                           .shadows = cheap ? shadows : PICTURES,
                           .noise = c->known.front.noise,
                           .positive = positive,
                           .seed = w->seed + (positive ? 1000003 : 2000003)},
        w->ctx);
    pv_free(path);
    return status;
}
