#include "scheme/vertical/vertical.h"

#include "nn/model_i.h"

#include <math.h>
#include <stdio.h>

#define AT(field) offsetof(pv_vertical_options, field)

static const double SAME = -1; /* as the other layers have it */

const pv_setting pv_vertical_setting[] = {
    {"task", PV_SETTING_CHOICE, "train", 0, 0, "train|evaluate|predict|merge",
     "what is done; all but train go on with the halves of an earlier training (local half)",
     AT(task)},
    {"head", PV_SETTING_INTEGER, "1", 1, 16, NULL,
     "how many of the model's dense layers at its end are not the active party's; the first of "
     "them is shared",
     AT(head)},
    {"epochs", PV_SETTING_INTEGER, "1", 1, 100000, NULL, "passes over the training rows",
     AT(epochs)},
    PV_FED_LEARNING_SETTINGS(AT(learning)),
    {"shared_lr", PV_SETTING_REAL, "-1", -1, 100, NULL,
     "peak learning rate of the shared layer, which follows the same schedule; -1: lr",
     AT(shared_lr)},
    {"shared_momentum", PV_SETTING_REAL, "-1", -1, 0.9999, NULL,
     "momentum of the shared layer; -1: that of sgd, 0 with another optimiser",
     AT(shared_momentum)},
    {"shared_decay", PV_SETTING_REAL, "-1", -1, 10, NULL,
     "weight decay of the shared layer; -1: that of sgd, 0 with another optimiser",
     AT(shared_decay)},
    {"key_bits", PV_SETTING_INTEGER, "3072", 2048, 4096, NULL,
     "of the active party's Paillier key: 2048, 3072 or 4096", AT(bits)},
    {"clamp", PV_SETTING_REAL, "16", 0.001, 1e6, NULL,
     "activations that cross the boundary are cut to this, and counted", AT(clamp)},
    {"initial", PV_SETTING_REAL, "0", 0, 1e6, NULL,
     "most that an initial weight of the shared layer may be; 0: what the layer's init can draw",
     AT(initial)},
    {"sigma", PV_SETTING_INTEGER, "40", 20, 128, NULL,
     "the shares of all steps together are 2^-sigma away from telling nothing", AT(sigma)},
    {"activation_scale", PV_SETTING_INTEGER, "16", 8, 30, NULL,
     "bits after the point of an activation", AT(fa)},
    {"gradient_scale", PV_SETTING_INTEGER, "24", 12, 40, NULL, "bits after the point of dL/dZ",
     AT(fg)},
    {"weight_scale", PV_SETTING_INTEGER, "16", 8, 30, NULL,
     "bits after the point of a weight where it is multiplied", AT(fw)},
    {"masks", PV_SETTING_CHOICE, "strong", 0, 0, "strong|weak",
     "weak: shares in +-2^weak_bits whatever they hide, as in the paper; a finding in every report",
     AT(masks)},
    {"weak_bits", PV_SETTING_INTEGER, "10", 1, 64, NULL, "with masks = weak", AT(weak_bits)},
    {"blinding", PV_SETTING_CHOICE, "tables", 0, 0, "tables|textbook",
     "how the passive party re-randomises what it sends back; textbook: r^n, slower, for who does "
     "not take the key owner's word that its primes are safe",
     AT(blinding)},
    {"init", PV_SETTING_CHOICE, "secret", 0, 0, "secret|scenario",
     "scenario: the shared layer begins as the seed draws it, which both know: for comparisons",
     AT(init)},
    {"protect", PV_SETTING_CHOICE, "none", 0, 0, "none|iso|marvell|rr|gauss",
     "what the passive party does for its labels", AT(protection)},
    {"noise", PV_SETTING_REAL, "1", 0, 1e6, NULL, "its strength: iso, marvell, gauss",
     AT(protect.noise)},
    {"epsilon", PV_SETTING_REAL, "1", 0.001, 100, NULL, "of rr: privacy of a label",
     AT(protect.epsilon)},
    {"delta", PV_SETTING_REAL, "1e-5", 1e-15, 0.1, NULL, "of gauss", AT(protect.delta)},
    {"clip", PV_SETTING_REAL, "1", 1e-6, 2, NULL, "of gauss: 2-norm of a row of m·dL/dZ",
     AT(protect.clip)},
    {"answers", PV_SETTING_CHOICE, "none", 0, 0, "none|label|rounded|probability",
     "what the active party gets of a prediction", AT(answers)},
    {"merge", PV_SETTING_CHOICE, "none", 0, 0, "none|active|passive|both",
     "with task = merge: who gets the other's half", AT(merge)},
    {"baseline", PV_SETTING_FLAG, "yes", 0, 0, NULL,
     "privet run also trains the same network plainly, for comparison", AT(baseline)},
    {"evaluate_every", PV_SETTING_INTEGER, "0", 0, 100000, NULL,
     "epochs between evaluations on the test rows; 0: only at the end", AT(evaluate_every)},
    {.key = NULL},
};

/* A setting that this choice does not read would be believed to do something. */
static pv_status check_idle(const pv_scenario *s, const char *const *key, const char *choice)
{
    for (; *key != NULL; key++) {
        const pv_ini_entry *e = pv_ini_find(&s->ini, "scheme", *key);
        if (e != NULL)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: %s = %s does nothing with %s; take it out", s->path,
                    e->line, *key, e->value, choice);
    }
    return PV_OK;
}

static pv_status check_protection_keys(const pv_vertical_options *o, const pv_scenario *s)
{
    static const char *const name[] = {"none", "iso", "marvell", "rr", "gauss"};
    static const char *const idle[][5] = {{"noise", "epsilon", "delta", "clip", NULL},
                                          {"epsilon", "delta", "clip", NULL},
                                          {"epsilon", "delta", "clip", NULL},
                                          {"noise", "delta", "clip", NULL},
                                          {"epsilon", NULL}};
    char choice[32];
    snprintf(choice, sizeof choice, "protect = %s", name[o->protection]);
    return check_idle(s, idle[o->protection], choice);
}

static pv_status check_protection(const pv_vertical_options *o, const pv_scenario *s)
{
    int noisy = o->protection == PV_PROTECT_ISO || o->protection == PV_PROTECT_MARVELL ||
                o->protection == PV_PROTECT_GAUSS;
    if (noisy && o->protect.noise == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] protect with noise = 0 protects nothing", s->path);
    return check_protection_keys(o, s);
}

static pv_status check_masks(const pv_vertical_options *o, const pv_scenario *s)
{
    static const char *const idle[] = {"weak_bits", NULL};
    return o->masks == PV_MASKS_WEAK ? PV_OK : check_idle(s, idle, "masks = strong");
}

static pv_status check(const pv_vertical_options *o, const pv_scenario *s)
{
    PV_TRY(pv_fed_learning_check(&o->learning, s));
    PV_TRY(check_protection(o, s));
    PV_TRY(check_masks(o, s));
    if (o->task == PV_VERTICAL_TRAIN && o->shared_lr == 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] the shared layer's learning rate is 0, so that it would never move; "
                "give lr or shared_lr a value above 0",
                s->path);
    if (o->learning.nesterov)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] nesterov = yes: the shared layer knows momentum in its plain form "
                "only",
                s->path);
    if (o->bits % 1024 != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] key_bits = %lld; 2048, 3072 or 4096 was expected",
                s->path, (long long)o->bits);
    if (o->task == PV_VERTICAL_MERGE && o->merge == PV_MERGE_NONE)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] task = merge, but merge = none: nobody is to get the other's half; "
                "write merge = active, passive or both",
                s->path);
    if (o->task != PV_VERTICAL_MERGE && o->merge != PV_MERGE_NONE)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] merge belongs to task = merge, which ends a collaboration", s->path);
    if (o->task == PV_VERTICAL_TRAIN && o->answers != PV_ANSWER_NONE)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] answers belong to task = evaluate and predict",
                s->path);
    if (s->on_loss == PV_LOSS_PROCEED)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: on_loss = proceed: with two parties nobody can be given up; write wait",
                s->path);
    return PV_OK;
}

pv_status pv_vertical_options_read(pv_vertical_options *o, pv_scenario *s)
{
    PV_TRY(pv_settings_read(o, pv_vertical_setting, &s->ini, "scheme"));
    int sgd = o->learning.optim == 0;
    o->protect.how = (pv_protection)o->protection;
    if (o->shared_lr == SAME) o->shared_lr = o->learning.lr;
    if (o->shared_momentum == SAME) o->shared_momentum = sgd ? o->learning.momentum : 0;
    if (o->shared_decay == SAME) o->shared_decay = sgd ? o->learning.weight_decay : 0;
    if (o->shared_lr < 0 || o->shared_momentum < 0 || o->shared_decay < 0)
        PV_FAIL(PV_ERR_RANGE,
                "%s: [scheme] shared_lr, shared_momentum and shared_decay must not be negative, "
                "but -1, which stands for what the other layers have",
                s->path);
    return check(o, s);
}

double pv_vertical_scale(const pv_model *m, const pv_vertical_cut *cut)
{
    const pv_model_parameter *w = &m->param[cut->weight];
    switch (w->init.kind) {
    case PV_INIT_HE:
        return sqrt(2 / w->fan_in);
    case PV_INIT_UNIFORM:
        return w->init.value / sqrt(3);
    case PV_INIT_NORMAL:
        return w->init.value;
    default:
        return 1 / sqrt(3 * w->fan_in);
    }
}

/* A secret W_0 is the sum of two uniform draws of half the variance each. */
static double initial(const pv_vertical_options *o, const pv_model *m, const pv_vertical_cut *cut)
{
    const pv_tensor *w = &m->param[cut->weight].value;
    double most = 0;
    if (o->initial > 0) return o->initial;
    if (o->init == PV_INIT_SECRET) return sqrt(6) * pv_vertical_scale(m, cut);
    for (int64_t i = 0; i < pv_tensor_count(w); i++)
        most = fmax(most, fabs((double)((const float *)w->data)[i]));
    return most;
}

pv_status pv_vertical_protect(pv_protect *out, const pv_vertical_options *o, const pv_model *m,
                              const pv_vertical_cut *cut, int64_t batch)
{
    *out = o->protect;
    out->classes = m->domain.classes;
    out->columns = cut->outputs;
    out->head = o->head;
    out->batch = batch;
    out->gradient = 1;
    out->fg = (int)o->fg;
    return pv_protect_check(out);
}

pv_status pv_vertical_boundary(pv_boundary *b, const pv_vertical_options *o, const pv_model *m,
                               const pv_vertical_cut *cut, int64_t rows)
{
    int64_t batch = o->learning.batch < rows ? o->learning.batch : rows;
    pv_protect protect;
    PV_TRY(pv_vertical_protect(&protect, o, m, cut, batch));
    pv_boundary_settings set = {
        .batch = batch,
        .width = cut->width,
        .outputs = cut->outputs,
        .steps = rows / batch * o->epochs,
        .lr = o->shared_lr,
        .momentum = o->shared_momentum,
        .decay = o->shared_decay,
        .clamp = o->clamp,
        .initial = initial(o, m, cut),
        .sigma = (int)o->sigma,
        .weak = o->masks == PV_MASKS_WEAK ? (int)o->weak_bits : 0,
        .bits = (int)o->bits,
        .fa = (int)o->fa,
        .fg = (int)o->fg,
        .fw = (int)o->fw,
        .fe = 28, /* rates cost nothing where they are exact: only S gets wider */
        .fm = 28,
        .fl = 32,
    };
    pv_protect_bounds(&set.gradient, &set.noise, &protect);
    PV_TRY_CONTEXT(pv_boundary_init(b, &set), "the shared layer %s of %s, %lld rows, %lld epochs",
                   cut->name, m->name, (long long)rows, (long long)o->epochs);
    return PV_OK;
}
