#include "run/cuts_i.h"

#include "attack/probe/reader.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/step.h"
#include "privet/metric.h"
#include <math.h>

/* All probes are perfect on what was held out: no other would read more. */
static const double ENOUGH = 0.9999;
/* Of rows that have no test split: this share is read, the others are learned from. */
static const double READ_SHARE = 0.5;
/* So little of what lies between the prior and all right is chance, as in retraining. */
static const double CHANCE = 0.1;

pv_status pv_cuts_prober_init(pv_cuts_prober *p, pv_cuts *out, const pv_hidden *hidden,
                              const pv_data *data, int own_test, const pv_cuts_options *o,
                              const pv_ctx *ctx)
{
    *p = (pv_cuts_prober){.o = o, .hidden = hidden, .ctx = ctx, .read = data};
    if (!out->secret)
        PV_FAIL(PV_ERR_OPTION,
                "%s takes no secret, so there is none that a probe could read off what crosses; "
                "privet retrain makes a model with one, and without probes any model has its cuts "
                "measured",
                o->model);
    if (own_test) {
        PV_TRY(pv_data_open(&p->learn, o->data, ctx));
        PV_TRY(pv_model_check_data(hidden->model, p->learn));
    } else {
        PV_TRY(pv_data_holdout(&p->learn, &p->rest, data, READ_SHARE, o->seed));
        p->read = p->rest;
    }
    out->probed = own_test ? 1 : 2;
    return PV_OK;
}

void pv_cuts_prober_clear(pv_cuts_prober *p)
{
    pv_data_free(p->learn);
    pv_data_free(p->rest);
    *p = (pv_cuts_prober){0};
}

/* ---- one cut */

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
static pv_status make_queries(probing *c, const pv_cuts_prober *p)
{
    const pv_cuts_options *o = p->o;
    pv_public known = {.scheme = "complement",
                       .model = c->front.model,
                       .classes = c->front.plan.classes,
                       .own_data = p->learn,
                       .front = &c->front,
                       .back = &c->back,
                       .crossing = &c->form,
                       .answers = "logits"};
    PV_TRY(pv_shadow_init(&c->learn, &known, o->probe_rows, 0, o->seed, "a probe", p->ctx));
    known.own_data = p->read;
    return pv_shadow_init(&c->read, &known, o->probe_rows, 0, ~o->seed, "a probe", p->ctx);
}

static pv_status read_all(pv_cuts_reading *out, probing *c, pv_read_what what,
                          const pv_cuts_prober *p)
{
    const pv_reader *r = &c->reader;
    const pv_probe *kept = &r->probe[what];
    PV_TRY(pv_reader_read(c->said, c->sure, r, what, c->read.z, c->read.logits, c->read.n, p->ctx));
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

int pv_cuts_at_chance(const pv_cuts_row *r)
{
    return r->read > 0 && r->answered < r->prior + CHANCE * (1 - r->prior);
}

static pv_status run(pv_cuts_row *row, probing *c, const pv_cuts_prober *p)
{
    const pv_cuts_options *o = p->o;
    pv_probe_options options;
    pv_probe_defaults(&options);
    options.seeds = (int)o->probe_seeds;
    options.epochs = (int)o->probe_epochs;
    options.seed = o->seed;
    options.enough = ENOUGH;
    PV_TRY(pv_split_make(&c->front, &c->back, p->hidden, &row->cut, p->learn, o->seed));
    PV_TRY(pv_activation_form_init(&c->form, &c->back, 32));
    PV_TRY(make_queries(c, p));
    PV_TRY(pv_reader_learn(&c->reader, &c->learn, &c->front.plan, &options, p->ctx));
    size_t n = (size_t)c->read.n;
    c->said = pv_alloc(n, sizeof *c->said);
    c->secret = pv_alloc(n, sizeof *c->secret);
    c->sure = pv_alloc(n, sizeof *c->sure);
    if (c->said == NULL || c->secret == NULL || c->sure == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu rows to read", n);
    for (size_t i = 0; i < n; i++) c->secret[i] = c->read.secret[i].to[0];
    PV_TRY(read_all(&row->label, c, PV_READ_LABEL, p));
    if (c->reader.has_secret) PV_TRY(read_all(&row->secret, c, PV_READ_SECRET, p));
    row->answered = answered(&c->read, &c->front.plan);
    row->prior = pv_probe_prior(c->read.label, c->read.n, c->read.classes);
    return PV_OK;
}

pv_status pv_cuts_probe_row(pv_cuts_row *row, const pv_cuts_prober *p)
{
    probing c = {0};
    double start = pv_clock_seconds();
    pv_status status = run(row, &c, p);
    row->learned = c.learn.n;
    row->read = c.read.n;
    row->probe_seconds = pv_clock_seconds() - start;
    probing_clear(&c);
    return status;
}
