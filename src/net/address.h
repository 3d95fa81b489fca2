/* net/address.h - where to reach somebody: "host:port" in words, sockets behind it
 *
 *     "hospital-a.example:7400"   a name or an IPv4 address
 *     "[2001:db8::7]:7400"        an IPv6 address
 *     ":7400"                     listening: all interfaces, IPv4 and IPv6
 *
 * All sockets made here are non-blocking, closed on exec, and without Nagle's delay. Names are
 * resolved by the system's resolver, which blocks.
 */
#ifndef PV_NET_ADDRESS_H
#define PV_NET_ADDRESS_H

#include "base/trail.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PV_ADDRESS_HOST = 256, PV_ADDRESS_TEXT = PV_ADDRESS_HOST + 16, PV_LISTENERS = 4 };

typedef struct pv_address {
    char host[PV_ADDRESS_HOST]; /* "": all interfaces; without brackets */
    uint16_t port;
} pv_address;

/* PV_ERR_OPTION with what is wrong; without a host only when any_host says so. */
pv_status pv_address_parse(pv_address *out, const char *text, int any_host) PV_MUST_USE;

/* The addresses of a name, for dialling one after the other. */
typedef struct pv_address_list {
    struct sockaddr_storage at[8];
    socklen_t size[8];
    int count;
} pv_address_list;
pv_status pv_address_resolve(pv_address_list *out, const pv_address *a, int passive) PV_MUST_USE;

/* Listens on every address of *a that the machine has. Port 0: any, the same for all; *port is what
 * it became. PV_ERR_NETWORK when none can be listened on. */
pv_status pv_address_listen(int fd[PV_LISTENERS], int *count, uint16_t *port,
                            const pv_address *a) PV_MUST_USE;

/* Begins to connect; poll the socket for writing, then ask pv_address_connected. */
pv_status pv_address_connect(int *fd, const pv_address_list *list, int i) PV_MUST_USE;
pv_status pv_address_connected(int fd) PV_MUST_USE;

/* -1: nobody is waiting. */
int pv_address_accept(int listener, char who[PV_ADDRESS_TEXT]);

const char *pv_address_text(char out[PV_ADDRESS_TEXT], const struct sockaddr *a, socklen_t size);

#endif
