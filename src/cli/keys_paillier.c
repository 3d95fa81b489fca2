#include "cli/commands.h"
#include "cli/console.h"
#include "cli/keys.h"
#include "crypto/identity/hash.h"
#include "crypto/paillier/paillier.h"
#include "wire/pem.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what a file is */

static pv_status print_json(const char *path, const char *public_path, const pv_paillier_sk *sk,
                            const pv_paillier_pk *pk, const char *fingerprint)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "file", json_string(path)));
    PV_TRY_GOTO(
        pv_json_set(j, "kind", json_string(sk != NULL ? "paillier-key" : "paillier-public-key")));
    PV_TRY_GOTO(pv_json_set(j, "bits", json_integer(pv_paillier_bits(pk))));
    PV_TRY_GOTO(pv_json_set(j, "fingerprint", json_sprintf("sha256:%s", fingerprint)));
    PV_TRY_GOTO(pv_json_set(j, "safe_primes",
                            sk != NULL ? json_boolean(pv_paillier_safe(sk)) : json_null()));
    PV_TRY_GOTO(pv_json_set(j, "public_file",
                            public_path != NULL ? json_string(public_path) : json_null()));
    status = pv_console_json(json_incref(j));
done:
    json_decref(j);
    return status;
}

static pv_status print(const pv_cli *cli, const char *path, const char *public_path,
                       const pv_paillier_sk *sk, const pv_paillier_pk *pk)
{
    char text[PV_HASH_TEXT];
    pv_hash h;
    pv_paillier_fingerprint(h.byte, pk);
    pv_hash_text(&h, text);
    if (cli->global.json) return print_json(path, public_path, sk, pk, text);
    pv_console_print("%s: %s key of Paillier's cryptosystem\n", path,
                     sk != NULL ? "private" : "public");
    pv_console_print("  bits         %d\n", pv_paillier_bits(pk));
    pv_console_print("  fingerprint  sha256:%s\n", text);
    if (sk != NULL)
        pv_console_print("  primes       %s\n", pv_paillier_safe(sk) ? "safe" : "not safe primes");
    else
        pv_console_print(
            "  proof        holds: n has no factor in common with its group's order\n");
    if (public_path != NULL) pv_console_print("  public key   %s\n", public_path);
    return PV_OK;
}

int pv_keys_is_paillier(const char *label)
{
    return strcmp(label, PV_PAILLIER_PEM_PRIVATE) == 0 ||
           strcmp(label, PV_PAILLIER_PEM_PUBLIC) == 0;
}

pv_status pv_keys_print_paillier(const pv_cli *cli, const char *path, const char *label)
{
    pv_status status = PV_OK;
    pv_paillier_sk *sk = NULL;
    pv_paillier_pk *pk = NULL;
    if (strcmp(label, PV_PAILLIER_PEM_PUBLIC) == 0) {
        PV_TRY_GOTO(pv_paillier_pk_load(&pk, path));
        PV_TRY_GOTO(print(cli, path, NULL, NULL, pk));
    } else {
        PV_TRY_GOTO(pv_paillier_sk_load(&sk, path));
        PV_TRY_GOTO(print(cli, path, NULL, sk, pv_paillier_public(sk)));
    }
done:
    pv_paillier_sk_free(sk);
    pv_paillier_pk_free(pk);
    return status;
}

/* ---- making one */

typedef struct paillier_args {
    const char *bits, *out;
} paillier_args;

static const pv_option options[] = {
    {"bits", 'b', PV_OPTION_CHOICE, "N", "3072", 0, 0, "2048|3072|4096",
     "of the modulus; 3072 for about 128 bits of strength", offsetof(paillier_args, bits), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "the private key; the public one is FILE.pub", offsetof(paillier_args, out), 1, 0},
    PV_OPTION_END,
};

/* Both or none. */
static pv_status save(const pv_paillier_sk *sk, const char *path, const char *public_path)
{
    pv_status status = PV_OK;
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    size_t bytes = pv_paillier_proof_bytes(pv_paillier_bits(pk));
    uint8_t *proof = pv_alloc(bytes, 1);
    if (proof == NULL) PV_FAIL_MEMORY(bytes);
    PV_TRY_GOTO(pv_paillier_prove(proof, sk, PV_PAILLIER_FILE_CONTEXT,
                                  sizeof PV_PAILLIER_FILE_CONTEXT - 1));
    PV_TRY_GOTO(pv_paillier_sk_save(sk, path));
    status = pv_paillier_pk_save(pk, proof, bytes, public_path);
    if (status != PV_OK) (void)unlink(path);
done:
    pv_free(proof);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const paillier_args *a = opaque;
    pv_status status = PV_OK;
    pv_csprng r = {0};
    pv_paillier_sk *sk = NULL;
    pv_str public_path = {0};
    PV_TRY_GOTO(pv_str_printf(&public_path, "%s.pub", a->out));
    PV_TRY_GOTO(pv_file_refuse_existing(a->out));
    PV_TRY_GOTO(pv_file_refuse_existing(public_path.text));
    PV_TRY_GOTO(pv_csprng_init(&r));
    PV_TRY_GOTO(pv_paillier_generate(&sk, atoi(a->bits), &r, &cli->ctx));
    PV_TRY_GOTO(save(sk, a->out, public_path.text));
    PV_TRY_GOTO(print(cli, a->out, public_path.text, sk, pv_paillier_public(sk)));
done:
    pv_csprng_clear(&r);
    pv_paillier_sk_free(sk);
    pv_str_clear(&public_path);
    return status;
}

const pv_command pv_command_keys_paillier = {
    .name = "keys paillier",
    .summary = "make a key of Paillier's cryptosystem",
    .text = "For the party that has others compute on its encrypted numbers. Both primes are safe "
            "primes, which takes a few seconds, longer where there is no AVX-512 IFMA. FILE stays "
            "with its "
            "owner; FILE.pub goes to the others and holds a proof that the modulus is "
            "well-formed. One key a collaboration. Existing files are never overwritten.",
    .examples = "privet keys paillier --out keys/bank.paillier\n"
                "privet keys show keys/bank.paillier.pub",
    .options = options,
    .args_size = sizeof(paillier_args),
    .run = run,
};
