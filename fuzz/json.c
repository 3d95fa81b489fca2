#include "base/json.h"
#include "fuzz.h"

/* What was read, written and read again is the same, indented or not. */
static void round_trip(const json_t *j, int indent)
{
    pv_str text = {0};
    json_t *again;
    PV_FUZZ_CHECK(pv_json_dump(&text, j, indent) == PV_OK);
    PV_FUZZ_CHECK(pv_json_parse(&again, "copy", text.text, text.size) == PV_OK);
    PV_FUZZ_CHECK(json_equal(j, again));
    json_decref(again);
    pv_str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *j;
    int ok = pv_fuzz_ok(pv_json_parse(&j, "input", data, size));
    PV_FUZZ_CHECK(ok == (j != NULL));
    if (ok) {
        round_trip(j, 0);
        /* nesting makes indented text grow with the square of its depth */
        if (size < 1000) round_trip(j, 2);
    }
    json_decref(j);
    return 0;
}
