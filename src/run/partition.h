/* run/partition.h - a model with a secret, cut into the files of two parties, and what the cut
 * costs
 *
 *     pv_partition p = {.model = "secret.safetensors", .cut = "2", .data = "glyphs",
 *                       .noise = NAN, .out = "halves"};
 *     PV_TRY_GOTO(pv_partition_run(&p, ctx));
 *     done:
 *     pv_partition_clear(&p);
 *
 * Writes customer.safetensors and provider.safetensors into the folder `out`, which may not have
 * them yet. `data` gives the ranges of the activation (encode/complement/split.h). With labels, the
 * accuracy of every form of the activation (32, 8 and 4 bits, whole and, where there is one,
 * projected) is measured: front, bytes, back, answer turned back, under a drawn secret and with
 * drawn noise each row, on the test split of the data where it has one and the SPEC names none.
 */
#ifndef PV_RUN_PARTITION_H
#define PV_RUN_PARTITION_H

#include "encode/complement/activation.h"

enum { PV_PARTITION_FORMS = 6 };

typedef struct pv_partition_form {
    int bits, projected;
    size_t bytes;    /* of a sample */
    double accuracy; /* of labels turned back, refused rows counted as wrong; NaN: not measured */
    double clamped;  /* share of numbers outside their range; NaN likewise */
    int64_t refused; /* rows that a provider would refuse for their range (float32) */
} pv_partition_form;

typedef struct pv_partition {
    const char *model, *cut, *data, *out;
    double noise;  /* that the front puts on its activation (encode/complement/front_noise.h); NaN:
                      what the model was trained with */
    uint64_t seed; /* of secrets and noise drawn */

    /* after pv_partition_run */
    pv_split_half front, back;
    char *path[2];         /* of the customer's and the provider's file */
    int64_t file_bytes[2]; /* their sizes */
    char *test;            /* SPEC of the rows that were measured */
    int64_t rows;          /* of them; 0: no labels */
    int same_rows;         /* they gave the ranges, too: there is no test split */
    pv_partition_form form[PV_PARTITION_FORMS];
    int forms;
    char *unprojected; /* why there is no projection; NULL when there is one */
} pv_partition;

/* Errors: those of pv_hidden_load and pv_split_make; PV_ERR_OPTION (the cut, the noise),
 * PV_ERR_USAGE (files that are there already). *p must be cleared in any case. */
pv_status pv_partition_run(pv_partition *p, const pv_ctx *ctx) PV_MUST_USE;
void pv_partition_clear(pv_partition *p); /* idempotent */

#endif
