#include "encode/complement/retrain.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/hidden.h"
#include "cli/training_options.h"
#include "run/machine.h"
#include "run/probing.h"
#include "run/training.h"
#include "run/tries.h"
#include <math.h>

typedef struct retrain_args {
    const char *old, *data, *model, *test, *out, *log, *kind, *form, *cut;
    double holdout, hide_secret, hide_input, correlation, noise, warmup, ramp, restart, pick,
        cluster;
    int64_t keep, decoder_steps, tries;
    pv_training_args learning;
} retrain_args;

#define AT(field) offsetof(retrain_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "OLD", NULL, 0, 0, NULL,
     "the trained model whose first layers are kept; without it a new --model is trained from "
     "nothing",
     AT(old), 0, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "the data set, as in mnist:DIR or csv:FILE; privet list data shows all", AT(data), 1, 0},
    {"keep", 'k', PV_OPTION_INTEGER, "N", "0", 0, 4096, NULL,
     "layers of OLD that stay as they are; the secret enters at the next one", AT(keep), 0, 0},
    {"model", 'm', PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "without OLD: a model of the zoo (privet list models) or the path of a model text", AT(model),
     0, 0},
    {"kind", 0, PV_OPTION_CHOICE, "NAME", NULL, 0, 0, "complement|offset|permutation",
     "what a secret does to the label; default complement for two classes, offset for more",
     AT(kind), 0, 0},
    {"form", 0, PV_OPTION_CHOICE, "NAME", "plane", 0, 0, "plane|append|digit",
     "how the secret looks to the network: planes of one value, eight copies of them, or a picture "
     "of a digit",
     AT(form), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "where the model is written; without it the model is not kept", AT(out), 0, 0},
    {"test", 0, PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "test data; without it, the source's own test split where it has one", AT(test), 0, 0},
    {"holdout", 0, PV_OPTION_REAL, "SHARE", "0", 0, 0.9, NULL,
     "share of the data set aside for testing, stratified by class, by the seed", AT(holdout), 0,
     0},
    {"cut", 0, PV_OPTION_TEXT, "CUT", NULL, 0, 0, NULL,
     "where the model will be cut, as in 3 or 3:before-pool: the adversaries below see what "
     "crosses "
     "there; default behind the secret's layer",
     AT(cut), 0, 0},
    {"hide-secret", 0, PV_OPTION_REAL, "WEIGHT", "0", 0, 1000, NULL,
     "train against a reader of the secret at the cut, with this weight; 0 for off",
     AT(hide_secret), 0, 0},
    {"hide-input", 0, PV_OPTION_REAL, "WEIGHT", "0", 0, 1000, NULL,
     "train against a rebuilder of the sample at the cut, with this weight; 0 for off",
     AT(hide_input), 0, 0},
    {"correlation", 0, PV_OPTION_REAL, "WEIGHT", "0", 0, 1000, NULL,
     "weight of the distance correlation between sample and activation; 0 for off", AT(correlation),
     0, 0},
    {"cluster", 0, PV_OPTION_REAL, "WEIGHT", "0", 0, 1000, NULL,
     "weight of the share of the activation's variance that the answer does not explain: what "
     "crosses is to be a function of the answer; 0 for off",
     AT(cluster), 0, 0},
    {"noise", 0, PV_OPTION_REAL, "SD", "0", 0, PV_FRONT_NOISE_MOST, NULL,
     "train with Gaussian noise on the activation at the cut, in units of its own spread; 0 for "
     "off. "
     "The file tells, and fronts cut from it put as much on what they send",
     AT(noise), 0, 0},
    {"warmup", 0, PV_OPTION_REAL, "EPOCHS", NULL, 0, 100000, NULL,
     "epochs without pressure by the adversaries; default 3", AT(warmup), 0, 0},
    {"ramp", 0, PV_OPTION_REAL, "EPOCHS", NULL, 0, 100000, NULL,
     "epochs over which the pressure grows to its weight; default 8", AT(ramp), 0, 0},
    {"restart", 0, PV_OPTION_REAL, "EPOCHS", NULL, 0, 100000, NULL,
     "the adversaries begin anew so often; 0 for never; default 4", AT(restart), 0, 0},
    {"decoder-steps", 0, PV_OPTION_INTEGER, "N", NULL, 1, PV_DECODER_STEPS_MAX, NULL,
     "steps of the adversaries for each of the model; default 3", AT(decoder_steps), 0, 0},
    {"pick", 0, PV_OPTION_REAL, "SHARE", "0", 0, 1, NULL,
     "with --hide-secret: set a fifth of the data aside, train fresh probes on every epoch behind "
     "the ramp, and keep the weights of the epoch of which they read least there among those that "
     "answer this share of it rightly, as in 0.99; 0 for the last epoch",
     AT(pick), 0, 0},
    {"tries", 0, PV_OPTION_INTEGER, "N", "1", 1, PV_TRIES_MAX, NULL,
     "with --hide-secret: train so often, under --seed and the seeds that follow, and keep the "
     "model "
     "of which fresh probes that learn from half of the training rows read least of the other half",
     AT(tries), 0, 0},
    PV_TRAINING_OPTIONS(retrain_args, learning){"log", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
                                                "one JSON object an epoch is written here", AT(log),
                                                0, 0},
    PV_OPTION_END,
};

/* Of the data, for --pick; rows that its probes learn from at most. */
#define SET_ASIDE 0.2
enum { JUDGE_ROWS = 10000 };

/* Everything of one run. */
typedef struct retraining {
    pv_training training; /* its data */
    pv_model *old;
    pv_hidden hidden;
    pv_retrain_options options;
    pv_probing_judge judge;
    pv_try tries[PV_TRIES_MAX]; /* of --tries above 1 */
    int chosen;                 /* of them */
    pv_retrain_result result;
    pv_hidden_score score; /* count 0 without test data */
} retraining;

static void clear(retraining *r)
{
    pv_hidden_score_clear(&r->score);
    pv_retrain_result_clear(&r->result);
    pv_hidden_clear(&r->hidden);
    pv_model_free(r->old);
    pv_training_clear(&r->training);
}

/* Options of the adversaries, when there is none that they could be of. */
static pv_status check_idle(const retrain_args *a)
{
    int readers = a->hide_secret > 0 || a->hide_input > 0;
    int pressure = readers || a->correlation > 0 || a->cluster > 0,
        anything = pressure || a->noise > 0;
    const struct {
        int idle;
        const char *option, *without;
    } all[] = {
        {a->cut != NULL && !anything, "--cut",
         "--hide-secret, --hide-input, --correlation, --cluster or --noise above 0; privet "
         "partition "
         "cuts"},
        {!isnan(a->warmup) && !pressure, "--warmup",
         "--hide-secret, --hide-input, --correlation or --cluster above 0"},
        {!isnan(a->ramp) && !pressure, "--ramp",
         "--hide-secret, --hide-input, --correlation or --cluster above 0"},
        {!isnan(a->restart) && !readers, "--restart", "--hide-secret or --hide-input above 0"},
        {a->decoder_steps != PV_OPTION_UNSET && !readers, "--decoder-steps",
         "--hide-secret or --hide-input above 0"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].idle)
            PV_FAIL(PV_ERR_OPTION, "retrain: %s does nothing without %s", all[i].option,
                    all[i].without);
    return PV_OK;
}

static pv_status check(const retrain_args *a)
{
    if ((a->old == NULL) == (a->model == NULL))
        PV_FAIL(PV_ERR_OPTION, "retrain: pass either the trained model OLD, or --model NAME for a "
                               "new one");
    if (a->old == NULL && a->keep > 0)
        PV_FAIL(PV_ERR_OPTION, "retrain: --keep %lld keeps layers of a trained model: pass OLD",
                (long long)a->keep);
    if (a->pick > 0 && a->hide_secret <= 0)
        PV_FAIL(PV_ERR_OPTION, "retrain: --pick chooses among epochs of a training that hides its "
                               "secret: pass --hide-secret, too");
    if (a->tries > 1 && a->hide_secret <= 0)
        PV_FAIL(PV_ERR_OPTION, "retrain: --tries chooses among trainings that hide their secret: "
                               "pass --hide-secret, too");
    if (a->tries > 1 && (a->pick > 0 || a->log != NULL))
        PV_FAIL(PV_ERR_OPTION, "retrain: %s is for one training, and --tries for several; pass one",
                a->pick > 0 ? "--pick" : "--log");
    if (a->test != NULL && a->holdout > 0)
        PV_FAIL(PV_ERR_OPTION, "retrain: --test and --holdout both say what to test on; pass one");
    return check_idle(a);
}

static void take(double *target, double given)
{
    if (!isnan(given)) *target = given;
}

static pv_status set_options(retraining *r, const retrain_args *a, uint64_t seed)
{
    pv_retrain_options *o = &r->options;
    pv_guard_options *g = &o->guard;
    pv_retrain_defaults(o, pv_model_name(r->old), r->training.train_data);
    o->train.seed = seed;
    o->train.log = a->log;
    o->test = r->training.test_data;
    g->secret = a->hide_secret;
    g->input = a->hide_input;
    g->correlation = a->correlation;
    g->cluster = a->cluster;
    g->noise = a->noise;
    take(&g->warmup_epochs, a->warmup);
    take(&g->ramp_epochs, a->ramp);
    take(&g->restart_epochs, a->restart);
    if (a->decoder_steps != PV_OPTION_UNSET) g->decoder_steps = (int)a->decoder_steps;
    return pv_training_apply(&o->train, &a->learning, "retrain");
}

/* Probes learn from what is trained on and read what was set aside. */
static void set_judge(retraining *r, const retrain_args *a, const pv_cli *cli)
{
    pv_retrain_options *o = &r->options;
    r->judge = (pv_probing_judge){.options = {.learn = r->training.train_data,
                                              .read = r->training.validation_data,
                                              .rows = JUDGE_ROWS,
                                              .seeds = 1,
                                              .seed = o->train.seed},
                                  .cut = o->guard.cut,
                                  .ctx = &cli->ctx};
    if (r->judge.cut.stage == 0) r->judge.cut.stage = r->hidden.kept + 1;
    o->judge = (pv_retrain_judge){.judge = pv_probing_verdict, .user = &r->judge, .floor = a->pick};
}

static pv_status make(retraining *r, const retrain_args *a, const pv_cli *cli)
{
    pv_training *t = &r->training;
    uint64_t seed = (uint64_t)cli->global.seed;
    if (a->old != NULL) PV_TRY(pv_model_load(&r->old, a->old));
    if (a->pick > 0) t->validation = SET_ASIDE;
    t->model = a->old != NULL ? pv_model_name(r->old) : a->model;
    PV_TRY(pv_training_open(t, &cli->ctx));
    if (a->old == NULL) PV_TRY(pv_model_new(&r->old, a->model, t->train_data, seed));
    int classes = pv_model_what(r->old).classes;
    pv_hidden_options o = {.kind = classes == 2 ? PV_SECRET_COMPLEMENT : PV_SECRET_OFFSET,
                           .form = pv_secret_form_by_name(a->form),
                           .kept = a->keep,
                           .seed = seed};
    if (a->kind != NULL) o.kind = pv_secret_kind_by_name(a->kind);
    PV_TRY(pv_hidden_make(&r->hidden, r->old, t->train_data, &o));
    PV_TRY(set_options(r, a, seed));
    if (a->cut != NULL) PV_TRY(pv_cut_parse(&r->options.guard.cut, a->cut, r->hidden.model));
    if (a->pick > 0) set_judge(r, a, cli);
    return PV_OK;
}

static pv_status train(retraining *r, const retrain_args *a, const pv_cli *cli)
{
    if (a->tries == 1) return pv_retrain(&r->hidden, &r->options, &cli->ctx, &r->result);
    const pv_tries_options o = {.old = r->old,
                                .hidden = {.kind = r->hidden.plan.kind,
                                           .form = r->hidden.plan.form,
                                           .kept = r->hidden.kept,
                                           .seed = r->options.train.seed},
                                .retrain = r->options,
                                .count = (int)a->tries};
    pv_hidden_clear(&r->hidden);
    PV_TRY(pv_tries_run(r->tries, &r->chosen, &r->hidden, &r->result, &o, &cli->ctx));
    r->options.train.seed = r->tries[r->chosen].seed;
    return PV_OK;
}

static pv_status tries_json(json_t *list, const retraining *r, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const pv_try *t = &r->tries[i];
        json_t *j = json_object();
        PV_TRY(pv_json_append(list, j));
        PV_TRY(pv_json_set(j, "seed", json_integer((json_int_t)t->seed)));
        PV_TRY(pv_json_set(j, "collapsed", json_boolean(t->collapsed)));
        PV_TRY(pv_json_set(j, "answered", pv_json_number(t->seen.answered)));
        PV_TRY(pv_json_set(j, "secret", pv_json_number(t->seen.secret.share)));
        PV_TRY(pv_json_set(j, "label", pv_json_number(t->seen.label.share)));
        PV_TRY(pv_json_set(j, "prior", pv_json_number(t->seen.prior)));
    }
    return PV_OK;
}

static void print_tries(const retraining *r, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const pv_try *t = &r->tries[i];
        if (t->collapsed)
            pv_console_print("seed %-9llu ended at chance\n", (unsigned long long)t->seed);
        else
            pv_console_print(
                "seed %-9llu answers %.2f %% of training rows; fresh probes read %+.1f "
                "points%s\n",
                (unsigned long long)t->seed, 100 * t->seen.answered,
                100 * pv_probing_excess(&t->seen), i == r->chosen ? ": chosen" : "");
    }
}

/* The epoch whose weights were kept. */
static const pv_retrain_epoch *kept(const retraining *r)
{
    return &r->result.epoch[r->result.kept - 1];
}

static pv_status fill_json(json_t *j, const pv_cli *cli, const retrain_args *a, const retraining *r)
{
    PV_TRY(pv_json_set(j, "old", a->old == NULL ? json_null() : json_string(a->old)));
    PV_TRY(pv_json_set(j, "model", json_string(pv_model_name(r->old))));
    PV_TRY(pv_json_set(j, "data", json_string(a->data)));
    PV_TRY(pv_json_set(j, "epochs", json_integer(r->result.epochs)));
    PV_TRY(pv_json_set(j, "steps", json_integer(r->result.steps)));
    PV_TRY(pv_json_set(j, "train_loss", pv_json_number(kept(r)->loss)));
    PV_TRY(pv_json_set(j, "read", pv_json_number(kept(r)->read)));
    PV_TRY(pv_json_set(j, "kept_epoch", json_integer(r->result.kept)));
    PV_TRY(pv_json_set(j, "picked", json_boolean(r->result.picked)));
    PV_TRY(pv_json_set(j, "fresh", pv_json_number(kept(r)->verdict.read)));
    PV_TRY(pv_json_set(j, "collapsed", json_boolean(r->result.collapsed)));
    json_t *tries = json_array();
    PV_TRY(pv_json_set(j, "tries", tries));
    PV_TRY(tries_json(tries, r, a->tries > 1 ? a->tries : 0));
    PV_TRY(pv_json_set(j, "seconds", pv_json_number(r->result.seconds)));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    PV_TRY(pv_json_set(j, "seed", json_integer((json_int_t)r->options.train.seed)));
    PV_TRY(pv_json_set(j, "threads", json_integer(cli->global.threads)));
    PV_TRY(pv_json_set(j, "out", a->out == NULL ? json_null() : json_string(a->out)));
    return pv_hidden_fill_json(j, &r->hidden, &r->score);
}

static void print(const retrain_args *a, const retraining *r)
{
    char time[PV_CONSOLE_TEXT];
    pv_console_print("%s on %s: %d epoch%s in %s\n", pv_model_name(r->old), a->data,
                     r->result.epochs, r->result.epochs == 1 ? "" : "s",
                     pv_console_duration(r->result.seconds, time));
    if (a->tries > 1) print_tries(r, a->tries);
    pv_console_print("training loss  %.4f\n", kept(r)->loss);
    if (r->result.picked)
        pv_console_print(
            "picked         epoch %d: fresh probes read %.1f points more than the prior "
            "of what was set aside\n",
            r->result.kept, 100 * kept(r)->verdict.read);
    if (r->result.collapsed)
        pv_console_print("at chance      the task ended there; nothing is hidden by a model that "
                         "answers nothing\n");
    else if (!isnan(kept(r)->read))
        pv_console_print("reader         %.1f %% of the secrets, in that epoch of training; "
                         "a fresh probe may read more\n",
                         100 * kept(r)->read);
    if (r->score.count > 0)
        pv_hidden_print(&r->hidden, &r->score);
    else
        pv_console_print("test accuracy  not measured: pass --holdout 0.2 or --test SPEC\n");
    if (a->out != NULL) pv_console_print("model     %s\n", a->out);
}

static pv_status show(const pv_cli *cli, const retrain_args *a, const retraining *r)
{
    pv_status status = PV_OK;
    if (!cli->global.json) {
        print(a, r);
        return PV_OK;
    }
    json_t *j = json_object();
    PV_TRY_GOTO(fill_json(j, cli, a, r));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const retrain_args *a = opaque;
    retraining r = {.training = {.data = a->data,
                                 .test = a->test,
                                 .holdout = a->holdout,
                                 .seed = (uint64_t)cli->global.seed}};
    pv_status status = PV_OK;
    PV_TRY(check(a));
    if (a->out != NULL) PV_TRY(pv_file_writable(a->out));
    PV_TRY_GOTO(make(&r, a, cli));
    if (a->out == NULL)
        cli->ctx.log(cli->ctx.user, PV_LOG_WARN,
                     "the trained model is not kept; pass --out FILE to keep it");
    PV_TRY_GOTO(train(&r, a, cli));
    if (a->out != NULL) PV_TRY_GOTO(pv_hidden_save(&r.hidden, a->out));
    if (r.training.test_data != NULL)
        PV_TRY_GOTO(pv_hidden_measure(&r.score, &r.hidden, r.training.test_data,
                                      r.options.train.seed, &cli->ctx));
    PV_TRY_GOTO(show(cli, a, &r));
done:
    clear(&r);
    return status;
}

const pv_command pv_command_retrain = {
    .name = "retrain",
    .summary = "teach a model to answer under a secret",
    .text =
        "Makes a model that takes a secret beside every sample and answers with the label that the "
        "secret turns the true one into; whoever knows the secret turns it back (scheme "
        "complement). The first N layers of OLD are kept as they are, the secret enters at the "
        "next one, and what is behind is drawn and trained anew. It is measured for every value of "
        "the secret separately. privet partition cuts the model into both parties' halves.\n\n"
        "Trained plainly, what crosses the cut tells the secret to whoever looks. --hide-secret, "
        "--hide-input, --correlation and --cluster train against that; privet cuts --probe and "
        "privet audit measure what is left. How much differs from seed to seed, and nothing in "
        "training tells: with --tries N the best of N is kept, by rows of the training data. It "
        "differs from epoch to epoch, too: --pick keeps the best one. With --noise the model is "
        "trained, measured and, when nobody says otherwise, "
        "cut "
        "with noise on what crosses.",
    .examples = "privet retrain base.safetensors --keep 1 --data 'mnist:DIR?classes=3,5' "
                "--hide-secret 1 --cluster 3 --epochs 48 --tries 5 -o hidden.safetensors\n"
                "privet retrain base.safetensors --keep 2 --data 'mnist:DIR?classes=3,5' -o "
                "hidden.safetensors\n"
                "privet retrain base.safetensors --keep 1 --data mnist:DIR --kind permutation\n"
                "privet retrain --model lenet5 --data 'glyphs?classes=3,5' --hide-secret 1 --cut 3",
    .options = options,
    .args_size = sizeof(retrain_args),
    .run = run,
};
