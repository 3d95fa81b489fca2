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
#include "privet/rng.h"
#include "report/findings.h"
#include "run/audit.h"
#include "scheme/scheme.h"

/* The answers to one target: samples in units before normalisation. */
typedef struct pv_answer {
    int64_t batch;
    float *x;        /* [batch, sample] */
    int32_t *label;  /* what was asked for: labels; of attacks on secrets or answers, those */
    int32_t *opened; /* [batch] of secrets: the label that the customer made of the answer; NULL */
    int64_t *row;    /* [batch] in the owner's data; -1 for controls */
    int *owner;      /* [batch] number of the party whose row it is */
    uint8_t *known;  /* [batch] 1: the adversary had it from elsewhere, so it is not scored */
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
/* Of tables, when nobody says otherwise. */
#define PV_CRITERION_TABLE 1e-2
#define PV_CRITERION_IMAGE 1e-3
double pv_distance_of(const pv_distance *d, const float *a, const float *b);

/* ---- what the adversary has from elsewhere (audit_known.c) */
typedef struct pv_known {
    int64_t *row; /* [count] in the common order, ascending */
    int32_t *label;
    float *x; /* [count, width]; NULL */
    int64_t count;
    int64_t each;       /* for labels: so many of each class, where there are as many */
    int32_t *own_label; /* [own] */
    int64_t own;
    pv_data *own_data;
    pv_model *own_model;
    int own_head;
    pv_split_half front, back; /* of a network that is cut; without a model: none */
    pv_activation_form crossing;
    const char *answers;
} pv_known;
void pv_known_clear(pv_known *k); /* idempotent */
int pv_known_has(const pv_known *k, int64_t row);
void pv_known_tell(pv_public *out, const pv_known *k); /* borrows */

/* ---- controls (audit_control.c, audit_control_notes.c): a view made by the auditor */
typedef struct pv_control_view {
    pv_view *view;
    pv_attack_target *target; /* steps 1.. */
    pv_answers answers;
    pv_model *model; /* that the attack is told; NULL: the run's */
    pv_known known;
    pv_scheme_known facts;
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
/* A sample that nobody owns: of images a few soft blobs, of tables a draw from the model's own
 * normalisation. */
void pv_control_draw(float *x, const pv_model *m, pv_rng *r);
/* A control's view, in place of what lay at path: the auditor's in this role, of one victim. */
pv_status pv_control_create(pv_view_writer **w, const char *path, const char *role,
                            const char *victim, const char *victim_role,
                            const pv_message_type *type, int count) PV_MUST_USE;
/* One record of a control's view; link 0: a note. */
pv_status pv_control_append(pv_view_writer *w, pv_view_kind kind, uint16_t type, uint64_t step,
                            uint64_t link, const pv_part *part, size_t count) PV_MUST_USE;

/* Notes, with the shapes of the run's. "label-gradient": dL/da = (softmax(W·a + b) - t)/m · W of
 * drawn activations, weights and labels. "rare-label-gradient": of two classes, one of them rare,
 * labels drawn by the network's own probabilities. "logits": those of a multinomial regression on
 * drawn features, at every step of its training; "still-logits": when it learns next to nothing.
 * positive 0: the answers are drawn anew afterwards, so nothing about them is in the view. */
typedef struct pv_notes_plan {
    const char *path;
    const char *contents;
    const pv_model *model; /* what a sample is, and how many classes there are */
    int64_t batch, width;  /* of a note */
    int64_t rows;          /* about so many in all: whole batches */
    int64_t known; /* rows that the adversary is told: of each class, for labels; of samples,
                      half of them when it is not 0 */
    int with_data; /* it gets samples of its own as well, alike within a class, and a network that
                      is nothing but the shared layer, whatever the run's own layers are */
    int positive;
    uint64_t seed;
} pv_notes_plan;
pv_status pv_control_notes_make(pv_control_view *out, const pv_notes_plan *plan) PV_MUST_USE;
/* ---- pieces of it */
/* x [n, width] as the adversary's own samples, of a network that is nothing but the shared layer:
 * own_data, own_model, own_head (audit_control_own.c). */
pv_status pv_control_own(pv_known *out, const float *x, int64_t n, int64_t width, int classes,
                         uint64_t seed) PV_MUST_USE;
pv_status pv_control_target(pv_control_view *out, int64_t step, int64_t batch,
                            int64_t width) PV_MUST_USE;
pv_status pv_control_logits(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w,
                            uint16_t type) PV_MUST_USE; /* audit_control_logits.c */

/* Queries to a cut network (audit_control_queries.c): the view of a provider, or of a customer,
 * with activations and answers of drawn samples under drawn secrets. It has nothing of the run's
 * network in it: a small one is drawn for it. */
/* Deviations at most: with more, what a positive control must show is not there to be found. */
#define PV_CONTROL_NOISE 0.1

typedef struct pv_queries_plan {
    const char *path;
    const char *wants; /* of the attack: "secrets", "labels", "answers"; else samples */
    pv_data_kind kind; /* of samples */
    pv_secret_kind secret;
    int classes;
    int64_t rows, shadows; /* that are attacked; that the adversary has of its own */
    double noise; /* of the run's front; the control's puts on as much, up to PV_CONTROL_NOISE */
    int positive;
    uint64_t seed;
} pv_queries_plan;
pv_status pv_control_queries_make(pv_control_view *out, const pv_queries_plan *plan,
                                  const pv_ctx *ctx) PV_MUST_USE;

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
    const struct pv_audit_reads *reads; /* how such attacks are audited */
    pv_batch_truth *truth; /* [truths] of the targets that are notes: the rows they are about */
    size_t truths;
    uint8_t *seen;       /* [rows] of the victim: in a note that was kept? NULL */
    int64_t rows, width; /* of notes: rows of the victim, numbers of a row in a note; of a layer:
                            numbers of a class */
    pv_known known;
    pv_guess guess, positive_guess, negative_guess;
    pv_control_view positive, negative;
    pv_hash hash;
    double seconds;
    pv_str failure; /* why the attack could not run; "" */
    int unsuited;   /* it is for other data, and was not asked for by name: no finding */
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

struct pv_audit_scored;

/* ---- audit_reads.c: what an attack reads decides how it is audited */
typedef struct pv_audit_reads {
    const char *type;  /* of its notes, or of the messages between the halves of a network that is
                          cut; NULL: all messages of a step */
    const char *wants; /* of attacks that read it for this; NULL: for anything */
    const char *means; /* "the gradients it decrypted"; NULL: by what crossed */
    const char
        *alone; /* why the victim can't audit alone, with a %s for the adversary; NULL: can */
    pv_status (*targets)(pv_audit_work *w, pv_audit_case *c);
    pv_status (*known)(pv_audit_work *w, pv_audit_case *c); /* NULL: nothing */
    pv_status (*control)(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                         int positive);
    int rows; /* 1: a guess says which row it is about; 0: it is about a batch as a whole */
    int cut;  /* 1: of attacks that need a front; a target may be about the first of its rows */
    pv_status (*score)(struct pv_audit_scored *s); /* NULL: guesses are about samples */
} pv_audit_reads;
pv_status pv_audit_reads_of(const pv_audit_reads **out, const pv_attack *a) PV_MUST_USE;

/* ---- audit_weights.c: guesses about the layer that nobody has whole. One target, whose x is
 * [classes, inputs + 1]. */
pv_status pv_audit_weight_targets(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_know_measured(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_score_weights(struct pv_audit_scored *s) PV_MUST_USE;
/* audit_control_weights.c: probabilities by a drawn layer of drawn inputs; or by another one than
 * is asked for. */
pv_status pv_audit_weight_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                  int positive) PV_MUST_USE;

/* ---- audit_notes.c: steps about which the adversary noted something */
pv_status pv_audit_note_targets(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;

/* ---- audit_queries.c: steps in which a customer asked a cut network something */
pv_status pv_audit_query_targets(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* As the provider's view has it, or the customer's own. NULL: none of them. */
const pv_view *pv_audit_query_view(const pv_audit_work *w, const pv_audit_case *c);
pv_status pv_audit_know_cut(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* Appends to a failure what the adversary did not have. */
pv_status pv_audit_lacks(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_query_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                 int positive) PV_MUST_USE;
/* ---- audit_opened.c: what is true of queries, into out->item[i], whose rows are there */
pv_status pv_audit_open_queries(pv_answers *out, pv_audit_work *w,
                                const pv_audit_case *c) PV_MUST_USE;
int32_t pv_audit_largest(const float *score, int64_t classes); /* the answer that scores say */
/* Rows that are right without a view, on average: for labels each customer's most frequent one, for
 * secrets what turns each answer back to that. */
pv_status pv_audit_prior(double *right, const pv_answers *answers, int classes,
                         int parties) PV_MUST_USE;

/* ---- audit_known.c: what the adversary is assumed to know beside its view; opens data */
pv_status pv_audit_know_labels(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_know_rows(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* A guess says nothing about rows that were known: neither is it committed to, nor scored. */
void pv_audit_forget_known(pv_guess *guess, const pv_audit_case *c, int64_t width);

/* ---- audit_targets.c, audit_case.c: targets and guesses; nothing here opens anybody's data */
pv_status pv_audit_message_targets(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
pv_status pv_audit_message_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                   int positive) PV_MUST_USE;
pv_status pv_audit_note_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                int positive) PV_MUST_USE;
/* Is name among the parties of "a+b"? */
int pv_audit_is_member(const char *list, const char *name);
pv_status pv_audit_cases(pv_audit_work *w) PV_MUST_USE;
int pv_audit_is_attacked(const pv_claim *c);   /* does it name an attack? */
int pv_audit_is_named(const pv_audit_work *w); /* was one attack asked for by its name? */
/* Of a claim whose attack is for other data than these, the next one. */
pv_status pv_audit_next(pv_audit_work *w, size_t i) PV_MUST_USE;
/* Of a party: from its result; of one that was lost and left none, from what it told others. 0:
 * unknown. */
int64_t pv_audit_samples_of(const pv_audit_work *w, const pv_audit_party *p);
pv_status pv_audit_guess(pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* Is it about who asked and what came back, not about samples? */
int pv_audit_wants(const pv_audit_case *c, const char *what);
int pv_audit_is_victim(const pv_audit_work *w, const pv_audit_case *c, int party);
/* Room for so many targets, all of them none yet. */
pv_status pv_audit_case_targets(pv_audit_case *c, size_t targets) PV_MUST_USE;
void pv_audit_case_clear(pv_audit_case *c);

/* ---- audit_truth.c: opens a party's data and checks it against its commitment */
pv_status pv_audit_open_data(pv_audit_work *w, int party) PV_MUST_USE;
pv_status pv_audit_answers(pv_answers *out, pv_audit_work *w, const pv_audit_case *c) PV_MUST_USE;
/* Rows of one victim in a step, from sample `at` on. truth: as the scheme told it. */
pv_status pv_audit_add_rows(pv_answer *out, int64_t at, pv_audit_work *w, int party, uint64_t step,
                            const pv_batch_truth *truth) PV_MUST_USE;

/* ---- audit_findings.c: one case becomes one finding a metric */
pv_status pv_audit_score(pv_findings *f, pv_audit_work *w, pv_audit_case *c) PV_MUST_USE;
/* audit_facts_customers.c: what a query cost each customer, and how right its answers were. */
pv_status pv_audit_facts_customers(pv_findings *f, pv_audit_work *w) PV_MUST_USE;
/* audit_facts.c: everything in the findings that is not a finding. */
pv_status pv_audit_facts(pv_findings *f, pv_audit_work *w) PV_MUST_USE;
pv_status pv_audit_copy(char **out, const char *text) PV_MUST_USE; /* NULL becomes "" */
int pv_audit_was_dropped(const pv_audit_work *w, const char *party);
/* audit_claims.c: what weakens the scheme, what it tells by itself, and what nobody tested. */
pv_status pv_audit_claims(pv_findings *f, pv_audit_work *w) PV_MUST_USE;

/* ---- scoring (audit_score.c) */
typedef struct pv_sample_score {
    size_t target;
    int64_t guess, answer;    /* positions in the batch */
    double error, psnr, ssim; /* psnr and ssim NaN for tables */
    double baseline_error;
    int recovered, identified, label_right, baseline_recovered;
} pv_sample_score;

/* One class against all others, by what the attack thought of each row. Which end of a ranking is
 * the class an adversary finds out with one known row: the larger of the area and its complement
 * counts. */
typedef struct pv_class_leak {
    int64_t rows, right; /* of the class */
    pv_auc_score auc;    /* negatives or positives 0: not measured */
} pv_class_leak;

/* Inner products of what rows are to a layer that they go into: of normalised samples. Errors are
 * in units of both rows' lengths. */
typedef struct pv_inner_score {
    int64_t count, right;         /* of pairs in the same target; off by at most 1 % */
    int64_t baseline;             /* right when the mean is said of all pairs, and of all squares */
    double error, baseline_error; /* medians; NaN */
} pv_inner_score;

/* A layer, less its mean over the classes, which no answer shows. */
typedef struct pv_weight_score {
    int64_t count, right; /* of its numbers; off by at most 10 % of their root mean square */
    int64_t baseline;     /* right when zero is said of all */
    double error, baseline_error; /* of all of them, over their size; NaN */
    double agree;                 /* share of the run's rows that both layers label alike; NaN */
    double most;                  /* share that the most frequent of these labels has; NaN */
} pv_weight_score;

typedef struct pv_score {
    pv_sample_score *sample; /* in the order of the answers */
    int64_t samples;
    int64_t recovered, identified, labels, baseline_recovered;
    double drawn; /* how many a row drawn from the victims' own would have hit, on average */
    int has_x, has_label; /* did the attack claim any? */
    int finished;
    int has_inner;        /* did it claim inner products? */
    pv_inner_score inner; /* then */
    pv_weight_score weights;
    pv_class_leak *class; /* [classes] where guesses are about rows and say how sure they are */
    int classes;
    double leak_auc; /* mean of the classes'; NaN */
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
    int rows;    /* guesses say which row they are about */
    int renames; /* their labels are groups, to be named as fits best */
    int ranks;   /* how sure they are is a score of class 1 */
    int classes;
    const pv_norm *inner; /* how samples are normalised for a layer's inner products; NULL: not */
} pv_scorer;

/* 1 where a target is about more samples than the attack made guesses: each guess then counts as
 * about the sample nearest to it, and n is the number of guesses. */
int pv_score_is_partial(int64_t guesses, int64_t answers);

/* Guesses of a batch are given to its answers so that the errors are least. */
pv_status pv_score_init(pv_score *s, const pv_scorer *how, const pv_guess *guess,
                        const pv_answers *answers) PV_MUST_USE;
void pv_score_clear(pv_score *s); /* idempotent */

/* ---- audit_labels.c: labels of rows */

/* name[k]: the class of group k, so that as many rows as possible are right (an assignment of
 * groups to classes). Known rows do not count. */
pv_status pv_labels_name(int32_t *name, const pv_guess *guess, const pv_answers *answers,
                         int classes) PV_MUST_USE;
/* Fills s->class and s->leak_auc. name NULL: labels are classes. Nothing where a guess does not say
 * how sure it is. */
pv_status pv_labels_leak(pv_score *s, const pv_guess *guess, const pv_answers *answers,
                         const int32_t *name, int classes, int ranks) PV_MUST_USE;
/* Rows of n that are right without a view: the most frequent class for all; for groups, if that is
 * more, what naming them as fits best gets right of labels drawn anew. */
pv_status pv_labels_chance(double *right, const pv_guess *guess, const pv_answers *answers,
                           int renames, int classes, uint64_t seed) PV_MUST_USE;

/* ---- audit_inner.c */
pv_status pv_inner_score_init(pv_inner_score *s, const pv_guess *guess, const pv_answers *answers,
                              const pv_norm *norm, int64_t width) PV_MUST_USE;

/* ---- audit_baseline.c: one case with its scores, and what one knows without a view */
typedef struct pv_audit_scored {
    pv_audit_work *w;
    pv_audit_case *c;
    pv_scorer how;
    pv_answers answers;
    pv_score run, positive, negative;
    float *baseline, *decoy;
    pv_norm norm;                           /* of the victim's samples, where no model has one */
    float *control_decoy[2], *control_zero; /* of controls about samples of other sizes */
    double base_labels; /* right when each step's labels are guessed in the proportions of all; of
                           rows, by audit_labels.c */
    int equal_classes;  /* they were guessed in equal proportions: there is one victim */
    int partial;        /* were steps about more samples than the attack guessed? */
} pv_audit_scored;

/* ---- audit_metric.c: what a k of n counts. Each metric of a case is a finding of its own. */
typedef struct pv_audit_metric {
    const char *name, *verb;
    const char *one, *many; /* what is counted; NULL: images or rows */
    int limited;            /* is there a limit of the error? */
    const char *note;       /* what a reader must know; NULL */
    int (*applies)(const pv_audit_scored *s);
    pv_count (*hits)(const pv_score *s);
    pv_status (*criterion)(char **out, const pv_audit_scored *s);
    pv_status (*chance)(pv_finding *f, const pv_audit_scored *s);
    pv_status (*controls)(pv_finding *f, const pv_audit_scored *s);
    pv_status (*more)(pv_finding *f, const pv_audit_scored *s); /* NULL: nothing */
} pv_audit_metric;
extern const pv_audit_metric *const pv_audit_metrics[]; /* ended by NULL */
/* audit_metric_queries.c */
extern const pv_audit_metric pv_audit_metric_secrets, pv_audit_metric_agreement;
/* What these share with the others. */
pv_count pv_audit_label_hits(const pv_score *s);
pv_status pv_audit_row_controls(pv_finding *f, const pv_audit_scored *s, const char *positive,
                                const char *negative) PV_MUST_USE;

/* ---- audit_measures.c, audit_exhibits.c: what stands beside a count */
pv_status pv_audit_text(char **out, const char *fmt, ...) PV_MUST_USE PV_PRINTF(2, 3);
pv_status pv_audit_add_measures(pv_finding *f,
                                const pv_audit_scored *s) PV_MUST_USE; /* of samples */
pv_status pv_audit_add_inner(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE;
pv_status pv_audit_add_classes(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE; /* of labels */
pv_status pv_audit_add_weights(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE;
/* How sure it was of what, and what it tried before (audit_tries.c). */
pv_status pv_audit_add_tries(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE;
pv_status pv_audit_add_exhibits(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE;
/* How far each target was missed: the plot of all errors. */
pv_status pv_audit_add_errors(pv_finding *f, const pv_audit_scored *s) PV_MUST_USE;

void pv_audit_scored_clear(pv_audit_scored *s); /* idempotent */
/* Fills how, baseline, decoy, base_labels and partial from the victims' data and the answers. */
pv_status pv_audit_scorer(pv_audit_scored *s) PV_MUST_USE;
/* The controls' guesses. */
pv_status pv_audit_score_controls(pv_audit_scored *s, int labels_only) PV_MUST_USE;

#endif
