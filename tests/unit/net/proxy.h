/* proxy.h - a wire between two parties that can be cut, slow, or wrong */
#ifndef TESTS_NET_PROXY_H
#define TESTS_NET_PROXY_H

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum proxy_fault_kind {
    PROXY_CUT = 1,   /* both directions end */
    PROXY_DELAY,     /* a pause */
    PROXY_DUPLICATE, /* the piece that holds the byte comes twice */
    PROXY_TRUNCATE,  /* the piece's rest is lost, the connection lives */
    PROXY_CORRUPT,   /* one bit is changed */
    PROXY_FAULTS,
} proxy_fault_kind;

typedef struct proxy_fault {
    proxy_fault_kind kind;
    int direction; /* 0: from who dialled, 1: to it */
    size_t at;     /* byte of the direction */
} proxy_fault;

enum { PROXY_CONNECTIONS = 256 };

struct proxy;

typedef struct proxy_direction {
    struct proxy *proxy;
    int from, to, index, connection;
} proxy_direction;

typedef struct proxy {
    int listener, target; /* port */
    char address[64];
    proxy_fault fault; /* of connections 0 .. faulty-1 */
    int faulty;
    atomic_int hit, stop, connections;
    pthread_t thread, pump[2 * PROXY_CONNECTIONS];
    proxy_direction direction[2 * PROXY_CONNECTIONS];
} proxy;

static inline void proxy_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, data, n, MSG_NOSIGNAL);
        if (k <= 0) return;
        data += k;
        n -= (size_t)k;
    }
}

static inline void *proxy_pump(void *arg)
{
    proxy_direction *d = arg;
    proxy *p = d->proxy;
    const proxy_fault *f = &p->fault;
    char piece[4096];
    size_t seen = 0;
    int faulty = d->connection < p->faulty && f->direction == d->index;
    for (;;) {
        ssize_t n = recv(d->from, piece, sizeof piece, 0);
        if (n <= 0) break;
        size_t size = (size_t)n, at = f->at - seen;
        int here = faulty && f->at >= seen && f->at < seen + size;
        seen += size;
        if (here) {
            atomic_fetch_add(&p->hit, 1);
            switch (f->kind) {
            case PROXY_CUT:
                proxy_all(d->to, piece, at);
                goto over;
            case PROXY_DELAY:
                usleep(300000);
                break;
            case PROXY_DUPLICATE:
                proxy_all(d->to, piece, size);
                break;
            case PROXY_TRUNCATE:
                size = at;
                break;
            case PROXY_CORRUPT:
                piece[at] ^= 0x10;
                break;
            case PROXY_FAULTS:
                break;
            }
        }
        proxy_all(d->to, piece, size);
    }
over:
    shutdown(d->from, SHUT_RDWR);
    shutdown(d->to, SHUT_RDWR);
    return NULL;
}

static inline int proxy_dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    return -1;
}

static inline void *proxy_accept(void *arg)
{
    proxy *p = arg;
    while (!atomic_load(&p->stop)) {
        int from = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        if (from < 0) break;
        int k = atomic_load(&p->connections), to = proxy_dial(p->target);
        if (to < 0 || k == PROXY_CONNECTIONS) {
            close(from);
            if (to >= 0) close(to);
            continue;
        }
        for (int i = 0; i < 2; i++) {
            p->direction[2 * k + i] = (proxy_direction){p, i ? to : from, i ? from : to, i, k};
            pthread_create(&p->pump[2 * k + i], NULL, proxy_pump, &p->direction[2 * k + i]);
        }
        atomic_store(&p->connections, k + 1);
    }
    return NULL;
}

static inline void proxy_start(proxy *p, int target, proxy_fault fault, int faulty)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    memset(p, 0, sizeof *p);
    p->target = target;
    p->fault = fault;
    p->faulty = faulty;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 64), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &size), 0);
    snprintf(p->address, sizeof p->address, "127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_accept, p), 0);
}

static inline void proxy_end(proxy *p)
{
    atomic_store(&p->stop, 1);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    for (int k = 0; k < atomic_load(&p->connections); k++) {
        proxy_direction *d = &p->direction[2 * k];
        shutdown(d->from, SHUT_RDWR);
        shutdown(d->to, SHUT_RDWR);
        pthread_join(p->pump[2 * k], NULL);
        pthread_join(p->pump[2 * k + 1], NULL);
        close(d->from);
        close(d->to);
    }
}

#endif
