#include "data/spec.h"
#include "fuzz_option.h"
#include <stdlib.h>
#include <string.h>

/* What was cut to pieces is found again, and numbers stay within their bounds. */
static void look_at(const pv_spec *spec)
{
    int64_t n;
    int test = 0;
    for (int i = 0; i < spec->n; i++)
        PV_FUZZ_CHECK(pv_spec_get(spec, spec->option[i].key) == spec->option[i].value);
    if (pv_fuzz_option(pv_spec_int(spec, "n", 5, -3, 9, &n))) PV_FUZZ_CHECK(n >= -3 && n <= 9);
    (void)pv_fuzz_option(pv_spec_split(spec, &test));
    PV_FUZZ_CHECK(test == 0 || test == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_spec spec;
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (pv_fuzz_option(pv_spec_parse(&spec, text)))
        look_at(&spec);
    else
        PV_FUZZ_CHECK(spec.text == NULL && spec.n == 0);
    pv_spec_clear(&spec);
    free(text);
    return 0;
}
