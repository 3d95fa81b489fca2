/* attack/attack.h - an attack: a function of a view
 *
 * An attack reads what one party (or several that collude) saw, and public knowledge: the model's
 * architecture, the kind of data, samples that anybody can have. It has no place for the truth.
 * What it claims to have recovered goes into a pv_guess; somebody else (run/audit) hashes that
 * before the truth is read, and scores it.
 *
 * The same function is run on the run's own view, on a positive control (where it must succeed) and
 * on a negative one (where the view holds nothing about the target, so it must fail).
 */
#ifndef PV_ATTACK_ATTACK_H
#define PV_ATTACK_ATTACK_H

#include "encode/complement/activation.h"
#include "privet/context.h"
#include "privet/model.h"
#include "view/view.h"

enum { PV_ATTACK_VIEWS = 8 }; /* of parties that collude, at most */

/* One thing an attack tries to recover: which records it may look at. */
typedef struct pv_attack_target {
    const char *victim;   /* party whose secret it is */
    uint64_t step;        /* of the records */
    int64_t batch;        /* samples behind them; 0: unknown */
    const int32_t *label; /* [batch] when the adversary is assumed to know the labels, else NULL */
} pv_attack_target;

/* What anybody may know. */
typedef struct pv_public {
    const char *scheme;
    const pv_model
        *model;      /* its architecture, domain and normalisation; its parameters mean nothing */
    int clients;     /* that train together; 0: unknown */
    int64_t samples; /* that the victim trains on in all; 0: unknown */
    int local_epochs, local_batch; /* of a client's round (FedAvg); 0: FedSGD */
    double local_lr;
    /* What the adversary is assumed to have from elsewhere, by row number in the run's common
     * order; the finding says so, and these rows do not count. */
    const int64_t *known_row;   /* rows whose label (and, where x is there, whose sample) it has */
    const int32_t *known_label; /* NULL: no labels */
    const float *known_x;       /* [known, sample...] before normalisation; NULL: no samples */
    int64_t known;
    /* Labels that are the adversary's own: of the passive party of `vertical`, all of them. */
    const int32_t *own_label; /* [own] by row number; NULL */
    int64_t own;
    int classes;
    double lr, momentum, decay; /* of the layer that two parties share (vertical) */
    int64_t batch;              /* its nominal batch */
    /* The adversary's own samples, its bottom network's input (vertical, active); NULL. */
    const pv_data *own_data;
    const pv_model *own_model; /* the whole network with the adversary's own layers trained; the
                                  others' values mean nothing; NULL */
    int own_head;              /* dense layers at the end of it that are not the adversary's */
    /* Of a network that is cut (complement): the half that the customer has, which was published;
     * how activations cross; what the provider answers. */
    const pv_split_half *front;
    const pv_activation_form *crossing;
    const char *answers;       /* "logits", "rounded", "label" */
    const pv_split_half *back; /* the provider's own half, where the adversary is the provider;
                                  NULL: it sees activations and no more */
} pv_public;

typedef struct pv_budget {
    double seconds;      /* 0: no limit; an attack that ran out says so */
    int restarts;        /* 0: the attack's own */
    int64_t evaluations; /* of the objective, a restart; 0: the attack's own */
    uint64_t seed;
} pv_budget;

/* Options of one attack as text, "objective" = "cosine"; they are recorded in the finding. */
typedef struct pv_attack_option {
    const char *name, *value;
} pv_attack_option;

/* The guess about one target. x is in the model's input units before normalisation ([0,1] images, a
 * table's own units), [batch, sample...]; label [batch], -1 where none is claimed. */
typedef struct pv_guess_item {
    int64_t batch;
    float *x;       /* NULL when none is claimed */
    int32_t *label; /* NULL when none is claimed */
    double *
        confidence; /* [batch] what the attack itself thinks, higher is surer; NULL: does not say */
    float *inner;   /* [batch, batch] inner products of what the samples are to the shared layer,
                       where   an attack finds those out and no more; NULL */
    double loss;    /* the attack's own objective: what it chose its restart by */
    double seconds;
    int64_t evaluations;
    int finished; /* 0: ran out of its budget or was stopped */
} pv_guess_item;

/* One thing that an attack tried on samples of its own before it made its guess: a probe of some
 * capacity, a student of so many answers. Nobody's truth is in it, so it is no part of what is
 * committed to. */
enum { PV_GUESS_TRY = 48 };
typedef struct pv_guess_try {
    char name[PV_GUESS_TRY]; /* "small, seed 2", "1,000 answers" */
    double x;                /* where it stands on a curve: 1000; NaN: nowhere */
    int64_t right, count;    /* on the samples that it held out */
    double chance;           /* share right without a view; NaN */
    int kept;                /* 1: the guess is by this one */
} pv_guess_try;

typedef struct pv_guess {
    pv_guess_item *item; /* one a target */
    size_t count;
    pv_guess_try *tried; /* in the order to be read in */
    size_t tries;
} pv_guess;

pv_status pv_guess_init(pv_guess *g, size_t targets) PV_MUST_USE; /* nothing claimed, unfinished */
void pv_guess_clear(pv_guess *g);                                 /* idempotent */
/* Room in item i for `batch` samples of `count` numbers (0: x is not claimed), zero; labels, when
 * asked for, are -1, confidences 0. What it had before is freed. */
pv_status pv_guess_claim(pv_guess *g, size_t i, int64_t batch, int64_t count, int labels,
                         int confidences) PV_MUST_USE;
/* Room for inner products in item i, which was claimed. */
pv_status pv_guess_claim_inner(pv_guess *g, size_t i) PV_MUST_USE;
pv_status pv_guess_add_try(pv_guess *g, const pv_guess_try *t) PV_MUST_USE; /* copied */
/* Every item, in a fixed form: what is committed to. All numbers little-endian:
 *     "privet/1 guess\0", u64 items, u32 dimensions of a sample, each u64, then for every item
 *     i64 batch, u8 is x there, u8 label, u8 1 for confidence and 2 for inner, f64 loss,
 *     f64 seconds, i64 evaluations, u8 finished, x as f32, label as i32, confidence as f64, inner
 * as f32. */
pv_status pv_guess_hash(pv_hash *out, const pv_guess *g, const pv_shape *sample) PV_MUST_USE;

/* What an attack wants of the adversary's own things, in pv_public. */
enum {
    PV_NEEDS_OWN_LABELS = 1, /* own_label */
    PV_NEEDS_OWN_DATA = 2,   /* own_data */
    PV_NEEDS_OWN_MODEL = 4,  /* own_model, own_head */
    PV_NEEDS_FRONT = 8,      /* front, crossing, answers; own_data: samples like the victim's */
};

typedef struct pv_attack {
    const char *name;    /* "idlg" */
    int version;         /* rises when results may change */
    const char *summary; /* one line */
    const char *source;  /* paper */
    const char *wants;   /* "training images", "labels", "rows" */
    int active;          /* needs an oracle */
    const char *reads;   /* the type of the notes it reads, of every step: "activation-gradient",
                            "logits"; NULL: messages that crossed in a target's step. A guess about
                            notes is about their rows, in the order of their `index` */
    const char *control; /* contents of the auditor's own views: "label-gradient",
                            "rare-label-gradient", "logits", "still-logits" (pv_notes_plan); NULL:
                            what goes with messages */
    int renames;  /* labels are numbers of groups: right up to a permutation of the classes */
    int ranks;    /* confidence is a score of two classes: the higher, the rather class 1 or, where
                     labels are numbers of groups, the rarer one; otherwise it is how sure the label
                     is */
    int probable; /* 1: confidence is the probability that the guess is right; 0: a score */
    int rough; /* 1: it rebuilds what a sample is like and no more, so that it is judged by whether
                  the sample can be told from others by it */
    int known; /* rows that it is assumed to know when nobody says otherwise: so many of each
                  class for labels; of samples, -1: the width of one and two, when that is at most
                  half of the rows */
    unsigned needs;                  /* of what is the adversary's own: PV_NEEDS_* */
    const pv_attack_option *options; /* names with their defaults, ended by a NULL name */
    /* Fill guess->item[i] for target[i]. views: one, or those of colluding parties. Errors are of
     * the machine or of views that lack the records (PV_ERR_NOT_FOUND, naming the retention); an
     * attack that merely does not succeed returns PV_OK and its best guess. */
    pv_status (*run)(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int options, const pv_budget *budget, const pv_ctx *ctx);
} pv_attack;

/* options[name], or the attack's default; NULL when it has no such option. Of two of a name the
 * later counts. */
const char *pv_attack_option_get(const pv_attack *a, const pv_attack_option *option, int options,
                                 const char *name);

/* PV_ERR_OPTION when one is given that the attack does not have; the message lists those it has. */
pv_status pv_attack_option_check(const pv_attack *a, const pv_attack_option *option,
                                 int options) PV_MUST_USE;

/* The option, which the attack has, as a number from low to high (PV_ERR_OPTION otherwise), as a
 * whole one, and as the position of its word among "l2|cosine". */
pv_status pv_attack_option_number(double *out, const pv_attack *a, const pv_attack_option *option,
                                  int options, const char *name, double low,
                                  double high) PV_MUST_USE;
pv_status pv_attack_option_count(int64_t *out, const pv_attack *a, const pv_attack_option *option,
                                 int options, const char *name, int64_t low,
                                 int64_t high) PV_MUST_USE;
pv_status pv_attack_option_choice(int *out, const pv_attack *a, const pv_attack_option *option,
                                  int options, const char *name, const char *words) PV_MUST_USE;

#endif
