#include "run/probing.h"

#include "attack/probe/reader.h"
#include "base/clock.h"
#include "base/mem.h"
#include "nn/step.h"
#include "privet/metric.h"
#include <math.h>

/* All probes are perfect on what was held out: no other would read more. */
static const double ENOUGH = 0.9999;
/* So little of what lies between the prior and all right is chance, as in retraining. */
static const double CHANCE = 0.1;

pv_probing pv_probing_none(void)
{
    return (pv_probing){.secret.share = NAN, .label.share = NAN, .prior = NAN, .answered = NAN};
}

double pv_probing_excess(const pv_probing *p)
{
    return fmax(p->secret.share, p->label.share) - p->prior; /* fmax leaves a NaN out */
}

int pv_probing_at_chance(const pv_probing *p)
{
    return p->read > 0 && p->answered < p->prior + CHANCE * (1 - p->prior);
}

typedef struct probing {
    pv_split_half front, back;
    pv_activation_form form;
    pv_shadow learn, read;
    pv_reader reader;
    int32_t *said, *secret; /* [read] */
    double *sure;
} probing;

static void probing_clear(probing *c)
{
    pv_reader_clear(&c->reader);
    pv_shadow_clear(&c->learn);
    pv_shadow_clear(&c->read);
    pv_activation_form_clear(&c->form);
    pv_split_half_clear(&c->front);
    pv_split_half_clear(&c->back);
    pv_free(c->said);
    pv_free(c->secret);
    pv_free(c->sure);
}

/* Rows under secrets that are drawn for each, through the front half, and what the back says. */
static pv_status make_queries(probing *c, const pv_probing_options *o, const pv_ctx *ctx)
{
    pv_public known = {.scheme = "complement",
                       .model = c->front.model,
                       .classes = c->front.plan.classes,
                       .own_data = o->learn,
                       .front = &c->front,
                       .back = &c->back,
                       .crossing = &c->form,
                       .answers = "logits"};
    PV_TRY(pv_shadow_init(&c->learn, &known, o->rows, 0, o->seed, "a probe", ctx));
    known.own_data = o->read;
    return pv_shadow_init(&c->read, &known, o->rows, 0, ~o->seed, "a probe", ctx);
}

static pv_status read_all(pv_probing_reading *out, probing *c, pv_read_what what, const pv_ctx *ctx)
{
    const pv_reader *r = &c->reader;
    const pv_probe *kept = &r->probe[what];
    PV_TRY(pv_reader_read(c->said, c->sure, r, what, c->read.z, c->read.logits, c->read.n, ctx));
    out->share =
        pv_accuracy(c->said, what == PV_READ_SECRET ? c->secret : c->read.label, c->read.n);
    out->kind = pv_probe_kind_name(kept->score[kept->best].kind);
    out->way = pv_reader_way_name(r->skill[what].way);
    return PV_OK;
}

/* Share of queries whose answer is right when its secret turns it back. */
static double answered(const pv_shadow *s, const pv_secret_plan *plan)
{
    int64_t right = 0;
    for (int64_t i = 0; i < s->n; i++) {
        int answer = pv_largest_class(s->logits + i * s->classes, s->classes);
        right += pv_secret_open(plan, &s->secret[i], answer) == s->label[i];
    }
    return (double)right / (double)s->n;
}

static pv_status run(pv_probing *out, probing *c, const pv_hidden *h, const pv_cut_at *cut,
                     const pv_probing_options *o, const pv_ctx *ctx)
{
    pv_probe_options options;
    pv_probe_defaults(&options);
    options.seeds = o->seeds;
    options.epochs = o->epochs;
    options.seed = o->seed;
    options.enough = ENOUGH;
    PV_TRY(pv_split_make(&c->front, &c->back, h, cut, o->learn, o->seed));
    PV_TRY(pv_activation_form_init(&c->form, &c->back, 32));
    PV_TRY(make_queries(c, o, ctx));
    PV_TRY(pv_reader_learn(&c->reader, &c->learn, &c->front.plan, &options, ctx));
    size_t n = (size_t)c->read.n;
    c->said = pv_alloc(n, sizeof *c->said);
    c->secret = pv_alloc(n, sizeof *c->secret);
    c->sure = pv_alloc(n, sizeof *c->sure);
    if (c->said == NULL || c->secret == NULL || c->sure == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu rows to read", n);
    for (size_t i = 0; i < n; i++) c->secret[i] = c->read.secret[i].to[0];
    PV_TRY(read_all(&out->label, c, PV_READ_LABEL, ctx));
    if (c->reader.has_secret) PV_TRY(read_all(&out->secret, c, PV_READ_SECRET, ctx));
    out->answered = answered(&c->read, &c->front.plan);
    out->prior = pv_probe_prior(c->read.label, c->read.n, c->read.classes);
    out->learned = c->learn.n;
    out->read = c->read.n;
    return PV_OK;
}

pv_status pv_probing_run(pv_probing *out, const pv_hidden *h, const pv_cut_at *cut,
                         const pv_probing_options *o, const pv_ctx *ctx)
{
    probing c = {0};
    double start = pv_clock_seconds();
    *out = pv_probing_none();
    pv_status status = run(out, &c, h, cut, o, ctx);
    out->seconds = pv_clock_seconds() - start;
    probing_clear(&c);
    return status;
}

pv_status pv_probing_verdict(pv_retrain_verdict *out, void *user, const pv_hidden *h)
{
    const pv_probing_judge *j = user;
    pv_probing p;
    PV_TRY(pv_probing_run(&p, h, &j->cut, &j->options, j->ctx));
    *out = (pv_retrain_verdict){.read = pv_probing_excess(&p), .answered = p.answered};
    return PV_OK;
}
