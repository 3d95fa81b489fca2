#include "run/audit_i.h"

#include "report/words.h"

#include <string.h>

static int is_tested(const pv_findings *f, const char *secret)
{
    for (int i = 0; i < f->findings; i++)
        if (strcmp(f->finding[i].secret, secret) == 0) return 1;
    return 0;
}

static pv_status add_open(pv_findings *f, size_t *capacity, const char *what, const char *why)
{
    PV_TRY(pv_grow((void **)&f->open, capacity, (size_t)f->opens + 1, sizeof *f->open));
    pv_findings_open *o = &f->open[f->opens++];
    *o = (pv_findings_open){0};
    PV_TRY(pv_audit_copy(&o->what, what));
    return pv_audit_copy(&o->why, why);
}

/* "masks = weak: why", a line each. */
static pv_status write_weak(pv_findings *f, pv_audit_work *w)
{
    pv_status status = PV_OK;
    pv_str lines = {0};
    size_t capacity = 0;
    if (w->scheme->warn == NULL) return PV_OK;
    PV_TRY_GOTO(w->scheme->warn(&lines, &w->scenario));
    char *rest = NULL;
    for (char *line = lines.size > 0 ? strtok_r(lines.text, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *why = strstr(line, ": ");
        if (why != NULL) *why = '\0';
        PV_TRY_GOTO(pv_grow((void **)&f->weak, &capacity, (size_t)f->weaks + 1, sizeof *f->weak));
        pv_findings_weak *one = &f->weak[f->weaks++];
        *one = (pv_findings_weak){0};
        PV_TRY_GOTO(pv_audit_copy(&one->setting, line));
        PV_TRY_GOTO(pv_audit_copy(&one->why, why != NULL ? why + 2 : ""));
    }
done:
    pv_str_clear(&lines);
    return status;
}

/* The party of a role that there is one of: findings name parties. */
static const char *who_is(const pv_audit_work *w, const char *role)
{
    const char *name = NULL;
    if (!w->scheme->split && w->scheme->cut == NULL) return role;
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].role, role) == 0) name = name == NULL ? w->party[i].name : role;
    return name != NULL ? name : role;
}

static pv_status write_told(pv_findings *f, const pv_audit_work *w)
{
    size_t capacity = 0;
    for (int i = 0; i < w->claims; i++) {
        const pv_claim *c = &w->claim[i];
        if (!c->told) continue;
        PV_TRY(pv_grow((void **)&f->told, &capacity, (size_t)f->tolds + 1, sizeof *f->told));
        pv_findings_told *t = &f->told[f->tolds++];
        *t = (pv_findings_told){0};
        PV_TRY(pv_audit_copy(&t->secret, c->secret));
        PV_TRY(pv_audit_copy(&t->to, who_is(w, c->adversary)));
        PV_TRY(pv_audit_copy(&t->why, c->text));
    }
    return PV_OK;
}

static int was_run(const pv_audit_work *w, const pv_claim *claim, const char *attack)
{
    for (size_t i = 0; i < w->cases; i++)
        if (w->item[i].claim == claim && strcmp(w->item[i].attack->name, attack) == 0) return 1;
    return 0;
}

/* "none found" is said of the attacks that were run. */
static pv_status write_others(pv_findings *f, size_t *capacity, const pv_audit_work *w)
{
    pv_status status = PV_OK;
    pv_str what = {0}, names = {0};
    for (int i = 0; i < w->claims; i++) {
        const pv_claim *c = &w->claim[i];
        if (c->told || !is_tested(f, c->secret)) continue;
        int count = 0;
        pv_str_truncate(&what, 0);
        pv_str_truncate(&names, 0);
        for (int k = 0; c->attacks != NULL && c->attacks[k] != NULL; k++)
            if (!was_run(w, c, c->attacks[k]))
                PV_TRY_GOTO(pv_str_printf(&names, "%s%s", count++ > 0 ? ", " : "", c->attacks[k]));
        if (count == 0) continue;
        PV_TRY_GOTO(pv_str_printf(&what, "Other attacks on the %s", c->secret));
        PV_TRY_GOTO(pv_str_printf(&names, " %s not run this time: --attack all",
                                  count == 1 ? "was" : "were"));
        PV_TRY_GOTO(add_open(f, capacity, pv_str_text(&what), pv_str_text(&names)));
    }
done:
    pv_str_clear(&what);
    pv_str_clear(&names);
    return status;
}

/* What the scheme says of a secret that nothing here attacks in such a run. */
static pv_status write_untested(pv_str *out, const pv_claim *c)
{
    pv_str_truncate(out, 0);
    if (pv_audit_is_attacked(c)) return pv_str_append(out, "its attacks were not run this time");
    return pv_str_printf(out, "the scheme says: %s; no attack here tests that", c->text);
}

static int64_t rows_of(const pv_audit_case *c)
{
    int64_t n = 0;
    for (size_t i = 0; i < c->targets; i++) n += c->target[i].batch;
    return n;
}

/* Of queries to a network that is cut: a search that was tried on some, for the time it takes. */
static int leaves_rows(const pv_audit_case *c)
{
    if (pv_audit_wants(c, "answers") || c->owner != NULL) return 0;
    return c->steps > c->targets || strcmp(c->attack->wants, "rows") == 0;
}

static pv_status write_open(pv_findings *f, const pv_audit_work *w)
{
    size_t capacity = 0;
    pv_str s = {0}, why = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < w->claims; i++) {
        const pv_claim *c = &w->claim[i];
        if (c->told || is_tested(f, c->secret)) continue;
        pv_str_truncate(&s, 0);
        PV_TRY_GOTO(pv_str_printf(&s, "%s, as the %s%s sees them", c->secret, c->adversary,
                                  pv_words_is_adjective(c->adversary) ? " party" : ""));
        PV_TRY_GOTO(write_untested(&why, c));
        PV_TRY_GOTO(add_open(f, &capacity, pv_str_text(&s), pv_str_text(&why)));
    }
    if (w->o->as_owner == NULL) PV_TRY_GOTO(write_others(f, &capacity, w));
    for (size_t i = 0; i < w->cases; i++) {
        const pv_audit_case *c = &w->item[i];
        if (!c->unsuited) continue;
        pv_str_truncate(&s, 0);
        PV_TRY_GOTO(pv_str_printf(&s, "The attack %s", c->attack->name));
        PV_TRY_GOTO(add_open(f, &capacity, pv_str_text(&s), pv_str_text(&c->failure)));
    }
    for (size_t i = 0; i < w->cases; i++) {
        const pv_audit_case *c = &w->item[i];
        if (c->reads->cut ? c->unkept == 0 && !leaves_rows(c) : c->steps <= c->targets) continue;
        pv_str_truncate(&s, 0);
        if (c->reads->cut)
            PV_TRY_GOTO(pv_str_printf(&s,
                                      "%s was tried on %lld rows, in %zu of %zu queries; %zu are "
                                      "hashes in this view, and an adversary may have kept and "
                                      "attacked them all",
                                      c->attack->name, (long long)rows_of(c), c->targets, c->steps,
                                      c->unkept));
        else if (c->reads->rows)
            PV_TRY_GOTO(pv_str_printf(&s,
                                      "guesses about %zu of %zu steps were scored, each row once; "
                                      "%zu are hashes in this view, and an adversary may have kept "
                                      "them all",
                                      c->targets, c->steps, c->unkept));
        else
            PV_TRY_GOTO(pv_str_printf(&s,
                                      "%zu of %zu steps (one a victim) were attacked, %zu are "
                                      "hashes in this view; an adversary may have kept them all",
                                      c->targets, c->steps, c->unkept));
        PV_TRY_GOTO(add_open(f, &capacity, c->reads->cut ? "Other queries" : "Most steps",
                             pv_str_text(&s)));
        break;
    }
    for (int i = 0; i < w->parties; i++) {
        if (!pv_audit_was_dropped(w, w->party[i].name) || pv_audit_samples_of(w, &w->party[i]) > 0)
            continue;
        pv_str_truncate(&s, 0);
        PV_TRY_GOTO(pv_str_printf(&s,
                                  "%s was given up on the way, and how many samples it has is "
                                  "not known: what it sent before was not attacked",
                                  w->party[i].name));
        PV_TRY_GOTO(add_open(f, &capacity, "Lost party", pv_str_text(&s)));
    }
    PV_TRY_GOTO(add_open(
        f, &capacity, "Active parties",
        w->scheme->cut != NULL ? "a provider that plants a channel in the half it publishes; "
                                 "customers that ask about what no sample gives"
        : w->scheme->split     ? "chosen ciphertexts or activations that expose what they meet"
                               : "altered weights or chosen batches that expose one sample"));
    if (w->o->collude == NULL && !w->scheme->split)
        PV_TRY_GOTO(add_open(f, &capacity, "Coalitions",
                             "parties that put their views together; --collude A,B"));
    PV_TRY_GOTO(
        add_open(f, &capacity, "Membership", "whether a given record was among the training data"));
    if (w->scheme->cut != NULL)
        PV_TRY_GOTO(add_open(f, &capacity, "Repeated queries",
                             "what two activations of one row, or of rows that are alike, show "
                             "together"));
    PV_TRY_GOTO(
        add_open(f, &capacity, "Network observer", "sizes and times of what crossed the network"));
    PV_TRY_GOTO(add_open(f, &capacity, w->scheme->cut != NULL ? "Published half" : "Released model",
                         "what the final weights alone give away about the training data"));
    PV_TRY_GOTO(add_open(f, &capacity, "Endpoints",
                         "whether a party logged more than its view, or ran other code"));
done:
    pv_str_clear(&s);
    pv_str_clear(&why);
    return status;
}

pv_status pv_audit_claims(pv_findings *f, pv_audit_work *w)
{
    PV_TRY(write_weak(f, w));
    PV_TRY(write_told(f, w));
    return write_open(f, w);
}
