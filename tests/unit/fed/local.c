/* A federated run in one process: with one client FedSGD is plain training to the last bit,
 * whatever the network, optimiser and schedule; with several, the number of threads changes
 * nothing. */
#include "check.h"

#include "base/file.h"
#include "fed/local.h"
#include "fed/solo.h"
#include "nn/model_i.h"
#include "privet/train.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEED = 11, SAMPLES = 90 };

static char folder[] = "/tmp/privet-fed-XXXXXX";
static char net_path[64];
static pv_data *data, *parts[3];

/* Running statistics, dropout, pooling that the compiler folds into the convolution, and weights
 * whose gradient comes from two places. */
static const char net[] = "conv 4 kernel=5 pad=2\n"
                          "avgpool 2\n"
                          "batchnorm\n"
                          "relu\n"
                          "residual {\n"
                          "  conv 4 kernel=3 pad=1\n"
                          "  relu\n"
                          "}\n"
                          "flatten\n"
                          "dropout 0.2\n"
                          "dense classes\n";

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(net_path, sizeof net_path, "%s/net.model", folder);
    if (pv_file_write(net_path, net, strlen(net), 0644) != PV_OK) return -1;
    if (pv_data_open(&data, "glyphs?limit=90", NULL) != PV_OK) return -1;
    return pv_data_split(parts, 3, data, 0.5, SEED) != PV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(net_path);
    rmdir(folder);
    for (int i = 0; i < 3; i++) pv_data_free(parts[i]);
    pv_data_free(data);
    return 0;
}

static pv_fed_options fedsgd(void)
{
    return (pv_fed_options){.algorithm = PV_FEDSGD,
                            .rounds = 1,
                            .epochs = 3,
                            .local_epochs = 1,
                            .learning = {.batch = 16,
                                         .lr = 0.05,
                                         .momentum = 0.9,
                                         .nesterov = 1,
                                         .weight_decay = 5e-4,
                                         .schedule = PV_SCHEDULE_COSINE,
                                         .warmup = 0.5,
                                         .shift = 1},
                            .server_lr = 1};
}

static pv_fed_options fedavg(void)
{
    pv_fed_options o = fedsgd();
    o.algorithm = PV_FEDAVG;
    o.rounds = 3;
    o.local_epochs = 2;
    return o;
}

/* What `privet train` does with the same settings. */
static pv_model *plainly(const char *name, const pv_fed_options *f, int threads)
{
    pv_model *m;
    pv_train_options o = {.size = sizeof o,
                          .train = data,
                          .batch = f->learning.batch,
                          .epochs = (int)f->epochs,
                          .seed = SEED,
                          .optim = pv_fed_optim(&f->learning),
                          .lr = f->learning.lr,
                          .schedule = (pv_schedule_kind)f->learning.schedule,
                          .warmup_epochs = f->learning.warmup,
                          .step_epochs = f->learning.step_epochs,
                          .step_gamma = f->learning.step_gamma,
                          .lr_floor = f->learning.lr_floor,
                          .label_smoothing = f->learning.label_smoothing,
                          .augment = pv_fed_augment(&f->learning)};
    pv_train_result r;
    CHECK_OK(pv_model_new(&m, name, data, SEED));
    CHECK_OK(pv_train(m, &o, &(pv_ctx){.threads = threads}, &r));
    pv_train_result_clear(&r);
    return m;
}

static pv_model *federated(const char *name, const pv_fed_options *o, const pv_data *const *of,
                           int clients, int threads, int at_a_time)
{
    pv_model *m;
    pv_fed_local r;
    CHECK_OK(pv_model_new(&m, name, data, SEED));
    CHECK_OK(
        pv_fed_local_run(&r, o, m, of, clients, SEED, at_a_time, &(pv_ctx){.threads = threads}));
    return m;
}

static int differing(pv_model *a, pv_model *b)
{
    int n = 0;
    for (int i = 0; i < pv_model_params(a); i++)
        n += memcmp(pv_model_param(a, i)->data, pv_model_param(b, i)->data,
                    pv_tensor_bytes(pv_model_param(a, i))) != 0;
    return n;
}

static void same(pv_model *a, pv_model *b)
{
    assert_int_equal(differing(a, b), 0);
    pv_model_free(a);
    pv_model_free(b);
}

static void one_client_is_plain_training(void **state)
{
    (void)state;
    const char *const names[] = {"lenet5", "lenet5-sigmoid", "mlr", net_path};
    const pv_data *one[] = {data};
    for (int n = 0; n < 4; n++)
        for (int optim = 0; optim < 3; optim++)
            for (int threads = 1; threads <= 2; threads++) {
                pv_fed_options o = fedsgd();
                o.learning.optim = optim;
                if (optim > 0) o.learning.momentum = o.learning.nesterov = 0;
                if (optim > 0) o.learning.lr = 0.003;
                o.learning.label_smoothing = optim == 1 ? 0.1 : 0;
                print_message("%s, %s, %d thread(s)\n", names[n],
                              pv_optim_name(pv_fed_optim(&o.learning).kind), threads);
                same(plainly(names[n], &o, threads), federated(names[n], &o, one, 1, threads, 1));
            }
}

static void solo_is_plain_training(void **state)
{
    (void)state;
    pv_fed_options o = fedsgd();
    pv_model *plain = plainly(net_path, &o, 1), *m, *again;
    pv_fed_solo s, t;
    pv_fed_progress about;
    pv_bytes saved;
    CHECK_OK(pv_model_new(&m, net_path, data, SEED));
    CHECK_OK(pv_model_new(&again, net_path, data, SEED));
    CHECK_OK(pv_fed_solo_init(&s, &o.learning, m, data, o.epochs, 0, SEED, NULL));
    assert_int_equal(s.steps, 3 * (SAMPLES / 16));
    CHECK_OK(pv_fed_solo_run(&s, 7, &about));
    assert_int_equal(about.steps, 7);
    pv_writer w = pv_writer_make("solo", 1 << 24);
    CHECK_OK(pv_fed_solo_save(&s, &w));
    CHECK_OK(pv_writer_take(&w, &saved));
    pv_fed_solo_clear(&s);
    /* somebody else goes on */
    CHECK_OK(pv_fed_solo_init(&t, &o.learning, again, data, o.epochs, 0, SEED, NULL));
    pv_reader r = pv_reader_make("solo", saved.data, saved.size / 2);
    CHECK_FAILS(pv_fed_solo_load(&t, &r), PV_ERR_TRUNCATED, "solo");
    r = pv_reader_make("solo", saved.data, saved.size);
    CHECK_OK(pv_fed_solo_load(&t, &r));
    CHECK_OK(pv_fed_solo_run(&t, 1000, &about));
    assert_int_equal(about.steps, 3 * (SAMPLES / 16) - 7);
    pv_fed_solo_clear(&t);
    pv_bytes_clear(&saved);
    pv_model_free(m);
    same(plain, again);
}

/* Several clients: the threads that compute them do not matter, the clients do. */
static void threads_do_not_matter(void **state)
{
    (void)state;
    const pv_data *of[] = {parts[0], parts[1], parts[2]};
    pv_fed_options o[2] = {fedsgd(), fedavg()};
    for (int k = 0; k < 2; k++) {
        pv_model *a = federated(net_path, &o[k], of, 3, 1, 1),
                 *b = federated(net_path, &o[k], of, 2, 1, 1);
        assert_true(differing(a, b) > 0);
        pv_model_free(b);
        same(a, federated(net_path, &o[k], of, 3, 1, 2));
    }
}

/* One client of one local epoch a round, whose optimiser has no memory, is plain training as well;
 * up to what subtracting and adding weights again costs. */
static void fedavg_of_one_is_close(void **state)
{
    (void)state;
    const pv_data *one[] = {data};
    pv_fed_options o = fedavg();
    o.rounds = o.epochs = 3;
    o.local_epochs = 1;
    o.learning.momentum = 0;
    o.learning.nesterov = 0;
    pv_model *a = plainly("lenet5", &o, 1), *b = federated("lenet5", &o, one, 1, 1, 1);
    for (int i = 0; i < pv_model_params(a); i++)
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(a, i)); k++)
            assert_true(fabs(pv_tensor_get(pv_model_param(a, i), k) -
                             pv_tensor_get(pv_model_param(b, i), k)) < 1e-4);
    pv_model_free(a);
    pv_model_free(b);
}

static double distance(pv_model *a, pv_model *b)
{
    double sum = 0;
    for (int i = 0; i < pv_model_params(a); i++)
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(a, i)); k++)
            sum += pow(
                pv_tensor_get(pv_model_param(a, i), k) - pv_tensor_get(pv_model_param(b, i), k), 2);
    return sqrt(sum);
}

/* A stronger pull keeps clients nearer to where the round began. */
static void proximal_term_pulls(void **state)
{
    (void)state;
    const pv_data *of[] = {parts[0], parts[1], parts[2]};
    const double mu[] = {0, 1, 8};
    double moved[3];
    pv_model *start;
    CHECK_OK(pv_model_new(&start, "lenet5", data, SEED));
    for (int k = 0; k < 3; k++) {
        pv_fed_options o = fedavg();
        o.rounds = 1;
        o.local_epochs = 30;
        o.learning.momentum = 0;
        o.learning.nesterov = 0;
        o.proximal = mu[k];
        pv_model *m = federated("lenet5", &o, of, 3, 1, 1);
        moved[k] = distance(start, m);
        pv_model_free(m);
    }
    pv_model_free(start);
    print_message("moved %.4f, %.4f, %.4f\n", moved[0], moved[1], moved[2]);
    assert_true(moved[1] < moved[0]);
    assert_true(moved[2] < 0.5 * moved[1]);
}

/* server_momentum 0 and server_lr 1 are FedAvg; half the rate in one round is half the way. */
static void server_rate_scales(void **state)
{
    (void)state;
    const pv_data *of[] = {parts[0], parts[1]};
    pv_model *start, *whole, *half;
    pv_fed_options o = fedavg();
    o.rounds = 1;
    CHECK_OK(pv_model_new(&start, "lenet5", data, SEED));
    whole = federated("lenet5", &o, of, 2, 1, 1);
    o.server_lr = 0.5;
    half = federated("lenet5", &o, of, 2, 1, 1);
    assert_true(fabs(distance(start, half) / distance(start, whole) - 0.5) < 1e-4);
    o = fedavg();
    o.server_momentum = 0.9;
    pv_model *moving = federated("lenet5", &o, of, 2, 1, 1);
    o.server_momentum = 0;
    pv_model *still = federated("lenet5", &o, of, 2, 1, 1);
    assert_true(differing(moving, still) > 0);
    pv_model_free(moving);
    pv_model_free(still);
    pv_model_free(start);
    pv_model_free(whole);
    pv_model_free(half);
}

static void refusals(void **state)
{
    (void)state;
    const pv_data *of[] = {parts[0]};
    pv_fed_options o = fedsgd();
    pv_fed_local r;
    pv_model *m;
    CHECK_OK(pv_model_new(&m, "lenet5", data, SEED));
    CHECK_FAILS(pv_fed_local_run(&r, &o, m, of, 0, SEED, 1, NULL), PV_ERR_USAGE, "0 clients");
    o.aggregation = PV_SUM_MASKED;
    CHECK_FAILS(pv_fed_local_run(&r, &o, m, of, 1, SEED, 1, NULL), PV_ERR_UNSUPPORTED, "masked");
    o = fedavg();
    o.learning.lr = 1e30;
    CHECK_FAILS(pv_fed_local_run(&r, &o, m, of, 1, SEED, 1, NULL), PV_ERR_NUMERIC,
                "client 0: round 1: the loss is not finite");
    pv_model_free(m);
}

static void out_of_memory(void **state)
{
    (void)state;
    const pv_data *of[] = {parts[0], parts[1]};
    for (int k = 0; k < 2; k++) {
        pv_fed_options o = k == 0 ? fedsgd() : fedavg();
        o.rounds = 1;
        o.steps_an_epoch = k == 0;
        o.epochs = 1;
        o.server_momentum = k == 0 ? 0 : 0.5;
        pv_fed_local r;
        pv_model *m;
        pv_status status;
        CHECK_OK(pv_model_new(&m, "mlr", data, SEED));
        CHECK_OUT_OF_MEMORY(status) status = pv_fed_local_run(&r, &o, m, of, 2, SEED, 1, NULL);
        pv_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_client_is_plain_training),
        cmocka_unit_test(solo_is_plain_training),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(fedavg_of_one_is_close),
        cmocka_unit_test(proximal_term_pulls),
        cmocka_unit_test(server_rate_scales),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
