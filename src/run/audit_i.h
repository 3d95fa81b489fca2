/* run/audit_i.h - the pieces of an audit, shared by audit*.c
 *
 * A *case* is one attack on one list of targets with the answers beside it: the run itself, the
 * positive control, the negative control. All three go through the same attack function and the
 * same scorer.
 */
#ifndef PV_RUN_AUDIT_I_H
#define PV_RUN_AUDIT_I_H

#include "attack/attack.h"
#include "base/str.h"
#include "privet/metric.h"
#include "report/findings.h"
#include "run/audit.h"
#include "scheme/scheme.h"

/* The answers to one target: samples in units before normalisation. */
typedef struct pv_answer {
    int64_t batch;
    float *x; /* [batch, sample] */
    int32_t *label;
    int64_t *row; /* [batch] in the owner's data; -1 for controls */
    int *owner;   /* [batch] number of the party whose row it is */
} pv_answer;

typedef struct pv_answers {
    pv_answer *item; /* one a target */
    size_t count;
    int64_t samples; /* of all items together */
} pv_answers;

pv_status pv_answers_init(pv_answers *a, size_t targets) PV_MUST_USE;
pv_status pv_answer_set(pv_answers *a, size_t i, int64_t batch, int64_t width) PV_MUST_USE;
void pv_answers_clear(pv_answers *a); /* idempotent */

/* How far apart two samples are: the mean squared difference, of tables in units of the standard
 * deviation. */
typedef struct pv_distance {
    int64_t width;
    const pv_norm *norm; /* NULL for images */
    double criterion;    /* recovered: below this */
} pv_distance;
double pv_distance_of(const pv_distance *d, const float *a, const float *b);

/* ---- controls (audit_control.c): a view made by the auditor */
typedef struct pv_control_view {
    pv_view *view;
    pv_attack_target *target; /* steps 1.. */
    pv_answers answers;
    char *path;
} pv_control_view;

/* What stands in the view. GRADIENT: weights and the gradients of `count` drawn samples under them,
 * one a step. ROWS: the samples themselves. */
typedef struct pv_control_plan {
    const char *path; /* of the view to write; replaced */
    const pv_model *model;
    const char *victim;
    const char *contents; /* "gradient", "rows" */
    int count;
    uint64_t seed;
} pv_control_plan;
pv_status pv_control_view_make(pv_control_view *out, const pv_control_plan *plan) PV_MUST_USE;
void pv_control_view_clear(pv_control_view *c); /* removes the file; idempotent */

/* ---- one party of the run, as its folder tells */
typedef struct pv_audit_party {
    const char *name, *role;
    pv_view *view;  /* NULL: not opened, or there is none */
    json_t *result; /* result.json; NULL */
    pv_data *data;  /* opened after the guesses were committed; NULL before */
    int opened;     /* was data asked for? */
} pv_audit_party;

/* ---- one claim against one adversary by one attack */
typedef struct pv_audit_case {
    const pv_claim *claim;
    const pv_attack *attack;
    char *adversary;   /* "server", "a+b" */
    const char *owner; /* the only victim, whose own view is used; NULL */
    const pv_view *view[PV_ATTACK_VIEWS];
    int views;
    pv_attack_target *target;
    int *victim;           /* [targets] number of the party */
    size_t targets, steps; /* chosen; steps: (victim, step) pairs there were */
    int joint;             /* what the view has is about all victims together: one target a step */
    size_t unkept;         /* steps whose records the view did not keep */
    pv_guess guess, positive_guess, negative_guess;
    pv_control_view positive, negative;
    pv_hash hash;
    double seconds;
    pv_str failure; /* why the attack could not run; "" */
} pv_audit_case;

typedef struct pv_audit_work {
    const pv_audit_options *o;
    const pv_ctx *ctx;
    pv_scenario scenario;
    const pv_scheme *scheme;
    const pv_claim *claim;
    int claims;
    pv_str setting;
    pv_model *model; /* as released: architecture and normalisation; NULL: none was */
    pv_audit_party *party;
    int parties;
    pv_audit_case *item;
    size_t cases, case_capacity;
    json_t *run;     /* run.json */
    pv_hash guesses; /* of all of them together */
    uint64_t seed;
} pv_audit_work;

/* ---- audit_targets.c, audit_case.c: targets and guesses; nothing here opens anybody's data */
/* Is name among the parties of "a+b"? */
int pv_audit_is_member(const char *list, const char *name);
pv_status pv_audit_find_targets(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_cases(pv_audit_work *w) PV_MUST_USE;
/* Of a party: from its result; of one that was lost and left none, from what it told others. 0:
 * unknown. */
int64_t pv_audit_samples_of(const pv_audit_work *w, const pv_audit_party *p);
pv_status pv_audit_guess(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
int pv_audit_is_victim(const pv_audit_work *w, const pv_audit_case *c, int party);
void pv_audit_case_clear(pv_audit_case *c);

/* ---- audit_truth.c: opens a party's data and checks it against its commitment */
pv_status pv_audit_open_data(pv_audit_work *w, int party) PV_MUST_USE;
pv_status pv_audit_answers(pv_answers *out, pv_audit_work *w, const pv_audit_case *c) PV_MUST_USE;

/* ---- audit_findings.c: one case becomes one finding a metric */
pv_status pv_audit_score(pv_findings *f, pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* audit_facts.c: everything in the findings that is not a finding. */
pv_status pv_audit_facts(pv_findings *f, pv_audit_work *w) PV_MUST_USE;

/* ---- scoring (audit_score.c) */
typedef struct pv_sample_score {
    size_t target;
    int64_t guess, answer;    /* positions in the batch */
    double error, psnr, ssim; /* psnr and ssim NaN for tables */
    double baseline_error;
    int recovered, identified, label_right, baseline_recovered;
} pv_sample_score;

typedef struct pv_score {
    pv_sample_score *sample; /* in the order of the answers */
    int64_t samples;
    int64_t recovered, identified, labels, baseline_recovered;
    double drawn; /* how many a row drawn from the victims' own would have hit, on average */
    int has_x, has_label; /* did the attack claim any? */
    int finished;
    pv_auc_score
        auc; /* is the answer closer to the guess than a decoy is? negatives 0: not measured */
} pv_score;

typedef struct pv_scorer {
    pv_distance distance;
    pv_shape sample;
    int image;
    const float *baseline; /* [width]: the guess without any view */
    const float *decoy;    /* [decoys, width] candidates that are not the answer */
    int64_t decoys;
} pv_scorer;

/* 1 where a target is about more samples than the attack made guesses: each guess then counts as
 * about the sample nearest to it, and n is the number of guesses. */
int pv_score_is_partial(int64_t guesses, int64_t answers);

/* Guesses of a batch are given to its answers so that the errors are least. */
pv_status pv_score_init(pv_score *s, const pv_scorer *how, const pv_guess *guess,
                        const pv_answers *answers) PV_MUST_USE;
void pv_score_clear(pv_score *s); /* idempotent */

/* ---- audit_baseline.c: one case with its scores, and what one knows without a view */
typedef struct pv_audit_scored {
    pv_audit_work *w;
    pv_audit_case *c;
    pv_scorer how;
    pv_answers answers;
    pv_score run, positive, negative;
    float *baseline, *decoy;
    int64_t base_labels; /* right when each step's labels are guessed in the proportions of all */
    int equal_classes;   /* they were guessed in equal proportions: there is one victim */
    int partial;         /* were steps about more samples than the attack guessed? */
} pv_audit_scored;

void pv_audit_scored_clear(pv_audit_scored *s); /* idempotent */
/* Fills how, baseline, decoy, base_labels and partial from the victims' data and the answers. */
pv_status pv_audit_scorer(pv_audit_scored *s) PV_MUST_USE;
pv_status pv_audit_score_negative(pv_audit_scored *s, int labels_only) PV_MUST_USE;

#endif
