#include "run/registry.h"

#include "attack/extraction/extraction.h"
#include "attack/gradient/gradient.h"
#include "attack/inversion/inversion.h"
#include "attack/labels/labels.h"
#include "attack/rows/rows.h"
#include "base/str.h"
#include "scheme/align/align.h"
#include "scheme/complement/complement.h"
#include "scheme/federated/federated.h"
#include "scheme/plain/plain.h"
#include "scheme/vertical/vertical.h"

#include <string.h>

static const pv_scheme *const schemes[] = {&pv_scheme_plain,      &pv_scheme_federated,
                                           &pv_scheme_vertical,   &pv_scheme_align,
                                           &pv_scheme_complement, NULL};
static const pv_attack *const attacks[] = {
    &pv_attack_idlg,       &pv_attack_dlg,        &pv_attack_cosine,
    &pv_attack_analytic,   &pv_attack_labels,     &pv_attack_rows,
    &pv_attack_direction,  &pv_attack_clustering, &pv_attack_norm,
    &pv_attack_spectral,   &pv_attack_completion, &pv_attack_gram,
    &pv_attack_regression, &pv_attack_solve,      NULL};

const pv_scheme *pv_scheme_at(int i)
{
    return schemes[i];
}

const pv_attack *pv_attack_at(int i)
{
    return attacks[i];
}

pv_status pv_scheme_find(const pv_scheme **out, const char *name)
{
    pv_str there = {0};
    for (int i = 0; schemes[i] != NULL; i++)
        if (strcmp(schemes[i]->name, name) == 0) {
            *out = schemes[i];
            return PV_OK;
        }
    for (int i = 0; schemes[i] != NULL; i++)
        if (pv_str_printf(&there, "%s%s", i > 0 ? ", " : "", schemes[i]->name) != PV_OK) break;
    pv_status s =
        pv_trail_fail(PV_ERR_OPTION, __FILE__, __LINE__, "there is no scheme \"%s\"; there are: %s",
                      name, pv_str_text(&there));
    pv_str_clear(&there);
    return s;
}

pv_status pv_scheme_of(const pv_scheme **out, pv_scenario *s)
{
    const pv_claim *claim;
    int claims;
    pv_str setting = {0};
    PV_TRY(pv_scheme_find(out, s->scheme));
    pv_status status = (*out)->check(s, &setting, &claim, &claims);
    pv_str_clear(&setting);
    PV_TRY(status);
    for (int i = 0; i < (*out)->types; i++) {
        pv_retention ignored;
        PV_TRY(pv_scenario_retention(&ignored, s, &(*out)->type[i]));
    }
    return PV_OK;
}

pv_status pv_attack_find(const pv_attack **out, const char *name)
{
    pv_str there = {0};
    for (int i = 0; attacks[i] != NULL; i++)
        if (strcmp(attacks[i]->name, name) == 0) {
            *out = attacks[i];
            return PV_OK;
        }
    for (int i = 0; attacks[i] != NULL; i++)
        if (pv_str_printf(&there, "%s%s", i > 0 ? ", " : "", attacks[i]->name) != PV_OK) break;
    pv_status s =
        pv_trail_fail(PV_ERR_OPTION, __FILE__, __LINE__, "there is no attack \"%s\"; there are: %s",
                      name, pv_str_text(&there));
    pv_str_clear(&there);
    return s;
}
