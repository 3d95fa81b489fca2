/* cli/keys.h - what the `privet keys` commands share */
#ifndef PV_CLI_KEYS_H
#define PV_CLI_KEYS_H

#include "base/str.h"
#include "cli/command.h"

/* What a file of keys is: as lines, or with --json as the one object. key_path: of the private key
 * that was made with it, or NULL. Warns when a certificate has less than 30 days left. */
pv_status pv_keys_print(const pv_cli *cli, const char *path, const char *key_path) PV_MUST_USE;

/* FOLDER/NAME.pem and its like, appended to an empty text. */
pv_status pv_keys_path(pv_str *path, const char *folder, const char *name,
                       const char *suffix) PV_MUST_USE;

/* The same of Paillier's keys (keys_paillier.c); label: of the PEM file. */
int pv_keys_is_paillier(const char *label);
pv_status pv_keys_print_paillier(const pv_cli *cli, const char *path,
                                 const char *label) PV_MUST_USE;

#endif
