/* vertical_two.h - run.h for the two parties of `vertical`, with a published key in their folder */
#ifndef TESTS_VERTICAL_TWO_H
#define TESTS_VERTICAL_TWO_H

#include "paillier_key.h"
#include "run.h"

#include "scheme/vertical/vertical.h"

enum { ACTIVE = 0, PASSIVE = 1 };

/* The key: FOLDER/paillier.key, for local `paillier` of the active party. */
static inline void two_init(run *r, const char *active, const char *passive)
{
    static const char *const role[] = {"active", "passive"};
    char path[96];
    run_init_two(r, &pv_scheme_vertical, (const char *const[]){active, passive}, role);
    pv_paillier_sk *sk = test_paillier_key("safe");
    snprintf(path, sizeof path, "%s/paillier.key", r->folder);
    CHECK_OK(pv_paillier_sk_save(sk, path));
    pv_paillier_sk_free(sk);
}

#endif
