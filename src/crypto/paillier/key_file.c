/* Key files: pv_paillier_sk_save, _load, _parse; pv_paillier_pk_save, _load, _parse. */
#include "crypto/paillier/paillier_i.h"

#include "wire/pem.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1 };

static pv_status save(pv_writer *w, const char *label, const char *path, mode_t mode)
{
    pv_pem pem;
    PV_TRY(pv_writer_status(w));
    PV_TRY(pv_pem_of(&pem, label, w->data, w->size));
    pv_status s = pv_pem_save(&pem, path, mode);
    pv_pem_clear(&pem);
    return s;
}

pv_status pv_paillier_sk_save(const pv_paillier_sk *sk, const char *path)
{
    pv_writer w = pv_writer_make(path, PV_PEM_MAX);
    w.secret = 1;
    PV_TRY(pv_file_refuse_existing(path));
    pv_writer_u32le(&w, VERSION);
    pv_writer_u32le(&w, (uint32_t)sk->pk->bits);
    for (int i = 0; i < 2; i++) pv_writer_bytes(&w, sk->half[i].p.m, sk->limbs * sizeof(uint64_t));
    pv_status s = save(&w, PV_PAILLIER_PEM_PRIVATE, path, 0600);
    pv_writer_clear(&w);
    return s;
}

pv_status pv_paillier_pk_save(const pv_paillier_pk *pk, const uint8_t *proof, size_t proof_bytes,
                              const char *path)
{
    pv_writer w = pv_writer_make(path, PV_PEM_MAX);
    PV_TRY(pv_file_refuse_existing(path));
    pv_writer_u32le(&w, VERSION);
    pv_writer_u32le(&w, (uint32_t)pk->bits);
    pv_writer_bytes(&w, pk->n, pk->limbs * sizeof *pk->n);
    pv_writer_bytes(&w, proof, proof_bytes);
    pv_status s = save(&w, PV_PAILLIER_PEM_PUBLIC, path, 0644);
    pv_writer_clear(&w);
    return s;
}

/* What both kinds begin with. */
static pv_status header(pv_reader *r, int *bits)
{
    uint32_t version = pv_reader_u32le(r, "version");
    *bits = (int)pv_reader_u32le(r, "number of bits");
    PV_TRY(pv_reader_status(r));
    if (version > VERSION)
        PV_FAIL(PV_ERR_VERSION, "%s: a Paillier key of version %u; this program reads version %d",
                r->name, version, VERSION);
    if (version != VERSION)
        PV_FAIL(PV_ERR_FORMAT, "%s: a Paillier key of version %u; version %d was expected", r->name,
                version, VERSION);
    if (*bits != 2048 && *bits != 3072 && *bits != 4096)
        PV_FAIL(PV_ERR_FORMAT, "%s: a Paillier key of %u bits; 2048, 3072 or 4096 were expected",
                r->name, (unsigned)*bits);
    return PV_OK;
}

static pv_status private_key(pv_paillier_sk **out, pv_reader *r)
{
    uint64_t prime[2][PV_PAILLIER_LIMBS / 2];
    int bits = 0;
    PV_TRY(header(r, &bits));
    size_t bytes = (size_t)bits / 16;
    for (int i = 0; i < 2; i++) {
        const uint8_t *at = pv_reader_bytes(r, bytes, i == 0 ? "first prime" : "second prime");
        if (at != NULL) memcpy(prime[i], at, bytes);
    }
    pv_reader_end(r);
    pv_status s = pv_reader_status(r);
    if (s == PV_OK) {
        s = pv_paillier_from_primes(out, prime[0], prime[1], bits);
        if (s != PV_OK) s = pv_trail_context(s, __FILE__, __LINE__, "in the key of %s", r->name);
    }
    pv_secret_wipe(prime, sizeof prime);
    return s;
}

static pv_status public_key(pv_paillier_pk **out, pv_reader *r)
{
    pv_status status = PV_OK;
    int bits = 0;
    PV_TRY(header(r, &bits));
    size_t bytes = (size_t)bits / 8, proof_bytes = pv_paillier_proof_bytes(bits);
    const uint8_t *n = pv_reader_bytes(r, bytes, "n");
    const uint8_t *proof = pv_reader_bytes(r, proof_bytes, "proof");
    pv_reader_end(r);
    PV_TRY(pv_reader_status(r));
    PV_TRY_GOTO(pv_paillier_pk_new(out, n, bytes));
    PV_TRY_GOTO(pv_paillier_verify(*out, proof, proof_bytes, PV_PAILLIER_FILE_CONTEXT,
                                   sizeof PV_PAILLIER_FILE_CONTEXT - 1));
    return PV_OK;
done:
    pv_paillier_pk_free(*out);
    *out = NULL;
    return pv_trail_context(status, __FILE__, __LINE__, "in the key of %s", r->name);
}

pv_status pv_paillier_sk_parse(pv_paillier_sk **out, const char *name, const void *text,
                               size_t size)
{
    pv_pem pem;
    *out = NULL;
    PV_TRY(pv_pem_parse(&pem, name, text, size));
    pv_reader r = pv_reader_make(name, pem.der, pem.size);
    pv_status s = pv_pem_expect(&pem, name, PV_PAILLIER_PEM_PRIVATE);
    if (s == PV_OK) s = private_key(out, &r);
    pv_pem_clear(&pem);
    return s;
}

pv_status pv_paillier_pk_parse(pv_paillier_pk **out, const char *name, const void *text,
                               size_t size)
{
    pv_pem pem;
    *out = NULL;
    PV_TRY(pv_pem_parse(&pem, name, text, size));
    pv_reader r = pv_reader_make(name, pem.der, pem.size);
    pv_status s = pv_pem_expect(&pem, name, PV_PAILLIER_PEM_PUBLIC);
    if (s == PV_OK) s = public_key(out, &r);
    pv_pem_clear(&pem);
    return s;
}

pv_status pv_paillier_sk_load(pv_paillier_sk **out, const char *path)
{
    pv_bytes file = {0};
    *out = NULL;
    PV_TRY(pv_file_read(&file, path, PV_PEM_MAX));
    pv_status s = pv_paillier_sk_parse(out, path, file.data, file.size);
    pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    if (s == PV_OK) s = pv_file_private(path); /* a public key is told what it is, not its mode */
    if (s == PV_OK) return PV_OK;
    pv_paillier_sk_free(*out);
    *out = NULL;
    return s;
}

pv_status pv_paillier_pk_load(pv_paillier_pk **out, const char *path)
{
    pv_bytes file = {0};
    *out = NULL;
    PV_TRY(pv_file_read(&file, path, PV_PEM_MAX));
    pv_status s = pv_paillier_pk_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}
