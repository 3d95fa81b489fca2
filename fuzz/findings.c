#include "fuzz.h"
#include "report/audit_page.h"
#include <string.h>

/* What was read can be drawn, judged, and written and read again to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *j = NULL, *again = NULL;
    pv_findings f, copy;
    pv_str text = {0}, more = {0};
    if (!pv_fuzz_ok(pv_json_parse(&j, "input", data, size))) return 0;
    int ok = pv_fuzz_ok(pv_findings_parse(&f, "input", j));
    json_decref(j);
    if (!ok) {
        PV_FUZZ_CHECK(f.run == NULL && f.finding == NULL && f.findings == 0);
        return 0;
    }
    PV_FUZZ_CHECK(pv_findings_json(&j, &f) == PV_OK);
    PV_FUZZ_CHECK(pv_json_dump(&text, j, 0) == PV_OK);
    PV_FUZZ_CHECK(pv_findings_parse(&copy, "copy", j) == PV_OK);
    PV_FUZZ_CHECK(pv_findings_json(&again, &copy) == PV_OK);
    PV_FUZZ_CHECK(pv_json_dump(&more, again, 0) == PV_OK);
    PV_FUZZ_CHECK(text.size == more.size && memcmp(text.text, more.text, text.size) == 0);
    json_decref(again);
    json_decref(j);
    pv_findings_clear(&copy);
    pv_str_truncate(&text, 0);
    PV_FUZZ_CHECK(pv_findings_table(&text, &f, 80) == PV_OK);
    for (int i = 0; i < f.findings; i++) {
        pv_gate_limit limit = {f.finding[i].metric == NULL ? "" : f.finding[i].metric, 0.5};
        pv_gate_verdict v;
        PV_FUZZ_CHECK(pv_gate(&v, &text, &f, &limit, 1) == PV_OK);
        PV_FUZZ_CHECK(v != PV_GATE_OPEN || pv_finding_level(&f.finding[i]) != PV_LEVEL_INVALID);
    }
    pv_str_truncate(&text, 0);
    const pv_findings *twice[] = {&f, &f};
    PV_FUZZ_CHECK(pv_audit_page_write(&text, twice, 1 + (int)(size % 2)) == PV_OK);
    PV_FUZZ_CHECK(strstr(text.text, "<script") == NULL);
    pv_str_clear(&text);
    pv_str_clear(&more);
    pv_findings_clear(&f);
    return 0;
}
