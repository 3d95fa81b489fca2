/* bench/crypto/psi.c - what set intersection costs: bench_psi [IDENTIFIERS [THREADS]]
 *
 *     build/bench/bench_psi                       20,000 identifiers, one thread
 *     build/bench/bench_psi 1000000 2
 *
 * Prints one line of JSON, wall time, the best of three: identifiers hidden, points hidden again,
 * points looked at, and identifiers a second through all three (what a party does for each
 * identifier of its own and one of the other's), each a second and thread; and the comparison of
 * two sorted lists in seconds.
 */
#include "crypto/psi/psi.h"
#include "base/clock.h"
#include "base/csprng.h"
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>

enum { REPEAT = 3, TEXT = 16 };

static void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "%s\n", pv_trail_text());
    exit(1);
}

static void *need(void *p)
{
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

#define BEST(seconds, call)                                                                        \
    do {                                                                                           \
        (seconds) = 1e30;                                                                          \
        for (int i_ = 0; i_ < REPEAT; i_++) {                                                      \
            double begin_ = pv_clock_seconds();                                                    \
            must(call);                                                                            \
            double took_ = pv_clock_seconds() - begin_;                                            \
            if (took_ < (seconds)) (seconds) = took_;                                              \
        }                                                                                          \
    } while (0)

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000, common;
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    if (n < 1 || n > PV_PSI_MOST || threads < 1) {
        fprintf(stderr, "usage: bench_psi [IDENTIFIERS [THREADS]]\n");
        return 2;
    }
    const pv_ctx ctx = {.threads = threads};
    char(*text)[TEXT] = need(pv_alloc(n, TEXT));
    pv_psi_id *id = need(pv_alloc(n, sizeof *id));
    uint8_t *hidden = need(pv_alloc(n, PV_PSI_POINT)), *tag = need(pv_alloc(n, PV_PSI_POINT));
    uint32_t *mine = need(pv_alloc(n, sizeof *mine));
    pv_csprng r;
    pv_psi *p;
    double hide, again, check, compare;
    must(pv_csprng_init(&r));
    must(pv_psi_new(&p, "bench", 5, &r));
    for (size_t i = 0; i < n; i++)
        id[i] = (pv_psi_id){text[i], (size_t)snprintf(text[i], TEXT, "%zu", i)};
    BEST(hide, pv_psi_hide(hidden, p, id, n, &ctx));
    BEST(again, pv_psi_again(tag, p, hidden, n, "points", &ctx));
    BEST(check, pv_psi_check(tag, n, "tags", &ctx));
    BEST(compare, pv_psi_common(mine, &common, tag, n, tag, n));
    double each = (double)n / threads;
    printf("{\"identifiers\":%zu,\"threads\":%d,\"hide_per_s_core\":%.0f,\"again_per_s_core\":%.0f,"
           "\"check_per_s_core\":%.0f,\"identifiers_per_s_core\":%.0f,\"compare_s\":%.3f}\n",
           n, threads, each / hide, each / again, each / check, each / (hide + again + check),
           compare);
    pv_psi_free(p);
    pv_csprng_clear(&r);
    pv_free(text);
    pv_free(id);
    pv_free(hidden);
    pv_free(tag);
    pv_free(mine);
    return 0;
}
