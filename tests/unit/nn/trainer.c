/* Training runs: they learn, repeat themselves bit for bit, and go on where they were stopped, by a
 * cancel after any step or by a kill at any moment (this program runs itself as the victim). */
#include "check.h"

#include "base/file.h"
#include "privet/rng.h"
#include "privet/train.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEED = 5, SAMPLES = 70, BATCH = 16, KILLS = 6 };

/* Everything that has state of its own: running statistics, dropout, augmentation, momentum. */
static const char net[] = "conv 4 kernel=5 stride=3\n"
                          "batchnorm\n"
                          "relu\n"
                          "flatten\n"
                          "dropout 0.2\n"
                          "dense classes\n";

static char folder[] = "/tmp/privet-train-XXXXXX";
static char checkpoint[64], log_path[64], net_path[64], file_path[96];
static pv_data *data, *held;

static int open_data(void)
{
    char spec[64];
    snprintf(spec, sizeof spec, "glyphs?limit=%d", SAMPLES);
    return pv_data_open(&data, spec, NULL) == PV_OK &&
           pv_data_open(&held, "glyphs?split=test&limit=30", NULL) == PV_OK;
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(checkpoint, sizeof checkpoint, "%s/run", folder);
    snprintf(log_path, sizeof log_path, "%s/log.jsonl", folder);
    snprintf(net_path, sizeof net_path, "%s/net.model", folder);
    snprintf(file_path, sizeof file_path, "%s/checkpoint.safetensors", checkpoint);
    return pv_file_write(net_path, net, strlen(net), 0644) != PV_OK || !open_data();
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    pv_data_free(data);
    pv_data_free(held);
    return system(command);
}

static pv_train_options options(int epochs)
{
    pv_train_options o;
    pv_train_defaults(&o, net_path, data);
    o.validation = held;
    o.batch = BATCH;
    o.epochs = epochs;
    o.seed = SEED;
    o.lr = 0.01;
    o.augment = (pv_augment){.shift = 2};
    return o;
}

/* A run of net from seed SEED, cancelled after `steps` progress reports (-1: never). */
typedef struct stopper {
    int left;
} stopper;

static void count_down(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    assert_true(done <= total);
    stopper *s = user;
    if (s->left > 0) s->left--;
}

static int is_over(void *user)
{
    return ((stopper *)user)->left == 0;
}

static pv_status train(const pv_train_options *o, int steps, pv_model **m, pv_train_result *r)
{
    stopper s = {steps};
    const pv_ctx ctx = {.progress = count_down, .cancelled = is_over, .user = &s};
    CHECK_OK(pv_model_new(m, net_path, data, SEED));
    pv_status status = pv_train(*m, o, &ctx, r);
    if (status != PV_OK) {
        pv_model_free(*m);
        *m = NULL;
    }
    return status;
}

static void same_weights(pv_model *a, pv_model *b)
{
    for (int i = 0; i < pv_model_params(a); i++)
        assert_memory_equal(pv_model_param(a, i)->data, pv_model_param(b, i)->data,
                            pv_tensor_bytes(pv_model_param(a, i)));
}

static void same_course(const pv_train_result *a, const pv_train_result *b)
{
    assert_int_equal(a->epochs, b->epochs);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->best_epoch, b->best_epoch);
    for (int i = 0; i < a->epochs; i++) {
        assert_true(a->epoch[i].train_loss == b->epoch[i].train_loss);
        assert_true(a->epoch[i].train_accuracy == b->epoch[i].train_accuracy);
        assert_true(a->epoch[i].validation_loss == b->epoch[i].validation_loss);
        assert_true(a->epoch[i].lr == b->epoch[i].lr);
    }
}

static void learns(void **state)
{
    (void)state;
    pv_data *d;
    pv_model *m;
    pv_train_options o;
    pv_train_result r;
    pv_evaluation e;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=300", NULL));
    pv_train_defaults(&o, "mlr", d);
    o.lr = 0.01;
    CHECK_OK(pv_model_new(&m, "mlr", d, 1));
    CHECK_OK(pv_train(m, &o, NULL, &r));
    assert_int_equal(r.epochs, o.epochs);
    assert_int_equal(r.steps, o.epochs * (300 / o.batch));
    assert_true(r.epoch[r.epochs - 1].train_loss < 0.5 * r.epoch[0].train_loss);
    CHECK_OK(pv_evaluate(m, d, NULL, &e));
    assert_int_equal(e.count, 300);
    assert_true(e.accuracy > 0.8);
    int64_t right = 0, all = 0;
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 10; k++) {
            all += e.confusion[i * 10 + k];
            right += i == k ? e.confusion[i * 10 + k] : 0;
        }
    assert_int_equal(all, 300);
    assert_true(fabs((double)right / 300 - e.accuracy) < 1e-12);
    float *p = pv_alloc(3000, sizeof *p);
    assert_non_null(p);
    CHECK_OK(pv_predict(m, d, NULL, p));
    double loss = 0;
    for (int i = 0; i < 300; i++) {
        double sum = 0;
        for (int k = 0; k < 10; k++) sum += p[i * 10 + k];
        assert_true(fabs(sum - 1) < 1e-5);
        loss -= log(p[i * 10 + pv_data_label(d, i)]) / 300;
    }
    assert_true(fabs(loss - e.loss) < 1e-4);
    pv_free(p);
    pv_evaluation_clear(&e);
    pv_train_result_clear(&r);
    pv_model_free(m);
    pv_data_free(d);
}

static void resumes_after_any_step(void **state)
{
    (void)state;
    static const pv_backend_kind backends[] = {PV_BACKEND_FAST, PV_BACKEND_REF};
    for (int b = 0; b < 2; b++) {
        pv_model *whole, *m;
        pv_train_result undisturbed, r;
        pv_train_options o = options(3);
        o.backend = backends[b];
        o.patience = 3;
        CHECK_OK(train(&o, -1, &whole, &undisturbed));
        assert_int_equal(undisturbed.steps, 3 * (SAMPLES / BATCH));
        o.checkpoint = checkpoint;
        for (int steps = 1; steps <= undisturbed.steps; steps += 1 + 4 * b) {
            o.resume = 0;
            CHECK_FAILS(train(&o, steps, &m, &r), PV_ERR_CANCELLED, "resume it");
            o.resume = 1;
            CHECK_OK(train(&o, -1, &m, &r));
            same_weights(m, whole);
            same_course(&r, &undisturbed);
            pv_train_result_clear(&r);
            pv_model_free(m);
        }
        /* stopped again and again, a step at a time; then once more when nothing is left to do */
        o.resume = 0;
        pv_status s;
        do {
            s = train(&o, 1, &m, &r);
            o.resume = 1;
        } while (s == PV_ERR_CANCELLED);
        CHECK_OK(s);
        pv_train_result_clear(&r);
        pv_model_free(m);
        CHECK_OK(train(&o, -1, &m, &r));
        same_weights(m, whole);
        same_course(&r, &undisturbed);
        pv_train_result_clear(&r);
        pv_model_free(m);
        pv_train_result_clear(&undisturbed);
        pv_model_free(whole);
    }
}

/* ---- kill -9 */

enum { LONG = 60 };

static void victim_options(pv_train_options *o)
{
    *o = options(LONG);
    o->optim.kind = PV_SGD;
    o->optim.momentum = 0.9;
    o->checkpoint = checkpoint;
    o->resume = 1;
    o->log = log_path;
}

static int victim(const char *in)
{
    snprintf(folder, sizeof folder, "%s", in);
    snprintf(checkpoint, sizeof checkpoint, "%s/run", folder);
    snprintf(log_path, sizeof log_path, "%s/log.jsonl", folder);
    snprintf(net_path, sizeof net_path, "%s/net.model", folder);
    pv_train_options o;
    pv_train_result r;
    pv_model *m;
    if (!open_data()) return 2;
    victim_options(&o);
    if (pv_model_new(&m, net_path, data, SEED) != PV_OK || pv_train(m, &o, NULL, &r) != PV_OK) {
        fprintf(stderr, "%s\n", pv_trail_debug());
        return 3;
    }
    pv_train_result_clear(&r);
    pv_model_free(m);
    pv_data_free(data);
    pv_data_free(held);
    return 0;
}

static void survives_kills(void **state)
{
    (void)state;
    extern char **environ;
    char self[] = "/proc/self/exe", word[] = "victim";
    char *arguments[] = {self, word, folder, NULL};
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    pv_train_options o;
    pv_train_result undisturbed, resumed;
    pv_model *whole, *m;
    int killed = 0, status = -1;
    unlink(file_path);
    victim_options(&o);
    o.checkpoint = NULL;
    o.resume = 0;
    o.log = NULL;
    CHECK_OK(train(&o, -1, &whole, &undisturbed));
    for (int k = 0; k <= KILLS && status != 0; k++) {
        pid_t child;
        assert_int_equal(posix_spawn(&child, self, NULL, NULL, arguments, environ), 0);
        struct timespec pause = {0, (long)(5 + pv_rng_below(&r, 150)) * 1000000};
        if (k < KILLS) nanosleep(&pause, NULL);
        if (k < KILLS) kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status);
    }
    print_message("killed %d times (seed %d)\n", killed, SEED);
    assert_int_equal(status, 0);
    victim_options(&o);
    CHECK_OK(train(&o, -1, &m, &resumed)); /* nothing left to do: reads what the victim left */
    same_weights(m, whole);
    same_course(&resumed, &undisturbed);
    pv_bytes log;
    int lines = 0;
    CHECK_OK(pv_file_read(&log, log_path, 1 << 20));
    for (size_t i = 0; i < log.size; i++) lines += log.data[i] == '\n';
    assert_int_equal(lines, LONG);
    assert_int_equal(strncmp((const char *)log.data, "{\"epoch\":1,\"lr\":", 16), 0);
    pv_bytes_clear(&log);
    pv_train_result_clear(&resumed);
    pv_train_result_clear(&undisturbed);
    pv_model_free(whole);
    pv_model_free(m);
}

static void other_options_are_refused(void **state)
{
    (void)state;
    pv_model *m;
    pv_train_result r;
    pv_train_options o = options(2), other;
    o.checkpoint = checkpoint;
    CHECK_FAILS(train(&o, 3, &m, &r), PV_ERR_CANCELLED, "epoch 1, step 3");
    o.resume = 1;
#define REFUSED(change, says)                                                                      \
    do {                                                                                           \
        other = o;                                                                                 \
        change;                                                                                    \
        CHECK_FAILS(train(&other, -1, &m, &r), PV_ERR_MISMATCH, says);                             \
    } while (0)
    REFUSED(other.epochs = 5, "of a run with epochs 2, this one has 5");
    REFUSED(other.batch = 8, "of a run with batch 16, this one has 8");
    REFUSED(other.lr = 0.02, "learning rate 0.01");
    REFUSED(other.seed = 6, "seed 5, this one has 6");
    REFUSED(other.optim.kind = PV_SGD, "optimiser adam, this one has sgd");
    REFUSED(other.label_smoothing = 0.1, "label smoothing 0");
    REFUSED(other.augment.flip = 1, "flip 0");
    REFUSED(other.validation = NULL, "validation data 30 samples");
    REFUSED(other.train = held, "data 70 samples [28,28,1]");
    REFUSED(other.backend = PV_BACKEND_REF, "backend fast");
#undef REFUSED
    CHECK_OK(pv_file_write(file_path, "not a checkpoint", 16, 0644));
    assert_true(train(&o, -1, &m, &r) != PV_OK);
    unlink(file_path);
    CHECK_OK(train(&o, -1, &m, &r)); /* without a checkpoint, resuming begins */
    pv_train_result_clear(&r);
    pv_model_free(m);
}

static void stops_early_with_the_best(void **state)
{
    (void)state;
    pv_model *m;
    pv_train_result r;
    pv_evaluation e;
    pv_train_options o = options(100);
    o.patience = 3;
    o.lr = 0.05;
    CHECK_OK(train(&o, -1, &m, &r));
    assert_true(r.stopped_early);
    assert_int_equal(r.epochs, r.best_epoch + 3);
    CHECK_OK(pv_evaluate(m, held, NULL, &e));
    assert_true(fabs(e.loss - r.epoch[r.best_epoch - 1].validation_loss) < 1e-5);
    for (int i = 0; i < r.epochs; i++)
        assert_true(r.epoch[i].validation_loss >= r.epoch[r.best_epoch - 1].validation_loss);
    pv_evaluation_clear(&e);
    pv_train_result_clear(&r);
    pv_model_free(m);
}

static void what_can_not_be_trained(void **state)
{
    (void)state;
    pv_model *m;
    pv_train_result r;
    pv_train_options o;
#define FAILS(change, status, says)                                                                \
    do {                                                                                           \
        o = options(2);                                                                            \
        change;                                                                                    \
        CHECK_FAILS(train(&o, -1, &m, &r), status, says);                                          \
    } while (0)
    FAILS(o.size = 0, PV_ERR_USAGE, "size is 0");
    FAILS(o.train = NULL, PV_ERR_USAGE, "no training data");
    FAILS(o.batch = 0, PV_ERR_OPTION, "a batch of 0");
    FAILS(o.epochs = 0, PV_ERR_OPTION, "0 epochs");
    FAILS(o.lr = 0, PV_ERR_OPTION, "learning rate is 0");
    FAILS(o.lr = NAN, PV_ERR_OPTION, "learning rate is");
    FAILS(o.schedule = (pv_schedule_kind)9, PV_ERR_OPTION, "no schedule number 9");
    FAILS(o.warmup_epochs = -1, PV_ERR_OPTION, "must not be negative");
    FAILS(o.schedule = PV_SCHEDULE_STEP, PV_ERR_OPTION, "needs the number of epochs");
    FAILS(o.label_smoothing = 1, PV_ERR_OPTION, "label smoothing is 1");
    FAILS(o.augment.shift = -1, PV_ERR_OPTION, "shift -1");
    FAILS((o.patience = 1, o.validation = NULL), PV_ERR_OPTION, "needs validation data");
    FAILS(o.resume = 1, PV_ERR_OPTION, "needs the folder");
    FAILS(o.checkpoint = net_path, PV_ERR_IO, "net.model");
    FAILS((o.lr = 1e30, o.optim.kind = PV_SGD), PV_ERR_NUMERIC, "lower the learning rate");
#undef FAILS
}

static void repeated_splits(void **state)
{
    (void)state;
    pv_data *d;
    pv_train_options o;
    pv_repeat_result r, again;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=100", NULL));
    pv_train_defaults(&o, "mlr", d);
    o.epochs = 2;
    CHECK_OK(pv_train_repeat("mlr", d, 4, 0.2, &o, NULL, &r));
    CHECK_OK(pv_train_repeat("mlr", d, 4, 0.2, &o, NULL, &again));
    double sum = 0, squares = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(r.accuracy[i] == again.accuracy[i]);
        assert_true(r.accuracy[i] >= r.lowest && r.accuracy[i] <= r.highest);
        sum += r.accuracy[i] / 4;
    }
    for (int i = 0; i < 4; i++) squares += pow(r.accuracy[i] - sum, 2);
    assert_true(fabs(sum - r.mean) < 1e-12 && fabs(sqrt(squares / 3) - r.sd) < 1e-12);
    pv_repeat_result_clear(&again);
    CHECK_FAILS(pv_train_repeat("mlr", d, 0, 0.2, &o, NULL, &again), PV_ERR_OPTION, "0 runs");
    CHECK_FAILS(pv_train_repeat("nothing", d, 1, 0.2, &o, NULL, &again), PV_ERR_OPTION, "nothing");
    pv_repeat_result_clear(&r);
    pv_data_free(d);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_data *d;
    pv_status status = PV_OK;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=20", NULL));
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_model *m;
        pv_train_options o;
        pv_train_result r;
        pv_train_defaults(&o, "mlr", d);
        o.epochs = 1;
        o.validation = d;
        o.patience = 1;
        o.checkpoint = checkpoint;
        o.log = log_path;
        status = pv_model_new(&m, "mlr", d, 1);
        if (status == PV_OK) {
            status = pv_train(m, &o, NULL, &r);
            if (status == PV_OK) pv_train_result_clear(&r);
            pv_model_free(m);
        }
    }
    pv_data_free(d);
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "victim") == 0) return victim(arguments[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),
        cmocka_unit_test(resumes_after_any_step),
        cmocka_unit_test(survives_kills),
        cmocka_unit_test(other_options_are_refused),
        cmocka_unit_test(stops_early_with_the_best),
        cmocka_unit_test(what_can_not_be_trained),
        cmocka_unit_test(repeated_splits),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
