#include "run/cuts.h"

#include <math.h>
#include <stdio.h>

static pv_status shape_json(json_t *out, const char *key, const pv_shape *s)
{
    json_t *array = json_array();
    PV_TRY(pv_json_set(out, key, array));
    for (int i = 0; i < s->ndim; i++) PV_TRY(pv_json_append(array, json_integer(s->dim[i])));
    return PV_OK;
}

static pv_status reading_json(json_t *out, const char *key, const pv_probing_reading *r)
{
    if (!isfinite(r->share)) return pv_json_set(out, key, json_null());
    json_t *j = json_object();
    PV_TRY(pv_json_set(out, key, j));
    PV_TRY(pv_json_set(j, "share", pv_json_number(r->share)));
    PV_TRY(pv_json_set(j, "probe", json_string(r->kind)));
    return pv_json_set(j, "way", json_string(r->way));
}

static pv_status probe_json(json_t *out, const pv_probing *r)
{
    if (r->read == 0) return pv_json_set(out, "probe", json_null());
    json_t *j = json_object();
    PV_TRY(pv_json_set(out, "probe", j));
    PV_TRY(reading_json(j, "secret", &r->secret));
    PV_TRY(reading_json(j, "label", &r->label));
    PV_TRY(pv_json_set(j, "prior", pv_json_number(r->prior)));
    PV_TRY(pv_json_set(j, "answered", pv_json_number(r->answered)));
    PV_TRY(pv_json_set(j, "learned", json_integer(r->learned)));
    PV_TRY(pv_json_set(j, "read", json_integer(r->read)));
    return pv_json_set(j, "seconds", pv_json_number(r->seconds));
}

static pv_status row_json(json_t *j, const pv_cuts_row *r)
{
    char text[PV_CUT_TEXT];
    json_t *bytes = json_object(), *latency = json_object();
    PV_TRY(pv_json_set(j, "bytes", bytes));
    PV_TRY(pv_json_set(j, "latency_ms", latency));
    PV_TRY(pv_json_set(j, "cut",
                       r->cut.stage == 0 ? json_null() : json_string(pv_cut_text(&r->cut, text))));
    PV_TRY(pv_json_set(j, "layer", r->cut.stage == 0 ? json_null() : json_string(r->layer)));
    PV_TRY(pv_json_set(j, "customer_params", json_integer(r->params)));
    PV_TRY(pv_json_set(j, "customer_bytes", json_integer(4 * r->params)));
    PV_TRY(shape_json(j, "activation", &r->shape));
    PV_TRY(pv_json_set(j, "numbers", json_integer(r->numbers)));
    PV_TRY(pv_json_set(j, "share", pv_json_number(r->share)));
    for (int f = 0; f < PV_CUTS_FORMS; f++) {
        char bits[8];
        snprintf(bits, sizeof bits, "%d", pv_cuts_bits[f]);
        PV_TRY(pv_json_set(bytes, bits, json_integer(r->bytes[f])));
        PV_TRY(pv_json_set(latency, bits, pv_json_number(r->latency_ms[f])));
    }
    PV_TRY(pv_json_set(j, "customer_ms", pv_json_number(r->front_ms)));
    PV_TRY(pv_json_set(j, "provider_ms", pv_json_number(r->back_ms)));
    PV_TRY(pv_json_set(j, "images", json_integer(r->images)));
    PV_TRY(pv_json_set(j, "shadow", json_integer(r->shadow)));
    PV_TRY(pv_json_set(j, "ssim", pv_json_number(r->ssim)));
    PV_TRY(pv_json_set(j, "psnr", pv_json_number(r->psnr)));
    PV_TRY(pv_json_set(j, "residual", pv_json_number(r->residual)));
    PV_TRY(pv_json_set(j, "seconds", pv_json_number(r->seconds)));
    return probe_json(j, &r->probe);
}

static pv_status conv_json(json_t *j, const pv_cuts_conv *c)
{
    const struct {
        const char *key;
        int64_t value;
    } all[] = {
        {"stage", c->stage},
        {"kernel", c->kernel},
        {"channels", c->channels},
        {"stride", c->stride},
        {"kernels", c->kernels},
        {"side", c->side},
        {"positions", c->count.positions},
        {"unknowns", c->count.unknowns},
        {"equations", c->count.equations},
        {"most_kernels", c->count.most_kernels},
        {"overdetermined_from", c->count.overdetermined},
        {"image_unknowns", c->count.image_unknowns},
        {"image_equations", c->count.image_equations},
    };
    PV_TRY(pv_json_set(j, "layer", json_string(c->layer)));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        PV_TRY(pv_json_set(j, all[i].key, json_integer(all[i].value)));
    return pv_json_set(j, "ratio", pv_json_number(c->count.ratio));
}

pv_status pv_cuts_json(json_t *out, const pv_cuts *c, const pv_cuts_options *o)
{
    static const char *const read[] = {NULL, "test split", "other half"};
    json_t *rows = json_array(), *convs = json_array();
    PV_TRY(pv_json_set(out, "cuts", rows));
    PV_TRY(pv_json_set(out, "convolutions", convs));
    PV_TRY(pv_json_set(out, "model", json_string(o->model)));
    PV_TRY(pv_json_set(out, "data", json_string(o->data)));
    PV_TRY(pv_json_set(out, "bits_a_second", pv_json_number(o->bandwidth)));
    PV_TRY(pv_json_set(out, "params", json_integer(c->params)));
    PV_TRY(pv_json_set(out, "untrained", json_boolean(c->untrained)));
    PV_TRY(pv_json_set(out, "secret", json_boolean(c->secret)));
    PV_TRY(pv_json_set(out, "probes_read", c->probed ? json_string(read[c->probed]) : json_null()));
    PV_TRY(pv_json_set(out, "probe_seeds", c->probed ? json_integer(o->probe_seeds) : json_null()));
    PV_TRY(shape_json(out, "sample", &c->domain.sample));
    for (size_t i = 0; i < c->rows; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(rows, one));
        PV_TRY(row_json(one, &c->row[i]));
    }
    for (size_t i = 0; i < c->convs; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(convs, one));
        PV_TRY(conv_json(one, &c->conv[i]));
    }
    return PV_OK;
}
