#include "attack/probe/reader.h"

#include "base/mem.h"
#include "nn/step.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *pv_reader_way_name(pv_reader_way w)
{
    static const char *const name[PV_READ_WAYS] = {"direct", "through", "both"};
    return name[w];
}

enum { TESTED = 5 }; /* one shadow query in so many is kept from every probe */

/* z and logits of each row behind each other. */
static pv_status features(float **out, const pv_reader *r, const float *z, const float *logits,
                          int64_t n)
{
    int64_t extra = r->answers ? r->classes : 0, all = r->width + extra;
    *out = pv_alloc((size_t)n, (size_t)all * sizeof **out);
    if (*out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " activations", n);
    for (int64_t i = 0; i < n; i++) {
        memcpy(*out + i * all, z + i * r->width, (size_t)r->width * sizeof **out);
        if (extra > 0)
            memcpy(*out + i * all + r->width, logits + i * extra, (size_t)extra * sizeof **out);
    }
    return PV_OK;
}

/* The label that goes with an answer and a secret; and the secret with an answer and a label. */
static int other_of(const pv_reader *r, int answer, int k)
{
    if (r->plan->kind == PV_SECRET_COMPLEMENT) return answer ^ k;
    return (answer - k + r->classes) % r->classes;
}

/* What is read one way of a row with these probabilities; *sure: its share of all. */
static int choose(double *sure, const pv_reader *r, pv_reader_way way, const float *own,
                  const float *other, int answer)
{
    double most = -1, sum = 0;
    int best = 0;
    for (int k = 0; k < r->classes; k++) {
        double p = way == PV_READ_THROUGH ? 1 : own[k];
        if (way != PV_READ_DIRECTLY) p *= other[other_of(r, answer, k)];
        sum += p;
        if (p > most) most = p, best = k;
    }
    *sure = sum > 0 ? most / sum : 1.0 / r->classes;
    return best;
}

typedef struct asked {
    float *x;                          /* features */
    float *probability[PV_READ_WHATS]; /* [n, classes] */
} asked;

static void asked_clear(asked *a)
{
    pv_free(a->x);
    for (int w = 0; w < PV_READ_WHATS; w++) pv_free(a->probability[w]);
}

static pv_status ask(asked *a, const pv_reader *r, const float *z, const float *logits, int64_t n,
                     const pv_ctx *ctx)
{
    size_t c = (size_t)r->classes;
    PV_TRY(features(&a->x, r, z, logits, n));
    for (int w = 0; w < PV_READ_WHATS; w++) {
        a->probability[w] = pv_calloc((size_t)n, c * sizeof *a->probability[w]);
        if (a->probability[w] == NULL)
            PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", n);
        if (w == PV_READ_LABEL || r->has_secret)
            PV_TRY(pv_probe_ask(a->probability[w], &r->probe[w], a->x, n, ctx));
    }
    return PV_OK;
}

static void read_way(int32_t *value, double *confidence, const pv_reader *r, pv_read_what what,
                     pv_reader_way way, const asked *a, const float *logits, int64_t n)
{
    const float *own = a->probability[what], *other = a->probability[1 - what];
    for (int64_t i = 0; i < n; i++) {
        int answer = r->answers ? pv_largest_class(logits + i * r->classes, r->classes) : 0;
        value[i] =
            choose(&confidence[i], r, way, own + i * r->classes, other + i * r->classes, answer);
    }
}

/* Which way reads best, on rows that no probe has learned from. */
static pv_status decide(pv_reader *r, const float *z, const float *logits,
                        const int32_t *const truth[PV_READ_WHATS], int64_t n, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    asked a = {0};
    int32_t *value = pv_alloc((size_t)n, sizeof *value);
    double *sure = pv_alloc((size_t)n, sizeof *sure);
    if (value == NULL || sure == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", n);
    PV_TRY_GOTO(ask(&a, r, z, logits, n, ctx));
    r->tested = n;
    for (int what = 0; what < 1 + r->has_secret; what++) {
        pv_reader_skill *s = &r->skill[what];
        s->prior = pv_probe_prior(truth[what], n, r->classes);
        for (int w = 0; w < PV_READ_WAYS; w++) {
            int64_t right = 0;
            s->accuracy[w] = NAN;
            if (w > 0 && (!r->answers || !r->has_secret)) continue;
            read_way(value, sure, r, (pv_read_what)what, (pv_reader_way)w, &a, logits, n);
            for (int64_t i = 0; i < n; i++) right += value[i] == truth[what][i];
            s->accuracy[w] = (double)right / (double)n;
            if (s->accuracy[w] > s->accuracy[s->way]) s->way = (pv_reader_way)w;
        }
    }
done:
    asked_clear(&a);
    pv_free(value);
    pv_free(sure);
    return status;
}

pv_status pv_reader_check(const pv_secret_plan *plan, pv_read_what what)
{
    if (what == PV_READ_SECRET && plan->kind == PV_SECRET_PERMUTATION)
        PV_FAIL(PV_ERR_UNSUPPORTED, "a permutation has no number that could be guessed; the attack "
                                    "probe guesses the labels of its rows");
    return PV_OK;
}

pv_status pv_reader_learn(pv_reader *r, const pv_shadow *s, const pv_secret_plan *plan,
                          const pv_probe_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    int64_t tested = s->n / TESTED, learn = s->n - tested;
    float *x = NULL;
    int32_t *number = NULL;
    *r = (pv_reader){.plan = plan,
                     .width = s->width,
                     .classes = s->classes,
                     .answers = s->logits != NULL,
                     .finished = 1,
                     .has_secret = plan->kind != PV_SECRET_PERMUTATION};
    if (tested < 1)
        PV_FAIL_GOTO(
            PV_ERR_INPUT,
            "probes learn from %" PRId64 " samples of the adversary's own; that is too few", s->n);
    number = pv_alloc((size_t)s->n, sizeof *number);
    if (number == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " secrets", s->n);
    for (int64_t i = 0; i < s->n; i++) number[i] = s->secret[i].to[0];
    PV_TRY_GOTO(features(&x, r, s->z, s->logits, s->n));
    const int32_t *truth[PV_READ_WHATS] = {s->label, number};
    pv_probe_options half = *o;
    half.seconds = o->seconds / (1 + r->has_secret);
    for (int what = 0; what < 1 + r->has_secret; what++) {
        const pv_probe_set set = {.n = learn,
                                  .width = r->width + (r->answers ? r->classes : 0),
                                  .classes = r->classes,
                                  .x = x,
                                  .label = truth[what]};
        PV_TRY_GOTO(pv_probe_run(&r->probe[what], &set, NULL, &half, ctx));
        r->finished = r->finished && r->probe[what].finished;
        truth[what] += learn;
    }
    PV_TRY_GOTO(decide(r, s->z + learn * s->width,
                       s->logits == NULL ? NULL : s->logits + learn * s->classes, truth, tested,
                       ctx));
done:
    pv_free(x);
    pv_free(number);
    if (status != PV_OK) pv_reader_clear(r);
    return status;
}

void pv_reader_clear(pv_reader *r)
{
    for (int what = 0; what < PV_READ_WHATS; what++) pv_probe_clear(&r->probe[what]);
    *r = (pv_reader){0};
}

pv_status pv_reader_read(int32_t *value, double *confidence, const pv_reader *r, pv_read_what what,
                         const float *z, const float *logits, int64_t n, const pv_ctx *ctx)
{
    asked a = {0};
    PV_TRY(pv_reader_check(r->plan, what));
    pv_status status = ask(&a, r, z, logits, n, ctx);
    if (status == PV_OK) read_way(value, confidence, r, what, r->skill[what].way, &a, logits, n);
    asked_clear(&a);
    return status;
}
