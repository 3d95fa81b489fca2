/* net/proxy.h - asking an HTTP proxy for a way through: CONNECT (RFC 9110, section 9.3.6)
 *
 * What follows the proxy's 2xx reply is the connection itself, so not one byte more than the reply
 * may be taken from the socket.
 */
#ifndef PV_NET_PROXY_H
#define PV_NET_PROXY_H

#include "base/str.h"
#include "net/address.h"

enum { PV_PROXY_REPLY_MAX = 8192 };

pv_status pv_proxy_request(pv_str *out, const pv_address *to) PV_MUST_USE;

/* The reply as far as it came: *done when its empty line is there. Errors: PV_ERR_NETWORK (what the
 * proxy answered), PV_ERR_LIMIT. */
pv_status pv_proxy_reply(int *done, const char *reply, size_t size) PV_MUST_USE;

#endif
