#include "run/training.h"

#include "data/spec.h"
#include <stdlib.h>
#include <string.h>

enum { SHIFT_MAX = 64, CUTOUT_MAX = 256 };

/* The number behind "shift=" in a list of words. */
static pv_status amount(int *out, const char *word, size_t n, const char *name, int max)
{
    size_t skip = strlen(name) + 1;
    char *end = NULL;
    long v = n > skip ? strtol(word + skip, &end, 10) : 0;
    if (end != word + n || v < 1 || v > max)
        PV_FAIL(PV_ERR_OPTION, "augment: %s takes a number from 1 to %d, as in %s=4", name, max,
                name);
    *out = (int)v;
    return PV_OK;
}

pv_status pv_training_augment(pv_augment *out, const char *text)
{
    *out = (pv_augment){0};
    if (strcmp(text, "none") == 0) return PV_OK;
    for (const char *word = text;; word++) {
        size_t n = strcspn(word, ",");
        if (n == 4 && strncmp(word, "flip", n) == 0)
            out->flip = 1;
        else if (strncmp(word, "shift=", 6) == 0)
            PV_TRY(amount(&out->shift, word, n, "shift", SHIFT_MAX));
        else if (strncmp(word, "cutout=", 7) == 0)
            PV_TRY(amount(&out->cutout, word, n, "cutout", CUTOUT_MAX));
        else
            PV_FAIL(PV_ERR_OPTION,
                    "augment: \"%.*s\" is not known; say none, or some of flip, shift=N, cutout=N "
                    "joined by commas",
                    (int)n, word);
        word += n;
        if (*word == '\0') return PV_OK;
    }
}

/* Takes data's own share out of it: *rest gets it, *data becomes what is left. */
static pv_status part(pv_data **data, pv_data **rest, double share, uint64_t seed)
{
    pv_data *first = NULL;
    PV_TRY(pv_data_holdout(&first, rest, *data, share, seed));
    pv_data_free(*data);
    *data = first;
    return PV_OK;
}

static pv_status open_test(pv_training *t, const pv_ctx *ctx)
{
    pv_str spec = {0};
    pv_status status = PV_OK;
    int own_split = 0;
    if (t->test != NULL) return pv_data_open(&t->test_data, t->test, ctx);
    if (t->holdout > 0) return part(&t->train_data, &t->test_data, t->holdout, t->seed);
    PV_TRY_GOTO(pv_spec_test(&spec, t->data, &own_split));
    if (own_split) PV_TRY_GOTO(pv_data_open(&t->test_data, pv_str_text(&spec), ctx));
done:
    pv_str_clear(&spec);
    return status;
}

pv_status pv_training_open(pv_training *t, const pv_ctx *ctx)
{
    PV_TRY(pv_data_open(&t->train_data, t->data, ctx));
    PV_TRY(open_test(t, ctx));
    if (t->validation > 0)
        PV_TRY(part(&t->train_data, &t->validation_data, t->validation, t->seed));
    t->options = (pv_train_options){.size = sizeof t->options};
    pv_train_defaults(&t->options, t->model, t->train_data);
    t->options.train = t->train_data;
    t->options.validation = t->validation_data;
    t->options.seed = t->seed;
    return PV_OK;
}

pv_status pv_training_run(pv_training *t, const pv_ctx *ctx)
{
    PV_TRY(pv_model_new(&t->net, t->model, t->train_data, t->seed));
    if (t->test_data != NULL) {
        PV_TRY_CONTEXT(pv_data_complete(t->test_data), "while looking at the test data");
        PV_TRY_CONTEXT(pv_model_check_data(t->net, t->test_data), "while looking at the test data");
    }
    PV_TRY(pv_train(t->net, &t->options, ctx, &t->result));
    if (t->test_data != NULL) PV_TRY(pv_evaluate(t->net, t->test_data, ctx, &t->evaluation));
    return PV_OK;
}

void pv_training_clear(pv_training *t)
{
    pv_evaluation_clear(&t->evaluation);
    pv_train_result_clear(&t->result);
    pv_model_free(t->net);
    pv_data_free(t->test_data);
    pv_data_free(t->validation_data);
    pv_data_free(t->train_data);
    t->net = NULL;
    t->test_data = t->validation_data = t->train_data = NULL;
}

double pv_training_samples_per_second(const pv_training *t)
{
    double samples = 0, seconds = 0;
    for (int i = 0; i < t->result.epochs; i++) {
        samples += t->result.epoch[i].samples_per_second * t->result.epoch[i].seconds;
        seconds += t->result.epoch[i].seconds;
    }
    return seconds > 0 ? samples / seconds : 0;
}
