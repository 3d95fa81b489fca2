#include "privet/status.h"

const char *pv_version(void)
{
    return PV_VERSION;
}
