#include "toy.h"

#include "crypto/identity/merkle.h"

static json_int_t integer(const json_t *j, const char *a, const char *b)
{
    const json_t *x = json_object_get(j, a);
    return json_integer_value(b == NULL ? x : json_object_get(x, b));
}

static size_t lines_of(const toy_crowd *c, int i, const char *file, char *out, size_t size)
{
    char path[192];
    pv_bytes b;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s/%s", c->folder, toy_name(i), file);
    CHECK_OK(pv_file_read(&b, path, 1 << 20));
    for (size_t k = 0; k < b.size; k++) n += b.data[k] == '\n';
    snprintf(out, size, "%s", (const char *)b.data);
    pv_bytes_clear(&b);
    return n;
}

static void check_files(toy_crowd *c)
{
    char text[4096];
    json_t *j = toy_result(c, 0);
    assert_string_equal(json_string_value(json_object_get(j, "party")), "server");
    assert_string_equal(json_string_value(json_object_get(j, "role")), "server");
    assert_string_equal(json_string_value(json_object_get(j, "scheme")), "toy");
    assert_int_equal(integer(j, "steps", NULL), TOY_STEPS);
    assert_int_equal(json_array_size(json_object_get(j, "dropped")), 0);
    const json_t *seconds = json_object_get(j, "seconds");
    double total = json_number_value(json_object_get(seconds, "total")), sum = 0;
    static const char *const parts[] = {"compute", "channel", "journal", "view", "waiting"};
    for (int i = 0; i < 5; i++) sum += json_number_value(json_object_get(seconds, parts[i]));
    assert_true(total > 0 && sum >= total * 0.999);
    const json_t *a = json_object_get(json_object_get(j, "traffic"), "a");
    assert_int_equal(integer(a, "value", "sent_count"), TOY_STEPS);
    assert_int_equal(integer(a, "update", "received_count"), TOY_STEPS);
    assert_true(integer(a, "mask", "received_bytes") > TOY_STEPS * TOY_SIZE * 8);
    assert_true(integer(a, "seal", "sent_count") >= TOY_STEPS);
    assert_int_equal(integer(j, "view", "last_sealed_step"), TOY_STEPS);
    assert_true(integer(j, "view", "records") > 0);
    assert_null(json_object_get(j, "truth"));
    json_decref(j);
    assert_int_equal(lines_of(c, 0, "metrics.jsonl", text, sizeof text), TOY_STEPS);
    assert_non_null(strstr(text, "{\"step\":1,\"first\":"));
    assert_non_null(strstr(text, "{\"step\":3,\"first\":"));
    assert_int_equal(lines_of(c, 1, "metrics.jsonl", text, sizeof text), 0);
}

/* truth.json opens what result.json says was committed to. */
static void check_truth(toy_crowd *c, int i)
{
    char path[192];
    json_t *truth, *result = toy_result(c, i);
    struct stat st;
    pv_hash salt, root;
    pv_merkle *m;
    pv_data *all, *parts[2];
    snprintf(path, sizeof path, "%s/%s/truth.json", c->folder, toy_name(i));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_json_load(&truth, path, 4096));
    CHECK_OK(pv_hash_parse(&salt, json_string_value(json_object_get(truth, "salt"))));
    CHECK_OK(pv_data_open(&all, "glyphs?limit=40", NULL));
    CHECK_OK(pv_data_split(parts, 2, all, 0.0, 5));
    const pv_data *mine = parts[i - 1];
    assert_int_equal(integer(truth, "rows", NULL), pv_data_count(mine));
    CHECK_OK(pv_merkle_new(&m, salt.byte));
    for (int64_t k = 0; k < pv_data_count(mine); k++) {
        struct {
            float x[784];
            int32_t label;
        } row;
        pv_data_raw(mine, k, row.x);
        row.label = pv_data_label(mine, k);
        CHECK_OK(pv_merkle_add(m, &row, sizeof row));
    }
    CHECK_OK(pv_merkle_root(m, &root));
    char text[PV_HASH_TEXT];
    assert_string_equal(pv_hash_text(&root, text),
                        json_string_value(json_object_get(truth, "root")));
    assert_string_equal(
        text, json_string_value(json_object_get(json_object_get(result, "truth"), "root")));
    pv_merkle_free(m);
    for (int k = 0; k < 2; k++) pv_data_free(parts[k]);
    pv_data_free(all);
    json_decref(truth);
    json_decref(result);
}

static void undisturbed(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, 3, 0, "");
    toy_all(&c);
    toy_check(&c);
    check_files(&c);
    check_truth(&c, 1);
    check_truth(&c, 2);
    /* once more: there is nothing left to do, and nobody is needed for it */
    for (int i = 0; i < 3; i++) {
        int points = c.run[i].points;
        c.channel[1][0] = c.channel[1][1] = -1;
        CHECK_OK(toy_once(&c, i, NULL));
        assert_int_equal(c.run[i].points, points);
    }
    toy_check(&c);
    toy_free(&c);
}

static pv_status once_with(toy_crowd *c, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/extra.ini", c->folder);
    CHECK_OK(pv_file_write(path, text, strlen(text), 0600));
    return toy_once(c, 1, path);
}

/* What is wrong with a party alone is said before it talks to anybody. */
static void refused_alone(void **state)
{
    (void)state;
    static const struct {
        const char *local;
        pv_status status;
        const char *message;
    } cases[] = {
        {"[local]\nkey =\n", PV_ERR_INPUT, "a has no key: write key = FILE into its local file"},
        {"[local]\nca =\n", PV_ERR_INPUT, "a has no ca"},
        {"[local]\nkey = none.key\n", PV_ERR_NOT_FOUND, "none.key"},
        {"[local]\nkey = b.key\n", PV_ERR_MISMATCH, "b.key"},
        {"[local]\nkey = b.key\ncert = b.pem\n", PV_ERR_MISMATCH,
         "b.pem: the certificate is sha256:"},
        {"[local]\nca = b.pem\n", PV_ERR_MISMATCH, "b.pem: the authority is sha256:"},
        {"[local]\ndata =\n", PV_ERR_INPUT, "a brings no data"},
        {"[local]\ndata = glyphs?limit=x\n", PV_ERR_OPTION, "limit"},
        {"[local]\ndata = csv:none.csv\n", PV_ERR_NOT_FOUND, "in the data of a, csv:"},
        {"[local]\ndata = glyphs?classes=1,2\n", PV_ERR_MISMATCH, "[schema] says"},
        {"[local]\npassphrase_file = none\n", PV_ERR_NOT_FOUND, "none"},
    };
    toy_crowd c;
    toy_init(&c, 3, 1, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(once_with(&c, cases[i].local), cases[i].status, cases[i].message);
    toy_free(&c);
}

static void unknown_settings(void **state)
{
    (void)state;
    toy_crowd c;
    pv_bytes b;
    toy_init(&c, 2, 1, "");
    CHECK_OK(pv_file_read(&b, c.path, 1 << 20));
    char *at = strstr((char *)b.data, "update = every:2");
    memcpy(at, "updata = every:2", 16);
    CHECK_OK(pv_file_write(c.path, b.data, b.size, 0644));
    CHECK_FAILS(toy_once(&c, 1, NULL), PV_ERR_FORMAT, "[view] updata is not known here");
    pv_bytes_clear(&b);
    toy_free(&c);
}

/* Stopped by its caller, it goes on from there. */
static void cancelled(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, 2, 1, "");
    c.run[1].cancel = 1;
    CHECK_FAILS(toy_once(&c, 1, NULL), PV_ERR_CANCELLED, "stopped");
    c.run[1].cancel = 0;
    c.run[1].points = 0;
    toy_all(&c);
    toy_check(&c);
    json_t *j = toy_result(&c, 1);
    assert_int_equal(integer(j, "restarts", NULL), 1);
    json_decref(j);
    toy_free(&c);
}

/* Between two starts the data, the scenario or the key changed. */
static void not_the_same_any_more(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, 3, 1, "");
    c.run[1].vanish = 1;
    c.run[1].kill_at = 2; /* after its data was opened */
    CHECK_FAILS(toy_once(&c, 1, NULL), PV_ERR_RUN, "killed at point 2");
    c.run[1].kill_at = 0;
    CHECK_FAILS(once_with(&c, "[local]\ndata = glyphs?limit=38\n"), PV_ERR_MISMATCH,
                "truth.json: the data is not what it was when the run began");
    pv_bytes b;
    CHECK_OK(pv_file_read(&b, c.path, 1 << 20));
    memcpy(strstr((char *)b.data, "seed = 5"), "seed = 6", 8);
    CHECK_OK(pv_file_write(c.path, b.data, b.size, 0644));
    CHECK_FAILS(toy_once(&c, 1, NULL), PV_ERR_MISMATCH, "belongs to another scenario");
    pv_bytes_clear(&b);
    toy_free(&c);
}

/* A party without peers, so that nothing but itself asks for memory. */
static void out_of_memory(void **state)
{
    (void)state;
    toy_crowd c;
    char folder[128];
    pv_status status = PV_OK;
    toy_init(&c, 1, 0, "");
    snprintf(folder, sizeof folder, "%s/server", c.folder);
    CHECK_OUT_OF_MEMORY(status)
    {
        toy_remove(folder);
        status = toy_once(&c, 0, NULL);
    }
    json_t *j = toy_result(&c, 0);
    assert_int_equal(integer(j, "steps", NULL), TOY_STEPS);
    assert_int_equal(integer(j, "restarts", NULL), 0);
    json_decref(j);
    /* and each time from where the last one got to */
    toy_remove(folder);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = toy_once(&c, 0, NULL);
    }
    j = toy_result(&c, 0);
    assert_int_equal(integer(j, "steps", NULL), TOY_STEPS);
    assert_true(integer(j, "restarts", NULL) > 3);
    json_decref(j);
    toy_free(&c);
}

/* The commitment to a data set of MNIST's size: printed, and not absurd. */
static void speed_of_the_commitment(void **state)
{
    (void)state;
    enum { ROWS = 10000 };
    static uint8_t row[784 * 4 + 4];
    const uint8_t salt[PV_SALT_BYTES] = {1};
    pv_merkle *m;
    pv_hash root;
    double t = pv_clock_seconds();
    CHECK_OK(pv_merkle_new(&m, salt));
    for (int i = 0; i < ROWS; i++) {
        row[0] = (uint8_t)i;
        CHECK_OK(pv_merkle_add(m, row, sizeof row));
    }
    CHECK_OK(pv_merkle_root(m, &root));
    t = pv_clock_seconds() - t;
    pv_merkle_free(m);
    print_message("60,000 rows of 784 values: %.2f s\n", 6 * t);
    assert_true(t < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),
        cmocka_unit_test(refused_alone),
        cmocka_unit_test(unknown_settings),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(not_the_same_any_more),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(speed_of_the_commitment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
