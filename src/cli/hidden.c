#include "cli/hidden.h"

#include "cli/console.h"
#include <math.h>

void pv_hidden_print(const pv_hidden *h, const pv_hidden_score *s)
{
    int64_t asked = s->count * s->values;
    char cut[PV_CUT_TEXT];
    int64_t right = (int64_t)(s->accuracy * (double)asked + 0.5);
    pv_console_print("secret    %s as %s, alpha %.4g, behind %lld kept layer%s\n",
                     pv_secret_kind_name(h->plan.kind), pv_secret_form_name(h->plan.form),
                     h->plan.alpha, (long long)h->kept, h->kept == 1 ? "" : "s");
    if (h->noise > 0)
        pv_console_print("noise     %g deviations of the activation at cut %s\n", h->noise,
                         pv_cut_text(&h->noise_at, cut));
    for (int64_t v = 0; v < s->values; v++)
        pv_console_print("  %s %-4lld %6.2f %% of %lld\n",
                         h->plan.kind == PV_SECRET_PERMUTATION ? "draw" : "value", (long long)v,
                         100 * s->of_value[v], (long long)s->count);
    pv_console_print("accuracy  %.2f %% mean, %lld of %lld, %.2f %% for the worst value\n"
                     "loss      %.4f\n",
                     100 * s->accuracy, (long long)right, (long long)asked, 100 * s->worst,
                     s->loss);
}

pv_status pv_hidden_fill_json(json_t *j, const pv_hidden *h, const pv_hidden_score *s)
{
    int measured = s->count > 0;
    char cut[PV_CUT_TEXT];
    json_t *values = json_array();
    PV_TRY(pv_json_set(j, "of_value", values));
    for (int64_t v = 0; v < s->values; v++)
        PV_TRY(pv_json_append(values, pv_json_number(s->of_value[v])));
    PV_TRY(pv_json_set(j, "kind", json_string(pv_secret_kind_name(h->plan.kind))));
    PV_TRY(pv_json_set(j, "form", json_string(pv_secret_form_name(h->plan.form))));
    PV_TRY(pv_json_set(j, "alpha", pv_json_number(h->plan.alpha)));
    PV_TRY(pv_json_set(j, "kept", json_integer(h->kept)));
    PV_TRY(pv_json_set(j, "noise", pv_json_number(h->noise)));
    PV_TRY(pv_json_set(j, "noise_cut",
                       h->noise > 0 ? json_string(pv_cut_text(&h->noise_at, cut)) : json_null()));
    PV_TRY(pv_json_set(j, "count", json_integer(s->count)));
    PV_TRY(pv_json_set(j, "accuracy", pv_json_number(measured ? s->accuracy : NAN)));
    PV_TRY(pv_json_set(j, "worst", pv_json_number(measured ? s->worst : NAN)));
    return pv_json_set(j, "loss", pv_json_number(measured ? s->loss : NAN));
}
