#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/passphrase.h"

typedef struct ca_args {
    const char *name, *folder, *passphrase_file;
    int64_t days;
    int ask;
} ca_args;

static const pv_option options[] = {
    {"name", 'n', PV_OPTION_TEXT, "TEXT", "authority", 0, 0, NULL,
     "what the authority is called in the certificates it issues", offsetof(ca_args, name), 0, 0},
    {"folder", 'f', PV_OPTION_PATH, "FOLDER", "keys", 0, 0, NULL,
     "where ca.pem and ca.key are written", offsetof(ca_args, folder), 0, 0},
    {"days", 0, PV_OPTION_INTEGER, "N", "3650", 1, 36500, NULL, "how long it is valid",
     offsetof(ca_args, days), 0, 0},
    {"passphrase-file", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "put the key under the passphrase in the first line of FILE",
     offsetof(ca_args, passphrase_file), 0, 0},
    {"passphrase", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "ask for a passphrase on the terminal", offsetof(ca_args, ask), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const ca_args *a = opaque;
    pv_status status = PV_OK;
    pv_cli_passphrase p = {0};
    pv_str path = {0}, key = {0};
    PV_TRY_GOTO(pv_keys_path(&path, a->folder, "ca", "pem"));
    PV_TRY_GOTO(pv_keys_path(&key, a->folder, "ca", "key"));
    PV_TRY_GOTO(pv_cli_passphrase_get(&p, "the authority's key", a->passphrase_file, a->ask, 1));
    PV_TRY_GOTO(pv_ca_make(a->folder, a->name, (int)a->days, &p.value));
    PV_TRY_GOTO(pv_keys_print(cli, path.text, key.text));
done:
    pv_cli_passphrase_clear(&p);
    pv_str_clear(&path);
    pv_str_clear(&key);
    return status;
}

const pv_command pv_command_keys_ca = {
    .name = "keys ca",
    .summary = "make the authority that vouches for the parties of a collaboration",
    .text = "Writes ca.pem, which every party gets, and ca.key, which stays with whoever issues "
            "certificates. Existing files are never overwritten.",
    .examples = "privet keys ca --name \"Three hospitals\" --passphrase",
    .options = options,
    .args_size = sizeof(ca_args),
    .run = run,
};
