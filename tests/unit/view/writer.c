#include "link.h"

#include "base/clock.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void test_create(void **state)
{
    (void)state;
    link_run l;
    struct stat st;
    pv_view_writer *w;
    pv_view *v;
    char path[256];
    link_init(&l, NULL);
    assert_int_equal(stat(l.end[A].path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* views hold personal data */
    CHECK_OK(pv_view_open(&v, l.end[A].path)); /* the header is there before any sync */
    assert_int_equal(pv_view_count(v), 0);
    assert_int_equal(pv_view_torn(v), 0);
    pv_view_free(v);
    CHECK_FAILS(pv_view_create(&w, l.end[A].path, &l.end[A].header), PV_ERR_USAGE,
                "is there already");
    assert_null(w);
    link_name(&l, path, "none/x.view");
    CHECK_FAILS(pv_view_create(&w, path, &l.end[A].header), PV_ERR_IO, "none/x.view");
    link_free(&l);
}

static void test_refused_headers(void **state)
{
    (void)state;
    link_run l;
    pv_view_writer *w;
    char path[256], name[70];
    link_init(&l, NULL);
    link_name(&l, path, "other.view");
    pv_view_header h = l.end[A].header;
    pv_view_peer peer[2] = {h.peer[0], h.peer[1]};
    pv_message_type type[2] = {link_types[0], link_types[1]};
    h.peer = peer;
    h.type = type;
    snprintf(peer[1].name, sizeof peer[1].name, "server");
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "two parties called \"server\"");
    snprintf(peer[1].name, sizeof peer[1].name, "a");
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "two parties called \"a\"");
    snprintf(peer[1].name, sizeof peer[1].name, "b");
    snprintf(h.scheme, sizeof h.scheme, "two words");
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "name of a scheme");
    snprintf(h.scheme, sizeof h.scheme, "plain");
    type[1].id = UPDATE;
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "type 16 \"model\" is there twice");
    type[1] = (pv_message_type){NOTE, "update", "", 1, {0}};
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "\"update\" is there twice");
    memset(name, 'n', sizeof name);
    name[64] = '\0';
    type[1].name = name;
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "1 to 63 bytes");
    type[1].name = "tab\there";
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "plain text");
    type[1].name = "seal";
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "can't be called \"seal\"");
    type[1] = (pv_message_type){PV_TYPE_SEAL, "x", "", 1, {0}};
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "type 1 is not among 16");
    type[1] = (pv_message_type){NOTE, "x", "", 1, {PV_RETAIN_EVERY, 0}};
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "contradicts");
    h.peers = 5000;
    CHECK_FAILS(pv_view_create(&w, path, &h), PV_ERR_USAGE, "5000 peers");
    assert_false(pv_file_exists(path));
    link_free(&l);
}

static void test_refused_records(void **state)
{
    (void)state;
    link_run l;
    link_init(&l, NULL);
    pv_view_writer *w = l.end[A].writer;
    const pv_view_record good = {
        .kind = PV_VIEW_SENT, .peer = 1, .type = UPDATE, .link = 1, .size = 1, .kept = 1};
    pv_view_position before = pv_view_writer_position(w);
    pv_view_record r = good;
    r.peer = 2;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "sent with peer 2, there are 2");
    r = good;
    r.link = 0;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "frame number 0");
    r = good;
    r.type = 99;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "no message type 99");
    r.type = PV_TYPE_SEAL;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "a seal is a frame of 152 bytes");
    r = good;
    r.kind = PV_VIEW_DERIVED;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "derived with peer 1");
    r.kind = (pv_view_kind)7;
    CHECK_FAILS(pv_view_append(w, &r, "x"), PV_ERR_USAGE, "7 is no kind");
    pv_view_position after = pv_view_writer_position(w);
    assert_memory_equal(&before, &after, sizeof before);
    r = good;
    CHECK_OK(pv_view_append(w, &r, "x"));
    link_free(&l);
}

/* A record made of parts is the record of their bytes. */
static void test_parts(void **state)
{
    (void)state;
    link_run l;
    pv_view *v;
    pv_view_payload got;
    const int64_t rows = 12;
    const pv_part part[2] = {pv_part_number("rows", &rows), pv_part_bytes("hash", "abcd", 4)},
                  twice[2] = {part[0], part[0]};
    _Alignas(8) uint8_t bytes[128];
    pv_hash hash;
    link_init(&l, NULL);
    pv_view_record r = {.kind = PV_VIEW_SENT, .type = UPDATE, .link = 1, .kept = 1};
    CHECK_FAILS(pv_view_append_parts(l.end[A].writer, &r, twice, 2), PV_ERR_USAGE, "rows");
    CHECK_OK(pv_view_append_parts(l.end[A].writer, &r, part, 2));
    CHECK_OK(pv_parts_encode(bytes, part, 2));
    CHECK_OK(pv_hash_of(&hash, bytes, pv_parts_size(part, 2)));
    assert_int_equal(r.size, pv_parts_size(part, 2));
    assert_true(pv_hash_equal(&r.payload, &hash) && r.number == 1);
    CHECK_OK(pv_view_sync(l.end[A].writer));
    CHECK_OK(pv_view_open(&v, l.end[A].path));
    CHECK_OK(pv_view_load(&got, v, 0));
    assert_int_equal(got.parts.count, 2);
    assert_memory_equal(got.bytes.data, bytes, r.size);
    pv_view_payload_clear(&got);
    pv_view_free(v);
    link_free(&l);
}

/* A crash at any byte, after any sync: the view that goes on is the one that nothing happened to.
 */
static void test_resume_everywhere(void **state)
{
    (void)state;
    link_run l;
    pv_view_position at[8];
    pv_view_record record[7];
    static const char payload[7][40] = {"", "a", "bb", "", "dddd", "eeeee", "ffffff"};
    link_init(&l, NULL);
    link_end *e = &l.end[A];
    for (int i = 0; i < 7; i++) {
        at[i] = pv_view_writer_position(e->writer);
        record[i] = (pv_view_record){.step = (uint64_t)i / 2,
                                     .time = 5,
                                     .kind = PV_VIEW_SENT,
                                     .type = UPDATE,
                                     .link = (uint64_t)i + 1,
                                     .size = strlen(payload[i]),
                                     .kept = i % 3 != 2};
        CHECK_OK(pv_hash_of(&record[i].payload, payload[i], (size_t)record[i].size));
        CHECK_OK(pv_view_append(e->writer, &record[i], payload[i]));
    }
    at[7] = pv_view_writer_position(e->writer);
    link_close(&l);
    pv_bytes whole = link_read(&l, A);
    assert_int_equal(whole.size, at[7].bytes);
    for (int k = 0; k <= 7; k++)
        for (size_t cut = at[k].bytes; cut <= whole.size; cut += 29 + cut % 7) {
            pv_view_writer *w;
            CHECK_OK(pv_file_write(e->path, whole.data, cut, 0600));
            CHECK_OK(pv_view_resume(&w, e->path, &e->header, &at[k]));
            pv_view_position now = pv_view_writer_position(w);
            assert_memory_equal(&now, &at[k], sizeof now);
            for (int i = k; i < 7; i++) CHECK_OK(pv_view_append(w, &record[i], payload[i]));
            CHECK_OK(pv_view_sync(w));
            pv_view_writer_free(w);
            pv_bytes again = link_read(&l, A);
            assert_int_equal(again.size, whole.size);
            assert_memory_equal(again.data, whole.data, whole.size);
            pv_bytes_clear(&again);
        }

    /* and what it may not go on with */
    pv_view_writer *w;
    CHECK_OK(pv_file_write(e->path, whole.data, whole.size, 0600));
    pv_view_position wrong = at[4];
    wrong.hash.byte[0] ^= 1;
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &wrong), PV_ERR_MISMATCH, "record 4 does");
    wrong = at[4];
    wrong.bytes++;
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &wrong), PV_ERR_MISMATCH, "only 4 records");
    wrong = at[4];
    wrong.records = 5;
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &wrong), PV_ERR_MISMATCH, "record 5 does");
    wrong = at[7];
    wrong.bytes += 100;
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &wrong), PV_ERR_MISMATCH, "noted");
    pv_view_header other = e->header;
    other.scenario.byte[0] ^= 1;
    CHECK_FAILS(pv_view_resume(&w, e->path, &other, &at[4]), PV_ERR_MISMATCH,
                "its header is another one");
    whole.data[at[2].bytes + 3] ^= 1; /* before the position */
    CHECK_OK(pv_file_write(e->path, whole.data, whole.size, 0600));
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &at[4]), PV_ERR_MISMATCH, "at record 3");
    CHECK_OK(pv_file_write(e->path, whole.data, at[3].bytes, 0600));
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &at[4]), PV_ERR_MISMATCH, "at record 3");
    unlink(e->path);
    CHECK_FAILS(pv_view_resume(&w, e->path, &e->header, &at[4]), PV_ERR_NOT_FOUND, "no such file");
    assert_null(w);
    pv_bytes_clear(&whole);
    link_free(&l);
}

/* A disk that is full for a while. */
static void test_full(void **state)
{
    (void)state;
    static float weights[50000];
    struct rlimit before, small;
    link_run l;
    pv_view *v;
    pv_view_check check;
    link_init(&l, NULL);
    link_end *e = &l.end[A];
    pv_view_record r = {.kind = PV_VIEW_SENT, .type = UPDATE, .link = 1, .kept = 1};
    r.size = sizeof weights;
    CHECK_OK(pv_hash_of(&r.payload, weights, sizeof weights));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    pv_status s = pv_view_append(e->writer, &r, weights);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(s, PV_ERR_IO);
    assert_int_equal(pv_view_writer_position(e->writer).records, 0);
    CHECK_OK(pv_view_append(e->writer, &r, weights));
    link_close(&l);
    CHECK_OK(pv_view_open(&v, e->path));
    CHECK_OK(pv_view_verify(&check, v));
    assert_int_equal(check.payloads, 1);
    pv_view_free(v);
    /* not even a header: nothing of it is left in the way of the next try */
    char path[256];
    pv_view_writer *w;
    link_name(&l, path, "first.view");
    small.rlim_cur = 50;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    s = pv_view_create(&w, path, &e->header);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(s, PV_ERR_IO);
    CHECK_OK(pv_view_create(&w, path, &e->header));
    pv_view_writer_free(w);
    link_free(&l);
}

/* 100,000 records: opened in a moment, whatever lies between them. */
static void test_many(void **state)
{
    (void)state;
    enum { RECORDS = 100000, LARGE = 100000 };
    static uint8_t payload[LARGE];
    pv_view_payload p;
    link_run l;
    pv_view *v;
    static const uint8_t data[LARGE];
    const pv_part part = {"w", PV_U8, PV_SHAPE(LARGE - 16), data};
    link_init(&l, NULL);
    assert_int_equal(pv_parts_size(&part, 1), LARGE);
    CHECK_OK(pv_parts_encode(payload, &part, 1));
    pv_view_writer *w = l.end[A].writer;
    double started = pv_clock_seconds();
    for (int i = 0; i < RECORDS; i++) {
        pv_view_record r = {.step = (uint64_t)i,
                            .kind = PV_VIEW_SENT,
                            .type = UPDATE,
                            .link = (uint64_t)i + 1,
                            .size = i % 1000 == 999 ? LARGE : (uint64_t)i % 400,
                            .kept = 1};
        if (i == 54999) /* one that can be loaded */
            CHECK_OK(pv_hash_of(&r.payload, payload, LARGE));
        CHECK_OK(pv_view_append(w, &r, payload));
    }
    link_close(&l);
    double written = pv_clock_seconds();
    CHECK_OK(pv_view_open(&v, l.end[A].path));
    double opened = pv_clock_seconds();
    assert_int_equal(pv_view_count(v), RECORDS);
    assert_int_equal(pv_view_torn(v), 0);
    CHECK_FAILS(pv_view_load(&p, v, 54998), PV_ERR_MISMATCH, "record 54999 (update sent to server");
    CHECK_OK(pv_view_load(&p, v, 54999));
    assert_true(p.bytes.size == LARGE && p.parts.count == 1);
    pv_view_payload_clear(&p);
    print_message("100000 records: written in %.3f s, opened in %.3f s\n", written - started,
                  opened - written);
    pv_view_free(v);
    link_free(&l);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    link_run l;
    char path[256];
    pv_status status = PV_OK;
    link_init(&l, NULL);
    link_name(&l, path, "memory.view");
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_view_writer *w = NULL;
        pv_view_record r = {.kind = PV_VIEW_SENT, .type = UPDATE, .link = 1, .kept = 1};
        const pv_part part = pv_part_bytes("x", "y", 1);
        unlink(path);
        status = pv_view_create(&w, path, &l.end[A].header);
        if (status == PV_OK) status = pv_view_append_parts(w, &r, &part, 1);
        if (status == PV_OK) status = pv_view_sync(w);
        pv_view_position at = {0};
        if (status == PV_OK) at = pv_view_writer_position(w);
        pv_view_writer_free(w);
        if (status == PV_OK) {
            status = pv_view_resume(&w, path, &l.end[A].header, &at);
            pv_view_writer_free(w);
        }
    }
    link_free(&l);
}

static void test_retention(void **state)
{
    (void)state;
    pv_retention r;
    char text[PV_RETENTION_TEXT];
    static const char *const all[] = {"full", "digest", "every:1", "every:18446744073709551615"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CHECK_OK(pv_retention_parse(&r, all[i]));
        assert_string_equal(pv_retention_text(&r, text), all[i]);
    }
    CHECK_OK(pv_retention_parse(&r, "full"));
    assert_true(pv_retention_keeps(&r, 0) && pv_retention_keeps(&r, 7));
    CHECK_OK(pv_retention_parse(&r, "digest"));
    assert_false(pv_retention_keeps(&r, 0) || pv_retention_keeps(&r, 7));
    CHECK_OK(pv_retention_parse(&r, "every:3"));
    assert_true(r.kind == PV_RETAIN_EVERY && r.every == 3);
    for (uint64_t step = 0; step < 10; step++)
        assert_int_equal(pv_retention_keeps(&r, step), step % 3 == 0);
    CHECK_OK(pv_retention_parse(&r, "every:18446744073709551615"));
    assert_true(r.every == UINT64_MAX);
    static const char *const wrong[] = {
        "",         "Full",     "every",     "every:",  "every:0",
        "every:-1", "every:3 ", "every:0x3", "digest ", "every:18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(pv_retention_parse(&r, wrong[i]), PV_ERR_OPTION, "full, digest or every:N");
}

/* The forecast is what is written. */
static void test_forecast(void **state)
{
    (void)state;
    static const char *const texts[] = {"full", "digest", "every:3", "every:1"};
    link_run l;
    char path[256];
    link_init(&l, NULL);
    link_name(&l, path, "forecast.view");
    for (int i = 0; i < 4; i++)
        for (uint64_t first = 0; first < 5; first++)
            for (uint64_t last = first; last < 8; last += 2) {
                pv_view_writer *w;
                pv_retention r;
                uint64_t link = 0;
                CHECK_OK(pv_retention_parse(&r, texts[i]));
                CHECK_OK(pv_view_create(&w, path, &l.end[A].header));
                uint64_t header = pv_view_writer_position(w).bytes;
                for (uint64_t step = first; step <= last; step++)
                    for (int k = 0; k < 2; k++) {
                        pv_view_record x = {.step = step,
                                            .kind = PV_VIEW_SENT,
                                            .type = UPDATE,
                                            .link = ++link,
                                            .size = 5,
                                            .kept = pv_retention_keeps(&r, step)};
                        CHECK_OK(pv_view_append(w, &x, "hello"));
                    }
                assert_int_equal(pv_view_writer_position(w).bytes - header,
                                 pv_retention_bytes(&r, first, last, 2, 5));
                pv_view_writer_free(w);
                unlink(path);
            }
    const pv_retention full = {.kind = PV_RETAIN_FULL};
    assert_int_equal(pv_retention_bytes(&full, 3, 2, 1, 1), 0);
    assert_true(pv_retention_bytes(&full, 0, UINT64_MAX, 1, 1) == UINT64_MAX);
    assert_true(pv_retention_bytes(&full, 1, 1 << 20, 1, (uint64_t)1 << 50) == UINT64_MAX);
    link_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_refused_headers),
        cmocka_unit_test(test_refused_records),
        cmocka_unit_test(test_resume_everywhere),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_forecast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
