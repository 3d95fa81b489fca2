#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/passphrase.h"
#include <string.h>

typedef struct sign_args {
    const char *csr, *folder, *out, *passphrase_file;
    int64_t days;
    int ask;
} sign_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "CSR", NULL, 0, 0, NULL, "the request a party sent",
     offsetof(sign_args, csr), 1, 0},
    {"folder", 'f', PV_OPTION_PATH, "FOLDER", "keys", 0, 0, NULL, "where ca.pem and ca.key are",
     offsetof(sign_args, folder), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "the certificate; without it, beside the request and ending in .pem", offsetof(sign_args, out),
     0, 0},
    {"days", 0, PV_OPTION_INTEGER, "N", "365", 1, 36500, NULL,
     "how long it is valid, at most as long as the authority", offsetof(sign_args, days), 0, 0},
    {"ca-passphrase-file", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "open ca.key with the passphrase in the first line of FILE",
     offsetof(sign_args, passphrase_file), 0, 0},
    {"ca-passphrase", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "ask for the passphrase of ca.key on the terminal", offsetof(sign_args, ask), 0, 0},
    PV_OPTION_END,
};

/* x.csr becomes x.pem. */
static pv_status beside(pv_str *path, const char *csr)
{
    static const char suffix[] = ".csr";
    size_t n = strlen(csr), m = sizeof suffix - 1;
    if (n > m && strcmp(csr + n - m, suffix) == 0) n -= m;
    PV_TRY(pv_str_append_bytes(path, csr, n));
    return pv_str_append(path, ".pem");
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const sign_args *a = opaque;
    pv_status status = PV_OK;
    pv_cli_passphrase p = {0};
    pv_str path = {0};
    PV_TRY_GOTO(a->out != NULL ? pv_str_append(&path, a->out) : beside(&path, a->csr));
    PV_TRY_GOTO(pv_cli_passphrase_get(&p, "the authority's key", a->passphrase_file, a->ask, 0));
    PV_TRY_GOTO(pv_csr_sign(a->folder, a->csr, path.text, (int)a->days, &p.value));
    PV_TRY_GOTO(pv_keys_print(cli, path.text, NULL));
done:
    pv_cli_passphrase_clear(&p);
    pv_str_clear(&path);
    return status;
}

const pv_command pv_command_keys_sign = {
    .name = "keys sign",
    .summary = "sign a party's request with the authority's key",
    .text = "First compare the public key that privet keys show prints of the request with the one "
            "the party tells you: the signature vouches that this key is that party's. Name and "
            "key are taken from the request and nothing else.",
    .examples = "privet keys show hospital-b.csr\n"
                "privet keys sign hospital-b.csr --ca-passphrase",
    .options = options,
    .args_size = sizeof(sign_args),
    .run = run,
};
