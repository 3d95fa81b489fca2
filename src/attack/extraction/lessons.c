#include "attack/extraction/student.h"

#include "attack/queries.h"
#include "base/clock.h"
#include "base/mem.h"
#include "nn/step.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Points of the curve; least and most rows of it. */
enum { WHAT = 64, CURVE = 6, FEWEST_LESSONS = 10, MOST_TESTED = 512 };

static const pv_attack_option options[] = {
    {"queries", "0"}, {"hidden", "128"}, {"steps", "4000"}, {"lr", "0.002"}, {NULL, NULL}};

/* ---- what stands in the customer's view */

typedef struct notes {
    const pv_public *known;
    const pv_attack_target *target;
    size_t targets;
    pv_lessons l; /* its arrays are these */
    float *z, *score;
    int32_t *label;
    int64_t messages, lost; /* pairs of a query and its answer; those that were not kept */
} notes;

static int is_target(const notes *k, uint64_t step)
{
    for (size_t t = 0; t < k->targets; t++)
        if (k->target[t].step == step) return 1;
    return 0;
}

/* The answer to the query of record i: the next one of its step and peer. */
static uint64_t answer_to(const pv_view *v, uint64_t i)
{
    const pv_view_record *q = pv_view_at(v, i);
    int id = pv_view_type_id(v, "answer");
    for (uint64_t j = i + 1; id >= 0 && j < pv_view_count(v); j++) {
        const pv_view_record *r = pv_view_at(v, j);
        if (r->type == id && r->kind == PV_VIEW_RECEIVED && r->peer == q->peer &&
            r->step == q->step)
            return j;
    }
    return pv_view_count(v);
}

/* Parts of an answer about n rows. */
typedef struct answer {
    pv_view_payload payload;
    pv_answer_kind kind;
    const float *score;
    const int32_t *label;
} answer;

static pv_status answer_load(answer *a, const pv_view *v, uint64_t i, int64_t n, int classes)
{
    static const char *const name[] = {"logits", "probability", "label"};
    pv_status status = PV_OK;
    char what[WHAT];
    const pv_part *part;
    *a = (answer){.kind = PV_ANSWER_LOGITS};
    snprintf(what, sizeof what, "the answer of step %" PRIu64, pv_view_at(v, i)->step);
    PV_TRY(pv_view_load(&a->payload, v, i));
    const pv_parts *p = &a->payload.parts;
    while (a->kind < PV_ANSWER_LABELS && pv_parts_find(p, name[a->kind]) == NULL) a->kind++;
    int labels = a->kind == PV_ANSWER_LABELS;
    PV_TRY_GOTO(pv_parts_get(&part, p, what, name[a->kind], labels ? PV_I32 : PV_F32,
                             labels ? PV_SHAPE(n) : PV_SHAPE(n, classes)));
    a->label = labels ? part->data : NULL;
    a->score = labels ? NULL : part->data;
    for (int64_t k = 0; labels && k < n; k++)
        if (a->label[k] < 0 || a->label[k] >= classes)
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s: label %d of %d classes", what, (int)a->label[k],
                         classes);
    for (int64_t k = 0; !labels && k < n * classes; k++)
        if (!isfinite(a->score[k]))
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s: a score that is not finite", what);
done:
    if (status != PV_OK) pv_view_payload_clear(&a->payload);
    return status;
}

/* Rows of one query behind those that are there. */
static pv_status append(notes *k, const float *z, const answer *a, int64_t n)
{
    pv_lessons *l = &k->l;
    size_t all = (size_t)(l->n + n), c = (size_t)l->classes, at = (size_t)l->n;
    if (l->n > 0 && l->kind != a->kind)
        PV_FAIL(PV_ERR_PEER, "answers of two kinds; one is expected of a provider");
    l->kind = a->kind;
    float *grown = pv_realloc(k->z, all, (size_t)l->width * sizeof *grown);
    if (grown == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu queries", all);
    k->z = grown;
    memcpy(k->z + at * (size_t)l->width, z, (size_t)(n * l->width) * sizeof *z);
    if (a->kind == PV_ANSWER_LABELS) {
        int32_t *label = pv_realloc(k->label, all, sizeof *label);
        if (label == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu answers", all);
        k->label = label;
        memcpy(k->label + at, a->label, (size_t)n * sizeof *label);
    } else {
        grown = pv_realloc(k->score, all, c * sizeof *grown);
        if (grown == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu answers", all);
        k->score = grown;
        memcpy(k->score + at * c, a->score, (size_t)n * c * sizeof *grown);
    }
    l->n += n;
    return PV_OK;
}

static pv_status take_pair(notes *k, const pv_view *v, uint64_t query, uint64_t told)
{
    pv_status status = PV_OK;
    answer a = {0};
    float *z;
    int64_t n;
    PV_TRY(pv_queries_load(&z, &n, v, query, k->known));
    PV_TRY_GOTO(answer_load(&a, v, told, n, k->l.classes));
    PV_TRY_GOTO(append(k, z, &a, n));
done:
    pv_view_payload_clear(&a.payload);
    pv_free(z);
    return status;
}

/* Every query outside the targets' steps with its answer; most: rows at most, 0: all. */
static pv_status gather(notes *k, const pv_view *v, const char *victim, int64_t most)
{
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (most > 0 && k->l.n >= most) break;
        if (r->kind != PV_VIEW_SENT || is_target(k, r->step) || !pv_queries_is(v, i, victim))
            continue;
        uint64_t told = answer_to(v, i);
        if (told == pv_view_count(v)) continue;
        k->messages++;
        if (!r->kept || !pv_view_at(v, told)->kept) {
            k->lost++;
            continue;
        }
        PV_TRY(take_pair(k, v, i, told));
    }
    if (most > 0 && k->l.n > most) k->l.n = most;
    return PV_OK;
}

static pv_status gather_all(notes *k, const pv_view *const *view, int views, int64_t most)
{
    k->l.classes = k->known->classes;
    k->l.width = k->known->crossing->numbers;
    for (int i = 0; i < views && k->l.n == 0; i++)
        PV_TRY(gather(k, view[i], k->target[0].victim, most));
    if (k->l.n == 0)
        PV_FAIL(PV_ERR_NOT_FOUND,
                "what %s saw holds no query to %s with its answer outside the "
                "steps that are guessed%s",
                views > 0 ? pv_view_header_of(view[0])->party : "nobody", k->target[0].victim,
                k->lost > 0 ? ", or their bytes were not kept; the retention of both types must be "
                              "\"full\""
                            : "");
    k->l.z = k->z;
    k->l.score = k->score;
    k->l.label = k->label;
    return PV_OK;
}

/* ---- fewer lessons */

static int32_t said_by(const pv_lessons *l, int64_t i)
{
    if (l->kind == PV_ANSWER_LABELS) return l->label[i];
    return pv_largest_class(l->score + i * l->classes, l->classes);
}

/* The share of the most frequent answer from lesson `first` on. */
static double prior(const pv_lessons *l, int64_t first)
{
    int64_t most = 0;
    for (int k = 0; k < l->classes; k++) {
        int64_t count = 0;
        for (int64_t i = first; i < l->n; i++) count += said_by(l, i) == k;
        if (count > most) most = count;
    }
    return l->n > first ? (double)most / (double)(l->n - first) : 0;
}

/* ---- the guess */

static pv_status answer_target(pv_guess *guess, size_t t, pv_student *s, const pv_view *const *view,
                               int views, const pv_public *known, const pv_attack_target *target,
                               const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_guess_item *item = &guess->item[t];
    pv_queries q;
    PV_TRY(pv_queries_init(&q, view, views, known, target, ctx));
    PV_TRY_GOTO(pv_guess_claim(guess, t, q.n, 0, 1, 1));
    PV_TRY_GOTO(pv_student_answer(item->label, item->confidence, s, q.z, q.n));
    item->loss = s->loss;
    item->evaluations = s->learner.steps;
    item->finished = s->finished;
done:
    pv_queries_clear(&q);
    return status;
}

/* How well students answer that had fewer lessons, each twice as many as the one before, on the
 * last fifth of them, which none of these learned from; as far as there is time. */
static pv_status try_fewer(pv_guess *guess, const pv_lessons *all, const pv_student_options *o,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    int64_t tested = all->n / 5 < MOST_TESTED ? all->n / 5 : MOST_TESTED, most = all->n - tested;
    int32_t *said = pv_alloc((size_t)tested + 1, sizeof *said);
    if (said == NULL) PV_FAIL_MEMORY((size_t)tested * sizeof *said);
    for (int half = CURVE - 1; half >= 0; half--) {
        pv_lessons l = *all;
        pv_student s;
        l.n = most >> half;
        if (l.n < FEWEST_LESSONS || tested < FEWEST_LESSONS) continue;
        pv_guess_try t = {.x = (double)l.n, .count = tested, .chance = prior(all, most)};
        snprintf(t.name, sizeof t.name, "%lld answers", (long long)l.n);
        PV_TRY_GOTO(pv_student_learn(&s, &l, o, ctx));
        status = pv_student_answer(said, NULL, &s, all->z + most * all->width, tested);
        int finished = s.finished;
        pv_student_clear(&s);
        if (status != PV_OK || !finished) goto done;
        for (int64_t i = 0; i < tested; i++) t.right += said[i] == said_by(all, most + i);
        PV_TRY_GOTO(pv_guess_add_try(guess, &t));
    }
done:
    pv_free(said);
    return status;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_student;
    pv_status status = PV_OK;
    pv_student_options o;
    pv_student s = {0};
    pv_public own = *known; /* the customer has no back to ask */
    notes k = {.known = &own, .target = target, .targets = targets};
    int64_t most;
    double begin = pv_clock_seconds();
    own.back = NULL;
    pv_student_defaults(&o);
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_count(&most, a, option, count, "queries", 0, 100000000));
    PV_TRY(pv_attack_option_count(&o.hidden, a, option, count, "hidden", 1, 4096));
    PV_TRY(pv_attack_option_count(&o.steps, a, option, count, "steps", 1, 10000000));
    PV_TRY(pv_attack_option_number(&o.lr, a, option, count, "lr", 1e-6, 100));
    PV_TRY(pv_queries_check(known, a->name));
    if (budget->evaluations > 0 && budget->evaluations < o.steps) o.steps = budget->evaluations;
    o.seed = budget->seed;
    o.deadline = budget->seconds > 0 ? begin + budget->seconds : 0;
    if (targets == 0) return PV_OK;
    PV_TRY_GOTO(gather_all(&k, view, views, most));
    PV_TRY_GOTO(pv_student_learn(&s, &k.l, &o, ctx)); /* first: the curve may have no time left */
    PV_TRY_GOTO(try_fewer(guess, &k.l, &o, ctx));
    for (size_t t = 0; t < targets; t++)
        PV_TRY_GOTO(answer_target(guess, t, &s, view, views, &own, &target[t], ctx));
    for (size_t t = 0; t < targets; t++)
        guess->item[t].seconds = (pv_clock_seconds() - begin) / (double)targets;
done:
    pv_student_clear(&s);
    pv_free(k.z);
    pv_free(k.score);
    pv_free(k.label);
    return status;
}

const pv_attack pv_attack_student = {
    .name = "student",
    .version = 1,
    .summary = "a copy of the provider's half, learned from the answers it gave",
    .source = "Tramèr et al. 2016, Stealing Machine Learning Models via Prediction APIs; Jagielski "
              "et al. 2020, High Accuracy and High Fidelity Extraction of Neural Networks",
    .wants = "answers",
    .needs = PV_NEEDS_FRONT,
    .options = options,
    .run = run,
};
