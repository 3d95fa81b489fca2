/* base/spelling.h - which known word somebody may have meant
 *
 *     pv_spelling s = pv_spelling_of(typed);
 *     for (each known name) pv_spelling_try(&s, name);
 *     s.best is the nearest one that resembles what was typed, or NULL
 */
#ifndef PV_BASE_SPELLING_H
#define PV_BASE_SPELLING_H

typedef struct pv_spelling {
    const char *word, *best; /* both outlive the object */
    int distance;            /* of best */
} pv_spelling;

pv_spelling pv_spelling_of(const char *word);
/* Of two names equally near the one tried first stays. */
void pv_spelling_try(pv_spelling *s, const char *name);

#endif
