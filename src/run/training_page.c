#include "run/training_page.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "codec/png.h"
#include "report/page.h"
#include "run/machine.h"
#include <stdlib.h>
#include <string.h>

enum { WORST = 48, UNCHOSEN = 24 };

static const char *const not_measured[] = {
    "Data of another kind than the test data: the model has learned from this set alone.",
    "What the trained model gives away about the samples it was trained on.",
    "Other seeds: this is one run of one seed; the intervals are about the test samples alone.",
};

/* Everything the page points at. */
typedef struct page {
    const pv_training *t;
    pv_results_epoch *epochs;
    const char **class_name;
    float *probability; /* [test samples, classes] */
    pv_results_sample sample[WORST + UNCHOSEN];
    pv_str picture[WORST + UNCHOSEN];
    pv_results_model model;
    char created[PV_CLOCK_TEXT], machine[PV_MACHINE_TEXT];
} page;

static void page_clear(page *d)
{
    for (int i = 0; i < WORST + UNCHOSEN; i++) pv_str_clear(&d->picture[i]);
    pv_free(d->epochs);
    pv_free(d->class_name);
    pv_free(d->probability);
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

static pv_status show_sample(page *d, int slot, int64_t i)
{
    const pv_data *data = d->t->test_data;
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
static pv_status show_samples(page *d, const pv_ctx *ctx, int *worst, int *unchosen)
{
    const pv_data *data = d->t->test_data;
    int64_t n = pv_data_count(data), classes = pv_data_classes(data);
    pv_status status = PV_OK;
    ranked *rank = pv_alloc((size_t)n, sizeof *rank);
    d->probability = pv_alloc((size_t)n, (size_t)classes * sizeof *d->probability);
    if (rank == NULL || d->probability == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the answers to %lld samples", (long long)n);
    PV_TRY_GOTO(pv_predict(d->t->net, data, ctx, d->probability));
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

static pv_status save(const char *folder, const pv_results *r)
{
    pv_str text = {0};
    json_t *json = NULL;
    char *page_path = pv_path_join(folder, "report.html"),
         *json_path = pv_path_join(folder, "results.json");
    pv_status status = PV_OK;
    if (page_path == NULL || json_path == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the paths of a page");
    PV_TRY_GOTO(pv_results_json(&json, r));
    PV_TRY_GOTO(pv_json_save(json, 1, json_path));
    PV_TRY_GOTO(pv_page_write(&text, r));
    PV_TRY_GOTO(pv_file_write(page_path, pv_str_text(&text), text.size, 0644));
done:
    pv_free(page_path);
    pv_free(json_path);
    pv_str_clear(&text);
    json_decref(json);
    return status;
}

/* Pictures can be made of grey and of coloured images. */
static int can_be_drawn(const pv_data *data)
{
    pv_shape s = pv_data_sample_shape(data);
    return pv_data_what(data) == PV_DATA_IMAGE && (s.dim[2] == 1 || s.dim[2] == 3);
}

static pv_status write(page *d, const char *folder, const char *command, const pv_ctx *ctx)
{
    const pv_training *t = d->t;
    int worst = 0, unchosen = 0, classes = pv_data_classes(t->test_data);
    pv_str title = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(model_results(&d->model, &d->epochs, t));
    if (can_be_drawn(t->test_data)) PV_TRY_GOTO(show_samples(d, ctx, &worst, &unchosen));
    d->class_name = pv_calloc((size_t)classes, sizeof *d->class_name);
    if (d->class_name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the names of %d classes", classes);
    for (int i = 0; i < classes; i++) d->class_name[i] = pv_data_class_name(t->test_data, i);
    PV_TRY_GOTO(pv_str_printf(&title, "%s on %s", t->model, t->data));
    PV_TRY_GOTO(
        save(folder,
             &(pv_results){.title = pv_str_text(&title),
                           .command = command,
                           .data = t->data,
                           .machine = pv_machine_name(d->machine),
                           .created = pv_clock_text(d->created),
                           .class_name = d->class_name,
                           .classes = classes,
                           .train = pv_data_count(t->train_data),
                           .validation =
                               t->validation_data == NULL ? 0 : pv_data_count(t->validation_data),
                           .threads = pv_ctx_threads(ctx),
                           .seed = t->seed,
                           .peak_rss_bytes = pv_machine_peak_rss(),
                           .model = &d->model,
                           .models = 1,
                           .worst = d->sample,
                           .worst_count = worst,
                           .unchosen = d->sample + WORST,
                           .unchosen_count = unchosen,
                           .not_measured = not_measured,
                           .not_measured_count = sizeof not_measured / sizeof *not_measured}));
done:
    pv_str_clear(&title);
    return status;
}

pv_status pv_training_page(const char *folder, const pv_training *t, const char *command,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    if (t->test_data == NULL)
        PV_FAIL(PV_ERR_OPTION, "a page needs test data: pass --holdout 0.2 or --test SPEC");
    page *d = pv_calloc(1, sizeof *d);
    if (d == NULL) PV_FAIL_MEMORY(sizeof *d);
    d->t = t;
    PV_TRY_GOTO(pv_folder_make(folder));
    PV_TRY_GOTO(write(d, folder, command, ctx));
done:
    page_clear(d);
    pv_free(d);
    return status;
}
