/* compiled for any machine: the plain C twin */
#define OPS  pv_modsq_lanes
#define NAME "lanes"
#include "math/modular/lanes.inc"
