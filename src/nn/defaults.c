#include "privet/train.h"

#include <string.h>

typedef struct defaults {
    const char *model; /* of the zoo; NULL: any other */
    pv_data_kind kind; /* 0: any */
    pv_optim_kind optim;
    double lr, momentum, weight_decay;
    pv_schedule_kind schedule;
    double warmup_epochs;
    int64_t batch;
    int epochs;
    double label_smoothing;
    pv_augment augment;
} defaults;

/* The first row that fits counts. docs/training.md has the same table. */
static const defaults table[] = {
    {"mlr", PV_DATA_IMAGE, PV_ADAM, 1e-3, 0, 0, PV_SCHEDULE_COSINE, 0, 64, 10, 0, {0}},
    {"resnet9",
     0,
     PV_SGD,
     0.1,
     0.9,
     5e-4,
     PV_SCHEDULE_COSINE,
     2,
     128,
     12,
     0.1,
     {.flip = 1, .shift = 4}},
    {"resnet18",
     0,
     PV_SGD,
     0.1,
     0.9,
     5e-4,
     PV_SCHEDULE_COSINE,
     2,
     128,
     30,
     0.1,
     {.flip = 1, .shift = 4}},
    {NULL, PV_DATA_IMAGE, PV_ADAM, 3e-3, 0, 0, PV_SCHEDULE_COSINE, 0, 64, 10, 0, {.shift = 1}},
    {NULL, PV_DATA_TABLE, PV_ADAMW, 2e-2, 0, 2, PV_SCHEDULE_COSINE, 0, 32, 50, 0.2, {0}},
    {NULL, PV_DATA_TEXT, PV_ADAM, 5e-3, 0, 0, PV_SCHEDULE_COSINE, 0, 64, 5, 0, {0}},
};

static int fits(const defaults *d, const char *model, pv_data_kind kind)
{
    size_t n = strcspn(model, ":");
    if (d->kind != 0 && d->kind != kind) return 0;
    return d->model == NULL || (strlen(d->model) == n && memcmp(d->model, model, n) == 0);
}

void pv_train_defaults(pv_train_options *o, const char *model, const pv_data *data)
{
    const defaults *d = table;
    while (!fits(d, model, pv_data_what(data))) d++;
    *o = (pv_train_options){
        .size = sizeof *o,
        .train = data,
        .batch = d->batch,
        .epochs = d->epochs,
        .seed = 1,
        .optim = {.size = sizeof o->optim,
                  .kind = d->optim,
                  .momentum = d->momentum,
                  .nesterov = d->momentum > 0,
                  .weight_decay = d->weight_decay},
        .lr = d->lr,
        .schedule = d->schedule,
        .warmup_epochs = d->warmup_epochs,
        .label_smoothing = d->label_smoothing,
        .augment = d->augment,
    };
}
