/* What base/secret.h promises, under valgrind: no branch and no address depends on a secret. The
 * controls do what must not be done; the run with them must end in complaints. */
#include "base/ct.h"
#include "base/secret.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 32 };

static int equal(const uint8_t *secret, const uint8_t *other)
{
    int same = pv_secret_equal(secret, other, SIZE);
    PV_CT_PUBLIC(&same, sizeof same);
    return same;
}

static int select_one(const uint8_t *secret)
{
    uint64_t x = pv_secret_select(secret[0], 17, 4);
    PV_CT_PUBLIC(&x, sizeof x);
    return x == 17 || x == 4;
}

int main(int argc, char **argv)
{
    uint8_t secret[SIZE], other[SIZE];
    volatile int seen = 0;
    const char *what = argc == 2 ? argv[1] : "";
    memset(secret, 7, sizeof secret);
    memset(other, 7, sizeof other);
    PV_CT_SECRET(secret, sizeof secret);
    if (strcmp(what, "equal") == 0) return equal(secret, other) ? 0 : 1;
    if (strcmp(what, "select") == 0) return select_one(secret) ? 0 : 1;
    if (strcmp(what, "wipe") == 0) {
        pv_secret_wipe(secret, sizeof secret);
        return secret[SIZE - 1] == 0 ? 0 : 1; /* wiped bytes are public again */
    }
    if (strcmp(what, "branch") == 0) {
        if (secret[3] > 5) seen = 1;
        return 0;
    }
    if (strcmp(what, "memcmp") == 0) {
        seen = memcmp(secret, other, SIZE) == 0;
        return 0;
    }
    fprintf(stderr, "usage: ct equal|select|wipe|branch|memcmp (seen %d)\n", seen);
    return 2;
}
