#include "net/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pv_status pv_address_parse(pv_address *out, const char *text, int any_host)
{
    const char *host = text, *colon = strrchr(text, ':');
    *out = (pv_address){0};
    if (colon == NULL)
        PV_FAIL(PV_ERR_OPTION, "address '%.100s' has no port; write host:port", text);
    size_t n = (size_t)(colon - text);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (memchr(host, ':', n) != NULL) {
        PV_FAIL(PV_ERR_OPTION, "address '%.100s': write an IPv6 address in brackets, [v6]:port",
                text);
    }
    if (n >= sizeof out->host)
        PV_FAIL(PV_ERR_OPTION, "address '%.100s': the host is too long", text);
    if (n == 0 && !any_host)
        PV_FAIL(PV_ERR_OPTION, "address '%.100s' has no host; write host:port", text);
    size_t digits = strspn(colon + 1, "0123456789");
    long port = strtol(colon + 1, NULL, 10);
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || port > 65535 ||
        (port == 0 && !any_host))
        PV_FAIL(PV_ERR_OPTION, "address '%.100s': '%.20s' is no port", text, colon + 1);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)host[i] <= ' ' || host[i] == '/' || (unsigned char)host[i] > 126)
            PV_FAIL(PV_ERR_OPTION, "address '%.100s': not a host name", text);
    memcpy(out->host, host, n);
    out->port = (uint16_t)port;
    return PV_OK;
}

pv_status pv_address_resolve(pv_address_list *out, const pv_address *a, int passive)
{
    char port[8];
    struct addrinfo *found = NULL,
                    hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)};
    *out = (pv_address_list){0};
    snprintf(port, sizeof port, "%u", a->port);
    int rc = getaddrinfo(a->host[0] == '\0' ? NULL : a->host, port, &hints, &found);
    if (rc != 0) PV_FAIL(PV_ERR_NETWORK, "host '%s' is not found: %s", a->host, gai_strerror(rc));
    for (const struct addrinfo *i = found; i != NULL && out->count < 8; i = i->ai_next) {
        if (i->ai_addrlen > sizeof out->at[0]) continue;
        memcpy(&out->at[out->count], i->ai_addr, i->ai_addrlen);
        out->size[out->count++] = i->ai_addrlen;
    }
    freeaddrinfo(found);
    if (out->count == 0) PV_FAIL(PV_ERR_NETWORK, "host '%s' has no address", a->host);
    return PV_OK;
}

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void no_delay(int fd)
{
    int on = 1;
    /* fails on what is not TCP, which has no such delay */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void set_port(struct sockaddr_storage *a, uint16_t port)
{
    if (a->ss_family == AF_INET) ((struct sockaddr_in *)a)->sin_port = htons(port);
    if (a->ss_family == AF_INET6) ((struct sockaddr_in6 *)a)->sin6_port = htons(port);
}

static uint16_t get_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t size = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &size) != 0) return 0;
    if (a.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/* -1, errno says why. */
static int listen_on(const struct sockaddr_storage *a, socklen_t size)
{
    int on = 1, fd = open_socket(a->ss_family);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ss_family == AF_INET6) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)a, size) == 0 && listen(fd, 128) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

pv_status pv_address_listen(int fd[PV_LISTENERS], int *count, uint16_t *port, const pv_address *a)
{
    pv_address_list list;
    *count = 0;
    *port = a->port;
    PV_TRY(pv_address_resolve(&list, a, 1));
    int why = EADDRNOTAVAIL;
    for (int i = 0; i < list.count && *count < PV_LISTENERS; i++) {
        set_port(&list.at[i], *port);
        int one = listen_on(&list.at[i], list.size[i]);
        if (one < 0) {
            why = errno;
            /* An interface that is not there is no reason to give up, a port that is taken is. */
            if (why == EADDRINUSE || why == EACCES) break;
            continue;
        }
        fd[(*count)++] = one;
        if (*port == 0) *port = get_port(one);
        why = 0;
    }
    if (*count > 0 && why != EADDRINUSE && why != EACCES) return PV_OK;
    for (int i = 0; i < *count; i++) close(fd[i]);
    *count = 0;
    PV_FAIL(PV_ERR_NETWORK,
            "can't listen on %s port %u: %s; another program may have it: listen = HOST:PORT in "
            "the local file takes another",
            a->host[0] == '\0' ? "any" : a->host, *port, strerror(why));
}

pv_status pv_address_connect(int *fd, const pv_address_list *list, int i)
{
    *fd = open_socket(list->at[i].ss_family);
    if (*fd < 0) PV_FAIL(PV_ERR_NETWORK, "no socket: %s", strerror(errno));
    no_delay(*fd);
    if (connect(*fd, (const struct sockaddr *)&list->at[i], list->size[i]) == 0 ||
        errno == EINPROGRESS)
        return PV_OK;
    int why = errno;
    close(*fd);
    *fd = -1;
    PV_FAIL(PV_ERR_NETWORK, "%s", strerror(why));
}

pv_status pv_address_connected(int fd)
{
    int why = 0;
    socklen_t size = sizeof why;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0) why = errno;
    if (why != 0) PV_FAIL(PV_ERR_NETWORK, "%s", strerror(why));
    return PV_OK;
}

int pv_address_accept(int listener, char who[PV_ADDRESS_TEXT])
{
    struct sockaddr_storage a = {0};
    socklen_t size = sizeof a;
    int fd = accept4(listener, (struct sockaddr *)&a, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return -1;
    no_delay(fd);
    pv_address_text(who, (struct sockaddr *)&a, size);
    return fd;
}

const char *pv_address_text(char out[PV_ADDRESS_TEXT], const struct sockaddr *a, socklen_t size)
{
    char host[PV_ADDRESS_HOST], port[8];
    if (getnameinfo(a, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, PV_ADDRESS_TEXT, "an unknown address");
    else
        snprintf(out, PV_ADDRESS_TEXT, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
    return out;
}
