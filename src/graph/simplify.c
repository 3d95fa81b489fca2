#include "graph/graph_i.h"

pv_node pv_graph_simplify(pv_graph *g, const pv_graph_node *node)
{
    (void)g;
    (void)node;
    return PV_NONE;
}
