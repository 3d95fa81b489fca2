#include "sample.h"

#include "report/words.h"

static pv_html h;

static const char *said(void)
{
    static char buffer[512];
    assert_int_equal(h.status, PV_OK);
    snprintf(buffer, sizeof buffer, "%s", pv_str_text(&h.out));
    int plain = h.plain;
    pv_html_clear(&h);
    h.plain = plain;
    return buffer;
}

#define SAYS(call, text)                                                                           \
    do {                                                                                           \
        call;                                                                                      \
        assert_string_equal(said(), text);                                                         \
    } while (0)

static void counts_and_shares(void **state)
{
    (void)state;
    h.plain = 0;
    SAYS(pv_words_of(&h, &(pv_count){97, 100}), "97 of 100");
    SAYS(pv_words_fraction(&h, &(pv_count){1000, 1234567}), "1,000/1,234,567");
    SAYS(pv_words_share(&h, 0.05), "5.0\u202f%");
    SAYS(pv_words_share(&h, 0), "0\u202f%");
    SAYS(pv_words_share(&h, 1), "100\u202f%");
    SAYS(pv_words_share(&h, NAN), "–");
    SAYS(pv_words_share(&h, 0.00003), "0.003\u202f%");
    SAYS(pv_words_range(&h, 0.914824, 0.99377), "91.5–99.4\u202f%");
    SAYS(pv_words_range(&h, 0.963783, 1), "96.4–100\u202f%");
    SAYS(pv_words_range(&h, 0, 0.0000369), "0–0.004\u202f%");
    SAYS(pv_words_range(&h, NAN, 1), "–");
    SAYS(pv_words_many(&h, 1, "finding", "findings"), "1 finding");
    SAYS(pv_words_many(&h, 0, "finding", "findings"), "0 findings");
    SAYS(pv_words_many(&h, 7500, "step", "steps"), "7,500 steps");
}

static void chance(void **state)
{
    (void)state;
    pv_finding f = sample_finding(97, 100, 0.11);
    SAYS(pv_words_chance(&h, &f, 0), "11 of 100");
    SAYS(pv_words_chance(&h, &f, 1), "11/100");
    f.chance = 0.113;
    SAYS(pv_words_chance(&h, &f, 0), "11.3\u202f%");
    f.chance = 0;
    SAYS(pv_words_chance(&h, &f, 0), "0 of 100");
    f.chance = NAN;
    SAYS(pv_words_chance(&h, &f, 0), "–");
    f = sample_finding(0, 0, 0.11);
    SAYS(pv_words_chance(&h, &f, 0), "11.0\u202f%");
}

static void times_and_sizes(void **state)
{
    (void)state;
    SAYS(pv_words_duration(&h, 0.0012), "1.2\u202fms");
    SAYS(pv_words_duration(&h, 0.04), "40\u202fms");
    SAYS(pv_words_duration(&h, 0.1), "0.10\u202fs");
    SAYS(pv_words_duration(&h, 9.1), "9.1\u202fs");
    SAYS(pv_words_duration(&h, 41.2), "41\u202fs");
    SAYS(pv_words_duration(&h, 59.6), "1\u202fmin 00\u202fs");
    SAYS(pv_words_duration(&h, 126.3), "2\u202fmin 06\u202fs");
    SAYS(pv_words_duration(&h, 3840), "1\u202fh 04\u202fmin");
    SAYS(pv_words_duration(&h, NAN), "–");
    SAYS(pv_words_duration(&h, -1), "–");
    SAYS(pv_words_bytes(&h, 0), "0\u202fbytes");
    SAYS(pv_words_bytes(&h, 1), "1\u202fbyte");
    SAYS(pv_words_bytes(&h, 999), "999\u202fbytes");
    SAYS(pv_words_bytes(&h, 999.6), "1.00\u202fkB");
    SAYS(pv_words_bytes(&h, 7850000), "7.85\u202fMB");
    SAYS(pv_words_bytes(&h, 11.4e6), "11.4\u202fMB");
    SAYS(pv_words_bytes(&h, 403080000), "403\u202fMB");
    SAYS(pv_words_bytes(&h, 3.23e9), "3.23\u202fGB");
    SAYS(pv_words_bytes(&h, -1), "–");
    SAYS(pv_words_error(&h, 0.0708), "0.071");
    SAYS(pv_words_error(&h, 0), "0");
    SAYS(pv_words_error(&h, 1.04e-7), "1.0·10<sup>−7</sup>");
    SAYS(pv_words_error(&h, 9.96e-5), "1.0·10<sup>−4</sup>");
    SAYS(pv_words_error(&h, 5e-324), "&lt;10<sup>−99</sup>");
    SAYS(pv_words_date(&h, "2026-11-20T18:50:00Z"), "20 November 2026");
    SAYS(pv_words_date(&h, "2026-13-20"), "2026-13-20");
    SAYS(pv_words_date(&h, "<yesterday>"), "&lt;yesterday&gt;");
}

static void plain_text(void **state)
{
    (void)state;
    h.plain = 1;
    SAYS(pv_words_range(&h, 0.1, 0.2), "10.0-20.0 %");
    SAYS(pv_words_error(&h, 1.04e-7), "1.0e-07");
    SAYS(pv_words_date(&h, "<b>\n"), "<b>?");
    SAYS(pv_words_cut(&h, "äöüß", 4), "äöüß");
    SAYS(pv_words_cut(&h, "äöüß", 3), "äöü…");
    SAYS(pv_words_cut(&h, "", 3), "");
    SAYS(pv_words_sentence(&h, "told"), "Told.");
    SAYS(pv_words_sentence(&h, "Told."), "Told.");
    SAYS(pv_words_sentence(&h, ""), "");
    h.plain = 0;
}

static char server[] = "server", client[] = "client", a[] = "a", b[] = "b", c[] = "c",
            ha[] = "Hospital A", hb[] = "Hospital B", hc[] = "Hospice C", untitled[] = "Praxis";

static void who_is_who(void **state)
{
    (void)state;
    pv_findings_party party[] = {{.name = server, .role = server},
                                 {.name = a, .role = client, .title = ha},
                                 {.name = b, .role = client, .title = hb},
                                 {.name = c, .role = client}};
    pv_findings f = {.party = party, .parties = 4};
    SAYS(pv_words_who(&h, &f, "server", PV_WORDS_SHORT), "Server");
    SAYS(pv_words_who(&h, &f, "server", PV_WORDS_INSIDE), "the server");
    SAYS(pv_words_who(&h, &f, "server", PV_WORDS_START), "The server");
    SAYS(pv_words_who(&h, &f, "client", PV_WORDS_INSIDE), "each client"); /* three are */
    SAYS(pv_words_who(&h, &f, "client", PV_WORDS_SHORT), "Each client");
    SAYS(pv_words_who(&h, &f, "a", PV_WORDS_START), "Hospital A");
    SAYS(pv_words_who(&h, &f, "c", PV_WORDS_START), "Party c");
    SAYS(pv_words_who(&h, &f, "c", PV_WORDS_INSIDE), "party c");
    SAYS(pv_words_who(&h, &f, "c", PV_WORDS_SHORT), "c");
    SAYS(pv_words_who(&h, &f, "a+b", PV_WORDS_START), "Hospital A and B together");
    SAYS(pv_words_about(&h, &f, "a+b", PV_WORDS_INSIDE), "Hospital A and B");
    SAYS(pv_words_who(&h, &f, "server+a+b", PV_WORDS_START),
         "The server, Hospital A and Hospital B together");
    SAYS(pv_words_who(&h, &f, "a+c", PV_WORDS_START), "Hospital A and party c together");
    party[3].title = hc; /* "Hosp" is no word of its own */
    SAYS(pv_words_who(&h, &f, "a+c", PV_WORDS_START), "Hospital A and Hospice C together");
    party[3].title = untitled;
    SAYS(pv_words_who(&h, &f, "b+c", PV_WORDS_SHORT), "Hospital B and Praxis together");
    SAYS(pv_words_who(&h, &f, "anyone <else>", PV_WORDS_START), "Anyone &lt;else&gt;");
    SAYS(pv_words_who(&h, &f, "anyone", PV_WORDS_INSIDE), "anyone");
    SAYS(pv_words_who(&h, &f, "", PV_WORDS_START), "");
    SAYS(pv_words_who(&h, &f, "ärzte", PV_WORDS_START), "ärzte");
    SAYS(pv_words_roles(&h, &f), "3 clients and a server");
    f.parties = 0;
    SAYS(pv_words_roles(&h, &f), "");
    char model[] = "lenet5", data[] = "mnist";
    f.model = model;
    SAYS(pv_words_model(&h, &f), "lenet5");
    f.data = data;
    SAYS(pv_words_model(&h, &f), "lenet5 on mnist");
    assert_int_equal(pv_words_parties("a"), 1);
    assert_int_equal(pv_words_parties("a+b+c"), 3);
}

static void why_invalid(void **state)
{
    (void)state;
    pv_finding f = sample_finding(9, 10, 0);
    f.positive.count.k = 17;
    pv_finding_settle(&f);
    SAYS(pv_words_invalid(&h, &f),
         "the positive control failed: 17 of 20, at least 90.0\u202f% was needed");
    f.finished = 0;
    f.negative.count.n = f.negative.count.k = 0;
    pv_finding_settle(&f);
    SAYS(pv_words_invalid(&h, &f), "the attack did not finish; the positive control failed: 17 of "
                                   "20, at least 90.0\u202f% was "
                                   "needed; the negative control did not run");
    f = sample_finding(9, 10, 0);
    f.negative.unfinished = 1;
    pv_finding_settle(&f);
    SAYS(pv_words_invalid(&h, &f), "the negative control did not finish");
    f = sample_finding(0, 0, 0);
    SAYS(pv_words_invalid(&h, &f), "nothing was counted");
    f = sample_finding(1, 2, NAN);
    SAYS(pv_words_invalid(&h, &f), "chance is not known");
}

static void measures(void **state)
{
    (void)state;
    char auc[] = "AUC", psnr[] = "PSNR", db[] = "dB";
    SAYS(pv_words_measure(&h, &(pv_measure){auc, NULL, 0.731, 0.709, 0.753, 0.5}),
         "AUC 0.731 (0.709–0.753), guessing 0.5");
    SAYS(pv_words_measure(&h, &(pv_measure){psnr, db, 38.24, NAN, NAN, NAN}), "PSNR 38.2\u202fdB");
    SAYS(pv_words_measure(&h, &(pv_measure){psnr, db, NAN, NAN, NAN, NAN}), "PSNR –\u202fdB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_shares), cmocka_unit_test(chance),
        cmocka_unit_test(times_and_sizes),   cmocka_unit_test(plain_text),
        cmocka_unit_test(who_is_who),        cmocka_unit_test(why_invalid),
        cmocka_unit_test(measures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
