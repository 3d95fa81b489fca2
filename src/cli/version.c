#include "cli/commands.h"
#include "cli/console.h"

static const pv_option options[] = {PV_OPTION_END};

static pv_status run(const pv_cli *cli, const void *args)
{
    (void)args;
    if (!cli->global.json) {
        pv_console_print("privet %s\n", PV_VERSION);
        return PV_OK;
    }
    json_t *value = json_object();
    pv_status status = pv_json_set(value, "version", json_string(PV_VERSION));
    if (status == PV_OK) return pv_console_json(value);
    json_decref(value);
    return status;
}

const pv_command pv_command_version = {
    .name = "version",
    .summary = "the version of this program",
    .options = options,
    .run = run,
};
