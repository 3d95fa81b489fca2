#include "check.h"

#include "party/setting.h"

typedef struct fields {
    int64_t rounds, any;
    double rate, free;
    int exact, rule;
    const char *note, *word;
} fields;

static const pv_setting table[] = {
    {.key = "rounds",
     .kind = PV_SETTING_INTEGER,
     .low = 1,
     .high = 100,
     .help = "how many rounds",
     .where = offsetof(fields, rounds)},
    {.key = "any",
     .kind = PV_SETTING_INTEGER,
     .fallback = "-7",
     .help = "any whole number",
     .where = offsetof(fields, any)},
    {.key = "rate",
     .kind = PV_SETTING_REAL,
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .help = "learning rate",
     .where = offsetof(fields, rate)},
    {.key = "free",
     .kind = PV_SETTING_REAL,
     .fallback = "-1e9",
     .help = "any number",
     .where = offsetof(fields, free)},
    {.key = "exact",
     .kind = PV_SETTING_FLAG,
     .fallback = "no",
     .help = "whether",
     .where = offsetof(fields, exact)},
    {.key = "rule",
     .kind = PV_SETTING_CHOICE,
     .fallback = "fedsgd",
     .choices = "fedavg|fedsgd",
     .help = "which",
     .where = offsetof(fields, rule)},
    {.key = "note", .kind = PV_SETTING_TEXT, .help = "words", .where = offsetof(fields, note)},
    {.key = "word",
     .kind = PV_SETTING_TEXT,
     .fallback = "none",
     .help = "a word",
     .where = offsetof(fields, word)},
    {0},
};

static pv_status read_text(fields *f, pv_ini *ini, const char *text)
{
    PV_TRY(pv_ini_parse(ini, "s.ini", text, strlen(text)));
    pv_status status = pv_settings_read(f, table, ini, "scheme");
    if (status != PV_OK) pv_ini_clear(ini);
    return status;
}

static void values_and_fallbacks(void **state)
{
    (void)state;
    pv_ini ini;
    fields f;
    CHECK_OK(read_text(&f, &ini,
                       "[scheme]\nrounds = 12\nexact = yes\nrule = fedavg\n"
                       "note = two words\nfree = 1e300\n[other]\nunknown = 1\n"));
    assert_int_equal(f.rounds, 12);
    assert_int_equal(f.any, -7);
    assert_true(f.rate == 0.5 && f.free == 1e300);
    assert_int_equal(f.exact, 1);
    assert_int_equal(f.rule, 0);
    assert_string_equal(f.note, "two words");
    assert_string_equal(f.word, "none");
    CHECK_FAILS(pv_ini_unused(&ini), PV_ERR_FORMAT, "[other] unknown");
    CHECK_OK(pv_settings_read(&f, table, &ini, "scheme")); /* again */
    pv_ini_clear(&ini);
    CHECK_OK(read_text(&f, &ini, "[scheme]\nrounds = 1\n"));
    assert_null(f.note);
    assert_int_equal(f.rule, 1);
    assert_int_equal(f.exact, 0);
    pv_ini_clear(&ini);
}

static void mistakes_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pv_status status;
        const char *message;
    } cases[] = {
        {"[scheme]\n", PV_ERR_FORMAT, "s.ini: [scheme] rounds is missing: how many rounds"},
        {"[scheme]\nrounds = 101\n", PV_ERR_RANGE, "s.ini:2: rounds = 101: must be 1 to 100"},
        {"[scheme]\nrounds = ten\n", PV_ERR_FORMAT, "s.ini:2: rounds = ten: an integer"},
        {"[scheme]\nrounds = 1\nrate = 1.5\n", PV_ERR_RANGE, "s.ini:3: rate = 1.5: must be 0 to 1"},
        {"[scheme]\nrounds = 1\nrate = nan\n", PV_ERR_RANGE, "s.ini:3:"},
        {"[scheme]\nrounds = 1\nfree = inf\n", PV_ERR_RANGE, "s.ini:3:"},
        {"[scheme]\nrounds = 1\nexact = maybe\n", PV_ERR_FORMAT,
         "s.ini:3: exact = maybe: yes or no"},
        {"[scheme]\nrounds = 1\nrule = fed\n", PV_ERR_FORMAT,
         "s.ini:3: rule = fed: must be one of fedavg|fedsgd"},
        {"[scheme]\nrounds = 1\nrule =\n", PV_ERR_FORMAT, "must be one of"},
        {"[scheme]\nrounds = 1\nruonds = 2\n", PV_ERR_FORMAT,
         "s.ini:3: [scheme] knows no key 'ruonds'; did you mean rounds"},
        {"[scheme]\nrounds = 1\nzzzzzz = 2\n", PV_ERR_FORMAT,
         "[scheme] knows no key 'zzzzzz'; take it out"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_ini ini;
        fields f;
        CHECK_FAILS(read_text(&f, &ini, cases[i].text), cases[i].status, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_fallbacks),
        cmocka_unit_test(mistakes_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
