/* fed/statistics.h - one normalisation for all clients, from what each says of its own samples
 *
 * Each tells mean and standard deviation of every channel or feature. Of the union:
 *
 *     mean = sum of share_i mean_i        std^2 = sum of share_i (std_i^2 + mean_i^2) - mean^2
 *
 * With one client that is its own, bit for bit. These numbers say something about a client's data;
 * scenarios that mind set normalise = none.
 */
#ifndef PV_FED_STATISTICS_H
#define PV_FED_STATISTICS_H

#include "privet/data.h"

/* mean, std [columns] of the union; of client i at mean_of + i * columns. */
void pv_fed_union(double *mean, double *std, const double *mean_of, const double *std_of,
                  const double *share, int clients, int columns);

#endif
