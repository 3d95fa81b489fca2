#include "scheme/complement/limits.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(pv_complement_options, field)

const pv_setting pv_complement_setting[] = {
    {"kind", PV_SETTING_CHOICE, "complement", 0, 0, "complement|offset|permutation",
     "what the secret does to labels: complement flips two classes, offset shifts n, permutation "
     "exchanges up to 16",
     AT(kind)},
    {"form", PV_SETTING_CHOICE, "plane", 0, 0, "plane|append|digit",
     "how the secret enters: constant planes, eight copies of each, a drawn digit", AT(form)},
    {"keep", PV_SETTING_INTEGER, "0", 0, 64, NULL,
     "layers of the ordinary model that stay as they are; the secret enters behind them", AT(keep)},
    {"cut", PV_SETTING_TEXT, NULL, 0, 0, NULL,
     "where the network is cut, 2 or 2:before-pool; behind the layer of the secret when not given",
     AT(cut_text)},
    {"bits", PV_SETTING_CHOICE, "32", 0, 0, "32|8|4",
     "of each number of an activation that crosses", AT(bits_choice)},
    {"project", PV_SETTING_FLAG, "no", 0, 0, NULL,
     "only what the layer behind the cut looks at crosses; customers learn what that is",
     AT(project)},
    {"query_batch", PV_SETTING_INTEGER, "64", 1, 65536, NULL, "rows that a customer asks at once",
     AT(query_batch)},
    {"budget", PV_SETTING_INTEGER, "0", 0, 1000000000, NULL,
     "rows that each customer may ask in a run; 0 for no end", AT(budget)},
    {"answers", PV_SETTING_CHOICE, "logits", 0, 0, "logits|rounded|label",
     "what comes back: all scores, probabilities in hundredths, or the label alone", AT(answers)},
    {"secrets", PV_SETTING_CHOICE, "prf", 0, 0, "prf|fresh",
     "prf: the same row has the same secret in every run of a customer; fresh: drawn in each run",
     AT(secrets)},
    {"kept_epochs", PV_SETTING_INTEGER, "2", 0, 100000, NULL,
     "with keep above 0: passes over the provider's rows of the ordinary model", AT(kept_epochs)},
    {"epochs", PV_SETTING_INTEGER, "5", 1, 100000, NULL,
     "passes over the provider's rows with secrets", AT(epochs)},
    PV_FED_LEARNING_SETTINGS(AT(learning)),
    {"hide_secret", PV_SETTING_REAL, "0", 0, 1000, NULL,
     "weight of training against a reader of the secret at the cut; 0: none", AT(guard.secret)},
    {"hide_input", PV_SETTING_REAL, "0", 0, 1000, NULL,
     "weight of training against a rebuilder of the row; 0: none", AT(guard.input)},
    {"hide_correlation", PV_SETTING_REAL, "0", 0, 1000, NULL,
     "weight of the distance correlation between row and activation; 0: none",
     AT(guard.correlation)},
    {"hide_cluster", PV_SETTING_REAL, "0", 0, 1000, NULL,
     "weight of the share of the activation's variance that the answer leaves unexplained; 0: none",
     AT(guard.cluster)},
    {"hide_noise", PV_SETTING_REAL, "0", 0, PV_FRONT_NOISE_MOST, NULL,
     "noise on the activation, in its own standard deviations: what customers put on what they "
     "send, "
     "and what the network is trained with",
     AT(guard.noise)},
    {"hide_warmup", PV_SETTING_REAL, "3", 0, 100000, NULL,
     "epochs before anything is trained against", AT(guard.warmup_epochs)},
    {"hide_ramp", PV_SETTING_REAL, "8", 0, 100000, NULL,
     "epochs over which those weights rise to what they are", AT(guard.ramp_epochs)},
    {"decoder_steps", PV_SETTING_INTEGER, "3", 1, PV_DECODER_STEPS_MAX, NULL,
     "steps of the readers for each of the model", AT(decoder_steps)},
    {"decoder_restart", PV_SETTING_REAL, "4", 0, 100000, NULL,
     "epochs after which the readers begin anew; 0: never", AT(guard.restart_epochs)},
    {.key = NULL},
};

pv_secret_kind pv_complement_kind(const pv_complement_options *o)
{
    return (pv_secret_kind)(o->kind + 1);
}

pv_secret_form pv_complement_form(const pv_complement_options *o)
{
    return (pv_secret_form)(o->form + 1);
}

const char *pv_complement_answers(const pv_complement_options *o)
{
    static const char *const name[] = {"logits", "rounded", "label"};
    return name[o->answers];
}

int pv_complement_guarded(const pv_complement_options *o)
{
    return o->guard.secret > 0 || o->guard.input > 0 || o->guard.correlation > 0 ||
           o->guard.cluster > 0;
}

int64_t pv_complement_batches(const pv_complement_options *o, int64_t rows)
{
    return (rows + o->query_batch - 1) / o->query_batch;
}

static int given(const pv_scenario *s, const char *key)
{
    return pv_ini_find(&s->ini, "scheme", key) != NULL;
}

static pv_status check_idle(const pv_complement_options *o, const pv_scenario *s)
{
    static const char *const readers[] = {"decoder_steps", "decoder_restart"};
    static const char *const guards[] = {"hide_warmup", "hide_ramp"};
    for (int i = 0; i < 2; i++) {
        if (given(s, readers[i]) && o->guard.secret == 0 && o->guard.input == 0)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: %s does nothing without hide_secret or hide_input above 0", s->path,
                    pv_ini_find(&s->ini, "scheme", readers[i])->line, readers[i]);
        if (given(s, guards[i]) && !pv_complement_guarded(o))
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: %s does nothing without hide_secret, hide_input, "
                    "hide_correlation or hide_cluster above 0",
                    s->path, pv_ini_find(&s->ini, "scheme", guards[i])->line, guards[i]);
    }
    if (o->keep == 0 && given(s, "kept_epochs"))
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%d: kept_epochs does nothing with keep = 0: no layer of the ordinary model "
                "is kept",
                s->path, pv_ini_find(&s->ini, "scheme", "kept_epochs")->line);
    return PV_OK;
}

static pv_status check_kind(const pv_complement_options *o, const pv_scenario *s)
{
    pv_secret_plan plan = {.kind = pv_complement_kind(o),
                           .form = pv_complement_form(o),
                           .classes = s->schema.classes,
                           .alpha = 1,
                           .input = PV_SHAPE(1, 1, 1)};
    if (s->schema.kind == 0) return PV_OK; /* `privet run` fills it in */
    if (s->schema.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [schema] kind = text: a network of tokens has no place for a "
                "secret; images and tables do",
                s->path);
    pv_status status = pv_secret_plan_check(&plan);
    return status == PV_OK
               ? PV_OK
               : pv_trail_context(PV_ERR_FORMAT, __FILE__, __LINE__, "in %s: [scheme]", s->path);
}

/* The whole model, when the scenario names it: does it have that cut, behind the secret? */
static pv_status check_cut(const pv_complement_options *o, const pv_scenario *s)
{
    pv_model *m = NULL;
    pv_cut_at cut;
    if (s->schema.kind == 0 || s->model == NULL) return PV_OK;
    PV_TRY(pv_fed_model(&m, s));
    pv_status status = pv_cut_parse(&cut, o->cut, m);
    pv_model_free(m);
    if (status != PV_OK)
        return pv_trail_context(PV_ERR_FORMAT, __FILE__, __LINE__, "in %s: [scheme] cut", s->path);
    if (cut.stage <= o->keep)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] cut = %s, and with keep = %lld the secret enters at layer %lld: it "
                "would cross in the clear; cut behind layer %lld or later",
                s->path, o->cut, (long long)o->keep, (long long)o->keep + 1,
                (long long)o->keep + 1);
    return PV_OK;
}

pv_status pv_complement_options_read(pv_complement_options *o, pv_scenario *s)
{
    static const int bits[] = {32, 8, 4};
    *o = (pv_complement_options){0};
    PV_TRY(pv_settings_read(o, pv_complement_setting, &s->ini, "scheme"));
    o->bits = bits[o->bits_choice];
    o->guard.decoder_steps = (int)o->decoder_steps;
    if (o->cut_text == NULL)
        snprintf(o->cut, sizeof o->cut, "%lld", (long long)o->keep + 1);
    else if (strlen(o->cut_text) >= sizeof o->cut)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] cut = %.40s...: 2 or 2:before-pool was expected",
                s->path, o->cut_text);
    else
        memcpy(o->cut, o->cut_text, strlen(o->cut_text) + 1);
    PV_TRY(pv_fed_learning_check(&o->learning, s));
    PV_TRY(check_idle(o, s));
    PV_TRY(check_kind(o, s));
    return check_cut(o, s);
}

/* ---- halves and the scenario */

/* What crosses must be what the scenario's network gives, where it names one: everybody reckons
 * with that. */
static pv_status check_network(const pv_split_half *half, const pv_complement_options *o,
                               const pv_scenario *s, const char *what)
{
    char has[PV_SHAPE_TEXT], wanted[PV_SHAPE_TEXT];
    pv_complement_network n;
    if (s->model == NULL || s->schema.kind == 0) return PV_OK;
    PV_TRY(pv_complement_network_of(&n, o, s));
    if (pv_shape_equal(&n.activation, &half->activation)) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH, "%s: what crosses at its cut is %s, of model = %s in %s it is %s",
            what, pv_shape_text(&half->activation, has), s->model, s->path,
            pv_shape_text(&n.activation, wanted));
}

pv_status pv_complement_half_check(const pv_split_half *half, const pv_complement_options *o,
                                   const pv_scenario *s, const char *what)
{
    char cut[PV_CUT_TEXT];
    const pv_secret_plan *plan = &half->plan;
    pv_model_domain d = pv_model_what(half->model);
    if (plan->kind != pv_complement_kind(o) || plan->form != pv_complement_form(o))
        PV_FAIL(
            PV_ERR_MISMATCH, "%s: its secret is %s as %s, [scheme] of %s says kind = %s, form = %s",
            what, pv_secret_kind_name(plan->kind), pv_secret_form_name(plan->form), s->path,
            pv_secret_kind_name(pv_complement_kind(o)), pv_secret_form_name(pv_complement_form(o)));
    if (half->kept != o->keep)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: its secret enters at layer %lld, [scheme] of %s says keep = %lld: at %lld",
                what, (long long)half->kept + 1, s->path, (long long)o->keep,
                (long long)o->keep + 1);
    if (strcmp(pv_cut_text(&half->cut, cut), o->cut) != 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s: it is cut at %s, [scheme] of %s says cut = %s", what, cut,
                s->path, o->cut);
    if (half->noise != o->guard.noise)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: customers put noise of %g deviations on what it gives, [scheme] of %s says "
                "hide_noise = %g",
                what, half->noise, s->path, o->guard.noise);
    if (plan->classes != s->schema.classes)
        PV_FAIL(PV_ERR_MISMATCH, "%s: it tells %d classes apart, [schema] of %s has %d", what,
                plan->classes, s->path, s->schema.classes);
    if (!half->provider &&
        (d.kind != s->schema.kind || !pv_shape_equal(&d.sample, &s->schema.sample)))
        PV_FAIL(PV_ERR_MISMATCH, "%s: it is for other samples than [schema] of %s describes", what,
                s->path);
    return check_network(half, o, s, what);
}

pv_status pv_complement_form_of(pv_activation_form *f, const pv_split_half *back,
                                const pv_complement_options *o)
{
    PV_TRY(pv_activation_form_init(f, back, o->bits));
    pv_status status = o->project ? pv_activation_project(f, back) : PV_OK;
    if (status != PV_OK) pv_activation_form_clear(f);
    return status;
}
