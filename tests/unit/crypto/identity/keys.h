/* keys.h - a folder of keys and certificates for the tests of this room, also such as the room
 * itself would not make */
#ifndef TESTS_IDENTITY_KEYS_H
#define TESTS_IDENTITY_KEYS_H

#include "check.h"

#include "base/file.h"
#include "crypto/identity/certificate.h"
#include "crypto/identity/issue.h"
#include "crypto/identity/key.h"
#include <dirent.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

static char folder[] = "/tmp/privet-identity-XXXXXX";

/* FOLDER/NAME, in one of four buffers that take turns. */
static const char *in(const char *name)
{
    static char path[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof *path, "%s/%s", folder, name);
    return path[turn];
}

static int folder_setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int folder_empty(void **state)
{
    (void)state;
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') unlink(in(e->d_name));
    if (d != NULL) closedir(d);
    return 0;
}

static int folder_teardown(void **state)
{
    folder_empty(state);
    return rmdir(folder);
}

/* How many files there are. */
static inline int folder_count(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* The certificate as this room reads it; x is freed. */
static inline pv_certificate *certificate_of(X509 *x)
{
    pv_certificate *c = NULL;
    uint8_t *der = NULL;
    int size = i2d_X509(x, &der);
    assert_true(size > 0);
    CHECK_OK(pv_certificate_parse(&c, "a test's certificate", der, (size_t)size));
    OPENSSL_free(der);
    X509_free(x);
    return c;
}

/* One authority with its key, and certificates of it. */
typedef struct authority {
    EVP_PKEY *key;
    pv_certificate *certificate;
} authority;

static inline authority authority_make(const char *name, int64_t begins, int64_t ends)
{
    authority a = {0};
    X509 *x = NULL;
    CHECK_OK(pv_key_make(&a.key));
    pv_issue what = {.name = name, .key = a.key, .signer = a.key, .begins = begins, .ends = ends};
    CHECK_OK(pv_issue_certificate(&x, &what));
    a.certificate = certificate_of(x);
    return a;
}

static inline void authority_free(authority *a)
{
    EVP_PKEY_free(a->key);
    pv_certificate_free(a->certificate);
}

static inline X509 *issue(const authority *a, const char *name, EVP_PKEY *key, int64_t begins,
                          int64_t ends)
{
    X509 *x = NULL;
    pv_issue what = {.name = name,
                     .key = key,
                     .authority = pv_certificate_x509(a->certificate),
                     .signer = a->key,
                     .begins = begins,
                     .ends = ends};
    CHECK_OK(pv_issue_certificate(&x, &what));
    return x;
}

#endif
