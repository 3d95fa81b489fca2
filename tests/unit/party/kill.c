/* Parties as processes of their own, killed by SIGKILL at moments drawn at random and started
 * again, until the run is over: the result is that of an undisturbed one. With arguments this
 * program is one such party. */
#include "toy.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

enum { CLIENTS = 2, PARTIES = CLIENTS + 1, SLOW = 15, KILLS = 4 };

extern char **environ;

static pid_t start(const toy_crowd *c, int i)
{
    pid_t pid;
    char number[8];
    snprintf(number, sizeof number, "%d", i);
    char *argv[] = {"kill", (char *)c->folder, number, NULL};
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
    return pid;
}

static int one_party(const char *folder, int i)
{
    toy_crowd c = {.parties = PARTIES, .tcp = 1};
    snprintf(c.folder, sizeof c.folder, "%s", folder);
    snprintf(c.path, sizeof c.path, "%s/s.ini", folder);
    c.run[i].slow = SLOW;
    pv_status status = toy_once(&c, i, NULL);
    if (status != PV_OK) fprintf(stderr, "%s: %s\n", toy_name(i), pv_trail_text());
    return pv_status_exit(status);
}

static unsigned seed = 1;

static unsigned draw(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* Runs all parties; `kills` of them die on the way, whichever it hits. */
static int run_all(toy_crowd *c, int kills)
{
    pid_t pid[PARTIES];
    int left = PARTIES, died = 0;
    double next = pv_clock_seconds() + draw(60) * 1e-3;
    for (int i = 0; i < PARTIES; i++) pid[i] = start(c, i);
    while (left > 0) {
        int code, i = 0;
        pid_t p = waitpid(-1, &code, WNOHANG);
        if (p > 0) {
            while (i < PARTIES && pid[i] != p) i++;
            assert_true(i < PARTIES);
            if (WIFSIGNALED(code)) {
                assert_int_equal(WTERMSIG(code), SIGKILL);
                died++;
                pid[i] = start(c, i);
                next = pv_clock_seconds() + draw(120) * 1e-3;
            } else {
                assert_int_equal(WEXITSTATUS(code), 0);
                pid[i] = 0;
                left--;
            }
        }
        if (kills > 0 && pv_clock_seconds() >= next) {
            i = (int)draw(PARTIES);
            if (pid[i] > 0 && kill(pid[i], SIGKILL) == 0) kills--;
            next = pv_clock_seconds() + 1e6; /* until it is back */
        }
        usleep(500);
    }
    return died;
}

static void killed_and_started_again(void **state)
{
    (void)state;
    int died = 0;
    for (int round = 0; round < 3; round++) {
        toy_crowd c;
        toy_init(&c, PARTIES, 1, "");
        died += run_all(&c, round == 0 ? 0 : KILLS);
        toy_check(&c);
        toy_free(&c);
    }
    print_message("%d kills, seed 1\n", died);
    assert_true(died >= KILLS / 2);
}

int main(int argc, char **argv)
{
    if (argc == 3) return one_party(argv[1], atoi(argv[2]));
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_and_started_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
