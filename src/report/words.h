/* report/words.h - figures and names as people read them
 *
 * What pages, tables and messages say alike: "97 of 100", "91.5–99.4 %", "2 min 06 s", "Hospitals
 * A, B and C together". Everything is written through a pv_html, escaped there unless it is plain.
 */
#ifndef PV_REPORT_WORDS_H
#define PV_REPORT_WORDS_H

#include "report/findings.h"
#include "report/html.h"

/* text, "" for NULL */
const char *pv_words_text(const char *text);
int pv_words_empty(const char *text);

void pv_words_of(pv_html *h, const pv_count *c);       /* "97 of 1,000" */
void pv_words_fraction(pv_html *h, const pv_count *c); /* "97/1,000" */

/* "91.5–99.4 %": one digit behind the point, more where all is below 0.1 %; 0 and 1 are exact. */
void pv_words_share(pv_html *h, double share);
void pv_words_range(pv_html *h, double low, double high);

/* What guessing achieves on the same items: "11 of 100" (or "11/100") where that is a whole number,
 * else "11.3 %". */
void pv_words_chance(pv_html *h, const pv_finding *f, int fraction);

void pv_words_duration(pv_html *h,
                       double seconds);        /* "1.2 ms", "0.10 s", "41 s", "2 min 06 s", "–" */
void pv_words_bytes(pv_html *h, double bytes); /* "3.23 GB", "1 byte" */
void pv_words_error(pv_html *h, double error); /* "0.021"; "1.0·10<sup>−7</sup>", "1.0e-07" */
void pv_words_date(pv_html *h, const char *utc); /* "20 November 2026" of "2026-11-20T18:50:00Z" */

/* "3 records": one and many are the words for it. */
void pv_words_many(pv_html *h, int64_t n, const char *one, const char *many);

/* A finding's own words, or "item" and "items", "recovered". */
const char *pv_words_item(const pv_finding *f, int64_t n);
const char *pv_words_verb(const pv_finding *f);

/* Who looks: names of parties parted by '+', or other words that stay as they are. */
typedef enum pv_words_form {
    PV_WORDS_SHORT = 0, /* "Server", "Hospital A", "Hospital A, B and C together" */
    PV_WORDS_INSIDE,    /* "the server", "party a", within a sentence */
    PV_WORDS_START,     /* the same at its start: "The server", "Party a" */
} pv_words_form;
void pv_words_who(pv_html *h, const pv_findings *f, const char *adversary, pv_words_form form);
/* The same for whom a finding is about: they are not together in anything. */
void pv_words_about(pv_html *h, const pv_findings *f, const char *about, pv_words_form form);
int pv_words_parties(const char *adversary); /* how many names it holds */

/* The same as a sentence: with a stop, unless it has one. */
void pv_words_sentence(pv_html *h, const char *text);

/* At most so many characters of a text; "…" stands for the rest. */
void pv_words_cut(pv_html *h, const char *text, int characters);

/* "AUC 0.731 (0.709–0.753), guessing 0.500" */
void pv_words_measure(pv_html *h, const pv_measure *m);

/* Text whose first letter is a capital. */
void pv_words_capital(pv_html *h, const char *text);

/* The party of this name (`size` bytes), or NULL. */
const pv_findings_party *pv_words_party(const pv_findings *f, const char *name, size_t size);

/* Why a finding is INVALID: "the negative control failed: 74 of 1,000, at most 1.7 %". */
void pv_words_invalid(pv_html *h, const pv_finding *f);

/* Does this role want a noun behind it? "the active party" */
int pv_words_is_adjective(const char *role);

/* "lenet5 on mnist", or the model alone where nobody's data is known */
void pv_words_model(pv_html *h, const pv_findings *f);

/* "4 clients and a server"; nothing when no party is known */
void pv_words_roles(pv_html *h, const pv_findings *f);

#endif
