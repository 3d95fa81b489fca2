/* cli/passphrase.h - a passphrase from a file or from the terminal, never from the command line
 *
 *     pv_cli_passphrase p = {0};
 *     PV_TRY(pv_cli_passphrase_get(&p, "the new key", a->passphrase_file, a->ask, 1));
 *     ... &p.value ...
 *     pv_cli_passphrase_clear(&p);
 */
#ifndef PV_CLI_PASSPHRASE_H
#define PV_CLI_PASSPHRASE_H

#include "crypto/identity/identity.h"

typedef struct pv_cli_passphrase {
    pv_passphrase value; /* its text is NULL when none was wanted */
    char text[PV_PASSPHRASE_MAX + 1];
} pv_cli_passphrase;

/* file: NULL or a path. ask: on the terminal, without showing it; `twice` where a mistake would
 * lock a new key for good. `of` is named in the question. Errors: those of pv_passphrase_load,
 * PV_ERR_OPTION (both), PV_ERR_USAGE (there is no terminal, the two differ), PV_ERR_CANCELLED. */
pv_status pv_cli_passphrase_get(pv_cli_passphrase *p, const char *of, const char *file, int ask,
                                int twice) PV_MUST_USE;
void pv_cli_passphrase_clear(pv_cli_passphrase *p); /* wipes; idempotent */

#endif
