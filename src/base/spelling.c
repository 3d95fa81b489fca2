#include "base/spelling.h"

#include <string.h>

enum { WORD_MAX = 64 }; /* longer words resemble nothing */

static int smallest(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* How far two words are apart: insertions, deletions, replacements, and swaps of neighbours
 * (Damerau-Levenshtein, restricted). */
static int apart(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX) return WORD_MAX;
    int row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++) row[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            now[j] =
                smallest(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                earlier[j - 2] + 1 < now[j])
                now[j] = earlier[j - 2] + 1;
        }
    }
    return row[n % 3][m];
}

static int resembles(const char *word, const char *name, int distance)
{
    size_t n = strlen(word);
    if (n >= 2 && strncmp(word, name, n) == 0) return 1;
    return distance <= (n < 4 ? 1 : n < 8 ? 2 : 3);
}

pv_spelling pv_spelling_of(const char *word)
{
    return (pv_spelling){.word = word, .distance = WORD_MAX + 1};
}

void pv_spelling_try(pv_spelling *s, const char *name)
{
    int d = apart(s->word, name);
    if (d >= s->distance || !resembles(s->word, name, d)) return;
    s->best = name;
    s->distance = d;
}
