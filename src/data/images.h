/* data/images.h - a folder of class folders of PNG and JPEG files
 *
 * ROOT/CLASS/FILE, or ROOT/train/CLASS/FILE and ROOT/test/CLASS/FILE. Classes are numbered in the
 * order of their names. Files are recognised by their first bytes once their name ends in .png,
 * .jpg or .jpeg; other files do not count. What was decoded is kept in a cache folder
 * (data/cache.h), so that only the first reading is slow.
 */
#ifndef PV_DATA_IMAGES_H
#define PV_DATA_IMAGES_H

#include "data/spec.h"
#include "data/store.h"

/* Reads spec's path with its options split, cache, size and channels. */
pv_status pv_images_read(pv_store *store, const pv_spec *spec, const pv_ctx *ctx) PV_MUST_USE;

int pv_images_has_test(const char *root); /* has it both a train and a test folder? */

#endif
