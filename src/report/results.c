#include "report/results.h"

#include "privet/metric.h"
#include <math.h>

static pv_results_class share(int64_t correct, int64_t count)
{
    if (count < 1) return (pv_results_class){0, 0, NAN, NAN, NAN};
    pv_interval i = pv_clopper_pearson(correct, count, 0.95);
    return (pv_results_class){count, correct, (double)correct / (double)count, i.low, i.high};
}

pv_results_class pv_results_of_all(const pv_results_model *m)
{
    return share(m->correct, m->count);
}

pv_results_class pv_results_of_class(const pv_results *r, const pv_results_model *m, int label)
{
    const int64_t *row = m->confusion + (int64_t)label * r->classes;
    int64_t count = 0;
    for (int k = 0; k < r->classes; k++) count += row[k];
    return share(row[label], count);
}

/* A new container, handed to its parent (under key, or at the end of an array) at once, so that a
 * later failure leaves nothing behind. */
static pv_status add(json_t **out, json_t *parent, const char *key, json_t *value)
{
    *out = value;
    return key != NULL ? pv_json_set(parent, key, value) : pv_json_append(parent, value);
}

static pv_status set_share(json_t *object, const pv_results_class *c)
{
    json_t *interval;
    PV_TRY(pv_json_set(object, "count", json_integer(c->count)));
    PV_TRY(pv_json_set(object, "correct", json_integer(c->correct)));
    PV_TRY(pv_json_set(object, "accuracy", pv_json_number(c->accuracy)));
    PV_TRY(add(&interval, object, "interval", json_array()));
    PV_TRY(pv_json_append(interval, pv_json_number(c->low)));
    return pv_json_append(interval, pv_json_number(c->high));
}

static pv_status set_test(json_t *model, const pv_results *r, const pv_results_model *m)
{
    json_t *test, *confusion, *classes, *row, *one;
    pv_results_class all = pv_results_of_all(m);
    PV_TRY(add(&test, model, "test", json_object()));
    PV_TRY(set_share(test, &all));
    PV_TRY(pv_json_set(test, "confidence", pv_json_number(0.95)));
    PV_TRY(pv_json_set(test, "loss", pv_json_number(m->test_loss)));
    PV_TRY(add(&confusion, test, "confusion", json_array()));
    for (int i = 0; i < r->classes; i++) {
        PV_TRY(add(&row, confusion, NULL, json_array()));
        for (int k = 0; k < r->classes; k++)
            PV_TRY(pv_json_append(row, json_integer(m->confusion[(int64_t)i * r->classes + k])));
    }
    PV_TRY(add(&classes, test, "classes", json_array()));
    for (int i = 0; i < r->classes; i++) {
        pv_results_class c = pv_results_of_class(r, m, i);
        PV_TRY(add(&one, classes, NULL, json_object()));
        PV_TRY(pv_json_set(one, "name", json_string(r->class_name[i])));
        PV_TRY(set_share(one, &c));
    }
    return PV_OK;
}

static pv_status set_curve(json_t *model, const pv_results_model *m)
{
    json_t *curve, *point;
    PV_TRY(add(&curve, model, "curve", json_array()));
    for (int i = 0; i < m->epochs; i++) {
        const pv_results_epoch *e = &m->epoch[i];
        PV_TRY(add(&point, curve, NULL, json_object()));
        PV_TRY(pv_json_set(point, "epoch", json_integer(i + 1)));
        PV_TRY(pv_json_set(point, "lr", pv_json_number(e->lr)));
        PV_TRY(pv_json_set(point, "train_loss", pv_json_number(e->train_loss)));
        PV_TRY(pv_json_set(point, "train_accuracy", pv_json_number(e->train_accuracy)));
        PV_TRY(pv_json_set(point, "validation_loss", pv_json_number(e->validation_loss)));
        PV_TRY(pv_json_set(point, "validation_accuracy", pv_json_number(e->validation_accuracy)));
        PV_TRY(pv_json_set(point, "seconds", pv_json_number(e->seconds)));
    }
    return PV_OK;
}

static pv_status set_samples(json_t *root, const char *key, const pv_results *r,
                             const pv_results_sample *sample, int n)
{
    json_t *list, *one;
    PV_TRY(add(&list, root, key, json_array()));
    for (int i = 0; i < n; i++) {
        const pv_results_sample *s = &sample[i];
        PV_TRY(add(&one, list, NULL, json_object()));
        PV_TRY(pv_json_set(one, "index", json_integer(s->index)));
        PV_TRY(pv_json_set(one, "label", json_string(r->class_name[s->label])));
        PV_TRY(pv_json_set(one, "answer", json_string(r->class_name[s->answer])));
        PV_TRY(pv_json_set(one, "probability", pv_json_number(s->probability)));
        PV_TRY(pv_json_set(one, "truth_probability", pv_json_number(s->truth_probability)));
        PV_TRY(pv_json_set(one, "png", json_string(s->png)));
    }
    return PV_OK;
}

static pv_status set_data(json_t *root, const pv_results *r)
{
    json_t *data, *classes;
    PV_TRY(add(&data, root, "data", json_object()));
    PV_TRY(pv_json_set(data, "spec", json_string(r->data)));
    PV_TRY(pv_json_set(data, "train", json_integer(r->train)));
    PV_TRY(pv_json_set(data, "validation", json_integer(r->validation)));
    PV_TRY(pv_json_set(data, "test", json_integer(r->model[0].count)));
    PV_TRY(add(&classes, data, "classes", json_array()));
    for (int i = 0; i < r->classes; i++)
        PV_TRY(pv_json_append(classes, json_string(r->class_name[i])));
    return PV_OK;
}

static pv_status fill(json_t *root, const pv_results *r)
{
    json_t *models, *one, *list;
    PV_TRY(pv_json_set(root, "schema", json_string("privet-training")));
    PV_TRY(pv_json_set(root, "schema_version", json_integer(PV_RESULTS_SCHEMA)));
    PV_TRY(pv_json_set(root, "privet", json_string(PV_VERSION)));
    PV_TRY(pv_json_set(root, "created", json_string(r->created)));
    PV_TRY(pv_json_set(root, "title", json_string(r->title)));
    PV_TRY(pv_json_set(root, "command", json_string(r->command)));
    PV_TRY(pv_json_set(root, "machine", json_string(r->machine)));
    PV_TRY(pv_json_set(root, "threads", json_integer(r->threads)));
    PV_TRY(pv_json_set(root, "seed", json_integer((json_int_t)r->seed)));
    PV_TRY(pv_json_set(root, "peak_rss_bytes", json_integer(r->peak_rss_bytes)));
    PV_TRY(set_data(root, r));
    PV_TRY(add(&models, root, "models", json_array()));
    for (int i = 0; i < r->models; i++) {
        const pv_results_model *m = &r->model[i];
        PV_TRY(add(&one, models, NULL, json_object()));
        PV_TRY(pv_json_set(one, "model", json_string(m->name)));
        PV_TRY(pv_json_set(one, "params", json_integer(m->params)));
        PV_TRY(pv_json_set(one, "epochs", json_integer(m->epochs)));
        PV_TRY(pv_json_set(one, "seconds", pv_json_number(m->seconds)));
        PV_TRY(pv_json_set(one, "samples_per_s", pv_json_number(m->samples_per_second)));
        PV_TRY(set_test(one, r, m));
        PV_TRY(set_curve(one, m));
    }
    PV_TRY(set_samples(root, "worst", r, r->worst, r->worst_count));
    PV_TRY(set_samples(root, "unchosen", r, r->unchosen, r->unchosen_count));
    PV_TRY(add(&list, root, "not_measured", json_array()));
    for (int i = 0; i < r->not_measured_count; i++)
        PV_TRY(pv_json_append(list, json_string(r->not_measured[i])));
    return PV_OK;
}

pv_status pv_results_json(json_t **out, const pv_results *r)
{
    json_t *root = json_object();
    pv_status status = fill(root, r);
    *out = status == PV_OK ? root : NULL;
    if (status != PV_OK) json_decref(root);
    return status;
}
