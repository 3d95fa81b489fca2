/* Two tables in one order: rows that belong together stand in the same line, whatever either's
 * order was; with too few in common nobody is told whom; stopped anywhere and started again, it
 * ends the same way. */
#include "run.h"

#include "party/order.h"
#include "scheme/align/align.h"
#include "scheme/align/messages.h"
#include <sys/stat.h>

typedef struct tables {
    char left[4096], right[4096];
} tables;

static void write_table(const run *r, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    CHECK_OK(pv_file_write(path, text, strlen(text), 0600));
}

static void scenario(run *r, const char *settings, const char *left, const char *right)
{
    size_t n = 0;
#define ADD(...) n += (size_t)snprintf(r->text + n, RUN_TEXT - n, __VA_ARGS__)
    ADD("[scenario]\nname = test\nscheme = align\n[scheme]\n%s\n", settings);
    for (int i = 0; i < 2; i++) {
        run_add_party(r, i);
        n = strlen(r->text);
        ADD("[local %s]\ndata = csv:%s/%s.csv\n%s\n", r->party[i].name, r->folder, r->party[i].name,
            i == 0 ? left : right);
    }
#undef ADD
    assert_true(n < RUN_TEXT);
}

/* Persons 0..39 at the left, 20..69 the other way round at the right: 20 in common. */
static void start(run *r)
{
    static const char *const side[] = {"left", "right"};
    tables *t = calloc(1, sizeof *t);
    size_t a = 0, b = 0;
    run_init_two(r, &pv_scheme_align, side, side);
    a += (size_t)snprintf(t->left, sizeof t->left, "name,born,x\n");
    b += (size_t)snprintf(t->right, sizeof t->right, "y,who,date\n");
    for (int i = 0; i < 40; i++)
        a += (size_t)snprintf(t->left + a, sizeof t->left - a, "Person %d,%d,%d\n", i % 7, 1900 + i,
                              i);
    for (int i = 69; i >= 20; i--)
        b += (size_t)snprintf(t->right + b, sizeof t->right - b, "%d,PERSON  %d ,%d\n", i, i % 7,
                              1900 + i);
    write_table(r, "left.csv", t->left);
    write_table(r, "right.csv", t->right);
    free(t);
}

static const char LEFT[] = "ids = name,born", RIGHT[] = "ids = who,date";

static char *party_file(const run *r, int party, const char *name)
{
    char path[256];
    pv_bytes b;
    snprintf(path, sizeof path, "%s/%s", r->party[party].folder, name);
    CHECK_OK(pv_file_read(&b, path, 1 << 20));
    return (char *)b.data;
}

static int is_there(const run *r, int party, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", r->party[party].folder, name);
    return pv_file_exists(path);
}

/* Lines of both files that belong together; returns how many and marks the persons. */
static int together(const run *r, const char *name, int *seen)
{
    char *x = party_file(r, 0, name), *y = party_file(r, 1, name), *p = x, *q = y;
    int n = 0;
    assert_memory_equal(p, "x\n", 2);
    assert_memory_equal(q, "y\n", 2);
    for (p += 2, q += 2; *p != '\0'; n++) {
        long i = strtol(p, &p, 10), k = strtol(q, &q, 10);
        assert_int_equal(i, k);
        assert_true(i >= 20 && i < 40 && !seen[i]);
        seen[i] = 1;
        p++, q++;
    }
    assert_int_equal(*q, '\0');
    pv_free(x);
    pv_free(y);
    return n;
}

static void order(const run *r, int party, const char *name, pv_order *o)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", r->party[party].folder, name);
    CHECK_OK(pv_order_load(o, path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/%s", r->party[party].folder, o->name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char spec[300], place[256];
    snprintf(place, sizeof place, "%s/%s", r->party[party].folder, name);
    snprintf(spec, sizeof spec, "csv:%s?features=none", path);
    CHECK_OK(pv_order_check(o, place, spec, o->rows));
    CHECK_FAILS(pv_order_check(o, place, spec, o->rows - 1), PV_ERR_MISMATCH, "rows were read");
}

static void one_order(void **state)
{
    (void)state;
    run r;
    int seen[40] = {0};
    pv_order a, b;
    start(&r);
    scenario(&r, "minimum = 5", LEFT, RIGHT);
    run_ok(&r, "run");
    assert_int_equal(together(&r, "aligned.csv", seen), 20);
    order(&r, 0, "order.json", &a);
    order(&r, 1, "order.json", &b);
    assert_true(pv_hash_equal(&a.order, &b.order) && pv_hash_equal(&a.session, &b.session));
    assert_string_equal(a.part, "all");
    assert_int_equal(a.rows, 20);
    assert_int_equal(a.mine, 40);
    assert_int_equal(a.theirs, 50);
    assert_int_equal(b.mine, 50);
    json_t *j = run_result(&r, 0);
    assert_int_equal(json_integer_value(json_object_get(j, "rows")), 20);
    assert_int_equal(json_integer_value(json_object_get(j, "ids_of_the_other")), 50);
    json_decref(j);
    /* the view: sizes in full, points as digests */
    pv_view *v = run_view(&r, 1);
    int points = 0, notes = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *at = pv_view_at(v, i);
        pv_view_payload load;
        if (at->type == PV_ALIGN_HIDDEN || at->type == PV_ALIGN_DOUBLED) {
            CHECK_FAILS(pv_view_load(&load, v, i), PV_ERR_NOT_FOUND, "");
            points++;
        }
        if (at->type != PV_ALIGN_ALIGNED) continue;
        const pv_part *part;
        CHECK_OK(pv_view_load(&load, v, i));
        CHECK_OK(pv_parts_get(&part, &load.parts, "note", "sizes", PV_I64, PV_SHAPE(3)));
        assert_int_equal(((const int64_t *)part->data)[2], 20);
        pv_view_payload_clear(&load);
        notes++;
    }
    assert_int_equal(points, 4);
    assert_int_equal(notes, 1);
    pv_view_free(v);
    run_clear(&r);
}

/* Another run: another session, another order. */
static void test_rows(void **state)
{
    (void)state;
    run r;
    int seen[40] = {0};
    pv_order a, b, t, u;
    start(&r);
    scenario(&r, "minimum = 5\ntest = 0.3", LEFT, RIGHT);
    run_ok(&r, "run");
    assert_int_equal(together(&r, "aligned-train.csv", seen), 14);
    assert_int_equal(together(&r, "aligned-test.csv", seen), 6);
    for (int i = 20; i < 40; i++) assert_true(seen[i]);
    order(&r, 0, "order.json", &a);
    order(&r, 1, "order.json", &b);
    order(&r, 0, "order-test.json", &t);
    order(&r, 1, "order-test.json", &u);
    assert_true(pv_hash_equal(&a.order, &b.order) && pv_hash_equal(&t.order, &u.order));
    assert_false(pv_hash_equal(&a.order, &t.order));
    assert_string_equal(a.part, "train");
    assert_string_equal(t.part, "test");
    char *first = party_file(&r, 0, "aligned-test.csv");
    run_ok(&r, "again");
    pv_order c;
    order(&r, 0, "order.json", &c);
    assert_false(pv_hash_equal(&a.order, &c.order) || pv_hash_equal(&a.session, &c.session));
    char *second = party_file(&r, 0, "aligned-test.csv");
    assert_string_not_equal(first, second); /* 6 of 20 in order: the same once in 28 million */
    pv_free(first);
    pv_free(second);
    run_clear(&r);
}

static void fails(run *r, const char *what, pv_status status, const char *says)
{
    int any = 0;
    run_all(r, what);
    for (int i = 0; i < 2; i++) {
        if (r->party[i].status == PV_ERR_CANCELLED) continue; /* the other was first */
        assert_int_equal(r->party[i].status, status);
        any |= strstr(r->party[i].trail, says) != NULL;
    }
    if (!any) print_error("%s\n%s\n", r->party[0].trail, r->party[1].trail);
    assert_true(any);
    for (int i = 0; i < 2; i++) {
        assert_false(is_there(r, i, "aligned.csv"));
        assert_false(is_there(r, i, "order.json"));
    }
}

static void refusals(void **state)
{
    (void)state;
    run r;
    start(&r);
    scenario(&r, "minimum = 21", LEFT, RIGHT);
    fails(&r, "few", PV_ERR_INPUT, "share 20 of ");
    scenario(&r, "minimum = 41", LEFT, RIGHT);
    fails(&r, "fewer", PV_ERR_INPUT, "minimum = 41 can't be reached. Nothing was compared");
    scenario(&r, "minimum = 5", "ids = born", RIGHT);
    fails(&r, "columns", PV_ERR_MISMATCH, "none could be the same");
    scenario(&r, "minimum = 5\nnormalise = exact", LEFT, RIGHT);
    fails(&r, "exact", PV_ERR_INPUT, "share 0 of ");
    scenario(&r, "minimum = 5", "ids = name,bornn", RIGHT);
    fails(&r, "column", PV_ERR_INPUT, "there is no column 'bornn'; the columns are name, born, x");
    scenario(&r, "minimum = 5", "", RIGHT);
    fails(&r, "ids", PV_ERR_INPUT, "left has no ids");
    scenario(&r, "minimum = 5", "ids = name", RIGHT);
    fails(&r, "twice", PV_ERR_INPUT, "lines 2 and 9 are about the same name, and more");
    scenario(&r, "minimum = 1\ntest = 0.5", LEFT, RIGHT);
    fails(&r, "one", PV_ERR_RANGE, "at least 2");
    scenario(&r, "minimum = 5", "ids = name,born,x", "ids = y,who,date");
    fails(&r, "nothing", PV_ERR_INPUT, "nothing would be left to write");
    write_table(&r, "left.csv", "name,born,x\nA,1,2\n,2,3\n");
    scenario(&r, "minimum = 5", LEFT, RIGHT);
    fails(&r, "missing", PV_ERR_INPUT, "left.csv:3: 'name' says nobody the row is about");
    run_clear(&r);
}

/* Rows that name nobody are left out; the columns of the identifiers stay on demand; one column
 * alone may be empty in a row. */
static void choices(void **state)
{
    (void)state;
    run r;
    start(&r);
    write_table(&r, "left.csv", "name,x\n a-1,\n,5\nA-2,\"2\n\"\nb 3,NA\n");
    write_table(&r, "right.csv", "y,who\n1,\"3\"\n2,no. 2\n3,1\n4,?\n5,none\n");
    scenario(&r, "minimum = 3\nnormalise = digits", "ids = name\nmissing_ids = drop",
             "ids = who\nkeep_ids = yes\nmissing_ids = drop");
    run_ok(&r, "run");
    char *x = party_file(&r, 0, "aligned.csv"), *y = party_file(&r, 1, "aligned.csv");
    assert_memory_equal(x, "x\n", 2);
    assert_memory_equal(y, "y,who\n", 6);
    static const char *const rows[3][2] = {
        {"NA\n", "3,1\n"}, {"\"2\n\"\n", "2,no. 2\n"}, {"NA\n", "1,\"3\"\n"}};
    char *p = x + 2, *q = y + 6;
    for (int n = 0; n < 3; n++) {
        int k = 0;
        while (k < 3 && strncmp(q, rows[k][1], strlen(rows[k][1])) != 0) k++;
        assert_true(k < 3);
        assert_memory_equal(p, rows[k][0], strlen(rows[k][0]));
        p += strlen(rows[k][0]);
        q += strlen(rows[k][1]);
    }
    assert_true(*p == '\0' && *q == '\0');
    pv_free(x);
    pv_free(y);
    json_t *j = run_result(&r, 1);
    assert_int_equal(json_integer_value(json_object_get(j, "rows_without_ids")), 2);
    json_decref(j);
    run_clear(&r);
}

/* One party is stopped at its n-th look around, both start again: for each n. */
static void stopped_and_resumed(void **state)
{
    (void)state;
    run r;
    int seen[40], looks = 0, resumed = 0;
    start(&r);
    scenario(&r, "minimum = 5", LEFT, RIGHT);
    for (int at = 1; at < 400 && looks < 3; at += at < 10 ? 1 : at / 4) {
        char what[16];
        atomic_int stop = at;
        snprintf(what, sizeof what, "at-%d", at);
        r.party[at % 2].stop = &stop;
        run_all(&r, what);
        int stopped = r.party[at % 2].status != PV_OK;
        r.party[at % 2].stop = NULL;
        resumed += stopped;
        looks += !stopped;
        run_ok(&r, what);
        memset(seen, 0, sizeof seen);
        assert_int_equal(together(&r, "aligned.csv", seen), 20);
    }
    assert_true(resumed > 3);
    run_clear(&r);
}

static void forget_end(const run *r)
{
    static const char *const file[] = {"result.json", "aligned.csv", "order.json"};
    char path[256];
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) {
            snprintf(path, sizeof path, "%s/%s", r->party[i].folder, file[k]);
            assert_int_equal(unlink(path), 0);
        }
}

/* Died after the last commit: the files are written from what was kept, the same ones. */
static void died_at_the_end(void **state)
{
    (void)state;
    run r;
    int seen[40] = {0};
    start(&r);
    scenario(&r, "minimum = 5", LEFT, RIGHT);
    run_ok(&r, "run");
    char *before = party_file(&r, 0, "order.json");
    forget_end(&r);
    run_ok(&r, "run");
    char *after = party_file(&r, 0, "order.json");
    assert_string_equal(before, after);
    assert_int_equal(together(&r, "aligned.csv", seen), 20);
    pv_free(before);
    pv_free(after);
    /* ... but of the table as it was */
    forget_end(&r);
    char *table = party_file(&r, 0, "../../left.csv");
    table[strlen(table) - 2] ^= 1;
    write_table(&r, "left.csv", table);
    pv_free(table);
    fails(&r, "run", PV_ERR_MISMATCH, "left.csv: is not what it was when the run began");
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(refusals),
        cmocka_unit_test(choices),
        cmocka_unit_test(stopped_and_resumed),
        cmocka_unit_test(died_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
