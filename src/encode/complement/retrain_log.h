/* encode/complement/retrain_log.h - one JSON object an epoch, as `privet retrain --log` writes them
 */
#ifndef PV_ENCODE_COMPLEMENT_RETRAIN_LOG_H
#define PV_ENCODE_COMPLEMENT_RETRAIN_LOG_H

#include "encode/complement/retrain.h"

/* All epochs so far; as the log of privet train, it is written anew after each. path NULL: nowhere.
 * batches: steps of an epoch. */
pv_status pv_retrain_log(const char *path, const pv_retrain_result *r, int64_t batches,
                         int classes) PV_MUST_USE;

#endif
