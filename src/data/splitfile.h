/* data/splitfile.h - which file holds which split, for the sources that read single files
 *
 * PATH may be a folder that holds train.EXT and test.EXT, or a file. Beside a file with "train" in
 * its name, the one with "test" there instead is its test split. A file with "test" or "dev" in its
 * name, beside one with "train" there instead, takes its classes, nominal values and vocabulary
 * from that one, so that both mean the same by the same number.
 */
#ifndef PV_DATA_SPLITFILE_H
#define PV_DATA_SPLITFILE_H

#include "data/spec.h"

typedef struct pv_splitfile {
    char *path;     /* what to read */
    char *training; /* whose classes count; NULL: its own */
} pv_splitfile;

/* Errors: PV_ERR_OPTION, PV_ERR_NOT_FOUND (split=test, and there is none), PV_ERR_MEMORY. Whether
 * the file can be read is found out by who reads it. */
pv_status pv_splitfile_find(pv_splitfile *f, const pv_spec *spec,
                            const char *extension) PV_MUST_USE;
void pv_splitfile_clear(pv_splitfile *f); /* idempotent */

int pv_splitfile_has_test(const pv_spec *spec, const char *extension);

#endif
