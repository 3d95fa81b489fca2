/* fed/messages.h - what clients and server of a federated run say to each other
 *
 *     join      client > server   before anything else: truth, the Merkle root of its data; the
 * hash of the model's text; how its samples are distributed (shared normalisation); how many they
 * are, when the server must know setup     server > client   how many rounds; the normalisation of
 * all model     server > client   the weights of a round; after the last round those that are
 *                                 released
 *     gradient  client > server   fedsgd (fed/parts.h)
 *     update    client > server   fedavg: new weights minus those of the round
 *     keys .. answer              masked sums (fed/masked.h)
 *     aggregate note              what the server worked out: the mean gradient or update
 *     released  note              the model at the end
 */
#ifndef PV_FED_MESSAGES_H
#define PV_FED_MESSAGES_H

#include "fed/vector.h"
#include "view/view.h"

enum {
    PV_FED_JOIN = PV_TYPE_FIRST,
    PV_FED_SETUP,
    PV_FED_MODEL,
    PV_FED_GRADIENT,
    PV_FED_UPDATE,
    PV_FED_KEYS,
    PV_FED_ROSTER,
    PV_FED_SHARES,
    PV_FED_DELIVERY,
    PV_FED_MASKED,
    PV_FED_SURVIVORS,
    PV_FED_ANSWER,
    PV_FED_AGGREGATE,
    PV_FED_RELEASED,
    PV_FED_TYPES_END,
};

/* The rows of a scheme's table of message types. */
#define PV_FED_LARGE (UINT64_C(1) << 31)
#define PV_FED_SMALL (UINT64_C(1) << 22)
#define PV_FED_MESSAGES                                                                            \
    {PV_FED_JOIN,                                                                                  \
     "join",                                                                                       \
     "truth u8[32], model u8[32], mean f64[c], std f64[c], samples i64[1]; the last three not "    \
     "always",                                                                                     \
     PV_FED_SMALL,                                                                                 \
     {PV_RETAIN_FULL, 0}},                                                                         \
        {PV_FED_SETUP,                                                                             \
         "setup",                                                                                  \
         "rounds i64[1], mean f64[c], std f64[c]; the last two not always",                        \
         PV_FED_SMALL,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
        {PV_FED_MODEL, "model", "each parameter f32", PV_FED_LARGE, {PV_RETAIN_FULL, 0}},          \
        {PV_FED_GRADIENT,                                                                          \
         "gradient",                                                                               \
         "each parameter f32, state as state:NAME, samples i64[1]",                                \
         PV_FED_LARGE,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
        {PV_FED_UPDATE,                                                                            \
         "update",                                                                                 \
         "each parameter f32, samples i64[1]",                                                     \
         PV_FED_LARGE,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
        {PV_FED_KEYS,                                                                              \
         "keys",                                                                                   \
         "keys u8[120], signature u8[64], certificate u8[n]",                                      \
         PV_FED_SMALL,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
        {PV_FED_ROSTER,                                                                            \
         "roster",                                                                                 \
         "of each client keys:N, signature:N, certificate:N as in keys",                           \
         PV_FED_SMALL,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
        {PV_FED_SHARES, "shares", "bytes u8[n]", PV_FED_SMALL, {PV_RETAIN_FULL, 0}},               \
        {PV_FED_DELIVERY, "delivery", "bytes u8[n]", PV_FED_SMALL, {PV_RETAIN_FULL, 0}},           \
        {PV_FED_MASKED,                                                                            \
         "masked",                                                                                 \
         "values i64[weights + 1], sums mod 2^64",                                                 \
         PV_FED_LARGE,                                                                             \
         {PV_RETAIN_DIGEST, 0}},                                                                   \
        {PV_FED_SURVIVORS, "survivors", "bytes u8[n]", PV_FED_SMALL, {PV_RETAIN_FULL, 0}},         \
        {PV_FED_ANSWER, "answer", "bytes u8[n]", PV_FED_SMALL, {PV_RETAIN_FULL, 0}},               \
        {PV_FED_AGGREGATE,                                                                         \
         "aggregate",                                                                              \
         "each parameter f32, state as in gradient or update",                                     \
         PV_FED_LARGE,                                                                             \
         {PV_RETAIN_FULL, 0}},                                                                     \
    {                                                                                              \
        PV_FED_RELEASED, "released", "each parameter f32", PV_FED_LARGE,                           \
        {                                                                                          \
            PV_RETAIN_FULL, 0                                                                      \
        }                                                                                          \
    }

typedef struct pv_fed_join {
    pv_hash truth, model;
    int64_t samples;          /* 0: not told */
    const double *mean, *std; /* [columns]; NULL: not told */
    int columns;
} pv_fed_join;

typedef struct pv_fed_setup {
    int64_t rounds;
    const double *mean, *std; /* NULL: identity */
    int columns;
} pv_fed_setup;

/* As parts, borrowed from j. Returns how many; there is room for PV_FED_JOIN_PARTS. */
enum { PV_FED_JOIN_PARTS = 5, PV_FED_SETUP_PARTS = 3 };
size_t pv_fed_join_parts(pv_part part[PV_FED_JOIN_PARTS], const pv_fed_join *j);
size_t pv_fed_setup_parts(pv_part part[PV_FED_SETUP_PARTS], const pv_fed_setup *s);

/* Pointers into p. columns: of the samples; 0: no statistics are expected. samples: are they
 * expected? Errors: PV_ERR_PEER, saying what of whom. */
pv_status pv_fed_join_take(pv_fed_join *j, const pv_parts *p, const char *what, int columns,
                           int samples) PV_MUST_USE;
pv_status pv_fed_setup_take(pv_fed_setup *s, const pv_parts *p, const char *what,
                            int columns) PV_MUST_USE;

#endif
