#include "party/scenario.h"
#include "fuzz.h"
#include <string.h>

/* What a scenario says about its parties holds, its agreement is a scenario again and the same
 * one, and what is local is loaded for everybody. */
static void look_at(pv_scenario *s)
{
    pv_scenario again;
    pv_local l;
    PV_FUZZ_CHECK(s->parties > 0 && s->scheme != NULL && s->threads > 0);
    for (int i = 0; i < s->parties && i < 8; i++) {
        const pv_scenario_party *p = &s->party[i];
        PV_FUZZ_CHECK(pv_scenario_find(s, p->name) == p && p->line > 0);
        PV_FUZZ_CHECK(pv_scenario_rank(s, p->name) < pv_scenario_count(s, p->role));
        if (pv_fuzz_ok(pv_local_load(&l, s, p->name, NULL))) pv_local_clear(&l);
    }
    PV_FUZZ_CHECK(s->schema.kind == 0 || (s->schema.classes >= 2 && s->schema.sample.ndim > 0));
    if (!pv_fuzz_ok(pv_scenario_parse(&again, "agreement", s->agreement.text, s->agreement.size)))
        return; /* a line may become too long, once it has blanks around its '=' */
    /* "k =;v" has a value, "k = ;v" a comment */
    if (memchr(s->agreement.text, ';', s->agreement.size) == NULL)
        PV_FUZZ_CHECK(pv_hash_equal(&s->hash, &again.hash) && s->parties == again.parties);
    pv_scenario_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_scenario s;
    if (pv_fuzz_ok(pv_scenario_parse(&s, "input", data, size))) {
        look_at(&s);
        pv_scenario_clear(&s);
    } else {
        PV_FUZZ_CHECK(s.path == NULL && s.party == NULL && s.agreement.text == NULL);
    }
    return 0;
}
