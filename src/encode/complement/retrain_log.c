#include "encode/complement/retrain_log.h"

#include "base/file.h"
#include "base/json.h"

static pv_status epoch_json(json_t **out, const pv_retrain_result *r, int number, int64_t batches,
                            int classes)
{
    pv_status status = PV_OK;
    const pv_retrain_epoch *e = &r->epoch[number];
    json_t *j = json_object(), *values = json_array();
    PV_TRY_GOTO(pv_json_set(j, "epoch", json_integer(number + 1)));
    PV_TRY_GOTO(pv_json_set(j, "steps", json_integer((number + 1) * batches)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(e->loss)));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(e->accuracy)));
    PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(e->test_accuracy)));
    for (int v = 0; e->of_value != NULL && v < classes; v++)
        PV_TRY_GOTO(pv_json_append(values, pv_json_number(e->of_value[v])));
    PV_TRY_GOTO(pv_json_set(j, "of_value", json_incref(values)));
    PV_TRY_GOTO(pv_json_set(j, "read", pv_json_number(e->read)));
    PV_TRY_GOTO(pv_json_set(j, "fresh", pv_json_number(e->verdict.read)));
    PV_TRY_GOTO(pv_json_set(j, "answered", pv_json_number(e->verdict.answered)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(e->seconds)));
    *out = json_incref(j);
done:
    json_decref(values);
    json_decref(j);
    return status;
}

pv_status pv_retrain_log(const char *path, const pv_retrain_result *r, int64_t batches, int classes)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    json_t *line = NULL;
    if (path == NULL) return PV_OK;
    for (int i = 0; i < r->epochs; i++) {
        PV_TRY_GOTO(epoch_json(&line, r, i, batches, classes));
        PV_TRY_GOTO(pv_json_dump(&text, line, 0));
        PV_TRY_GOTO(pv_str_append(&text, "\n"));
        json_decref(line);
        line = NULL;
    }
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&text), text.size, 0644));
done:
    json_decref(line);
    pv_str_clear(&text);
    return status;
}
