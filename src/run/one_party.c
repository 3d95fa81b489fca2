#include "run/one_party.h"

#include "base/file.h"
#include "run/registry.h"

#include <string.h>

static pv_status role_of(const pv_role **out, const pv_scheme *scheme, const pv_scenario *s,
                         const char *name)
{
    const pv_scenario_party *p = pv_scenario_find(s, name);
    if (p == NULL)
        PV_FAIL(PV_ERR_OPTION, "%s: there is no party \"%s\" in this scenario", s->path, name);
    for (int i = 0; scheme->role[i] != NULL; i++)
        if (strcmp(scheme->role[i]->name, p->role) == 0) {
            *out = scheme->role[i];
            return PV_OK;
        }
    PV_FAIL(PV_ERR_FORMAT, "%s:%d: the scheme %s has no role \"%s\"", s->path, p->line,
            scheme->name, p->role);
}

pv_status pv_one_party_prepare(pv_party_options *out, pv_scenario *s, pv_local *local,
                               const pv_one_party_options *o)
{
    const pv_scheme *scheme;
    PV_TRY(pv_scenario_load(s, o->scenario));
    PV_TRY(pv_scheme_of(&scheme, s));
    PV_TRY(pv_local_load(local, s, o->name, o->local));
    PV_TRY(pv_scenario_unused(s));
    *out = (pv_party_options){.size = sizeof *out,
                              .scenario = s,
                              .local = local,
                              .name = o->name,
                              .folder = o->folder,
                              .scheme = scheme->name,
                              .type = scheme->type,
                              .types = scheme->types,
                              .limits = scheme->limits,
                              .linked = scheme->linked};
    return role_of(&out->role, scheme, s, o->name);
}

pv_status pv_one_party(const pv_one_party_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_scenario scenario = {0};
    pv_local local = {0};
    pv_party_options party;
    PV_TRY_GOTO(pv_one_party_prepare(&party, &scenario, &local, o));
    PV_TRY_GOTO(pv_folder_make(o->folder));
    pv_ctx own = ctx != NULL ? *ctx : (pv_ctx){0};
    own.threads = local.threads > 0 ? local.threads : scenario.threads;
    PV_TRY_GOTO(pv_party_run(&party, &own));
done:
    pv_local_clear(&local);
    pv_scenario_clear(&scenario);
    return status;
}
