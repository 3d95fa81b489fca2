#include "run/audit_i.h"

#include <math.h>
#include <string.h>

static pv_status write_budget(char **out, const pv_audit_scored *s)
{
    const pv_budget *b = &s->w->o->budget;
    double evaluations = 0;
    for (size_t i = 0; i < s->c->guess.count; i++)
        evaluations += (double)s->c->guess.item[i].evaluations;
    pv_str t = {0};
    pv_status status = PV_OK;
    if (b->restarts > 0) PV_TRY_GOTO(pv_str_printf(&t, "%d restarts at most, ", b->restarts));
    if (b->seconds > 0) PV_TRY_GOTO(pv_str_printf(&t, "%g s at most, ", b->seconds));
    PV_TRY_GOTO(pv_str_printf(&t, "%.0f evaluations a target on average",
                              s->c->guess.count > 0 ? evaluations / (double)s->c->guess.count : 0));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

static pv_status write_options(char **out, const pv_audit_scored *s)
{
    pv_str t = {0};
    pv_status status = PV_OK;
    const pv_attack *a = s->c->attack;
    for (const pv_attack_option *o = a->options; o != NULL && o->name != NULL; o++)
        PV_TRY_GOTO(
            pv_str_printf(&t, "%s%s=%s", t.size > 0 ? " " : "", o->name,
                          pv_attack_option_get(a, s->w->o->option, s->w->o->options, o->name)));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

/* ---- one finding */
/* "66 known rows", "one known label a class"; nothing when nothing was known. */
static pv_status say_known(pv_str *out, const char *before, const pv_audit_case *c)
{
    const pv_known *k = &c->known;
    if (k->count == 0) return PV_OK;
    if (k->each == 1) return pv_str_printf(out, "%sone known label a class", before);
    if (k->each > 1)
        return pv_str_printf(out, "%s%lld known labels a class", before, (long long)k->each);
    return pv_str_printf(out, "%s%lld known row%s", before, (long long)k->count,
                         k->count == 1 ? "" : "s");
}

/* What the attack had in its hands, for the sentence on the page. */
static pv_status write_means(char **out, const pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    pv_str t = {0};
    pv_status status = PV_OK;
    const char *means = c->reads->means != NULL                 ? c->reads->means
                        : strcmp(c->attack->wants, "rows") == 0 ? "the rows it was sent"
                        : c->owner != NULL                      ? "what its owner sent"
                                                                : "what it received";
    if (c->reads->cut && c->owner != NULL) means = "the activations its owner sent";
    if ((c->attack->needs & PV_NEEDS_OWN_MODEL) && c->reads->score == NULL && !c->reads->cut)
        means = "its own layers and rows";
    PV_TRY_GOTO(pv_str_append(&t, means));
    PV_TRY_GOTO(say_known(&t, " and ", c));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

/* Of a network that is cut: what an attack was handed. */
static pv_status say_cut(pv_str *out, const pv_audit_case *c)
{
    const pv_known *k = &c->known;
    if (c->attack->needs & PV_NEEDS_FRONT)
        PV_TRY(pv_str_append(out, "the published half with its weights, "));
    if (k->own_data != NULL)
        PV_TRY(pv_str_printf(out,
                             c->owner != NULL ? "%lld rows of its owner's that were not "
                                                "attacked, in place of the adversary's own, "
                                              : "%lld samples of its own, ",
                             (long long)pv_data_count(k->own_data)));
    if (k->back.model != NULL) PV_TRY(pv_str_append(out, "its own half of the network, "));
    return PV_OK;
}

static pv_status write_knows(char **out, const pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    unsigned needs = c->attack->needs;
    pv_str t = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_append(&t, "the model's architecture, the scenario, "));
    if (c->reads->cut) PV_TRY_GOTO(say_cut(&t, c));
    if ((needs & PV_NEEDS_OWN_DATA) && !c->reads->cut)
        PV_TRY_GOTO(pv_str_append(&t, "its own rows, "));
    if (needs & PV_NEEDS_OWN_LABELS) PV_TRY_GOTO(pv_str_append(&t, "its own labels, "));
    if ((needs & PV_NEEDS_OWN_MODEL) && !c->reads->cut)
        PV_TRY_GOTO(pv_str_append(&t, "the layers that it trained itself, "));
    if (c->known.count > 0) {
        PV_TRY_GOTO(say_known(&t, "", c));
        PV_TRY_GOTO(pv_str_printf(&t, " (%lld, drawn by the audit's seed; they do not count), ",
                                  (long long)c->known.count));
    }
    PV_TRY_GOTO(pv_str_append(&t, "and what its view holds; never another party's files or keys"));
    status = pv_audit_text(out, "%s", pv_str_text(&t));
done:
    pv_str_clear(&t);
    return status;
}

static pv_status write_what(pv_finding *f, const pv_audit_scored *s, const pv_audit_metric *m)
{
    const pv_audit_case *c = s->c;
    int images = s->how.image;
    PV_TRY(pv_audit_text(&f->secret, "%s", c->claim->secret));
    PV_TRY(pv_audit_text(&f->claim, "%s", c->claim->text));
    PV_TRY(pv_audit_text(&f->adversary, "%s", c->adversary));
    PV_TRY(pv_audit_text(&f->about, "%s", c->owner != NULL ? c->owner : ""));
    PV_TRY(pv_audit_text(&f->assumed, "%s",
                         c->attack->active
                             ? "active: it may alter what it sends"
                             : "passive: it followed the protocol, kept what it received and "
                               "computed afterwards"));
    PV_TRY(write_knows(&f->knows, s));
    PV_TRY(pv_audit_text(&f->attack, "%s", c->attack->name));
    f->attack_version = c->attack->version;
    f->active = c->attack->active;
    PV_TRY(write_options(&f->options, s));
    PV_TRY(pv_audit_text(&f->metric, "%s", m->name));
    f->limit = m->limited ? s->how.distance.criterion : NAN;
    PV_TRY(write_means(&f->means, s));
    PV_TRY(pv_audit_text(&f->verb, "%s", m->verb));
    PV_TRY(pv_audit_text(&f->item_one, "%s", m->one != NULL ? m->one : images ? "image" : "row"));
    PV_TRY(pv_audit_text(&f->item_many, "%s",
                         m->many != NULL ? m->many
                         : images        ? "images"
                                         : "rows"));
    f->seed = s->w->o->budget.seed;
    f->seconds = c->seconds;
    double each = s->how.rows ? (double)s->run.samples : (double)c->targets;
    f->seconds_each = each > 0 ? c->seconds / each : 0;
    PV_TRY(write_budget(&f->budget, s));
    PV_TRY(m->criterion(&f->criterion, s));
    if (m->note != NULL) return pv_audit_text(&f->note, "%s", m->note);
    return pv_audit_text(
        &f->note, "%s",
        s->partial ? "Each step was about more samples than the attack tells apart: n counts "
                     "its guesses, each held against the nearest sample of the step."
                   : "");
}

static pv_status write_unfinished(pv_finding *f, const pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    if (f->finished) return PV_OK;
    if (c->failure.size == 0 && f->count.n == 0 && c->unkept > 0)
        return pv_audit_text(&f->unfinished,
                             "of %zu steps (one a victim) the view kept hashes only; a run whose "
                             "[view] has full or every:N can be attacked",
                             c->unkept);
    return pv_audit_text(&f->unfinished, "%s",
                         c->failure.size > 0 ? pv_str_text(&c->failure)
                         : f->count.n == 0   ? "the view has nothing about any step of a victim"
                                             : "the attack ran out of its budget");
}

static pv_status add_finding(pv_findings *out, const pv_audit_scored *s, const pv_audit_metric *m)
{
    pv_finding *grown = pv_realloc(out->finding, (size_t)out->findings + 1, sizeof *grown);
    if (grown == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    out->finding = grown;
    pv_finding *f = &out->finding[out->findings];
    *f = (pv_finding){.count = m->hits(&s->run)};
    out->findings++;
    PV_TRY(pv_audit_text(&f->id, "F%d", out->findings));
    PV_TRY(write_what(f, s, m));
    PV_TRY(m->chance(f, s));
    PV_TRY(m->controls(f, s));
    f->finished = s->run.finished && s->c->failure.size == 0 && f->count.n > 0;
    PV_TRY(write_unfinished(f, s));
    pv_finding_settle(f);
    return m->more != NULL ? m->more(f, s) : PV_OK;
}

static pv_status score_samples(pv_audit_scored *s)
{
    const pv_audit_case *c = s->c;
    PV_TRY(pv_audit_answers(&s->answers, s->w, c));
    PV_TRY(pv_audit_scorer(s));
    PV_TRY(pv_score_init(&s->run, &s->how, &c->guess, &s->answers));
    if (c->failure.size > 0) return PV_OK;
    return pv_audit_score_controls(s, strcmp(c->attack->wants, "labels") == 0);
}

pv_status pv_audit_score(pv_findings *f, pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    pv_audit_scored s = {.w = w, .c = c};
    if (c->failure.size > 0) /* its guesses are not worth scoring, its failure is worth telling */
        c->targets = 0;
    if (c->reads->score != NULL)
        PV_TRY_GOTO(c->reads->score(&s));
    else
        PV_TRY_GOTO(score_samples(&s));
    for (int i = 0; pv_audit_metrics[i] != NULL; i++)
        if (pv_audit_metrics[i]->applies(&s)) PV_TRY_GOTO(add_finding(f, &s, pv_audit_metrics[i]));
done:
    pv_audit_scored_clear(&s);
    return status;
}
