#include "run/audit_i.h"

/* ---- the secret under which a row was asked about */
static int is_about_secrets(const pv_audit_scored *s)
{
    return pv_audit_wants(s->c, "secrets");
}

static pv_status secret_criterion(char **out, const pv_audit_scored *s)
{
    (void)s;
    return pv_audit_text(out, "the row's secret is right");
}

/* Who has the answer and knows the most frequent class turns the answer back to it: that reads the
 * secret of each row of this class (complement.md, 3.2.2: the floor is no 1/n). */
static double share_of_prior(const pv_audit_scored *s)
{
    double n = (double)s->run.samples;
    return n > 0 ? s->base_labels / n : 0;
}

static pv_status secret_chance(pv_finding *f, const pv_audit_scored *s)
{
    f->chance = share_of_prior(s);
    return pv_audit_text(&f->chance_what,
                         "what turns each answer back to its customer's most frequent class");
}

static pv_status secret_controls(pv_finding *f, const pv_audit_scored *s)
{
    return pv_audit_row_controls(
        f, s, "a drawn network that leaves its secret readable, samples alike within a class",
        "the same, with secrets drawn anew behind it");
}

static pv_status add_all(pv_finding *f, const pv_audit_scored *s)
{
    PV_TRY(pv_audit_add_classes(f, s));
    return pv_audit_add_tries(f, s);
}

const pv_audit_metric pv_audit_metric_secrets = {.name = "secrets",
                                                 .verb = "read",
                                                 .one = "secret",
                                                 .many = "secrets",
                                                 .applies = is_about_secrets,
                                                 .hits = pv_audit_label_hits,
                                                 .criterion = secret_criterion,
                                                 .chance = secret_chance,
                                                 .controls = secret_controls,
                                                 .more = add_all};

/* ---- what the provider's half answers, said by a copy of it */
static int is_about_answers(const pv_audit_scored *s)
{
    return pv_audit_wants(s->c, "answers");
}

static pv_status agreement_criterion(char **out, const pv_audit_scored *s)
{
    (void)s;
    return pv_audit_text(out, "the copy answers a row it was not taught with as the provider did");
}

static pv_status agreement_chance(pv_finding *f, const pv_audit_scored *s)
{
    f->chance = share_of_prior(s);
    return pv_audit_text(&f->chance_what, "the most frequent answer for every row");
}

static pv_status agreement_controls(pv_finding *f, const pv_audit_scored *s)
{
    return pv_audit_row_controls(f, s, "the answers of a small drawn network to drawn samples",
                                 "the same, asked about answers drawn anew");
}

const pv_audit_metric pv_audit_metric_agreement = {.name = "agreement",
                                                   .verb = "foretold",
                                                   .one = "answer",
                                                   .many = "answers",
                                                   .applies = is_about_answers,
                                                   .hits = pv_audit_label_hits,
                                                   .criterion = agreement_criterion,
                                                   .chance = agreement_chance,
                                                   .controls = agreement_controls,
                                                   .more = pv_audit_add_tries};
