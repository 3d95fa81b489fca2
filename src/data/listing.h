/* data/listing.h - which image files a folder of class folders holds, in a fixed order */
#ifndef PV_DATA_LISTING_H
#define PV_DATA_LISTING_H

#include "data/names.h"

typedef struct pv_listed {
    char *path;
    int32_t label;
    int64_t size, changed; /* bytes; nanoseconds */
} pv_listed;

typedef struct pv_listing {
    pv_names classes;
    pv_listed *file;
    size_t n, cap;
} pv_listing;

/* The names of the folders in root, sorted; hidden ones do not count. */
pv_status pv_listing_classes(pv_names *classes, const char *root) PV_MUST_USE;

/* The image files of root's class folders, sorted by class and name. Every class folder must be
 * among `classes` (which are copied) and hold an image. *listing is cleared on failure. Errors:
 * PV_ERR_NOT_FOUND, PV_ERR_INPUT, PV_ERR_IO, PV_ERR_MEMORY. */
pv_status pv_listing_read(pv_listing *listing, const char *root,
                          const pv_names *classes) PV_MUST_USE;
void pv_listing_clear(pv_listing *listing); /* idempotent */

#endif
