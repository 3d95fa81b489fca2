/* predictions.csv of a customer, as an audit reads it: classes "3", "a,b" and "5". */
#include "fuzz.h"
#include "scheme/complement/audited.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char three[] = "3", quoted[] = "a,b", five[] = "5";
    char *name[] = {three, quoted, five};
    const pv_schema schema = {.classes = 3, .class_name = name};
    int32_t *label;
    int64_t count;
    if (!pv_fuzz_ok(pv_complement_labels_parse(&label, &count, &schema, "input", data, size)))
        return 0;
    for (int64_t i = 0; i < count; i++) PV_FUZZ_CHECK(label[i] >= 0 && label[i] < 3);
    pv_free(label);
    return 0;
}
