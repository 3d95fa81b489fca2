/* What crosses in the schemes federated and plain. The first byte says which message the rest is;
 * what is accepted has all that a role relies on. */
#include "fed/messages.h"
#include "fed/parts.h"
#include "fuzz_parts.h"
#include "scheme/plain/messages.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 3 };

/* A small model with running statistics: state among its parameters. */
static const pv_fed_layout *layout(void)
{
    static pv_model *m;
    static pv_fed_layout l;
    static const char text[] = "dense 2\nbatchnorm\ndense classes\n";
    const pv_model_domain d = {
        .size = sizeof d, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(COLUMNS), .classes = 2};
    if (m != NULL) return &l;
    PV_FUZZ_CHECK(pv_model_parse(&m, text, sizeof text - 1, "fuzz", &d, 1) == PV_OK);
    PV_FUZZ_CHECK(pv_fed_layout_init(&l, m) == PV_OK);
    return &l;
}

static void vector(const pv_parts *p, pv_fed_form form, int with_samples)
{
    const pv_fed_layout *l = layout();
    float *v = calloc((size_t)l->size, sizeof *v);
    int64_t samples = 0;
    if (pv_fuzz_accepted(
            pv_fed_parts_take(v, with_samples ? &samples : NULL, p, "input", l, form))) {
        for (int64_t i = 0; i < l->size; i++) PV_FUZZ_CHECK(isfinite(v[i]));
        PV_FUZZ_CHECK(!with_samples || samples >= 1);
    }
    free(v);
}

static void check_columns(const double *mean, const double *std)
{
    for (int i = 0; i < COLUMNS; i++)
        PV_FUZZ_CHECK(isfinite(mean[i]) && isfinite(std[i]) && std[i] >= 0);
}

static void rows(const pv_parts *p)
{
    pv_plain_rows r;
    const pv_shape sample = PV_SHAPE(COLUMNS);
    unsigned sum = 0;
    if (!pv_fuzz_accepted(pv_plain_rows_take(&r, p, "input", &sample))) return;
    PV_FUZZ_CHECK(r.n >= 1 && (r.dtype == PV_U8 || r.dtype == PV_F32));
    const uint8_t *bytes = r.x;
    for (size_t i = 0; i < (size_t)r.n * COLUMNS * pv_dtype_size(r.dtype); i++) sum += bytes[i];
    for (int64_t i = 0; i < r.n; i++) sum += (unsigned)r.label[i];
    PV_FUZZ_CHECK(sum != 1 || r.n > 0); /* all of it was read */
    const char *const names[2] = {"a", "b"};
    const pv_rows all = {.kind = PV_DATA_TABLE,
                         .dtype = r.dtype,
                         .sample = sample,
                         .n = r.n,
                         .x = r.x,
                         .label = r.label,
                         .class_name = names,
                         .classes = 2};
    pv_data *data;
    if (pv_fuzz_ok(pv_data_from_rows(&data, &all))) PV_FUZZ_CHECK(pv_data_count(data) == r.n);
    pv_data_free(data);
}

static void message(int kind, const pv_parts *p)
{
    pv_fed_join join;
    pv_fed_setup setup;
    pv_plain_join all;
    pv_norm norm;
    int64_t epoch;
    double loss;
    switch (kind) {
    case 0:
    case 1:
        if (pv_fuzz_accepted(
                pv_fed_join_take(&join, p, "input", kind == 0 ? COLUMNS : 0, kind == 0)) &&
            kind == 0) {
            check_columns(join.mean, join.std);
            PV_FUZZ_CHECK(join.samples >= 1);
        }
        break;
    case 2:
        if (pv_fuzz_accepted(pv_fed_setup_take(&setup, p, "input", COLUMNS))) {
            check_columns(setup.mean, setup.std);
            PV_FUZZ_CHECK(setup.rounds >= 1);
        }
        break;
    case 3:
        vector(p, PV_FORM_WEIGHTS, 0);
        break;
    case 4:
        vector(p, PV_FORM_GRADIENT, 1);
        break;
    case 5:
        rows(p);
        break;
    case 6:
        if (pv_fuzz_accepted(pv_plain_join_take(&all, p, "input"))) PV_FUZZ_CHECK(all.samples >= 1);
        break;
    case 7:
        if (pv_fuzz_accepted(pv_plain_norm_take(&norm, p, "input", COLUMNS)))
            for (int i = 0; i < COLUMNS; i++)
                PV_FUZZ_CHECK(isfinite(norm.mean[i]) && isfinite(norm.inverse_std[i]));
        pv_norm_clear(&norm);
        break;
    default:
        if (pv_fuzz_accepted(pv_plain_epoch_take(&epoch, &loss, p, "input")))
            PV_FUZZ_CHECK(epoch >= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return pv_fuzz_message(data, size, 9, message);
}
