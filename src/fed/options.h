/* fed/options.h - what every federated scheme can be told in its [scheme] section
 *
 * FedSGD and FedAvg are algorithm 1 of McMahan et al. 2017 ("Communication-Efficient Learning of
 * Deep Networks from Decentralized Data") with all clients in every round:
 *
 *     fedsgd   a round is one step: each client sends the gradient of one batch, the server moves
 *              the weights with the optimiser by the weighted mean (flow paper, equations 11-13);
 *     fedavg   a round is local_epochs epochs at each client, which sends what they changed; the
 *              server adds the weighted mean (server_lr times; with server_momentum as Hsu, Qi,
 *              Brown 2019, section 4.3).
 *
 * In FedSGD the learning rate and its schedule are the server's, in FedAvg the clients', and run
 * over all local steps of the run; local optimiser state begins anew in each round.
 */
#ifndef PV_FED_OPTIONS_H
#define PV_FED_OPTIONS_H

#include "fed/learning.h"

enum { PV_FEDAVG = 0, PV_FEDSGD };
enum { PV_WEIGH_SAMPLES = 0, PV_WEIGH_EQUAL };
enum { PV_SUM_PLAIN = 0, PV_SUM_MASKED };
enum { PV_NORMALISE_SHARED = 0, PV_NORMALISE_NONE };

typedef struct pv_fed_options {
    int algorithm;
    int64_t rounds;         /* fedavg */
    int64_t epochs;         /* fedsgd */
    int64_t steps_an_epoch; /* fedsgd; 0: the batches of the client that has most */
    int64_t local_epochs;   /* fedavg */
    pv_fed_learning learning;
    double proximal;
    double server_lr, server_momentum; /* fedavg */
    int weighting, aggregation;
    double clip;       /* masked: entries of what a client sends are cut to it */
    int64_t threshold; /* masked: shares that open a mask; 0: two thirds of the clients */
    int normalise, alone;
    int64_t evaluate_every; /* rounds; 0: at the end only */
} pv_fed_options;

#define PV_FED_SETTINGS(at)                                                                        \
    {"algorithm",                                                                                  \
     PV_SETTING_CHOICE,                                                                            \
     "fedavg",                                                                                     \
     0,                                                                                            \
     0,                                                                                            \
     "fedavg|fedsgd",                                                                              \
     "fedavg: clients train for local_epochs and send what changed; fedsgd: clients send the "     \
     "gradient of one batch",                                                                      \
     at + offsetof(pv_fed_options, algorithm)},                                                    \
        {"rounds",                                                                                 \
         PV_SETTING_INTEGER,                                                                       \
         "10",                                                                                     \
         1,                                                                                        \
         1000000,                                                                                  \
         NULL,                                                                                     \
         "fedavg: rounds in all",                                                                  \
         at + offsetof(pv_fed_options, rounds)},                                                   \
        {"epochs",                                                                                 \
         PV_SETTING_INTEGER,                                                                       \
         "1",                                                                                      \
         1,                                                                                        \
         100000,                                                                                   \
         NULL,                                                                                     \
         "fedsgd: epochs in all",                                                                  \
         at + offsetof(pv_fed_options, epochs)},                                                   \
        {"steps_an_epoch",                                                                         \
         PV_SETTING_INTEGER,                                                                       \
         "0",                                                                                      \
         0,                                                                                        \
         100000000,                                                                                \
         NULL,                                                                                     \
         "fedsgd: steps of an epoch; 0 for the batches of the client that has most, which all "    \
         "clients' numbers of samples must be told for",                                           \
         at + offsetof(pv_fed_options, steps_an_epoch)},                                           \
        {"local_epochs",                                                                           \
         PV_SETTING_INTEGER,                                                                       \
         "1",                                                                                      \
         1,                                                                                        \
         1000,                                                                                     \
         NULL,                                                                                     \
         "fedavg: epochs of each client in a round",                                               \
         at + offsetof(pv_fed_options, local_epochs)},                                             \
        {"proximal",                                                                               \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         1000,                                                                                     \
         NULL,                                                                                     \
         "fedavg: mu of FedProx, which adds mu/2 |w - w of the server|^2 to the local loss",       \
         at + offsetof(pv_fed_options, proximal)},                                                 \
        {"server_lr",                                                                              \
         PV_SETTING_REAL,                                                                          \
         "1",                                                                                      \
         0,                                                                                        \
         100,                                                                                      \
         NULL,                                                                                     \
         "fedavg: the mean update times this is added",                                            \
         at + offsetof(pv_fed_options, server_lr)},                                                \
        {"server_momentum",                                                                        \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         0.9999,                                                                                   \
         NULL,                                                                                     \
         "fedavg: share of the server's last movement that goes on (FedAvgM)",                     \
         at + offsetof(pv_fed_options, server_momentum)},                                          \
        {"weighting",                                                                              \
         PV_SETTING_CHOICE,                                                                        \
         "samples",                                                                                \
         0,                                                                                        \
         0,                                                                                        \
         "samples|equal",                                                                          \
         "how much a client counts in the mean",                                                   \
         at + offsetof(pv_fed_options, weighting)},                                                \
        {"aggregation",                                                                            \
         PV_SETTING_CHOICE,                                                                        \
         "plain",                                                                                  \
         0,                                                                                        \
         0,                                                                                        \
         "plain|masked",                                                                           \
         "masked: the server sees the sum of what clients send only",                              \
         at + offsetof(pv_fed_options, aggregation)},                                              \
        {"clip",                                                                                   \
         PV_SETTING_REAL,                                                                          \
         "8",                                                                                      \
         1e-6,                                                                                     \
         1024,                                                                                     \
         NULL,                                                                                     \
         "masked: entries larger than this are cut to it before they are rounded",                 \
         at + offsetof(pv_fed_options, clip)},                                                     \
        {"threshold",                                                                              \
         PV_SETTING_INTEGER,                                                                       \
         "0",                                                                                      \
         0,                                                                                        \
         1024,                                                                                     \
         NULL,                                                                                     \
         "masked: clients whose shares open the mask of a lost one; 0 for two thirds",             \
         at + offsetof(pv_fed_options, threshold)},                                                \
        {"normalise",                                                                              \
         PV_SETTING_CHOICE,                                                                        \
         "shared",                                                                                 \
         0,                                                                                        \
         0,                                                                                        \
         "shared|none",                                                                            \
         "shared: samples are normalised by mean and deviation of all clients' samples, which "    \
         "each tells of its own",                                                                  \
         at + offsetof(pv_fed_options, normalise)},                                                \
        {"alone",                                                                                  \
         PV_SETTING_FLAG,                                                                          \
         "yes",                                                                                    \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "each client also trains alone, for comparison",                                          \
         at + offsetof(pv_fed_options, alone)},                                                    \
    {                                                                                              \
        "evaluate_every", PV_SETTING_INTEGER, "1", 0, 1000000, NULL,                               \
            "rounds between two measurements on the server's test data; 0 for only at the end",    \
            at + offsetof(pv_fed_options, evaluate_every)                                          \
    }

/* What goes together, in a scenario of so many clients. */
pv_status pv_fed_options_check(const pv_fed_options *o, const pv_scenario *s,
                               int clients) PV_MUST_USE;

/* Must a client tell the server how many samples it has? */
int pv_fed_tells_samples(const pv_fed_options *o);

/* Steps (fedsgd) or rounds (fedavg) of the whole run; samples of each client, or NULL when they
 * are not told. */
int64_t pv_fed_rounds(const pv_fed_options *o, const int64_t *samples, int clients);

/* Shares that open a mask, of so many clients. */
int pv_fed_threshold(const pv_fed_options *o, int clients);

#endif
