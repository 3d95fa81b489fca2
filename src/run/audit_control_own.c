#include "run/audit_i.h"

#include "data/rows.h"

pv_status pv_control_own(pv_known *out, const float *x, int64_t n, int64_t width, int classes,
                         uint64_t seed)
{
    pv_status status = PV_OK;
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(width),
                              .classes = classes};
    int32_t *label = pv_calloc((size_t)n, sizeof *label); /* a feature party has none */
    const char **name = pv_alloc((size_t)classes, sizeof *name);
    if (label == NULL || name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control's samples");
    PV_TRY_GOTO(pv_model_new_domain(&out->own_model, "mlr", &domain, seed));
    out->own_head = 1;
    for (int k = 0; k < classes; k++) name[k] = pv_model_class_name(out->own_model, k);
    PV_TRY_GOTO(pv_data_from_rows(&out->own_data, &(pv_rows){.kind = PV_DATA_TABLE,
                                                             .dtype = PV_F32,
                                                             .sample = PV_SHAPE(width),
                                                             .n = n,
                                                             .x = x,
                                                             .label = label,
                                                             .class_name = name,
                                                             .classes = classes}));
done:
    pv_free(label);
    pv_free(name);
    return status;
}
