#include "run/demo.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "codec/png.h"
#include "report/page.h"
#include "run/machine.h"
#include "run/training.h"
#include <stdlib.h>
#include <string.h>

enum { WORST = 48, UNCHOSEN = 24, TEST_SHARE = 5 };

static const char *const not_measured[] = {
    "Other people's handwriting: a program drew these digits, and the model has learned that.",
    "What the trained model gives away about the digits it was trained on.",
    "Other seeds: this is one run of one seed; the intervals are about the test digits alone.",
};

/* Everything the page points at. */
typedef struct demo {
    const pv_demo_options *o;
    pv_training main, baseline;
    pv_results_epoch *epochs[2];
    const char **class_name;
    float *probability; /* [test samples, classes] */
    pv_results_sample sample[WORST + UNCHOSEN];
    pv_str picture[WORST + UNCHOSEN];
    pv_results_model model[2];
    pv_str spec, test, command;
    char created[PV_CLOCK_TEXT], machine[PV_MACHINE_TEXT];
} demo;

static void demo_clear(demo *d)
{
    for (int i = 0; i < WORST + UNCHOSEN; i++) pv_str_clear(&d->picture[i]);
    pv_free(d->epochs[0]);
    pv_free(d->epochs[1]);
    pv_free(d->class_name);
    pv_free(d->probability);
    pv_str_clear(&d->spec);
    pv_str_clear(&d->test);
    pv_str_clear(&d->command);
    pv_training_clear(&d->main);
    pv_training_clear(&d->baseline);
}

static pv_status train(demo *d, pv_training *t, const char *model, const pv_ctx *ctx)
{
    *t = (pv_training){.data = pv_str_text(&d->spec),
                       .model = model,
                       .test = pv_str_text(&d->test),
                       .validation = 0.1,
                       .seed = d->o->seed};
    pv_ctx_log(ctx, PV_LOG_INFO, "%s on %s", model, t->data);
    PV_TRY(pv_training_open(t, ctx));
    t->options.epochs = d->o->epochs;
    return pv_training_run(t, ctx);
}

static pv_status model_results(pv_results_model *out, pv_results_epoch **epochs,
                               const pv_training *t)
{
    const pv_evaluation *e = &t->evaluation;
    *epochs = pv_calloc((size_t)t->result.epochs + 1, sizeof **epochs);
    if (*epochs == NULL) PV_FAIL_MEMORY((size_t)t->result.epochs * sizeof **epochs);
    for (int i = 0; i < t->result.epochs; i++) {
        const pv_epoch *p = &t->result.epoch[i];
        (*epochs)[i] = (pv_results_epoch){
            p->lr,     p->train_loss, p->train_accuracy, p->validation_loss, p->validation_accuracy,
            p->seconds};
    }
    *out = (pv_results_model){.name = t->model,
                              .params = pv_model_weights(t->net),
                              .seconds = t->result.seconds,
                              .samples_per_second = pv_training_samples_per_second(t),
                              .epoch = *epochs,
                              .epochs = t->result.epochs,
                              .count = e->count,
                              .test_loss = e->loss,
                              .confusion = e->confusion};
    for (int i = 0; i < e->classes; i++) out->correct += e->confusion[(int64_t)i * e->classes + i];
    return PV_OK;
}

/* Sample i of the test data as base64 of a PNG. */
static pv_status picture(pv_str *out, const pv_data *data, int64_t i)
{
    pv_tensor image = {0};
    pv_bytes png = {0};
    pv_shape shape = pv_data_sample_shape(data);
    int64_t count = pv_shape_count(&shape);
    pv_status status = PV_OK;
    float *value = pv_alloc((size_t)count, sizeof *value);
    if (value == NULL) PV_FAIL_MEMORY((size_t)count * sizeof *value);
    PV_TRY_GOTO(pv_tensor_init(&image, PV_U8, shape));
    pv_data_raw(data, i, value);
    for (int64_t k = 0; k < count; k++)
        ((uint8_t *)image.data)[k] = (uint8_t)(255 * value[k] + 0.5f);
    PV_TRY_GOTO(pv_png_encode(&png, &image));
    PV_TRY_GOTO(pv_html_base64(out, png.data, png.size));
done:
    pv_free(value);
    pv_bytes_clear(&png);
    pv_tensor_clear(&image);
    return status;
}

static pv_status show_sample(demo *d, int slot, int64_t i)
{
    const pv_data *data = d->main.test_data;
    int classes = pv_data_classes(data), answer = 0;
    const float *p = d->probability + i * classes;
    for (int k = 1; k < classes; k++)
        if (p[k] > p[answer]) answer = k;
    PV_TRY(picture(&d->picture[slot], data, i));
    d->sample[slot] = (pv_results_sample){.index = i,
                                          .label = pv_data_label(data, i),
                                          .answer = answer,
                                          .probability = p[answer],
                                          .truth_probability = p[pv_data_label(data, i)],
                                          .png = pv_str_text(&d->picture[slot])};
    return PV_OK;
}

typedef struct ranked {
    float truth_probability;
    int64_t index;
} ranked;

static int worse_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->truth_probability != y->truth_probability)
        return x->truth_probability < y->truth_probability ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* The samples whose true class got the least probability, then the first ones as they come. */
static pv_status show_samples(demo *d, const pv_ctx *ctx, int *worst, int *unchosen)
{
    const pv_data *data = d->main.test_data;
    int64_t n = pv_data_count(data), classes = pv_data_classes(data);
    pv_status status = PV_OK;
    ranked *rank = pv_alloc((size_t)n, sizeof *rank);
    d->probability = pv_alloc((size_t)n, (size_t)classes * sizeof *d->probability);
    if (rank == NULL || d->probability == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the answers to %lld samples", (long long)n);
    PV_TRY_GOTO(pv_predict(d->main.net, data, ctx, d->probability));
    for (int64_t i = 0; i < n; i++)
        rank[i] = (ranked){d->probability[i * classes + pv_data_label(data, i)], i};
    qsort(rank, (size_t)n, sizeof *rank, worse_first);
    *worst = (int)(n < WORST ? n : WORST);
    *unchosen = (int)(n < UNCHOSEN ? n : UNCHOSEN);
    for (int i = 0; i < *worst; i++) PV_TRY_GOTO(show_sample(d, i, rank[i].index));
    for (int i = 0; i < *unchosen; i++) PV_TRY_GOTO(show_sample(d, WORST + i, i));
done:
    pv_free(rank);
    return status;
}

static pv_status save(const demo *d, const pv_results *r)
{
    pv_str page = {0};
    json_t *json = NULL;
    char *page_path = pv_path_join(d->o->out, "report.html"),
         *json_path = pv_path_join(d->o->out, "results.json"),
         *model_path = pv_path_join(d->o->out, "lenet5.safetensors");
    pv_status status = PV_OK;
    if (page_path == NULL || json_path == NULL || model_path == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the paths of the demo");
    PV_TRY_GOTO(pv_model_save(d->main.net, model_path));
    PV_TRY_GOTO(pv_results_json(&json, r));
    PV_TRY_GOTO(pv_json_save(json, 1, json_path));
    PV_TRY_GOTO(pv_page_write(&page, r));
    PV_TRY_GOTO(pv_file_write(page_path, pv_str_text(&page), page.size, 0644));
done:
    pv_free(page_path);
    pv_free(json_path);
    pv_free(model_path);
    pv_str_clear(&page);
    json_decref(json);
    return status;
}

static pv_status report(demo *d, const pv_ctx *ctx)
{
    int worst = 0, unchosen = 0, classes = pv_data_classes(d->main.test_data);
    PV_TRY(model_results(&d->model[0], &d->epochs[0], &d->main));
    PV_TRY(model_results(&d->model[1], &d->epochs[1], &d->baseline));
    PV_TRY(show_samples(d, ctx, &worst, &unchosen));
    d->class_name = pv_calloc((size_t)classes, sizeof *d->class_name);
    if (d->class_name == NULL) PV_FAIL_MEMORY((size_t)classes * sizeof *d->class_name);
    for (int i = 0; i < classes; i++) d->class_name[i] = pv_data_class_name(d->main.test_data, i);
    PV_TRY(pv_str_printf(&d->command,
                         "privet demo --samples %lld --epochs %d --seed %llu --threads %d --out %s",
                         (long long)d->o->samples, d->o->epochs, (unsigned long long)d->o->seed,
                         pv_ctx_threads(ctx), d->o->out));
    return save(d, &(pv_results){.title = "lenet5 on glyphs",
                                 .command = pv_str_text(&d->command),
                                 .data = pv_str_text(&d->spec),
                                 .machine = pv_machine_name(d->machine),
                                 .created = pv_clock_text(d->created),
                                 .class_name = d->class_name,
                                 .classes = classes,
                                 .train = pv_data_count(d->main.train_data),
                                 .validation = pv_data_count(d->main.validation_data),
                                 .threads = pv_ctx_threads(ctx),
                                 .seed = d->o->seed,
                                 .peak_rss_bytes = pv_machine_peak_rss(),
                                 .model = d->model,
                                 .models = 2,
                                 .worst = d->sample,
                                 .worst_count = worst,
                                 .unchosen = d->sample + WORST,
                                 .unchosen_count = unchosen,
                                 .not_measured = not_measured,
                                 .not_measured_count = sizeof not_measured / sizeof *not_measured});
}

pv_status pv_demo(pv_demo_outcome *outcome, const pv_demo_options *o, const pv_ctx *ctx)
{
    double start = pv_clock_seconds();
    pv_status status = PV_OK;
    demo *d = pv_calloc(1, sizeof *d);
    if (d == NULL) PV_FAIL_MEMORY(sizeof *d);
    d->o = o;
    PV_TRY_GOTO(pv_folder_make(o->out));
    PV_TRY_GOTO(pv_str_printf(&d->spec, "glyphs?limit=%lld&seed=%llu", (long long)o->samples,
                              (unsigned long long)o->seed));
    PV_TRY_GOTO(pv_str_printf(&d->test, "glyphs?split=test&limit=%lld&seed=%llu",
                              (long long)(o->samples / TEST_SHARE), (unsigned long long)o->seed));
    PV_TRY_GOTO(train(d, &d->main, "lenet5", ctx));
    PV_TRY_GOTO(train(d, &d->baseline, "mlr", ctx));
    PV_TRY_GOTO(report(d, ctx));
    *outcome = (pv_demo_outcome){d->main.evaluation.accuracy, d->baseline.evaluation.accuracy,
                                 pv_clock_seconds() - start};
done:
    demo_clear(d);
    pv_free(d);
    return status;
}
