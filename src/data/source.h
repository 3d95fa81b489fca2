/* data/source.h - where data sets come from: one table entry a kind of SPEC
 *
 * A source reads one split of a data set into a zeroed store; classes= and limit= are applied to
 * what it returned (pv_data_open), so a source need not know them. On failure the caller clears the
 * store.
 */
#ifndef PV_DATA_SOURCE_H
#define PV_DATA_SOURCE_H

#include "data/spec.h"
#include "data/store.h"

typedef struct pv_source {
    pv_data_source about;
    pv_status (*open)(pv_store *store, const pv_spec *spec, const pv_ctx *ctx);
    int (*has_test)(const pv_spec *spec);
} pv_source;

extern const pv_source pv_source_mnist, pv_source_cifar10, pv_source_images, pv_source_arff,
    pv_source_csv, pv_source_tsv, pv_source_npz, pv_source_glyphs;

/* What every kind knows; the first lines of a source's options. */
#define PV_SOURCE_OPTIONS                                                                          \
    {"split", "train|test", "which part; train"},                                                  \
        {"classes", "A,B,...", "keep these classes only, as classes 0, 1, ...; names or numbers"}, \
        {"limit", "N", "keep N samples, drawn by seed, class by class in proportion"},             \
    {                                                                                              \
        "seed", "S", "of what is drawn at random; 1"                                               \
    }

/* The source and the checked options of a SPEC. Errors: PV_ERR_OPTION. */
pv_status pv_source_find(const pv_source **source, const pv_spec *spec) PV_MUST_USE;

#endif
