#include "cli/commands.h"
#include "cli/keys.h"
#include "wire/pem.h"
#include <string.h>

typedef struct show_args {
    const char *file;
} show_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL, "a certificate, a request or a key",
     offsetof(show_args, file), 1, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const show_args *a = opaque;
    pv_pem pem;
    char label[PV_PEM_LABEL];
    PV_TRY(pv_pem_read(&pem, a->file));
    memcpy(label, pem.label, sizeof label);
    pv_pem_clear(&pem);
    if (pv_keys_is_paillier(label)) return pv_keys_print_paillier(cli, a->file, label);
    return pv_keys_print(cli, a->file, NULL);
}

const pv_command pv_command_keys_show = {
    .name = "keys show",
    .summary = "what a file of keys is, its fingerprint and how long it is valid",
    .text = "Of a private key only its public half is shown. A certificate with less than 30 days "
            "left gets a warning. Of a key of Paillier's cryptosystem: its bits, and whether its "
            "primes "
            "are safe or the proof of its public half holds.",
    .examples = "privet keys show keys/hospital-a.pem",
    .options = options,
    .args_size = sizeof(show_args),
    .run = run,
};
