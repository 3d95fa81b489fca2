#include "privet/status.h"

const char *pv_status_name(pv_status s)
{
    switch (s) {
#define NAME(x)                                                                                    \
    case x:                                                                                        \
        return #x;
        NAME(PV_OK)
        NAME(PV_ERR_USAGE)
        NAME(PV_ERR_OPTION)
        NAME(PV_ERR_SHAPE)
        NAME(PV_ERR_INPUT)
        NAME(PV_ERR_NOT_FOUND)
        NAME(PV_ERR_FORMAT)
        NAME(PV_ERR_TRUNCATED)
        NAME(PV_ERR_LIMIT)
        NAME(PV_ERR_RANGE)
        NAME(PV_ERR_MISMATCH)
        NAME(PV_ERR_PEER)
        NAME(PV_ERR_NETWORK)
        NAME(PV_ERR_TIMEOUT)
        NAME(PV_ERR_AUTH)
        NAME(PV_ERR_RUN)
        NAME(PV_ERR_MEMORY)
        NAME(PV_ERR_IO)
        NAME(PV_ERR_CANCELLED)
        NAME(PV_ERR_NUMERIC)
        NAME(PV_ERR_UNSUPPORTED)
        NAME(PV_ERR_VERSION)
#undef NAME
    }
    return "PV_ERR_?";
}

int pv_status_exit(pv_status s)
{
    switch ((int)s / 100) {
    case 0:
        return 0;
    case 1:
        return 2;
    case 2:
        return 3;
    case 3:
        return 4;
    default:
        return 1;
    }
}
