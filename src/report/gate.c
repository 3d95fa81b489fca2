#include "report/findings.h"

#include "report/words.h"
#include <string.h>

static pv_gate_verdict judge(const pv_finding *f, double most)
{
    if (pv_finding_level(f) == PV_LEVEL_INVALID) return PV_GATE_INVALID;
    return f->interval.high > most ? PV_GATE_EXCEEDED : PV_GATE_OPEN;
}

static void say(pv_html *h, const pv_findings *all, const pv_finding *f, const pv_gate_limit *limit)
{
    pv_gate_verdict v = judge(f, limit->most);
    pv_html_textf(h, "%s, ", pv_words_text(f->id));
    pv_words_who(h, all, pv_words_text(f->adversary), PV_WORDS_INSIDE);
    if (!pv_words_empty(f->about)) {
        pv_html_raw(h, " about ");
        pv_words_about(h, all, f->about, PV_WORDS_INSIDE);
    }
    pv_html_textf(h, ": %s ", limit->metric);
    if (v == PV_GATE_INVALID) {
        pv_html_raw(h, "INVALID: ");
        pv_words_invalid(h, f);
    } else {
        pv_words_of(h, &f->count);
        pv_html_raw(h, ", up to ");
        pv_words_share(h, f->interval.high);
        pv_html_raw(h, v == PV_GATE_EXCEEDED ? ", above its limit of " : ", within its limit of ");
        pv_words_share(h, limit->most);
    }
    pv_html_raw(h, "\n");
}

static pv_status no_such_metric(const pv_findings *f, const pv_gate_limit *limit)
{
    pv_str known = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < f->findings; i++) {
        const char *name = pv_words_text(f->finding[i].metric);
        int seen = 0;
        for (int k = 0; k < i; k++) seen |= strcmp(pv_words_text(f->finding[k].metric), name) == 0;
        if (!seen) PV_TRY_GOTO(pv_str_printf(&known, "%s%s", known.size == 0 ? "" : ", ", name));
    }
    PV_FAIL_GOTO(PV_ERR_OPTION, "no finding of %s measures \"%s\"; measured: %s",
                 pv_words_text(f->run), limit->metric, known.size == 0 ? "nothing" : known.text);
done:
    pv_str_clear(&known);
    return status;
}

static pv_status check(const pv_findings *f, const pv_gate_limit *limit)
{
    int measured = 0;
    if (!(limit->most >= 0 && limit->most <= 1))
        PV_FAIL(PV_ERR_OPTION, "the limit of %s is %g, a share from 0 to 1 was expected",
                limit->metric, limit->most);
    for (int i = 0; i < f->findings; i++)
        measured += strcmp(pv_words_text(f->finding[i].metric), limit->metric) == 0;
    return measured > 0 ? PV_OK : no_such_metric(f, limit);
}

pv_status pv_gate(pv_gate_verdict *out, pv_str *why, const pv_findings *f,
                  const pv_gate_limit *limit, int limits)
{
    /* a leak that was shown stays shown, whatever else went wrong */
    static const pv_gate_verdict order[] = {PV_GATE_EXCEEDED, PV_GATE_INVALID, PV_GATE_OPEN};
    pv_html h = {.plain = 1};
    int decided = 0;
    *out = PV_GATE_INVALID;
    if (limits < 1) PV_FAIL(PV_ERR_OPTION, "a gate needs a limit: METRIC=SHARE");
    for (int j = 0; j < limits; j++) PV_TRY(check(f, &limit[j]));
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (int j = 0; j < limits; j++)
            for (int i = 0; i < f->findings; i++) {
                const pv_finding *one = &f->finding[i];
                if (strcmp(pv_words_text(one->metric), limit[j].metric) != 0) continue;
                if (judge(one, limit[j].most) != order[k]) continue;
                if (!decided) *out = order[k];
                decided = 1;
                say(&h, f, one, &limit[j]);
            }
    pv_status status = h.status;
    if (status == PV_OK) status = pv_str_append(why, pv_str_text(&h.out));
    pv_html_clear(&h);
    return status;
}
