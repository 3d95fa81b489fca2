/* Identifiers and scalars decide no branch and no address here; the multiplication by the scalar is
 * libsodium's, whose only branch is on the result being the identity. */
#include "base/ct.h"
#include "crypto/psi/hash.h"
#include "crypto/psi/psi.h"

#include "base/csprng_test.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static int hash(void)
{
    char id[] = "hopper,1906-12-09";
    static const char dst[] = "a domain";
    uint8_t point[32];
    PV_CT_SECRET(id, sizeof id);
    pv_psi_hash_point(point, &(pv_psi_message){.first = id, .first_bytes = sizeof id - 1},
                      &(pv_psi_domain){dst, sizeof dst - 1});
    PV_CT_PUBLIC(point, sizeof point);
    return crypto_core_ristretto255_is_valid_point(point);
}

static int scalar(void)
{
    pv_csprng r;
    pv_psi *p;
    pv_csprng_test(&r, 1);
    PV_CT_SECRET(r.key, sizeof r.key);
    if (pv_psi_new(&p, "s", 1, &r) != PV_OK) return 0;
    pv_psi_free(p);
    return 1;
}

static int branch(void)
{
    uint8_t id[32] = {3};
    PV_CT_SECRET(id, sizeof id);
    if (id[0] == 'x') puts("it is x");
    return 1;
}

static int compare(void)
{
    char id[32] = "hopper";
    PV_CT_SECRET(id, sizeof id);
    return memcmp(id, "another", 7) != 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"hash", hash}, {"scalar", scalar}, {"branch", branch}, {"compare", compare}};
    if (sodium_init() < 0) return 1;
    for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[1], cases[i].name) == 0) return cases[i].run() ? 0 : 1;
    fprintf(stderr, "usage: ct CASE\n");
    return 2;
}
