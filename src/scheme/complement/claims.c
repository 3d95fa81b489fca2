#include "scheme/complement/claims.h"

#include <pthread.h>

enum {
    LABELS,
    INPUTS,
    MODEL,
    OTHERS,
    COUNTS,
    FRONT,
    ROW_SPACE,
    CLAIMS, /* without a projection one less: ROW_SPACE is the last */
    ANSWERS = PV_QUERY_LABEL + 1,
};

static const char *const label_attacks[] = {"probe", "secret-probe", NULL};
static const char *const input_attacks[] = {"likelihood", "inverse-network", "unsplit", NULL};
static const char *const model_attacks[] = {"student", NULL};
static const char *const none[] = {NULL};

static const char *const label_text[2][2] = {
    {"flipped by the customer's secret, and nothing was done against reading the secret off the "
     "activation: who trained the front reads it",
     "flipped by the customer's secret; the network was trained against a reader of the secret, "
     "which bounds nothing: other readers may do better"},
    {"flipped by a secret that is drawn anew in each run: a row that is asked about twice shows "
     "which of its answers are opposite",
     "flipped by a secret that is drawn anew in each run; the network was trained against a "
     "reader of one activation, not of two of one row"},
};

static const char *const input_text[2] = {
    "not sent, but the provider sees what the front makes of each, and knows the front",
    "not sent; the provider sees what the front makes of each, after a training against a "
    "rebuilder",
};

static const char *const model_text[ANSWERS] = {
    [PV_QUERY_LOGITS] = "the back is not sent; each answer has all its scores, which teach a copy",
    [PV_QUERY_ROUNDED] =
        "the back is not sent; each answer has probabilities in hundredths, which teach a copy",
    [PV_QUERY_LABEL] = "the back is not sent; answers are labels, which teach a copy more slowly",
};

typedef pv_claim set[CLAIMS];
static set all[2][2][2][2][ANSWERS]; /* [table][fresh][guard.secret][guard.input][answers] */

static void fill_one(pv_claim *c, int table, int fresh, int hides_secret, int hides_input,
                     int answers)
{
    c[LABELS] = (pv_claim){.secret = "labels",
                           .adversary = "provider",
                           .victim = "customer",
                           .text = label_text[fresh][hides_secret],
                           .attacks = label_attacks};
    c[INPUTS] = (pv_claim){.secret = table ? "query rows" : "query images",
                           .adversary = "provider",
                           .victim = "customer",
                           .text = input_text[hides_input],
                           .attacks = input_attacks};
    c[MODEL] = (pv_claim){.secret = "model",
                          .adversary = "customer",
                          .victim = "provider",
                          .text = model_text[answers],
                          .attacks = model_attacks};
    c[OTHERS] = (pv_claim){.secret = "other customers' queries",
                           .adversary = "customer",
                           .victim = "customer",
                           .text = "customers talk to the provider only; not tested",
                           .attacks = none};
    c[COUNTS] = (pv_claim){.secret = "number of queries",
                           .adversary = "provider",
                           .victim = "customer",
                           .told = 1,
                           .text = "told: each row is an activation",
                           .attacks = none};
    c[FRONT] = (pv_claim){.secret = "layers before the cut",
                          .adversary = "customer",
                          .victim = "provider",
                          .told = 1,
                          .text = "published, with their weights, so that customers can run them",
                          .attacks = none};
    c[ROW_SPACE] = (pv_claim){.secret = "row space of the layer behind the cut",
                              .adversary = "customer",
                              .victim = "provider",
                              .told = 1,
                              .text = "told by project = yes: customers send coordinates in it",
                              .attacks = none};
}

static void fill(void)
{
    for (int t = 0; t < 2; t++)
        for (int f = 0; f < 2; f++)
            for (int s = 0; s < 2; s++)
                for (int i = 0; i < 2; i++)
                    for (int a = 0; a < ANSWERS; a++) fill_one(all[t][f][s][i][a], t, f, s, i, a);
}

const pv_claim *pv_complement_claims(int *count, const pv_complement_options *o, int table)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
    *count = o->project ? CLAIMS : CLAIMS - 1;
    return all[table != 0][o->secrets == PV_QUERY_FRESH][o->guard.secret > 0][o->guard.input > 0]
              [o->answers];
}

pv_status pv_complement_warn(pv_str *out, pv_scenario *s)
{
    pv_complement_options o;
    PV_TRY(pv_complement_options_read(&o, s));
    if (o.guard.secret == 0)
        PV_TRY(pv_str_append(out, "hide_secret = 0: plain training leaves the secret readable at "
                                  "the cut, and with it every answer; a model that was made "
                                  "elsewhere may have been trained otherwise\n"));
    if (o.secrets == PV_QUERY_FRESH)
        PV_TRY(pv_str_append(out, "secrets = fresh: the same row asked about in two runs comes "
                                  "under two secrets, and the two activations show them\n"));
    if (pv_complement_kind(&o) == PV_SECRET_OFFSET && o.answers == PV_QUERY_LOGITS)
        PV_TRY(pv_str_append(out, "answers = logits: under an offset they are the true ones "
                                  "shifted, and which classes are confused tells the shift; a "
                                  "permutation, or labels alone, do not\n"));
    if (o.guard.input == 0 && o.guard.correlation == 0)
        PV_TRY(pv_str_append(out, "hide_input = 0: nothing keeps the activation from showing the "
                                  "row it came from\n"));
    if (o.guard.noise > 0 && o.secrets == PV_QUERY_FRESH)
        PV_TRY(pv_str_append(out,
                             "hide_noise with secrets = fresh: the same row has other noise in "
                             "each run, and the mean of several runs has less\n"));
    if (o.budget == 0)
        PV_TRY(pv_str_append(out, "budget = 0: a customer may ask as often as a copy of the model "
                                  "takes\n"));
    return PV_OK;
}

const char *pv_complement_guarantee(pv_scenario *s, const char **why)
{
    (void)s;
    *why = "It hides the answer from who sees the provider's outputs only, such as its logs. "
           "Against the provider itself, which trained the front and can run it on rows and "
           "secrets of its own, nothing is proven: what it reads off the activations is measured.";
    return "none";
}
