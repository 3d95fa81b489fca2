#include "parties.h"

static void channels(void **state)
{
    (void)state;
    crowd c;
    crowd_init(&c, 3);
    crowd_channels(&c);
    crowd_run(&c);
    crowd_free(&c);
}

static void tcp(void **state)
{
    (void)state;
    crowd c;
    crowd_init(&c, 3);
    crowd_tcp(&c, "127.0.0.1");
    crowd_run(&c);
    crowd_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels),
        cmocka_unit_test(tcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
