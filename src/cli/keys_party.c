#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/passphrase.h"

typedef struct party_args {
    const char *name, *folder, *passphrase_file, *ca_passphrase_file;
    int64_t days;
    int ask, ask_ca;
} party_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "of the party: a-z, 0-9 and -, a letter first", offsetof(party_args, name), 1, 0},
    {"folder", 'f', PV_OPTION_PATH, "FOLDER", "keys", 0, 0, NULL,
     "where ca.pem and ca.key are, and NAME.pem and NAME.key are written",
     offsetof(party_args, folder), 0, 0},
    {"days", 0, PV_OPTION_INTEGER, "N", "365", 1, 36500, NULL,
     "how long it is valid, at most as long as the authority", offsetof(party_args, days), 0, 0},
    {"passphrase-file", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "put the new key under the passphrase in the first line of FILE",
     offsetof(party_args, passphrase_file), 0, 0},
    {"passphrase", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "ask for the new key's passphrase on the terminal", offsetof(party_args, ask), 0, 0},
    {"ca-passphrase-file", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "open ca.key with the passphrase in the first line of FILE",
     offsetof(party_args, ca_passphrase_file), 0, 0},
    {"ca-passphrase", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "ask for the passphrase of ca.key on the terminal", offsetof(party_args, ask_ca), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const party_args *a = opaque;
    pv_status status = PV_OK;
    pv_cli_passphrase own = {0}, ca = {0};
    pv_str path = {0}, key = {0};
    PV_TRY_GOTO(pv_keys_path(&path, a->folder, a->name, "pem"));
    PV_TRY_GOTO(pv_keys_path(&key, a->folder, a->name, "key"));
    PV_TRY_GOTO(
        pv_cli_passphrase_get(&ca, "the authority's key", a->ca_passphrase_file, a->ask_ca, 0));
    PV_TRY_GOTO(pv_cli_passphrase_get(&own, "the new key", a->passphrase_file, a->ask, 1));
    PV_TRY_GOTO(pv_party_make(a->folder, a->name, (int)a->days, &own.value, &ca.value));
    PV_TRY_GOTO(pv_keys_print(cli, path.text, key.text));
done:
    pv_cli_passphrase_clear(&own);
    pv_cli_passphrase_clear(&ca);
    pv_str_clear(&path);
    pv_str_clear(&key);
    return status;
}

const pv_command pv_command_keys_party = {
    .name = "keys party",
    .summary = "make a party's key and certificate beside the authority",
    .text = "For parties that trust whoever runs the authority with their key, as on one machine. "
            "A party that makes its key itself uses privet keys csr.\n\nThe last line belongs into "
            "the scenario: it pins the party to this certificate. Existing files are never "
            "overwritten.",
    .examples = "privet keys party hospital-a\n"
                "privet keys party hospital-a --days 90 --passphrase --ca-passphrase",
    .options = options,
    .args_size = sizeof(party_args),
    .run = run,
};
