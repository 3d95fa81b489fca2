#include "fed/statistics.h"

#include <math.h>

void pv_fed_union(double *mean, double *std, const double *mean_of, const double *std_of,
                  const double *share, int clients, int columns)
{
    for (int k = 0; k < columns; k++) {
        double m = 0, square = 0;
        for (int c = 0; c < clients; c++) {
            if (share[c] == 1) { /* the only one: no rounding */
                m = mean_of[c * columns + k];
                square = -1;
                std[k] = std_of[c * columns + k];
                break;
            }
            double a = mean_of[c * columns + k], s = std_of[c * columns + k];
            m += share[c] * a;
            square += share[c] * (s * s + a * a);
        }
        mean[k] = m;
        if (square >= 0) std[k] = sqrt(fmax(square - m * m, 0));
    }
}
