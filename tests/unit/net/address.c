#include "check.h"

#include "net/address.h"
#include "net/proxy.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void parsed(const char *text, int any, const char *host, int port)
{
    pv_address a;
    CHECK_OK(pv_address_parse(&a, text, any));
    assert_string_equal(a.host, host);
    assert_int_equal(a.port, port);
}

static void refused(const char *text, const char *why)
{
    pv_address a;
    CHECK_FAILS(pv_address_parse(&a, text, 0), PV_ERR_OPTION, why);
}

static void parse(void **state)
{
    (void)state;
    parsed("127.0.0.1:7400", 0, "127.0.0.1", 7400);
    parsed("hospital-a.example:1", 0, "hospital-a.example", 1);
    parsed("[2001:db8::7]:65535", 0, "2001:db8::7", 65535);
    parsed("[::]:0", 1, "::", 0);
    parsed(":7400", 1, "", 7400);
    refused("127.0.0.1", "has no port");
    refused(":7400", "has no host");
    refused("2001:db8::7:80", "write an IPv6 address in brackets");
    refused("a:", "'' is no port");
    refused("a:0", "'0' is no port");
    refused("a:65536", "'65536' is no port");
    refused("a:80x", "'80x' is no port");
    refused("a:-1", "'-1' is no port");
    refused("a:999999999999999999999", "is no port");
    refused("a b:80", "not a host name");
    refused("http://a:80", "brackets");
    refused("a/b:80", "not a host name");
    char longer[400];
    memset(longer, 'x', sizeof longer);
    memcpy(longer + 300, ":80", 4);
    refused(longer, "the host is too long");
}

static void talk(const char *listen_at, const char *dial_to, const char *who)
{
    int fd[PV_LISTENERS], count, dialled, accepted = -1;
    uint16_t port;
    pv_address a;
    pv_address_list list;
    char from[PV_ADDRESS_TEXT];
    CHECK_OK(pv_address_parse(&a, listen_at, 1));
    CHECK_OK(pv_address_listen(fd, &count, &port, &a));
    assert_true(count >= 1 && port != 0);
    a.port = port;
    snprintf(a.host, sizeof a.host, "%s", dial_to);
    CHECK_OK(pv_address_resolve(&list, &a, 0));
    CHECK_OK(pv_address_connect(&dialled, &list, 0));
    struct pollfd p = {.fd = dialled, .events = POLLOUT};
    assert_int_equal(poll(&p, 1, 5000), 1);
    CHECK_OK(pv_address_connected(dialled));
    for (int i = 0; i < count && accepted < 0; i++) accepted = pv_address_accept(fd[i], from);
    assert_true(accepted >= 0);
    assert_memory_equal(from, who, strlen(who));
    close(accepted);
    close(dialled);
    /* a port that is taken */
    int other[PV_LISTENERS], n;
    uint16_t same;
    CHECK_OK(pv_address_parse(&a, listen_at, 1));
    a.port = port;
    CHECK_FAILS(pv_address_listen(other, &n, &same, &a), PV_ERR_NETWORK, "can't listen on");
    for (int i = 0; i < count; i++) close(fd[i]);
    /* and one where nobody is */
    snprintf(a.host, sizeof a.host, "%s", dial_to);
    CHECK_OK(pv_address_resolve(&list, &a, 0));
    pv_status s = pv_address_connect(&dialled, &list, 0);
    if (s == PV_OK) {
        p = (struct pollfd){.fd = dialled, .events = POLLOUT};
        assert_int_equal(poll(&p, 1, 5000), 1);
        CHECK_FAILS(pv_address_connected(dialled), PV_ERR_NETWORK, "refused");
        close(dialled);
    }
}

static void version4(void **state)
{
    (void)state;
    talk("127.0.0.1:0", "127.0.0.1", "127.0.0.1:");
    talk(":0", "127.0.0.1", "127.0.0.1:");
}

static void version6(void **state)
{
    (void)state;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct {
        uint16_t family, port;
        uint32_t flow;
        uint8_t address[16];
        uint32_t scope;
    } loopback = {.family = AF_INET6, .address = {[15] = 1}};
    int there = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (fd >= 0) close(fd);
    if (!there) {
        print_message("skipped: no IPv6 on this machine\n");
        return;
    }
    talk("[::1]:0", "::1", "[::1]:");
    talk(":0", "::1", "[::1]:");
}

static void unresolved(void **state)
{
    (void)state;
    pv_address a;
    pv_address_list list;
    CHECK_OK(pv_address_parse(&a, "no-such-host.invalid:80", 0));
    CHECK_FAILS(pv_address_resolve(&list, &a, 0), PV_ERR_NETWORK,
                "host 'no-such-host.invalid' is not found");
}

static pv_status reply(int *done, const char *text)
{
    return pv_proxy_reply(done, text, strlen(text));
}

static void proxy(void **state)
{
    (void)state;
    pv_str s = {0};
    pv_address a;
    int done;
    CHECK_OK(pv_address_parse(&a, "[2001:db8::7]:7400", 0));
    CHECK_OK(pv_proxy_request(&s, &a));
    assert_string_equal(pv_str_text(&s), "CONNECT [2001:db8::7]:7400 HTTP/1.1\r\n"
                                         "Host: [2001:db8::7]:7400\r\n\r\n");
    pv_str_clear(&s);
    CHECK_OK(reply(&done, "H"));
    assert_false(done);
    CHECK_OK(reply(&done, "HTTP/1.1 200 OK\r\n"));
    assert_false(done);
    CHECK_OK(reply(&done, "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"));
    assert_true(done);
    CHECK_OK(reply(&done, "HTTP/1.0 204\r\n\r\n"));
    assert_true(done);
    CHECK_FAILS(reply(&done, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), PV_ERR_NETWORK,
                "the proxy answers 'HTTP/1.1 407 Proxy Authentication Required'");
    CHECK_FAILS(reply(&done, "\x16\x03"), PV_ERR_NETWORK, "does not answer in HTTP/1");
    CHECK_FAILS(reply(&done, "HTTP/1.1\r\n\r\n"), PV_ERR_NETWORK, "the proxy answers 'HTTP/1.1'");
    char *longer = pv_alloc(PV_PROXY_REPLY_MAX, 1);
    memset(longer, 'x', PV_PROXY_REPLY_MAX);
    memcpy(longer, "HTTP/1.1 200 OK", 15);
    CHECK_FAILS(pv_proxy_reply(&done, longer, PV_PROXY_REPLY_MAX), PV_ERR_LIMIT, "longer than");
    pv_free(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse),      cmocka_unit_test(version4), cmocka_unit_test(version6),
        cmocka_unit_test(unresolved), cmocka_unit_test(proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
