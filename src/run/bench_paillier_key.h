/* run/bench_paillier_key.h - published keys to measure with: anybody has their primes */
#ifndef PV_RUN_BENCH_PAILLIER_KEY_H
#define PV_RUN_BENCH_PAILLIER_KEY_H

#include "base/trail.h"
#include <stddef.h>
#include <stdint.h>

/* Safe primes of bits/2 bits each, little-endian. PV_ERR_OPTION unless bits is 2048, 3072, 4096. */
pv_status pv_bench_paillier_key(uint64_t *p, uint64_t *q, int bits) PV_MUST_USE;

#endif
