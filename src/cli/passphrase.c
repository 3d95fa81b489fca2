#include "cli/passphrase.h"

#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { INTERRUPT = 3 }; /* Control-C */

/* Asks, and reads one line without echo. Control-C is read as a character that ends the line, so
 * that no signal can leave the terminal mute. */
static pv_status ask(int tty, const char *question, const char *of,
                     char text[PV_PASSPHRASE_MAX + 1])
{
    pv_status status = PV_OK;
    struct termios shown, hidden;
    char line[PV_PASSPHRASE_MAX + 1] = ""; /* with the end of the line */
    if (tcgetattr(tty, &shown) != 0) PV_FAIL(PV_ERR_IO, "the terminal: %s", strerror(errno));
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    hidden.c_lflag |= ICANON;
    hidden.c_cc[VEOL] = INTERRUPT;
    if (tcsetattr(tty, TCSAFLUSH, &hidden) != 0)
        PV_FAIL(PV_ERR_IO, "the terminal: %s", strerror(errno));
    ssize_t n = dprintf(tty, "%s %s: ", question, of);
    while (n >= 0) {
        n = read(tty, line, sizeof line);
        if (n >= 0 || errno != EINTR) break;
        n = 0;
    }
    int why = errno;
    (void)tcsetattr(tty, TCSAFLUSH, &shown);
    (void)!write(tty, "\n", 1);
    if (n < 0) PV_FAIL_GOTO(PV_ERR_IO, "the terminal: %s", strerror(why));
    if (n == 0 || line[n - 1] == INTERRUPT) PV_FAIL_GOTO(PV_ERR_CANCELLED, "no passphrase given");
    if (line[n - 1] != '\n')
        PV_FAIL_GOTO(PV_ERR_USAGE, "a passphrase has at most %d bytes", PV_PASSPHRASE_MAX);
    if (n == 1) PV_FAIL_GOTO(PV_ERR_USAGE, "the passphrase is empty; give at least one character");
    memcpy(text, line, (size_t)n - 1);
    text[n - 1] = '\0';
done:
    pv_secret_wipe(line, sizeof line);
    return status;
}

static pv_status from_terminal(char text[PV_PASSPHRASE_MAX + 1], const char *of, int twice)
{
    pv_status status = PV_OK;
    char again[PV_PASSPHRASE_MAX + 1] = "";
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        PV_FAIL(PV_ERR_USAGE, "there is no terminal to ask for a passphrase on; put it into a file "
                              "of mode 600 and name that with --passphrase-file");
    PV_TRY_GOTO(ask(tty, "Passphrase of", of, text));
    if (twice) PV_TRY_GOTO(ask(tty, "Once more, the passphrase of", of, again));
    if (twice && strcmp(text, again) != 0)
        PV_FAIL_GOTO(PV_ERR_USAGE, "the two passphrases differ; nothing was made");
done:
    pv_secret_wipe(again, sizeof again);
    close(tty);
    return status;
}

pv_status pv_cli_passphrase_get(pv_cli_passphrase *p, const char *of, const char *file, int ask,
                                int twice)
{
    *p = (pv_cli_passphrase){0};
    if (file != NULL && ask)
        PV_FAIL(PV_ERR_OPTION,
                "the passphrase of %s comes from a file or from the terminal, not "
                "from both",
                of);
    if (file == NULL && !ask) return PV_OK;
    pv_status s =
        file != NULL ? pv_passphrase_load(p->text, file) : from_terminal(p->text, of, twice);
    if (s != PV_OK)
        pv_cli_passphrase_clear(p);
    else
        p->value.text = p->text;
    return s;
}

void pv_cli_passphrase_clear(pv_cli_passphrase *p)
{
    pv_secret_wipe(p, sizeof *p);
}
