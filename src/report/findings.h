/* report/findings.h - what an audit found about a run: the one record that pages, tables and gates
 * are drawn from (findings.json; docs/json.md describes it field by field)
 *
 * A finding is one question put to one view: could this adversary recover this secret? It is
 * answered by counting: k of n, with an interval, beside what guessing achieves on the same items,
 * and beside two controls that ran the same attack code where it must succeed and where it must
 * fail. A finding whose controls failed, or whose attack did not finish, is INVALID: never a pass.
 *
 * The level is read from the interval's lower end `low` and the baseline `chance`:
 *     e = (low - chance) / (1 - chance);   most: e >= 1/2;   some: low > chance;   none: otherwise
 * "none" means none found: up to `high` is not excluded.
 */
#ifndef PV_REPORT_FINDINGS_H
#define PV_REPORT_FINDINGS_H

#include "base/json.h"
#include "privet/metric.h"

enum { PV_FINDINGS_SCHEMA = 1 };

typedef enum pv_level { PV_LEVEL_NONE, PV_LEVEL_SOME, PV_LEVEL_MOST, PV_LEVEL_INVALID } pv_level;

/* Texts are owned, on the heap (pv_strdup); NULL reads as "". Shares lie in [0, 1]; what was not
 * measured is NaN, a number that is not known -1. Names and
 * phrases have no final stop; sentences (why of told, note, guarantee_why) do. */
typedef struct pv_count {
    int64_t k, n; /* n 0: was not run */
} pv_count;

/* A control: the same attack where the outcome is known. It holds when it ran to its end and its
 * share is at least (positive) or at most (negative) `bound`. */
typedef struct pv_control {
    pv_count count;
    double bound;
    int unfinished; /* 1: it ran out of its budget, so its count says too little */
    int holds;      /* what pv_control_holds says; a file that claims otherwise is refused */
    char *what;     /* "the gradient of a known image under the same weights" */
} pv_control;
int pv_control_holds(const pv_control *c, int positive);

/* Further measurements of the same guesses: "psnr" 38.2 dB, "ssim", "mse", "auc" 0.93 [0.91, 0.95].
 */
typedef struct pv_measure {
    char *name, *unit;       /* unit "" for none */
    double value, low, high; /* low, high NaN when there is no interval */
    double baseline;         /* the same of the no-information guess; NaN when it has none */
} pv_measure;

/* One original beside its reconstruction and the baseline's guess. Pictures are only there when the
 * audit was asked for originals. */
typedef struct pv_exhibit {
    char *party;           /* whose secret */
    char *what;            /* "image 31: handwritten 7" */
    int64_t item;          /* among the finding's n, from 0 */
    int recovered;         /* counted among k */
    double error;          /* mean squared error in [0,1] units */
    double baseline_error; /* of the baseline's guess; NaN */
    double psnr, ssim; /* NaN when unknown; so is the PSNR of equal pictures, which is infinite */
    int64_t step;      /* of training, at which it was seen; -1: does not apply */
    char *original, *guess, *baseline; /* base64 of PNG; NULL */
} pv_exhibit;

/* How far one of the n targets was missed: what the plot of all errors shows. It needs no picture.
 */
typedef struct pv_target {
    double error, baseline; /* as in pv_exhibit */
    int recovered;
} pv_target;

/* One class of labels against all others: of its k of n rows the label is right; the area under the
 * curve of "this row is of the class", by how sure the attack was of each ("leak AUC": the larger
 * of it and its complement, since which end is the class one known row tells). */
typedef struct pv_class_result {
    char *name;
    pv_count count;
    double auc, low, high; /* NaN when there is none */
} pv_class_result;

/* One thing that the attack tried on samples of its own before it guessed, a probe of some capacity
 * or a student of so many answers: on what it held out. */
typedef struct pv_trial {
    char *name; /* "small, seed 2", "1,000 answers" */
    double at;  /* where it stands on a curve: 1000; NaN: nowhere */
    pv_count count;
    double chance; /* share right without a view; NaN */
    int kept;      /* 1: the finding's guesses are by this one */
} pv_trial;

/* Of the guesses that the attack was about so sure of, so many were right. */
typedef struct pv_confidence {
    double from, to; /* shares */
    pv_count count;
} pv_confidence;

typedef struct pv_finding {
    char *id;        /* "F1", in the order of the claims */
    char *adversary; /* "server", "a+b+c": whose view(s) */
    char *about;     /* "" all victims together, or the party */
    char *assumed;   /* "passive: followed the protocol and kept what it received" */
    char *knows;     /* "the model's architecture and its weights at every step" */
    char *secret;    /* "training images" */
    char *claim;  /* what the scheme says about it: "told", "not hidden", "hidden from the server if
                     ..." */
    char *attack; /* "idlg" */
    int attack_version;
    int active;
    char *options;   /* "objective=l2 restarts=3" */
    char *metric;    /* "recovered": what k counts */
    char *criterion; /* "mean squared error below 0.001 in [0,1]" */
    double limit;    /* of the error, in it: 0.001; NaN when there is none */
    /* for sentences: "From MEANS, the server VERB 97 of 100 ITEMS"; "" for: recovered, item(s) */
    char *means;                /* "the gradients it received"; "" leaves it out */
    char *verb;                 /* "recovered", "read", "picked out" */
    char *item_one, *item_many; /* "image", "images" */
    pv_count count;
    pv_interval interval; /* Clopper-Pearson, 95 % */
    double chance;        /* share that the no-information guess achieves */
    char *chance_what;    /* "the mean training image" */
    pv_control positive, negative;
    int finished;     /* the attack went through all its targets within its budget */
    char *unfinished; /* why not; NULL */
    uint64_t seed;
    char *budget; /* "300 L-BFGS steps, at most 3 restarts" */
    double seconds, seconds_each;
    pv_measure *measure;
    int measures;
    pv_class_result *class; /* of findings about labels whose attack says how sure it is, or none */
    int classes;
    pv_trial *trial;
    int trials;
    pv_confidence *sure; /* ascending, of equal widths, or none */
    int sures;
    pv_exhibit *exhibit; /* worst (best recovered) first */
    int exhibits;
    pv_target *target; /* all n, in the order they were attacked, or none */
    int targets;
    char *note; /* what a reader must know; "" */
} pv_finding;

/* Sets the interval and whether the controls hold from the counts, as every finding wants it. */
void pv_finding_settle(pv_finding *f);

/* Where one class is rare, labels can be read by how rows are ranked although fewer are named right
 * than by naming the frequent class always: 1 when the leak AUC of a class is above 0.6, its
 * interval included. Such a finding is never "none". */
int pv_finding_ranks(const pv_finding *f);
pv_level pv_finding_level(const pv_finding *f);
const char *pv_level_name(pv_level level); /* "most", "some", "none", "invalid" */

typedef struct pv_findings_party {
    char *name, *role;     /* as in the scenario: "a", "client" */
    char *title;           /* how people call it: "Hospital A"; "" for its name */
    int64_t samples;       /* that it brought; 0: none, -1: not told */
    double alone_accuracy; /* of a model trained on its samples alone; NaN */
    pv_count alone_count;
    double joint_accuracy; /* of the joint model on the same test data; NaN */
    pv_count joint_count;
    double compute, channel, journal, view, waiting; /* seconds; NaN when unknown */
    char *view_holds;                                /* "gradients of a, b, c, d" */
    char *view_retention;                            /* "full" */
    int64_t view_bytes;
    char *view_hash;  /* hex */
    char *view_check; /* "4 of 4 links agree" */
    int dropped_step; /* -1: stayed to the end */
} pv_findings_party;

typedef struct pv_findings_traffic {
    char *from, *to, *message;
    int64_t count, bytes; /* frames with their headers */
} pv_findings_traffic;

/* Of a network that is cut: what one customer asked, what that took, and how right what it made of
 * the answers was. */
typedef struct pv_findings_customer {
    char *name;
    int64_t rows, answered;
    int64_t sent, received; /* bytes of activations and of answers, frames with their headers */
    double seconds;         /* from a batch's first row to its answer, all batches together; NaN */
    pv_count right;         /* n 0: it has no labels of its own */
    char *refused;          /* why; NULL: it was not */
} pv_findings_customer;

/* How right answers were under one secret, all customers together. */
typedef struct pv_findings_value {
    char *name; /* "0", "1" */
    pv_count right;
} pv_findings_value;

/* A secret nobody has to attack, since the scheme tells it; and what was not tested. */
typedef struct pv_findings_told {
    char *secret, *to, *why;
} pv_findings_told;
typedef struct pv_findings_open {
    char *what, *why; /* "Active server", "altered weights that expose one image" */
} pv_findings_open;

/* A setting of the run that leaves less protected than the scheme could. */
typedef struct pv_findings_weak {
    char *setting, *why; /* "masks = weak", "..." */
} pv_findings_weak;

typedef struct pv_findings {
    char *run, *scheme,
        *setting; /* "hospitals-04", "federated", "FedSGD, one image a step, no masking" */
    char *model, *data;
    char *created; /* of the audit, UTC */
    char *scenario, *scenario_hash;
    char *command; /* that reproduces run, audit and page */
    char *machine, *version;
    uint64_t seed;
    int threads, steps, rounds, classes;
    double seconds;  /* of the run */
    double accuracy; /* joint, on test data; NaN */
    pv_count accuracy_count;
    double plain_accuracy; /* the same pooled and trained plainly; NaN when not run */
    pv_count plain_count;
    double plain_seconds;
    int64_t pooled_bytes;          /* what pooling the rows would send; -1 when unknown */
    char *guarantee;               /* "none", or what is proven and under which assumption */
    char *guarantee_why;           /* one sentence on it; "" */
    char *truth_root, *guess_hash; /* commitments, hex; NULL */
    int with_originals;
    pv_findings_party *party;
    int parties;
    pv_findings_traffic *traffic;
    int traffics;
    pv_findings_customer *customer;
    int customers;
    pv_findings_value *value; /* by secret */
    int values;
    pv_finding *finding;
    int findings;
    pv_findings_weak *weak;
    int weaks;
    pv_findings_told *told;
    int tolds;
    pv_findings_open *open;
    int opens;
} pv_findings;

void pv_findings_clear(pv_findings *f); /* frees everything in it; idempotent */

/* To and from findings.json; what is written is read back the same. Reading is the place where a
 * file that was edited by hand is found out: an interval that is not the one of its count, a
 * control that is said to hold and does not, k above n. Errors of parsing: PV_ERR_FORMAT,
 * PV_ERR_VERSION, PV_ERR_RANGE (values that make no sense), PV_ERR_MEMORY; of writing: PV_ERR_RANGE
 * (a seed that JSON cannot hold exactly, 2^53 and above), PV_ERR_MEMORY. */
pv_status pv_findings_json(json_t **out, const pv_findings *f) PV_MUST_USE;
pv_status pv_findings_parse(pv_findings *out, const char *name, const json_t *json) PV_MUST_USE;

/* Of RUN, a folder of a run (RUN/audit/findings.json) or the file itself; at most
 * PV_FINDINGS_FILE_MAX bytes. Also: PV_ERR_NOT_FOUND, PV_ERR_LIMIT, PV_ERR_IO. */
enum { PV_FINDINGS_FILE_MAX = 256 << 20 };
pv_status pv_findings_load(pv_findings *out, const char *run) PV_MUST_USE;

/* Forget all pictures: what is drawn of it then may leave the house. */
void pv_findings_hide_pictures(pv_findings *f);

/* How far the lower end of its interval is beyond guessing, of what guessing leaves: 0 to 1. */
double pv_finding_beyond(const pv_finding *f);
/* Indices of findings, worst first: most, some, invalid, none; within a level as they stand,
 * but of one secret the furthest beyond guessing first. */
void pv_findings_order(const pv_findings *f, int *index);

/* The terminal's version, no line longer than `columns` (at least 60), which count characters.
 * Control characters in names become '?'. */
pv_status pv_findings_table(pv_str *out, const pv_findings *f, int columns) PV_MUST_USE;

/* ---- a gate in somebody's CI. limit: "identification=0.05": the metric's name and the most that
 * the upper end of its interval may be.
 *
 * Every finding of that metric counts. In this order:
 *     one that is valid lies above its limit           EXCEEDED: a leak that was shown stays shown,
 *                                                      whatever else went wrong
 *     one is INVALID: unfinished, or a control failed  INVALID: nothing was shown
 *     otherwise                                        OPEN
 */
typedef struct pv_gate_limit {
    const char *metric;
    double most; /* share */
} pv_gate_limit;
typedef enum pv_gate_verdict {
    PV_GATE_OPEN = 0,
    PV_GATE_EXCEEDED = 5, /* the program's exit status */
    PV_GATE_INVALID = 6,
} pv_gate_verdict;
/* why gets a line a finding of a limit: those that decided first. PV_ERR_OPTION: a limit that no
 * finding measures, outside [0, 1], or no limit at all. */
pv_status pv_gate(pv_gate_verdict *out, pv_str *why, const pv_findings *f,
                  const pv_gate_limit *limit, int limits) PV_MUST_USE;

#endif
