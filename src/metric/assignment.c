#include "privet/metric.h"

#include "base/mem.h"
#include <math.h>

/* Rows and columns are counted from 1 here; column 0 is a virtual one from which the row that is
 * being placed starts. Potentials keep every reduced cost c[i][j] - u[i] - v[j] non-negative, and 0
 * where a row has its column. */
typedef struct matching {
    const double *cost;
    int rows, columns;
    double *u, *v;    /* potentials of rows and columns */
    double *distance; /* of the cheapest path found to each column */
    int *row;         /* that has the column; 0: free */
    int *before;      /* the column before it on that path */
    char *done;       /* the path to it is final */
} matching;

/* Finds the cheapest augmenting path from `start` to a free column, by Dijkstra's algorithm on the
 * reduced costs, and takes it. */
static void place(matching *m, int start)
{
    int at = 0;
    m->row[0] = start;
    for (int j = 0; j <= m->columns; j++) {
        m->distance[j] = INFINITY;
        m->done[j] = 0;
    }
    do {
        int i = m->row[at], next = 0;
        double step = INFINITY;
        m->done[at] = 1;
        for (int j = 1; j <= m->columns; j++) {
            if (m->done[j]) continue;
            double reduced =
                m->cost[(size_t)(i - 1) * (size_t)m->columns + (size_t)(j - 1)] - m->u[i] - m->v[j];
            if (reduced < m->distance[j]) {
                m->distance[j] = reduced;
                m->before[j] = at;
            }
            if (m->distance[j] < step) {
                step = m->distance[j];
                next = j;
            }
        }
        for (int j = 0; j <= m->columns; j++) {
            if (m->done[j]) {
                m->u[m->row[j]] += step;
                m->v[j] -= step;
            } else {
                m->distance[j] -= step;
            }
        }
        at = next;
    } while (m->row[at] != 0);
    while (at != 0) {
        int from = m->before[at];
        m->row[at] = m->row[from];
        at = from;
    }
}

pv_status pv_assignment_solve(int32_t *column, double *total, const double *cost, int rows,
                              int columns)
{
    pv_status status = PV_OK;
    matching m = {.cost = cost, .rows = rows, .columns = columns};
    if (rows < 0 || rows > columns)
        PV_FAIL(PV_ERR_SHAPE, "%d rows can't each have their own of %d columns", rows, columns);
    for (size_t i = 0; i < (size_t)rows * (size_t)columns; i++)
        if (!isfinite(cost[i]))
            PV_FAIL(PV_ERR_RANGE, "the cost of row %zu, column %zu is not a finite number",
                    i / (size_t)columns, i % (size_t)columns);
    size_t n = (size_t)columns + 1;
    m.u = pv_calloc((size_t)rows + 1, sizeof *m.u);
    m.v = pv_calloc(n, sizeof *m.v);
    m.distance = pv_calloc(n, sizeof *m.distance);
    m.row = pv_calloc(n, sizeof *m.row);
    m.before = pv_calloc(n, sizeof *m.before);
    m.done = pv_calloc(n, sizeof *m.done);
    if (m.u == NULL || m.v == NULL || m.distance == NULL || m.row == NULL || m.before == NULL ||
        m.done == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for an assignment of %d rows to %d columns",
                     rows, columns);
    for (int i = 1; i <= rows; i++) place(&m, i);
    double sum = 0.0;
    for (int j = 1; j <= columns; j++) {
        if (m.row[j] == 0) continue;
        column[m.row[j] - 1] = j - 1;
        sum += cost[(size_t)(m.row[j] - 1) * (size_t)columns + (size_t)(j - 1)];
    }
    if (total != NULL) *total = sum;
done:
    pv_free(m.u);
    pv_free(m.v);
    pv_free(m.distance);
    pv_free(m.row);
    pv_free(m.before);
    pv_free(m.done);
    return status;
}
