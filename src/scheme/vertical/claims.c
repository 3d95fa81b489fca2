#include "scheme/vertical/claims.h"

#include <pthread.h>
#include <stdio.h>

enum {
    LABELS,
    FEATURES,
    WEIGHTS,
    LOGITS,
    COUNTS,
    ORDER,
    OUTPUTS,
    CLAIMS,
    PROTECTIONS = PV_PROTECT_GAUSS + 1,
    ANSWERS = PV_ANSWER_PROBABILITY + 1,
    HEADS = 2,  /* do layers lie between the shared one and the answers? */
    MERGES = 2, /* does the active party get the other half? */
};

static const char *const label_attacks[] = {"direction", "clustering", "norm",
                                            "spectral",  "completion", NULL};
static const char *const feature_attacks[] = {"gram", "regression", NULL};
static const char *const weight_attacks[] = {"solve", NULL};
static const char *const none[] = {NULL};

static const char *const label_text[PROTECTIONS] = {
    [PV_PROTECT_NONE] =
        "not sent, but nothing hides dL/dA from the active party: a row of dL/dA is "
        "(p - t)·W/m, whose direction tells the label",
    [PV_PROTECT_ISO] = "dL/dA is made from logit gradients with isotropic Gaussian noise; how much "
                       "that hides is measured, nothing is proven",
    [PV_PROTECT_MARVELL] =
        "dL/dA is made from logit gradients with Marvell's noise, which bounds a "
        "detector for one step and two classes; nothing is proven over a run",
    [PV_PROTECT_RR] = "the training learns labels that went through randomised response once: "
                      "differential privacy of each label with the scenario's epsilon",
    [PV_PROTECT_GAUSS] = "all learns from clipped logit gradients with discrete Gaussian noise: "
                         "differential privacy of each label, composed over the epochs",
};

/* [weak][init][merged to the active party] */
static const char *const weight_text[2][2][MERGES] = {
    {{"shared additively, by masks that hide each share up to 2^-sigma over the whole run; nobody "
      "has them",
      "disclosed to the active party, as the scenario says; what it recorded of dL/dA turns into "
      "labels with them"},
     {"begin as the seed draws them, which both parties know; what changes is shared additively",
      "begin as the seed draws them, and are disclosed to the active party at the end"}},
    {{"shared additively under masks of some bits only (masks = weak): shares and updates show "
      "their magnitudes",
      "disclosed to the active party, as the scenario says"},
     {"begin as the seed draws them, and hide under masks of some bits only (masks = weak)",
      "begin as the seed draws them, and are disclosed to the active party at the end"}},
};

static const char *const answer_text[ANSWERS] = {
    [PV_ANSWER_NONE] = "only the passive party sees a prediction",
    [PV_ANSWER_LABEL] = "the active party gets the most likely label of each row",
    [PV_ANSWER_ROUNDED] = "the active party gets the label of each row and its probability, to two "
                          "digits",
    [PV_ANSWER_PROBABILITY] =
        "the active party gets all probabilities of each row: as many answers "
        "as the shared layer has inputs, and one more, solve for W and b",
};

/* Of the shared layer, where answers come straight from it. */
static const char *const solved_text[ANSWERS] = {
    [PV_ANSWER_LABEL] = "not sent, but each answer is the largest of its outputs, and the active "
                        "party knows its inputs: answers tell where classes meet",
    [PV_ANSWER_ROUNDED] = "not sent, but each answer is one of its outputs to two digits, and the "
                          "active party knows its inputs: many answers give W and b approximately",
    [PV_ANSWER_PROBABILITY] =
        "not sent, but each answer has all its outputs, and the active party knows its inputs: as "
        "many answers as it has inputs, and one more, are linear equations for W and b",
};

typedef pv_claim set[CLAIMS];
static set all[2][PROTECTIONS][2][2][MERGES][ANSWERS][HEADS][PV_RUNS]; /* [table][...] */

static void fill_one(pv_claim *c, int table, int protection, int weak, int init, int merged,
                     int answers, int behind, int run)
{
    int solved = answers != PV_ANSWER_NONE && !behind && !merged;
    static const char *const silent[PV_RUNS] = {
        [PV_RUN_SILENT] =
            "not sent, and no dL/dA crosses: the active party has no layers that learn",
        [PV_RUN_LATER] = "no gradient crosses in this run; what the training told, its own audit "
                         "says",
    };
    c[LABELS] = (pv_claim){.secret = "labels",
                           .adversary = "active",
                           .victim = "passive",
                           .text = run == PV_RUN_LEARNS ? label_text[protection] : silent[run],
                           .attacks = run == PV_RUN_LEARNS ? label_attacks : none};
    c[FEATURES] =
        (pv_claim){.secret = table ? "training rows" : "training images",
                   .adversary = "passive",
                   .victim = "active",
                   .text = "encrypted; the passive party sees the shared layer's output of every "
                           "row, and over several steps the inner products of activations",
                   .attacks = run == PV_RUN_LATER ? none : feature_attacks};
    c[WEIGHTS] = (pv_claim){.secret = "weights of the shared layer",
                            .adversary = "active",
                            .victim = "passive",
                            .told = merged,
                            .text = solved ? solved_text[answers] : weight_text[weak][init][merged],
                            .attacks = solved ? weight_attacks : none};
    c[LOGITS] = (pv_claim){.secret = "outputs of the shared layer",
                           .adversary = "passive",
                           .victim = "active",
                           .told = 1,
                           .text = "told, for every row of every step: the passive party computes "
                                   "the loss on them",
                           .attacks = none};
    c[COUNTS] = (pv_claim){.secret = "record counts",
                           .adversary = "passive",
                           .victim = "active",
                           .told = 1,
                           .text = "told: both have the same rows",
                           .attacks = none};
    c[ORDER] = (pv_claim){.secret = "who is in both tables",
                          .adversary = "passive",
                          .victim = "active",
                          .told = 1,
                          .text = "told by the common order: row i here is row i there",
                          .attacks = none};
    c[OUTPUTS] = (pv_claim){.secret = "predictions",
                            .adversary = "active",
                            .victim = "passive",
                            .told = answers != PV_ANSWER_NONE,
                            .text = answer_text[answers],
                            .attacks = none};
}

static void fill(void)
{
    for (int t = 0; t < 2; t++)
        for (int p = 0; p < PROTECTIONS; p++)
            for (int w = 0; w < 2; w++)
                for (int i = 0; i < 2; i++)
                    for (int m = 0; m < MERGES; m++)
                        for (int a = 0; a < ANSWERS; a++)
                            for (int h = 0; h < HEADS; h++)
                                for (int k = 0; k < PV_RUNS; k++)
                                    fill_one(all[t][p][w][i][m][a][h][k], t, p, w, i, m, a, h, k);
}

const pv_claim *pv_vertical_claims(int *count, const pv_vertical_options *o, int table, int learns)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int merged = o->merge == PV_MERGE_ACTIVE || o->merge == PV_MERGE_BOTH;
    pthread_once(&once, fill);
    *count = CLAIMS;
    int run = o->task != PV_VERTICAL_TRAIN ? PV_RUN_LATER : learns ? PV_RUN_LEARNS : PV_RUN_SILENT;
    return all[table != 0][o->protection][o->masks][o->init][merged][o->answers][o->head > 1][run];
}

/* Does nothing before the shared layer learn? Where that is not known yet: no. */
static int is_silent(const pv_vertical_options *o, const pv_scenario *s)
{
    pv_model *m = NULL;
    pv_vertical_cut cut;
    int silent = 0;
    if (s->schema.kind != 0 && pv_fed_model(&m, s) == PV_OK &&
        pv_vertical_cut_find(&cut, m, o->head) == PV_OK)
        silent = !pv_vertical_learns(&cut, m);
    pv_model_free(m);
    return silent;
}

enum { SIGMA = 40 }; /* the default */

pv_status pv_vertical_warn(pv_str *out, pv_scenario *s)
{
    pv_vertical_options o;
    PV_TRY(pv_vertical_options_read(&o, s));
    if (o.masks == PV_MASKS_WEAK)
        PV_TRY(pv_str_printf(out,
                             "masks = weak: shares lie in ±2^%lld whatever they hide, so that they "
                             "and the updates show the weights' magnitudes; masks = strong hides "
                             "them up to 2^-%lld\n",
                             (long long)o.weak_bits, (long long)o.sigma));
    else if (o.sigma < SIGMA)
        PV_TRY(pv_str_printf(out,
                             "sigma = %lld: the shares of all steps are only 2^-%lld away from "
                             "telling nothing; %d is usual\n",
                             (long long)o.sigma, (long long)o.sigma, SIGMA));
    if (o.init == PV_INIT_SCENARIO)
        PV_TRY(pv_str_append(out,
                             "init = scenario: both parties know the shared layer's first "
                             "weights, so the passive party reads the activations' projections "
                             "with known weights in the first step, and the active party "
                             "solves for that step's dL/dZ\n"));
    if (o.protection == PV_PROTECT_NONE && o.task == PV_VERTICAL_TRAIN && !is_silent(&o, s))
        PV_TRY(pv_str_append(out, "protect = none: the gradients that the active party decrypts "
                                  "tell the labels\n"));
    if (o.answers == PV_ANSWER_PROBABILITY)
        PV_TRY(pv_str_append(out,
                             "answers = probability: the active party can solve for the shared "
                             "layer from them\n"));
    if (o.merge == PV_MERGE_ACTIVE || o.merge == PV_MERGE_BOTH)
        PV_TRY(pv_str_append(out, "merge: with W the active party turns the gradients it recorded "
                                  "in training into labels\n"));
    return PV_OK;
}

const char *pv_vertical_guarantee(pv_scenario *s, const char **why)
{
    static _Thread_local char text[160];
    pv_vertical_options o;
    *why = "Between parties that follow the protocol and do not collude, under the decisional "
           "composite residuosity assumption, the active party gets dL/dA and the passive party "
           "the shared layer's outputs, what the claims say they are told, and what follows from "
           "these. A passive party that does not follow it reads activations by chosen "
           "ciphertexts; an active one steers the weights.";
    if (pv_vertical_options_read(&o, s) != PV_OK) {
        pv_trail_clear();
        return "none";
    }
    if (o.task != PV_VERTICAL_TRAIN) return "none";
    if (o.protection == PV_PROTECT_RR) {
        snprintf(
            text, sizeof text,
            "labels: differential privacy with epsilon %g for each label (randomised response)",
            o.protect.epsilon);
        return text;
    }
    if (o.protection != PV_PROTECT_GAUSS) return "none";
    o.protect.classes = s->schema.classes > 1 ? s->schema.classes : 2;
    o.protect.columns = o.protect.classes;
    o.protect.head = 1;
    o.protect.batch = o.learning.batch;
    o.protect.gradient = 1;
    o.protect.fg = (int)o.fg;
    snprintf(text, sizeof text,
             "labels: differential privacy with epsilon %.3g and delta %g for each label (discrete "
             "Gaussian noise, %lld epochs)",
             pv_protect_epsilon(&o.protect, o.epochs), o.protect.delta, (long long)o.epochs);
    return text;
}
