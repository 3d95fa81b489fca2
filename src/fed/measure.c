#include "fed/measure.h"

#include "base/mem.h"
#include "privet/train.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static pv_status set(pv_party *p, const char *what, const char *key, json_t *value)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", what, key);
    return pv_party_result(p, name, value);
}

pv_status pv_fed_measure(pv_party *p, const pv_model *m, const pv_data *data, const char *what)
{
    pv_evaluation e;
    PV_TRY(pv_evaluate(m, data, pv_party_ctx(p), &e));
    int64_t count = e.count, correct = llround(e.accuracy * (double)e.count);
    double accuracy = e.accuracy;
    pv_evaluation_clear(&e);
    PV_TRY(set(p, what, "accuracy", pv_json_number(accuracy)));
    PV_TRY(set(p, what, "correct", json_integer(correct)));
    return set(p, what, "count", json_integer(count));
}

pv_status pv_fed_finish_client(pv_party *p, const pv_model *joint, const pv_model *alone,
                               const pv_data *data)
{
    pv_status status = PV_OK;
    pv_data *test = NULL;
    char *path = pv_path_join(pv_party_folder(p), "model.safetensors");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_model_save(joint, path));
    PV_TRY_GOTO(pv_party_result(p, "samples", json_integer(pv_data_count(data))));
    PV_TRY_GOTO(pv_party_test(&test, p));
    if (test != NULL) PV_TRY_GOTO(pv_fed_measure(p, joint, test, "joint"));
    if (test != NULL && alone != NULL) PV_TRY_GOTO(pv_fed_measure(p, alone, test, "alone"));
done:
    pv_data_free(test);
    pv_free(path);
    return status;
}

pv_status pv_fed_from(pv_message *m, pv_party *p, int peer, uint16_t type)
{
    int lost;
    PV_TRY(pv_party_recv(m, &lost, p, peer, type));
    if (lost) PV_FAIL(PV_ERR_TIMEOUT, "%s is lost", pv_hub_peer_name(pv_party_hub(p), peer));
    return PV_OK;
}

int pv_fed_peer_of_role(pv_party *p, const char *role)
{
    const pv_scenario *s = pv_party_scenario(p);
    for (int i = 0; i < s->parties; i++)
        if (strcmp(s->party[i].role, role) == 0)
            return pv_hub_peer_index(pv_party_hub(p), s->party[i].name);
    return -1;
}
