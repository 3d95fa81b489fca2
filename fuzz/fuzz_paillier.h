/* fuzz/fuzz_paillier.h - the public half of tests/vectors/paillier2048_safe.txt */
#ifndef PV_FUZZ_PAILLIER_H
#define PV_FUZZ_PAILLIER_H

#include "crypto/paillier/paillier.h"

static const uint64_t pv_fuzz_paillier_n[32] = {
    0x244246a13778f459, 0xd576965bbdcbe176, 0x4875fa82733720a9, 0x18862163a130bd0d,
    0xf17d625ef7a5a18a, 0x55dfc2d959557030, 0xb0dc3eba0d08997e, 0xde663390bbbe1746,
    0x0bc6f19ae953dd86, 0x74064b9539c814fd, 0x2654775764902bf5, 0xd88b514bf92e0a7b,
    0x152a5ddaeaef810c, 0xcae1855996738908, 0x710905e7482ce089, 0xe04b037f01930844,
    0x590391dc90ee8bf1, 0x364d090744a2f5aa, 0xeb81aa8ff865aaa4, 0x5a22d1d219efcfdd,
    0xa5d1d35f802ff783, 0xf5aa23a3985b8754, 0xe9dd190eb588aec7, 0x41fa9c7bdab87ae5,
    0x0448c461cd0e1a1b, 0x3ca0d74710740748, 0xfa8130e91de4b39e, 0xc8fe67951422e53d,
    0xe92489c14c9ed138, 0x16ed4eabf67573e3, 0x04f22b025d727a49, 0xbeab74ff145a2299,
};

#endif
