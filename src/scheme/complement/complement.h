/* scheme/complement/complement.h - a provider answers a customer's queries without being told what
 * it answers: settings and roles
 *
 * (Sun, Wu, Hwang 2019, arXiv 1908.07701, corrected.) The *provider* has a network that obeys a
 * secret (encode/complement/hidden.h), cut behind one of its stages: the front goes to the
 * *customers*, the back stays. A customer runs the front on its row under a secret of its own,
 * sends the activation at the cut, gets the back's answer and turns it back by the secret.
 *
 *     provider                                  each customer
 *     step 1        <- join                     its rows' commitment, how many, its half's binding
 *                   terms, half ->              or a refusal
 *     step n + 1    <- activation               batch n: rows (n-1)·query_batch ...
 *                   answer ->                   or a refusal, with which its part ends
 *
 * The provider's model comes from its local file: `model`, a model with a secret (`privet
 * retrain`), which is cut on the spot; or `half`, the provider's half of `privet partition`, and
 * with it `front`, the customers' half, when it shall be published. With neither the provider
 * trains in step 1, from its data, as [scheme] says: kept_epochs of the ordinary model where layers
 * are kept, then epochs with the secret. A customer that has its half already names it in `half`;
 * halves of two models are refused, with both bindings.
 *
 * Refusals. What a customer does wrong ends its own part and nobody else's: it gets the reason,
 * both record it, the others are served on. A customer that was refused ends its run in order, with
 * the answers it has and "refusal" in its result. One that is lost is given up as on_loss says.
 *
 * A customer's secrets come from a PRF keyed by its certificate's private key (secrets = prf): the
 * same row has the same secret in every run of that customer, so that a repeated query is the same
 * bytes again. secrets = fresh draws them anew in each run: two queries of one row then show the
 * provider which of its answers are opposite.
 *
 * hide_noise is how much noise customers put on what they send (encode/complement/front_noise.h);
 * their front carries it. It comes from the same key and row as the secret, and the front's
 * binding: with secrets = prf a repeated query is the same bytes, noise and all; with fresh it is
 * averaged away run by run. A network that is trained in step 1 is trained with it.
 *
 * Files in a party's folder: both have customer.safetensors (the published half) and form.bin (how
 * activations cross), the provider provider.safetensors (mode 0600), a customer predictions.csv
 * and secrets.csv (mode 0600; what an audit holds guesses against).
 */
#ifndef PV_SCHEME_COMPLEMENT_COMPLEMENT_H
#define PV_SCHEME_COMPLEMENT_COMPLEMENT_H

#include "encode/complement/activation.h"
#include "encode/complement/retrain.h"
#include "fed/learning.h"
#include "scheme/scheme.h"

enum { PV_QUERY_LOGITS = 0, PV_QUERY_ROUNDED, PV_QUERY_LABEL };
enum { PV_QUERY_PRF = 0, PV_QUERY_FRESH };
enum { PV_COMPLEMENT_CUSTOMERS = 1000 };

typedef struct pv_complement_options {
    int kind, form; /* a pv_secret_kind and a pv_secret_form, less 1 */
    int64_t keep;
    const char *cut_text;
    int bits_choice; /* "32|8|4" */
    int project;
    int64_t query_batch, budget; /* budget: rows of one customer in a run; 0: no end */
    int answers, secrets;
    int64_t kept_epochs, epochs;
    pv_fed_learning learning;
    pv_guard_options guard; /* without its cut */
    int64_t decoder_steps;
    char cut[PV_CUT_TEXT]; /* cut_text, or behind the stage where the secret enters */
    int bits;
} pv_complement_options;

extern const pv_setting pv_complement_setting[];
pv_status pv_complement_options_read(pv_complement_options *o, pv_scenario *s) PV_MUST_USE;
pv_secret_kind pv_complement_kind(const pv_complement_options *o);
pv_secret_form pv_complement_form(const pv_complement_options *o);
const char *pv_complement_answers(const pv_complement_options *o); /* "logits", ... */
/* Is anything trained against? Noise is not: it is there from the first step on, and afterwards. */
int pv_complement_guarded(const pv_complement_options *o);

/* PV_ERR_MISMATCH unless the half has the scenario's kind, form, classes, keep, cut, noise and,
 * a front, its samples. what: its file, or whose it is. */
pv_status pv_complement_half_check(const pv_split_half *half, const pv_complement_options *o,
                                   const pv_scenario *s, const char *what) PV_MUST_USE;
/* The form that the scenario asks for. PV_ERR_UNSUPPORTED: project where nothing is left out. */
pv_status pv_complement_form_of(pv_activation_form *f, const pv_split_half *back,
                                const pv_complement_options *o) PV_MUST_USE;
int64_t pv_complement_batches(const pv_complement_options *o, int64_t rows);

/* ---- what stays in a folder (kept.c): of either role, for who goes on and for an audit */
/* front NULL: it is there already, or was not published. */
pv_status pv_complement_keep(const char *folder, const pv_split_half *front,
                             const pv_activation_form *f) PV_MUST_USE;
/* Both are the caller's. PV_ERR_NOT_FOUND where the folder has none. */
pv_status pv_complement_kept(pv_split_half *front, pv_activation_form *f,
                             const char *folder) PV_MUST_USE;

/* pv_role.files */
pv_status pv_complement_provider_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                       const char *who) PV_MUST_USE;
pv_status pv_complement_customer_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                       const char *who) PV_MUST_USE;

extern const pv_role pv_complement_provider, pv_complement_customer;
extern const pv_scheme pv_scheme_complement;

#endif
