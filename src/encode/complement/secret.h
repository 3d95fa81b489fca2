/* encode/complement/secret.h - the secret that flips an answer: kinds, forms, labels
 *
 * (Sun, Wu, Hwang 2019, equation 3, algorithms 1 and 2; the references of DESIGN for the rest.) A
 * network learns to answer with another label than the true one, which one a secret says that goes
 * into it beside the sample. Whoever knows the secret turns the answer back.
 *
 *     kind          classes   secret               answer to label l
 *     complement    2         a bit c              l xor c
 *     offset        n         o in 0..n-1          (l + o) mod n        (the paper's is 1..n)
 *     permutation   n <= 16   a permutation p      p(l)
 *
 * All three are a permutation of the labels, which is how pv_secret keeps them. The offset leaves
 * the order of the classes on a circle as it is: a whole vector of logits shifted cyclically can be
 * turned back by who knows how classes are confused; the permutation is the repair.
 *
 * The network gets the secret as extra channels at the input of one of its layers:
 *
 *     form     at a convolution                      at a dense layer         numbers
 *     plane    constant planes of -a or +a           the same, one number     complement 1, offset
 *              each plane                                                     n, permutation n^2
 *     append   eight copies of each plane            eight copies             eight times as many
 *     digit    one plane: a drawn digit of the value refused                  1
 *              (the paper's MNIST image), resized
 *
 * of which plane `o` of an offset, and `l·n + p(l)` of a permutation, is +a and the others -a. a is
 * the root mean square of what comes into the layer otherwise. The digit's look is drawn by the
 * PRF, too; offsets above nine and permutations have none.
 *
 * Two sources of secrets that do not mix: a *training* draws them from pv_rng, since they hide
 * nothing there; a *customer* derives them from its key and the input, so that a repeated query
 * reveals nothing new.
 */
#ifndef PV_ENCODE_COMPLEMENT_SECRET_H
#define PV_ENCODE_COMPLEMENT_SECRET_H

#include "crypto/prf/prf.h"
#include "privet/rng.h"
#include "privet/tensor.h"

typedef enum pv_secret_kind {
    PV_SECRET_COMPLEMENT = 1,
    PV_SECRET_OFFSET,
    PV_SECRET_PERMUTATION
} pv_secret_kind;
typedef enum pv_secret_form {
    PV_SECRET_PLANE = 1,
    PV_SECRET_APPEND,
    PV_SECRET_DIGIT
} pv_secret_form;

enum { PV_SECRET_CLASSES = 256, PV_SECRET_PERMUTED = 16, PV_SECRET_COPIES = 8 };

/* What the network expects: public, in both halves of a model. */
typedef struct pv_secret_plan {
    pv_secret_kind kind;
    pv_secret_form form;
    int classes;
    double alpha;   /* a > 0 */
    pv_shape input; /* of the layer without the secret: [h, w, c] or [features] */
} pv_secret_plan;

/* One query's: secret at the customer, wiped by it (pv_secret_wipe of base/secret.h). */
typedef struct pv_secret_value {
    uint8_t to[PV_SECRET_CLASSES]; /* label l is answered as to[l] */
    uint64_t look;                 /* of the digit */
} pv_secret_value;

/* "complement", "offset", "permutation"; "plane", "append", "digit"; 0 for others. */
const char *pv_secret_kind_name(pv_secret_kind k);
pv_secret_kind pv_secret_kind_by_name(const char *name);
const char *pv_secret_form_name(pv_secret_form f);
pv_secret_form pv_secret_form_by_name(const char *name);

/* Kind, form and classes go together (PV_ERR_OPTION naming what does not, and why). */
pv_status pv_secret_plan_check(const pv_secret_plan *p) PV_MUST_USE;
int64_t pv_secret_channels(const pv_secret_plan *p);
int64_t pv_secret_numbers(const pv_secret_plan *p); /* of a sample: channels at every pixel */
/* How many values a complement or an offset has: 2, n. 0 for permutations. */
int64_t pv_secret_values(const pv_secret_plan *p);
/* Number v of them (looks: 0). PV_ERR_RANGE: "a secret of 7; of an offset over 5 classes it is
 * 0..4". */
pv_status pv_secret_of(pv_secret_value *out, const pv_secret_plan *p, int64_t v) PV_MUST_USE;

void pv_secret_draw(pv_secret_value *out, const pv_secret_plan *p, pv_rng *r);
/* From the sample as the customer has it: the same one gets the same secret. What is drawn decides
 * no branch and no address (but that a word may be refused and drawn anew, base/csprng.h). */
pv_status pv_secret_derive(pv_secret_value *out, const pv_secret_plan *p, const pv_prf_key *k,
                           const void *input, size_t size) PV_MUST_USE;

/* NewLabel and its inverse, the latter in constant time. */
int32_t pv_secret_hide(const pv_secret_value *s, int32_t label);
int32_t pv_secret_open(const pv_secret_plan *p, const pv_secret_value *s, int32_t answer);
/* The columns of a vector of scores, out[l] = score[to[l]]. */
void pv_secret_open_scores(float *out, const pv_secret_plan *p, const pv_secret_value *s,
                           const float *score);

/* out [h, w, channels] or [channels]: what goes into the network for one sample. No branch and no
 * address depends on which value it is: of a digit all are drawn, and one is kept. (How long the
 * drawing takes depends on `look`, which says nothing of the value.) */
void pv_secret_fill(float *out, const pv_secret_plan *p, const pv_secret_value *s);
/* The same bits where nothing is hidden, in training and measuring: that one digit alone is drawn,
 * in a time that tells it. */
void pv_secret_fill_open(float *out, const pv_secret_plan *p, const pv_secret_value *s);

#endif
