/* encode/complement/split_i.h - the inside of halves, shared by split*.c */
#ifndef PV_ENCODE_COMPLEMENT_SPLIT_I_H
#define PV_ENCODE_COMPLEMENT_SPLIT_I_H

#include "encode/complement/split.h"
#include "nn/model_i.h"

/* SHA-256 of "privet/1 half\0" and everything of a half but own and other. */
pv_status pv_split_half_hash(pv_hash *out, const pv_split_half *half) PV_MUST_USE;

/* half->binding from own and other. */
pv_status pv_split_half_bind(pv_split_half *half) PV_MUST_USE;

#endif
