/* run/bench_vertical_i.h - inside `bench vertical`: two parties over one boundary */
#ifndef PV_RUN_BENCH_VERTICAL_I_H
#define PV_RUN_BENCH_VERTICAL_I_H

#include "run/bench_vertical.h"
#include "scheme/vertical/boundary.h"
#include <math.h>

/* Weights begin with the standard deviation 1/√width, as sums of two uniform draws. */
#define PV_BENCH_INITIAL(width) (1.001 * sqrt(6.0 / (double)(width)))

typedef struct pv_bench_pair {
    pv_boundary boundary;
    pv_active *active;
    pv_passive *passive;
    float *activation;   /* [batch, width], half of them zero, as a ReLU leaves them */
    double *logits;      /* [batch, outputs] */
    double *gradient;    /* [batch, outputs] */
    double *back;        /* [batch, width] */
    pv_csprng random[2]; /* of the active and of the passive party */
    double setup_ms[2];
} pv_bench_pair;

double pv_bench_cpu_seconds(void); /* of this process, all its threads */

/* Sets both up, with secret first shares. ctx must outlive it. */
pv_status pv_bench_pair_init(pv_bench_pair *p, const pv_boundary_settings *set,
                             const pv_paillier_sk *sk, const pv_ctx *ctx) PV_MUST_USE;
void pv_bench_pair_clear(pv_bench_pair *p);

/* Shares as they are after a training: narrower, where its settings make them so. No step after it.
 */
pv_status pv_bench_pair_settle(pv_bench_pair *p) PV_MUST_USE;

/* One prediction of the whole batch; seconds of processor time of each party are added. */
pv_status pv_bench_pair_predict(pv_bench_pair *p, double cpu[2]) PV_MUST_USE;

/* Training steps, two threads, for about `seconds`, at least one: *steps and wall time in *took. */
pv_status pv_bench_pair_train(pv_bench_pair *p, double seconds, double eta, uint64_t *steps,
                              double *took) PV_MUST_USE;

/* gelu-*: rates on one core, counts of a model. */
pv_status pv_bench_gelu_rates(pv_bench_vertical_rates *out, const pv_paillier_sk *sk,
                              double seconds) PV_MUST_USE;
pv_bench_vertical_operations pv_bench_gelu_count(int conv1);

#endif
