#include "sample.h"

#include "base/file.h"
#include "report/findings_fields.h"

/* ---- levels and order, by hand */

static void levels_by_hand(void **state)
{
    (void)state;
    /* 97 of 100: the interval is [0.9148, 0.9938]; e = 0.9148 against 0, above one half */
    pv_finding f = sample_finding(97, 100, 0);
    assert_true(fabs(f.interval.low - 0.914824) < 1e-6 && fabs(f.interval.high - 0.993770) < 1e-6);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_MOST);
    f.chance = 0.82; /* (0.9148 - 0.82) / 0.18 = 0.527 */
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_MOST);
    f.chance = 0.84; /* 0.468 */
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_SOME);
    f.chance = 0.92; /* above the lower end: none found, however many were recovered */
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_NONE);
    f.chance = 1;
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_NONE);
    /* a rare class: fewer are named right than guessing names, and yet the ranking tells them apart
     */
    pv_class_result class[2] = {{.auc = 0.7, .low = NAN}, {.auc = 0.66, .low = 0.6}};
    f.class = class;
    f.classes = 2;
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_NONE);
    class[1].low = 0.61;
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_SOME);
    f.positive.holds = 0;
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f = sample_finding(0, 100, 0); /* low is 0, chance as well: not above it */
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_NONE);
    f = sample_finding(100, 100, 0); /* low = 0.025^(1/100) */
    assert_true(fabs(f.interval.low - pow(0.025, 0.01)) < 1e-9 && f.interval.high == 1);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_MOST);
    f.interval.low = 0.5; /* exactly half of the way counts as most */
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_MOST);
    f.interval.low = nextafter(0.5, 0);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_SOME);
}

static void whatever_failed_is_invalid(void **state)
{
    (void)state;
    pv_finding f = sample_finding(97, 100, 0);
    f.finished = 0;
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f = sample_finding(97, 100, NAN);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f = sample_finding(0, 0, 0);
    assert_true(isnan(f.interval.low) && isnan(f.interval.high));
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f = sample_finding(97, 100, 0);
    f.positive.count = (pv_count){17, 20}; /* 0.85 < 0.9 */
    pv_finding_settle(&f);
    assert_int_equal(f.positive.holds, 0);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f.positive.count = (pv_count){18, 20}; /* at the bound it holds */
    f.negative.count = (pv_count){3, 20};
    pv_finding_settle(&f);
    assert_int_equal(f.positive.holds, 1);
    assert_int_equal(f.negative.holds, 0);
    f.negative.count = (pv_count){0, 0}; /* not run */
    pv_finding_settle(&f);
    assert_int_equal(f.negative.holds, 0);
    assert_int_equal(pv_finding_level(&f), PV_LEVEL_INVALID);
    f.negative.count = (pv_count){2, 20};
    f.negative.unfinished = 1; /* few, but it might have found more */
    pv_finding_settle(&f);
    assert_int_equal(f.negative.holds, 0);
    f.negative.unfinished = 0;
    pv_finding_settle(&f);
    assert_int_equal(f.negative.holds, 1);
    f.negative.bound = NAN;
    pv_finding_settle(&f);
    assert_int_equal(f.negative.holds, 0);
}

static void worst_first(void **state)
{
    (void)state;
    pv_finding list[] = {
        sample_finding(0, 100, 0),    /* none */
        sample_finding(20, 100, 0),   /* some */
        sample_finding(100, 100, 0),  /* most */
        sample_finding(100, 100, 0),  /* invalid */
        sample_finding(30, 100, 0.1), /* some, after the other although it is larger */
        sample_finding(97, 100, 0),   /* most */
        sample_finding(1, 100, 0.01), /* none */
    };
    static const int wanted[] = {2, 5, 1, 4, 3, 0, 6};
    pv_findings f = {.finding = list, .findings = 7};
    int index[7];
    list[3].finished = 0;
    pv_findings_order(&f, index);
    assert_memory_equal(index, wanted, sizeof wanted);
    assert_string_equal(pv_level_name(PV_LEVEL_MOST), "most");
    assert_string_equal(pv_level_name(PV_LEVEL_SOME), "some");
    assert_string_equal(pv_level_name(PV_LEVEL_NONE), "none");
    assert_string_equal(pv_level_name(PV_LEVEL_INVALID), "invalid");
}

/* ---- JSON */

/* Bit for bit, but that any NaN equals any other. */
static int same(const void *a, const void *b, const pv_field *field)
{
    for (; field->kind != PV_FIELD_END; field++) {
        const void *x = (const char *)a + field->where, *y = (const char *)b + field->where;
        const char *s, *t;
        double u, v;
        int n = 0;
        switch (field->kind) {
        case PV_FIELD_TEXT:
        case PV_FIELD_PICTURE:
            s = *(const char *const *)x;
            t = *(const char *const *)y;
            if ((s == NULL) != (t == NULL) || (s != NULL && strcmp(s, t) != 0)) return 0;
            break;
        case PV_FIELD_REAL:
            u = *(const double *)x;
            v = *(const double *)y;
            if (!(u == v) && !(isnan(u) && isnan(v))) return 0;
            break;
        case PV_FIELD_INTERVAL:
            for (int i = 0; i < 2; i++) {
                u = ((const double *)x)[i];
                v = ((const double *)y)[i];
                if (!(u == v) && !(isnan(u) && isnan(v))) return 0;
            }
            break;
        case PV_FIELD_INT:
        case PV_FIELD_FLAG:
            if (*(const int *)x != *(const int *)y) return 0;
            break;
        case PV_FIELD_WIDE:
        case PV_FIELD_SEED:
            if (*(const int64_t *)x != *(const int64_t *)y) return 0;
            break;
        case PV_FIELD_OBJECT:
            if (!same(x, y, field->fields)) return 0;
            break;
        case PV_FIELD_LIST:
        case PV_FIELD_LATER:
            n = *(const int *)(const void *)((const char *)a + field->count);
            if (n != *(const int *)(const void *)((const char *)b + field->count)) return 0;
            for (int i = 0; i < n; i++)
                if (!same(*(const char *const *)x + (size_t)i * field->size,
                          *(const char *const *)y + (size_t)i * field->size, field->fields))
                    return 0;
            break;
        case PV_FIELD_SHOWN:
        case PV_FIELD_END:
            break;
        }
    }
    return 1;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char *const names[] = {"hospitals", "masked", "broken", "vertical-iso-4",
                                        "complement-glyphs"};
    for (int i = 0; i < 5; i++) {
        pv_findings f, again;
        json_t *written, *read;
        pv_str text = {0};
        sample_read(&f, names[i]);
        CHECK_OK(pv_findings_json(&written, &f));
        CHECK_OK(pv_json_dump(&text, written, 2));
        CHECK_OK(pv_json_parse(&read, "text", text.text, text.size));
        CHECK_OK(pv_findings_parse(&again, "again", read));
        assert_true(same(&f, &again, pv_findings_fields));
        json_decref(written);
        json_decref(read);
        pv_findings_clear(&again);
        pv_findings_clear(&f);
        pv_findings_clear(&f);
        pv_str_clear(&text);
    }
}

/* The file of another program (tests/fixtures/findings/make.py) and ours hold the same, with the
 * same keys; what is worked out from the counts agrees, too. */
static void every_key_is_where_it_was(void **state)
{
    (void)state;
    pv_findings f;
    json_t *theirs, *ours;
    CHECK_OK(pv_json_load(&theirs, "tests/fixtures/findings/hospitals.json", 1 << 20));
    CHECK_OK(pv_findings_parse(&f, "f", theirs));
    CHECK_OK(pv_findings_json(&ours, &f));
    const char *key;
    json_t *value;
    json_object_foreach(theirs, key, value)
    {
        assert_non_null(json_object_get(ours, key));
        if (!json_is_array(value) && !json_is_object(value) && !json_is_number(value))
            assert_true(json_equal(value, json_object_get(ours, key)));
    }
    assert_int_equal(json_object_size(ours), json_object_size(theirs));
    json_t *a = json_array_get(json_object_get(theirs, "findings"), 6);
    json_t *b = json_array_get(json_object_get(ours, "findings"), 6);
    assert_int_equal(json_object_size(a), json_object_size(b));
    json_object_foreach(a, key, value)
    {
        json_t *other = json_object_get(b, key);
        assert_non_null(other);
        if (json_is_number(value))
            assert_true(fabs(json_number_value(value) - json_number_value(other)) < 1e-9);
        else if (!json_is_array(value))
            assert_true(json_equal(value, other));
    }
    assert_string_equal(json_string_value(json_object_get(b, "level")), "some");
    assert_true(fabs(json_number_value(json_object_get(b, "value")) - 0.212) < 1e-12);
    json_decref(ours);
    json_decref(theirs);
    pv_findings_clear(&f);
}

/* Lists that older programs did not write are empty; written they are always. */
static void later_lists_may_be_missing(void **state)
{
    (void)state;
    pv_findings f;
    json_t *j;
    sample_read(&f, "broken");
    assert_int_equal(f.weaks, 0);
    assert_int_equal(f.finding[0].classes, 0);
    CHECK_OK(pv_findings_json(&j, &f));
    assert_true(json_is_array(json_object_get(j, "weakened_by")));
    json_decref(j);
    pv_findings_clear(&f);
    sample_read(&f, "vertical-iso-4");
    assert_int_equal(f.weaks, 1);
    assert_string_equal(f.weak[0].setting, "masks = weak");
    assert_int_equal(f.finding[0].classes, 10);
    assert_string_equal(f.finding[0].class[3].name, "3");
    assert_int_equal(f.finding[0].class[3].count.n, 639);
    pv_findings_clear(&f);
    sample_read(&f, "complement-glyphs");
    assert_int_equal(f.finding[0].trials, 9);
    assert_true(f.finding[0].trial[3].kept && isnan(f.finding[0].trial[3].at));
    assert_int_equal(f.finding[0].sures, 10);
    assert_int_equal(f.customers, 2);
    assert_int_equal(f.customer[1].answered, 2560);
    assert_int_equal(f.values, 2);
    pv_findings_clear(&f);
}

static void unknown_is_null(void **state)
{
    (void)state;
    pv_findings_party p = {.samples = -1, .view_bytes = -1, .dropped_step = -1, .compute = NAN};
    pv_findings f = {.party = &p, .parties = 1, .pooled_bytes = -1, .accuracy = NAN};
    json_t *j;
    CHECK_OK(pv_findings_json(&j, &f));
    json_t *party = json_array_get(json_object_get(j, "parties"), 0);
    assert_true(json_is_null(json_object_get(party, "samples")));
    assert_true(json_is_null(json_object_get(party, "dropped_step")));
    assert_true(json_is_null(json_object_get(party, "compute_s")));
    assert_true(json_is_null(json_object_get(party, "name")));
    assert_true(json_is_null(json_object_get(j, "pooled_bytes")));
    assert_true(json_is_null(json_object_get(j, "test_accuracy")));
    json_decref(j);
    f.seed = (uint64_t)1 << 53;
    CHECK_FAILS(pv_findings_json(&j, &f), PV_ERR_RANGE, "the seed 9007199254740992");
    assert_null(j);
    f.seed--;
    CHECK_OK(pv_findings_json(&j, &f));
    assert_int_equal(json_integer_value(json_object_get(j, "seed")), 9007199254740991);
    json_decref(j);
}

/* The fixture with one value replaced: path is "findings.0.k". */
static pv_status spoiled(const char *name, const char *path, json_t *value)
{
    char file[128];
    json_t *root, *at;
    pv_findings f;
    snprintf(file, sizeof file, "tests/fixtures/findings/%s.json", name);
    CHECK_OK(pv_json_load(&root, file, 1 << 20));
    at = root;
    for (size_t n; (n = strcspn(path, ".")), path[n] != '\0'; path += n + 1) {
        at = json_is_array(at) ? json_array_get(at, strtoul(path, NULL, 10))
                               : json_object_getn(at, path, n);
        assert_non_null(at);
    }
    assert_non_null(json_object_get(at, path));
    if (value == NULL)
        json_object_del(at, path);
    else
        assert_int_equal(json_object_set_new(at, path, value), 0);
    pv_status status = pv_findings_parse(&f, "f.json", root);
    if (status == PV_OK) pv_findings_clear(&f);
    assert_true(f.finding == NULL && f.run == NULL); /* cleared after a failure as well */
    json_decref(root);
    return status;
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char h[] = "hospitals";
    json_t *pair = json_pack("[f,f]", 0.0, 0.04), *three = json_pack("[f,f,f]", 0.1, 0.2, 0.3);
    CHECK_OK(spoiled(h, "findings.0.note", json_string("another")));
    CHECK_FAILS(spoiled(h, "schema", json_string("privet-training")), PV_ERR_FORMAT,
                "f.json: its schema is \"privet-training\"");
    CHECK_FAILS(spoiled(h, "schema_version", json_integer(2)), PV_ERR_VERSION,
                "schema_version is 2, this privet reads up to 1");
    CHECK_FAILS(spoiled(h, "run", NULL), PV_ERR_FORMAT, "f.json: the key \"run\" is missing");
    CHECK_FAILS(spoiled(h, "run", json_integer(3)), PV_ERR_FORMAT, "\"run\" must be text or null");
    CHECK_FAILS(spoiled(h, "run", json_stringn("a\0b", 3)), PV_ERR_FORMAT, "NUL");
    CHECK_FAILS(spoiled(h, "seed", json_integer(-1)), PV_ERR_RANGE, "\"seed\" is -1");
    CHECK_FAILS(spoiled(h, "seconds", json_real(-1)), PV_ERR_RANGE, "\"seconds\" is -1");
    CHECK_FAILS(spoiled(h, "seconds", json_true()), PV_ERR_FORMAT, "a number or null");
    CHECK_FAILS(spoiled(h, "findings", json_object()), PV_ERR_FORMAT, "must be a list");
    CHECK_FAILS(spoiled(h, "test_count", json_integer(3)), PV_ERR_FORMAT,
                "f.json: test_count: this must be an object");
    CHECK_FAILS(spoiled(h, "test_count.k", json_integer(10001)), PV_ERR_RANGE, "10001 of 10000");
    CHECK_FAILS(spoiled(h, "findings.2.k", json_integer(101)), PV_ERR_RANGE,
                "findings[2]: recovered: 101 of 100 cannot be");
    CHECK_FAILS(spoiled(h, "findings.2.n", json_integer(1 << 30)), PV_ERR_RANGE, "\"n\"");
    CHECK_FAILS(spoiled(h, "findings.2.finished", json_integer(1)), PV_ERR_FORMAT, "true or false");
    CHECK_FAILS(spoiled(h, "findings.2.baseline", json_real(1.5)), PV_ERR_RANGE, "\"baseline\"");
    CHECK_FAILS(spoiled(h, "parties.1.dropped_step", json_integer(-2)), PV_ERR_RANGE, "-2");
    CHECK_FAILS(spoiled(h, "findings.0.exhibits.1.original", json_string("\"><script>")),
                PV_ERR_FORMAT, "findings[0]: exhibits[1]: \"original\" must be base64");
    /* of a network that is cut: what adds up to more than there is */
    CHECK_FAILS(spoiled("complement-glyphs", "findings.0.trials.0.k", json_integer(801)),
                PV_ERR_RANGE, "trials: 801 of 800");
    CHECK_FAILS(spoiled("complement-glyphs", "findings.0.confidence.3.from", json_real(0.5)),
                PV_ERR_RANGE, "confidence[3] must begin where");
    CHECK_FAILS(spoiled("complement-glyphs", "customers.1.answered", json_integer(3841)),
                PV_ERR_RANGE, "3841 of 3840");
    CHECK_FAILS(spoiled("complement-glyphs", "by_secret.0.k", json_integer(3191)), PV_ERR_RANGE,
                "by_secret: 3191 of 3190");
    /* edited to look better */
    CHECK_FAILS(spoiled(h, "findings.0.interval", json_incref(pair)), PV_ERR_RANGE,
                "findings[0]: the interval of 97 of 100 is [0.914824, 0.993770], not [0.000000, "
                "0.040000]");
    CHECK_FAILS(spoiled(h, "findings.0.interval", json_incref(three)), PV_ERR_FORMAT,
                "a list of two numbers");
    CHECK_FAILS(
        spoiled(h, "findings.7.negative.holds", json_true()), PV_ERR_RANGE,
        "findings[7]: the negative control is said to hold, but 74 of 1000 does not, by its "
        "bound of 0.017");
    CHECK_FAILS(spoiled(h, "findings.0.positive.holds", json_false()), PV_ERR_RANGE,
                "the positive control is said to fail");
    CHECK_FAILS(spoiled(h, "findings.0.negative.unfinished", json_true()), PV_ERR_RANGE,
                "said to hold, but 0 of 100, unfinished, does not");
    CHECK_FAILS(spoiled(h, "with_originals", json_false()), PV_ERR_RANGE, "holds pictures");
    CHECK_FAILS(spoiled(h, "findings.0.targets.3.recovered", json_false()), PV_ERR_RANGE,
                "targets count 96 of 100");
    CHECK_FAILS(spoiled(h, "findings.0.exhibits.0.item", json_integer(100)), PV_ERR_RANGE,
                "item 100 of 100");
    CHECK_FAILS(spoiled("broken", "findings.2.interval", json_incref(pair)), PV_ERR_RANGE,
                "an interval without a count");
    json_decref(pair);
    json_decref(three);
}

static void found_in_the_folder_of_a_run(void **state)
{
    (void)state;
    pv_findings f;
    char folder[] = "/tmp/privet-findings-XXXXXX";
    char path[128];
    pv_bytes file;
    assert_non_null(mkdtemp(folder));
    CHECK_FAILS(pv_findings_load(&f, folder), PV_ERR_NOT_FOUND, "no findings yet; privet audit");
    snprintf(path, sizeof path, "%s/audit", folder);
    CHECK_OK(pv_folder_make(path));
    CHECK_OK(pv_file_read(&file, "tests/fixtures/findings/masked.json", 1 << 20));
    snprintf(path, sizeof path, "%s/audit/findings.json", folder);
    CHECK_OK(pv_file_write(path, file.data, file.size, 0600));
    CHECK_OK(pv_findings_load(&f, folder));
    assert_string_equal(f.run, "hospitals-masked");
    pv_findings_clear(&f);
    CHECK_FAILS(pv_findings_load(&f, "tests/nowhere.json"), PV_ERR_NOT_FOUND, "nowhere");
    pv_bytes_clear(&file);
    unlink(path);
    snprintf(path, sizeof path, "%s/audit", folder);
    rmdir(path);
    rmdir(folder);
}

static void pictures_can_be_hidden(void **state)
{
    (void)state;
    pv_findings f;
    json_t *j;
    pv_str text = {0};
    sample_read(&f, "hospitals");
    pv_findings_hide_pictures(&f);
    CHECK_OK(pv_findings_json(&j, &f));
    CHECK_OK(pv_json_dump(&text, j, 0));
    assert_null(strstr(text.text, "iVBOR"));
    assert_non_null(strstr(text.text, "\"with_originals\":false"));
    pv_findings_clear(&f);
    CHECK_OK(pv_findings_parse(&f, "hidden", j));
    json_decref(j);
    pv_str_clear(&text);
    pv_findings_clear(&f);
}

static void without_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    json_t *root;
    CHECK_OK(pv_json_load(&root, "tests/fixtures/findings/broken.json", 1 << 20));
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_findings f;
        status = pv_findings_parse(&f, "f", root);
        pv_findings_clear(&f);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_findings f;
        status = pv_findings_load(&f, "tests/fixtures/findings/broken.json");
        pv_findings_clear(&f);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_by_hand),
        cmocka_unit_test(whatever_failed_is_invalid),
        cmocka_unit_test(worst_first),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(every_key_is_where_it_was),
        cmocka_unit_test(later_lists_may_be_missing),
        cmocka_unit_test(unknown_is_null),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(found_in_the_folder_of_a_run),
        cmocka_unit_test(pictures_can_be_hidden),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
