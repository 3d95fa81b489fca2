#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/passphrase.h"

typedef struct csr_args {
    const char *name, *folder, *passphrase_file;
    int ask;
} csr_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "of the party: a-z, 0-9 and -, a letter first", offsetof(csr_args, name), 1, 0},
    {"folder", 'f', PV_OPTION_PATH, "FOLDER", "keys", 0, 0, NULL,
     "where NAME.key and NAME.csr are written", offsetof(csr_args, folder), 0, 0},
    {"passphrase-file", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "put the key under the passphrase in the first line of FILE",
     offsetof(csr_args, passphrase_file), 0, 0},
    {"passphrase", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "ask for a passphrase on the terminal", offsetof(csr_args, ask), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const csr_args *a = opaque;
    pv_status status = PV_OK;
    pv_cli_passphrase p = {0};
    pv_str path = {0}, key = {0};
    PV_TRY_GOTO(pv_keys_path(&path, a->folder, a->name, "csr"));
    PV_TRY_GOTO(pv_keys_path(&key, a->folder, a->name, "key"));
    PV_TRY_GOTO(pv_cli_passphrase_get(&p, "the new key", a->passphrase_file, a->ask, 1));
    PV_TRY_GOTO(pv_csr_make(a->folder, a->name, &p.value));
    PV_TRY_GOTO(pv_keys_print(cli, path.text, key.text));
done:
    pv_cli_passphrase_clear(&p);
    pv_str_clear(&path);
    pv_str_clear(&key);
    return status;
}

const pv_command pv_command_keys_csr = {
    .name = "keys csr",
    .summary = "make a party's key, and a request to send to the authority",
    .text = "The private key stays where it was made; NAME.csr goes to the authority, which signs "
            "it by privet keys sign and sends NAME.pem back. Tell each other the public key by "
            "another way than the request took, or the authority may sign somebody else's.",
    .examples = "privet keys csr hospital-b --passphrase",
    .options = options,
    .args_size = sizeof(csr_args),
    .run = run,
};
