/* privet/data.h - data sets: rows of features with class labels, from files or drawn
 *
 * A pv_data holds n samples of one shape and one label each (an index into its classes). Images are
 * kept as bytes and become floats when a batch is filled; tables are floats; text is token numbers
 * (PV_I32). It is immutable and may be read by several threads. Subsets share the samples of their
 * parent and keep it alive.
 *
 * A SPEC names a data set: mnist:DIR, cifar10:DIR, images:DIR, arff:FILE, csv:FILE, tsv:FILE,
 * npz:FILE, glyphs; with options after '?', joined by '&': split=train|test, classes=3,5,
 * limit=1000, label=NAME, seed=1 (docs/data.md; pv_data_source lists them all).
 *
 * One side. With label=none a table or an array is read without labels: it has 0 classes and every
 * label is -1. With features=none it is read without features: its sample shape is [0]. Each is one
 * party's side of a `vertical` run; nothing is trained on one alone (pv_data_complete).
 *
 * Errors of pv_data_open: PV_ERR_OPTION (unknown kind, option or value), PV_ERR_NOT_FOUND (missing
 * file or folder, no such split), PV_ERR_FORMAT and PV_ERR_TRUNCATED (a file breaks its format,
 * text in a numeric column), PV_ERR_MISMATCH (counts or sizes that disagree), PV_ERR_RANGE (a label
 * or value outside its range, NaN), PV_ERR_INPUT (missing values, a class the training data lacks),
 * PV_ERR_LIMIT, PV_ERR_MEMORY, PV_ERR_CANCELLED. The trail names file, position, expectation and
 * remedy.
 */
#ifndef PRIVET_DATA_H
#define PRIVET_DATA_H

#include "privet/context.h"
#include "privet/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_data pv_data;
typedef enum pv_data_kind { PV_DATA_IMAGE = 1, PV_DATA_TABLE, PV_DATA_TEXT } pv_data_kind;

PV_API pv_status pv_data_open(pv_data **data, const char *spec, const pv_ctx *ctx) PV_MUST_USE;
PV_API void pv_data_free(pv_data *data); /* accepts NULL */

PV_API pv_data_kind pv_data_what(const pv_data *data);
PV_API int64_t pv_data_count(const pv_data *data);
PV_API pv_shape pv_data_sample_shape(const pv_data *data); /* [h,w,c], [features] or [tokens] */
PV_API int pv_data_classes(const pv_data *data);
PV_API const char *pv_data_class_name(const pv_data *data, int label); /* "7", "cat" */
PV_API const char *pv_data_feature_name(const pv_data *data,
                                        int feature);     /* tables; "" otherwise */
PV_API int pv_data_vocabulary(const pv_data *data);       /* text: number of tokens; 0 otherwise */
PV_API int pv_data_label(const pv_data *data, int64_t i); /* -1: it has no labels */
PV_API int pv_data_has_labels(const pv_data *data);
PV_API int pv_data_has_features(const pv_data *data);
/* PV_ERR_INPUT unless it has both: for whoever trains on it, or measures a model with it. */
PV_API pv_status pv_data_complete(const pv_data *data) PV_MUST_USE;
PV_API int pv_data_has_test_split(const char *spec); /* can split=test be asked of it? */

/* Text: how token number `token` is written; "" for padding (0) and the unknown token (1). */
PV_API const char *pv_data_token_text(const pv_data *data, int token);

/* The kinds of SPEC, one after the other; NULL past the last. */
typedef struct pv_data_option {
    const char *name, *value, *summary; /* "split", "train|test", "which part; train" */
} pv_data_option;
typedef struct pv_data_source {
    const char *name;              /* "mnist" */
    const char *argument;          /* "DIR", "FILE", "" */
    const char *summary;           /* one line */
    const pv_data_option *options; /* up to one whose name is NULL */
} pv_data_source;
PV_API const pv_data_source *pv_data_source_at(int i);

/* The samples index[0..n), which may repeat. */
PV_API pv_status pv_data_subset(pv_data **out, const pv_data *data, const int64_t *index,
                                int64_t n) PV_MUST_USE;

/* Stratified by class, reproducible by seed: rest gets round(fraction * count) samples, first the
 * others. */
PV_API pv_status pv_data_holdout(pv_data **first, pv_data **rest, const pv_data *data,
                                 double fraction, uint64_t seed) PV_MUST_USE;

/* Parts for federated parties, of equal size (the first count mod k parts get one sample more):
 * by a shuffle (alpha 0), or with class proportions q ~ Dirichlet(alpha * p) for each part, where p
 * are the proportions of the whole (Hsu, Qi, Brown 2019, "Measuring the Effects of Non-Identical
 * Data Distribution", section 3); a class that has run out is drawn no more. k may not exceed the
 * number of samples. parts[0..k) are filled, or none. */
PV_API pv_status pv_data_split(pv_data **parts, int k, const pv_data *data, double alpha,
                               uint64_t seed) PV_MUST_USE;

/* How samples become the numbers a model sees: (value - mean[c]) / std[c] per channel (images,
 * after /255) or per feature (tables). Computed on training data, kept in the model file, applied
 * to everything else. */
enum { PV_NORM_MAX = 4096 };
typedef struct pv_norm {
    int n; /* channels or features; 0: identity */
    float *mean, *inverse_std;
} pv_norm;
PV_API pv_status pv_norm_fit(pv_norm *norm, const pv_data *data)
    PV_MUST_USE; /* constant features: inverse_std 1 */
/* The same from means and standard deviations that are known, of `columns` columns. */
PV_API pv_status pv_norm_make(pv_norm *norm, const double *mean, const double *std,
                              int columns) PV_MUST_USE;
PV_API void pv_norm_clear(pv_norm *norm);

/* Random changes of training images. All zero: none. What is filled in is the mean: 0 after
 * normalisation. */
typedef struct pv_augment {
    int flip;   /* mirror left-right with probability 1/2 */
    int shift;  /* pad by this many pixels and crop back at random */
    int cutout; /* side of a square filled in around a random place (DeVries, Taylor 2017) */
} pv_augment;

/* Write samples index[0..n) as float32, row after row: x gets n * sample count floats, label n
 * indices (either may be NULL). augment may be NULL; its randomness for sample k of the call is
 * rng's fork number k. */
PV_API void pv_data_batch(const pv_data *data, const int64_t *index, int64_t n, const pv_norm *norm,
                          const pv_augment *augment, uint64_t seed, uint64_t stream_index, float *x,
                          int32_t *label);
PV_API void pv_data_tokens(const pv_data *data, const int64_t *index, int64_t n, int32_t *tokens,
                           int32_t *label);

/* Sample i as it is, before normalisation: images in [0,1], tables in their own units, token
 * numbers. */
PV_API void pv_data_raw(const pv_data *data, int64_t i, float *x);

/* What a data set looks like. Columns are the channels of images (in [0,1]), the features of
 * tables, and the one length in tokens of texts. */
typedef struct pv_data_stats {
    int64_t *class_count; /* of each class */
    int columns;
    double *min, *max, *mean, *std; /* of each column; std of the population */
    int64_t missing;                /* values missing in the file, replaced by missing=mean */
    int64_t dropped;                /* rows left out by missing=drop */
} pv_data_stats;
PV_API pv_status pv_data_stats_init(pv_data_stats *stats, const pv_data *data) PV_MUST_USE;
PV_API void pv_data_stats_clear(pv_data_stats *stats);

/* Images only: a picture [height,width,3] of bytes with one row a class, its first `per_class`
 * samples side by side, separated by thin lines; at most 100 classes are shown. sheet is
 * initialised here. Error: PV_ERR_UNSUPPORTED for tables and text. */
PV_API pv_status pv_data_contact_sheet(pv_tensor *sheet, const pv_data *data,
                                       int per_class) PV_MUST_USE;

/* Write a data set where `target`, a SPEC, can read it again: npz:FILE (anything), csv:FILE
 * (tables), images:DIR (PNG files in class folders; DIR must be new or empty), mnist:DIR
 * [?split=test] (grey images, the IDX pair of that split). Errors: PV_ERR_UNSUPPORTED when the kind
 * of data does not fit the target, PV_ERR_IO. */
PV_API pv_status pv_data_write(const pv_data *data, const char *target) PV_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
