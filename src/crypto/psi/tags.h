/* crypto/psi/tags.h - lists of tags, sorted: are they different, which are in both? (inside) */
#ifndef PV_CRYPTO_PSI_TAGS_H
#define PV_CRYPTO_PSI_TAGS_H

#include "base/mem.h"

/* PV_ERR_PEER naming `what` and the first that was there before. */
pv_status pv_psi_tags_differ(const uint8_t *tag, size_t count, const char *what) PV_MUST_USE;

#endif
