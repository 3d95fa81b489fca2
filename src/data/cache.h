/* data/cache.h - decoded image folders, kept for the next time
 *
 * A cache file is a safetensors file under $XDG_CACHE_HOME/privet, or ~/.cache/privet, readable by
 * its owner only. Its name is a hash of the folder's path and of how it was decoded; inside is a
 * fingerprint of every file's path, size and time of change. A cache whose fingerprint is another,
 * or that is damaged, counts as none and is written anew. Nothing here can fail a program: without
 * a cache the files are decoded again.
 */
#ifndef PV_DATA_CACHE_H
#define PV_DATA_CACHE_H

#include "data/listing.h"
#include "data/store.h"

typedef struct pv_cache {
    char *path; /* NULL: there is no place for one */
    char fingerprint[65];
} pv_cache;

/* how: what of the options decides about the pixels ("size=32x32&channels=3"). */
pv_status pv_cache_init(pv_cache *cache, const char *root, const char *how,
                        const pv_listing *listing) PV_MUST_USE;
void pv_cache_clear(pv_cache *cache); /* idempotent */

/* 1: store->samples was filled from the cache. */
int pv_cache_load(const pv_cache *cache, pv_store *store, int64_t count);

void pv_cache_save(const pv_cache *cache, const pv_store *store, const pv_ctx *ctx);

#endif
