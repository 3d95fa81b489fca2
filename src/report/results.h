/* report/results.h - what a training run found: the one record that pages and files are made from
 *
 * A pv_results only points at what its maker owns. Shares are in [0, 1]; a value that was not
 * measured is NaN and becomes null. The JSON is described in docs/json.md; its schema_version rises
 * when a field changes its meaning or goes away, not when one is added.
 */
#ifndef PV_REPORT_RESULTS_H
#define PV_REPORT_RESULTS_H

#include "base/json.h"

enum { PV_RESULTS_SCHEMA = 1 };

typedef struct pv_results_epoch {
    double lr, train_loss, train_accuracy, validation_loss, validation_accuracy, seconds;
} pv_results_epoch;

typedef struct pv_results_model {
    const char *name;
    int64_t params;
    double seconds, samples_per_second; /* of training */
    const pv_results_epoch *epoch;
    int epochs;
    int64_t count, correct; /* of test samples; count >= 1 */
    double test_loss;
    const int64_t *confusion; /* [classes, classes]: row the true class, column the answer */
} pv_results_model;

typedef struct pv_results_sample {
    int64_t index; /* in the test set */
    int label, answer;
    double probability;       /* that the model gave its answer */
    double truth_probability; /* and the true class */
    const char *png;          /* base64 */
} pv_results_sample;

typedef struct pv_results {
    const char *title;   /* "lenet5 on glyphs" */
    const char *command; /* that makes this again */
    const char *data;    /* SPEC */
    const char *machine; /* "Intel Xeon ..., 2 threads" */
    const char *created; /* date and time, UTC */
    const char *const *class_name;
    int classes;
    int64_t train, validation; /* samples */
    int threads;
    uint64_t seed;
    int64_t peak_rss_bytes;
    const pv_results_model *model; /* the first is what the page is about, the others beside it */
    int models;
    const pv_results_sample *worst; /* smallest probability of the true class first */
    int worst_count;
    const pv_results_sample *unchosen; /* the first of the test set, whatever they are */
    int unchosen_count;
    const char *const *not_measured; /* one sentence each */
    int not_measured_count;
} pv_results;

/* The share that was right with its 95 % Clopper-Pearson interval; all NaN when count is 0. */
typedef struct pv_results_class {
    int64_t count, correct;
    double accuracy, low, high;
} pv_results_class;
pv_results_class pv_results_of_class(const pv_results *r, const pv_results_model *m, int label);
pv_results_class pv_results_of_all(const pv_results_model *m);

pv_status pv_results_json(json_t **out, const pv_results *r) PV_MUST_USE;

#endif
