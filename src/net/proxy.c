#include "net/proxy.h"

#include <ctype.h>
#include <string.h>

pv_status pv_proxy_request(pv_str *out, const pv_address *to)
{
    const char *open = strchr(to->host, ':') != NULL ? "[" : "", *close = *open ? "]" : "";
    return pv_str_printf(out, "CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n\r\n", open,
                         to->host, close, to->port, open, to->host, close, to->port);
}

pv_status pv_proxy_reply(int *done, const char *reply, size_t size)
{
    *done = size >= 4 && memcmp(reply + size - 4, "\r\n\r\n", 4) == 0;
    size_t compare = size < 7 ? size : 7;
    if (memcmp(reply, "HTTP/1.", compare) != 0)
        PV_FAIL(PV_ERR_NETWORK, "the proxy does not answer in HTTP/1");
    if (!*done) {
        if (size >= PV_PROXY_REPLY_MAX)
            PV_FAIL(PV_ERR_LIMIT, "the proxy's answer is longer than %d bytes", PV_PROXY_REPLY_MAX);
        return PV_OK;
    }
    size_t line = 0;
    while (line < size && reply[line] >= ' ' && reply[line] < 127 && line < 100) line++;
    if (size < 12 || reply[8] != ' ' || reply[9] != '2' || !isdigit((unsigned char)reply[10]) ||
        !isdigit((unsigned char)reply[11]))
        PV_FAIL(PV_ERR_NETWORK, "the proxy answers '%.*s'", (int)line, reply);
    return PV_OK;
}
