#include "scheme/align/side.h"

#include "base/mem.h"
#include "crypto/psi/psi.h"
#include "fed/measure.h"
#include "party/order.h"
#include "scheme/align/messages.h"
#include "scheme/align/table.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { POINT = PV_PSI_POINT };
/* How the step ended. All but ALIGNED are told at the end, when the other knows it as well: nobody
 * is left waiting for one who stopped. */
enum { ALIGNED = 0, TOO_FEW_IDS, OTHER_COLUMNS, TOO_FEW_SHARED, OUTCOMES };
enum { ALL = 0, TRAIN, TEST, PARTS };

typedef struct side {
    pv_align_options options;
    pv_align_table table;
    int peer, is_left;
    int64_t theirs, their_columns; /* what the other said */
    int outcome;
    int64_t common;
    pv_hash session, order[PARTS];
    uint32_t *row; /* [common], of the sheet, in the common order */
} side;

/* What one exchange needs and nothing afterwards. */
typedef struct exchange {
    pv_psi *psi;
    size_t own, theirs;
    uint8_t *hidden, *doubled;       /* own points; the other's, doubled, as they are sent */
    uint8_t *tag;                    /* [own] of each identifier */
    uint32_t *first, *second, *mine; /* orders; second of `theirs` */
} exchange;

void pv_align_side_close(void *self)
{
    side *s = self;
    if (s == NULL) return;
    pv_align_table_clear(&s->table);
    pv_free(s->row);
    pv_free(s);
}

pv_status pv_align_side_open(void **self, pv_party *p, const char *other)
{
    pv_status status = PV_OK;
    side *s = pv_calloc(1, sizeof *s);
    *self = NULL;
    if (s == NULL) PV_FAIL_MEMORY(sizeof *s);
    PV_TRY_GOTO(pv_align_options_read(&s->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_align_table_open(&s->table, &s->options, pv_party_local(p), pv_party_name(p)));
    s->peer = pv_fed_peer_of_role(p, other);
    s->is_left = strcmp(other, "right") == 0;
    *self = s;
    s = NULL;
done:
    pv_align_side_close(s);
    return status;
}

/* ---- the exchange */

static void exchange_clear(exchange *e)
{
    pv_psi_free(e->psi);
    pv_free(e->hidden);
    pv_free(e->doubled);
    pv_free(e->tag);
    pv_free(e->first);
    pv_free(e->second);
    pv_free(e->mine);
}

static pv_status exchange_init(exchange *e, const side *s, pv_party *p)
{
    pv_csprng r;
    e->own = s->table.ids.count;
    e->theirs = (size_t)s->theirs;
    e->hidden = pv_alloc(e->own, POINT);
    e->doubled = pv_alloc(e->theirs, POINT);
    e->tag = pv_alloc(e->own, POINT);
    e->first = pv_alloc(e->own, sizeof *e->first);
    e->second = pv_alloc(e->theirs, sizeof *e->second);
    e->mine = pv_alloc(e->own, sizeof *e->mine);
    if (!e->hidden || !e->doubled || !e->tag || !e->first || !e->second || !e->mine)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu and %zu identifiers", e->own, e->theirs);
    PV_TRY(pv_party_csprng(&r, p, "align/scalar"));
    pv_status status = pv_psi_new(&e->psi, s->session.byte, PV_HASH_BYTES, &r);
    pv_csprng_clear(&r);
    return status;
}

static pv_status draw_order(uint32_t *order, size_t count, pv_party *p, const char *purpose)
{
    pv_csprng r;
    PV_TRY(pv_party_csprng(&r, p, purpose));
    pv_psi_shuffle(order, count, &r);
    pv_csprng_clear(&r);
    return PV_OK;
}

/* point[i] = in[order[i]] */
static void reorder(uint8_t *point, const uint8_t *in, const uint32_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(point + i * POINT, in + (size_t)order[i] * POINT, POINT);
}

static pv_status session_of(pv_hash *out, const side *s, const pv_scenario *scenario,
                            const pv_align_join *mine, const pv_align_join *theirs)
{
    static const char label[] = "privet/1 align session";
    pv_hasher h;
    PV_TRY(pv_hasher_init(&h));
    pv_hasher_add(&h, label, sizeof label);
    pv_hasher_add(&h, scenario->hash.byte, PV_HASH_BYTES);
    pv_hasher_add(&h, (s->is_left ? mine : theirs)->nonce, PV_ALIGN_NONCE);
    pv_hasher_add(&h, (s->is_left ? theirs : mine)->nonce, PV_ALIGN_NONCE);
    return pv_hasher_end(&h, out);
}

/* Both know how many identifiers the other has, and nothing else yet. */
static pv_status join(side *s, pv_party *p)
{
    pv_align_join mine = {.ids = (int64_t)s->table.ids.count, .columns = s->table.ids.columns},
                  theirs;
    pv_csprng r;
    pv_message m;
    PV_TRY(pv_party_csprng(&r, p, "align/nonce"));
    pv_csprng_bytes(&r, mine.nonce, sizeof mine.nonce);
    pv_csprng_clear(&r);
    PV_TRY(pv_align_join_send(p, s->peer, &mine));
    PV_TRY(pv_fed_from(&m, p, s->peer, PV_ALIGN_JOIN));
    pv_status status = pv_align_join_take(&theirs, &m.parts, m.what);
    pv_message_clear(&m);
    PV_TRY(status);
    s->theirs = theirs.ids;
    s->their_columns = theirs.columns;
    if (mine.columns != theirs.columns) s->outcome = OTHER_COLUMNS;
    if (mine.ids < s->options.minimum || theirs.ids < s->options.minimum) s->outcome = TOO_FEW_IDS;
    return session_of(&s->session, s, pv_party_scenario(p), &mine, &theirs);
}

static pv_status give_hidden(const side *s, exchange *e, pv_party *p)
{
    pv_status status = PV_OK;
    uint8_t *plain = pv_alloc(e->own, POINT);
    if (plain == NULL) PV_FAIL_MEMORY(e->own * POINT);
    PV_TRY_GOTO(pv_psi_hide(plain, e->psi, s->table.ids.id, e->own, pv_party_ctx(p)));
    PV_TRY_GOTO(draw_order(e->first, e->own, p, "align/first"));
    reorder(e->hidden, plain, e->first, e->own);
    status = pv_align_points_send(p, s->peer, PV_ALIGN_HIDDEN, e->hidden, e->own);
done:
    pv_free(plain);
    return status;
}

static pv_status double_theirs(const side *s, exchange *e, pv_party *p)
{
    pv_status status = PV_OK;
    pv_message m;
    const uint8_t *in;
    uint8_t *plain = pv_alloc(e->theirs, POINT);
    if (plain == NULL) PV_FAIL_MEMORY(e->theirs * POINT);
    status = pv_fed_from(&m, p, s->peer, PV_ALIGN_HIDDEN);
    if (status != PV_OK) {
        pv_free(plain);
        return status;
    }
    PV_TRY_GOTO(pv_align_points_take(&in, &m.parts, m.what, e->theirs));
    PV_TRY_GOTO(pv_psi_again(plain, e->psi, in, e->theirs, m.what, pv_party_ctx(p)));
    PV_TRY_GOTO(draw_order(e->second, e->theirs, p, "align/second"));
    reorder(e->doubled, plain, e->second, e->theirs);
    status = pv_align_points_send(p, s->peer, PV_ALIGN_DOUBLED, e->doubled, e->theirs);
done:
    pv_message_clear(&m);
    pv_free(plain);
    return status;
}

/* Own tags in the order that the other hides; how many are shared can be told all the same. */
static pv_status take_doubled(side *s, const exchange *e, pv_message *m, const uint8_t **own,
                              pv_party *p)
{
    size_t common;
    PV_TRY(pv_fed_from(m, p, s->peer, PV_ALIGN_DOUBLED));
    PV_TRY(pv_align_points_take(own, &m->parts, m->what, e->own));
    PV_TRY(pv_psi_check(*own, e->own, m->what, pv_party_ctx(p)));
    PV_TRY(pv_psi_common(NULL, &common, *own, e->own, e->doubled, e->theirs));
    s->common = (int64_t)common;
    return PV_OK;
}

/* Both tell their second order: the tag of each identifier is known now, and whom both have. */
static pv_status open_orders(side *s, exchange *e, const uint8_t *own, pv_party *p)
{
    pv_message m;
    const uint32_t *order;
    size_t common;
    PV_TRY(pv_align_opened_send(p, s->peer, e->second, e->theirs));
    PV_TRY(pv_fed_from(&m, p, s->peer, PV_ALIGN_OPENED));
    pv_status status = pv_align_opened_take(&order, &m.parts, m.what, e->own);
    for (size_t i = 0; status == PV_OK && i < e->own; i++)
        memcpy(e->tag + (size_t)e->first[order[i]] * POINT, own + i * POINT, POINT);
    pv_message_clear(&m);
    PV_TRY(status);
    return pv_psi_common(e->mine, &common, e->tag, e->own, e->doubled, e->theirs);
}

static pv_status order_of(pv_hash *out, const side *s, const exchange *e, size_t first, size_t n)
{
    static const char label[] = "privet/1 order";
    pv_hasher h;
    PV_TRY(pv_hasher_init(&h));
    pv_hasher_add(&h, label, sizeof label);
    pv_hasher_add(&h, s->session.byte, PV_HASH_BYTES);
    for (size_t i = first; i < first + n; i++)
        pv_hasher_add(&h, e->tag + (size_t)e->mine[i] * POINT, POINT);
    return pv_hasher_end(&h, out);
}

static pv_status keep_rows(side *s, const exchange *e)
{
    size_t n = (size_t)s->common, test = (size_t)pv_align_test_rows(&s->options, s->common);
    pv_free(s->row);
    s->row = pv_alloc(n, sizeof *s->row);
    if (s->row == NULL) PV_FAIL_MEMORY(n * sizeof *s->row);
    for (size_t i = 0; i < n; i++) s->row[i] = (uint32_t)s->table.ids.row[e->mine[i]];
    PV_TRY(order_of(&s->order[ALL], s, e, 0, n));
    PV_TRY(order_of(&s->order[TEST], s, e, 0, test));
    return order_of(&s->order[TRAIN], s, e, test, n - test);
}

static pv_status agree(side *s, pv_party *p)
{
    pv_message m;
    pv_hash theirs;
    int64_t rows;
    char text[PV_HASH_TEXT], other[PV_HASH_TEXT];
    PV_TRY(pv_align_agreed_send(p, s->peer, &s->order[ALL], s->common));
    PV_TRY(pv_fed_from(&m, p, s->peer, PV_ALIGN_AGREED));
    pv_status status = pv_align_agreed_take(&theirs, &rows, &m.parts, m.what);
    if (status == PV_OK && (rows != s->common || !pv_hash_equal(&theirs, &s->order[ALL])))
        status = pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                               "%s: %" PRId64 " rows in the order %.16s..., here %" PRId64
                               " in the order %.16s...; one of the two did not follow the protocol",
                               m.what, rows, pv_hash_text(&theirs, other), s->common,
                               pv_hash_text(&s->order[ALL], text));
    pv_message_clear(&m);
    PV_TRY(status);
    const int64_t sizes[3] = {(int64_t)s->table.ids.count, s->theirs, s->common};
    return pv_align_aligned_note(p, &s->order[ALL], sizes);
}

static pv_status meet(side *s, exchange *e, pv_party *p)
{
    pv_status status = PV_OK;
    pv_message doubled = {0};
    const uint8_t *own;
    PV_TRY(exchange_init(e, s, p));
    PV_TRY(give_hidden(s, e, p));
    PV_TRY(double_theirs(s, e, p));
    PV_TRY_GOTO(take_doubled(s, e, &doubled, &own, p));
    if (s->common < s->options.minimum) {
        s->outcome = TOO_FEW_SHARED;
        goto done;
    }
    PV_TRY_GOTO(open_orders(s, e, own, p));
    PV_TRY_GOTO(keep_rows(s, e));
    status = agree(s, p);
done:
    pv_message_clear(&doubled);
    return status;
}

pv_status pv_align_side_step(void *self, pv_party *p, uint64_t step, int *done)
{
    side *s = self;
    exchange e = {0};
    (void)step;
    *done = 1;
    PV_TRY(join(s, p));
    if (s->outcome != ALIGNED) return PV_OK;
    pv_status status = meet(s, &e, p);
    exchange_clear(&e);
    return status;
}

/* ---- between the exchange and the files */

pv_status pv_align_side_save(void *self, pv_writer *w)
{
    const side *s = self;
    pv_writer_u8(w, (uint8_t)s->outcome);
    pv_writer_bytes(w, s->table.hash.byte, PV_HASH_BYTES);
    pv_writer_u64le(w, (uint64_t)s->theirs);
    pv_writer_u64le(w, (uint64_t)s->their_columns);
    pv_writer_u64le(w, (uint64_t)s->common);
    pv_writer_bytes(w, s->session.byte, PV_HASH_BYTES);
    for (int i = 0; i < PARTS; i++) pv_writer_bytes(w, s->order[i].byte, PV_HASH_BYTES);
    if (s->outcome == ALIGNED)
        for (int64_t i = 0; i < s->common; i++) pv_writer_u32le(w, s->row[i]);
    return pv_writer_status(w);
}

static void load_hash(pv_reader *r, pv_hash *h, const char *field)
{
    const uint8_t *byte = pv_reader_bytes(r, PV_HASH_BYTES, field);
    if (byte != NULL) memcpy(h->byte, byte, PV_HASH_BYTES);
}

static pv_status load_rows(side *s, pv_reader *r)
{
    s->row = pv_alloc((size_t)s->common, sizeof *s->row);
    if (s->row == NULL) PV_FAIL_MEMORY((size_t)s->common * sizeof *s->row);
    for (int64_t i = 0; i < s->common; i++) {
        s->row[i] = pv_reader_u32le(r, "row");
        pv_reader_require_max(r, s->row[i], (uint64_t)s->table.sheet.nrows - 1, "row");
    }
    return pv_reader_status(r);
}

pv_status pv_align_side_load(void *self, pv_reader *r)
{
    side *s = self;
    pv_hash table;
    s->outcome = pv_reader_u8(r, "outcome");
    pv_reader_require_max(r, (uint64_t)s->outcome, OUTCOMES - 1, "outcome");
    load_hash(r, &table, "hash of the table");
    s->theirs = (int64_t)pv_reader_u64le(r, "identifiers of the other");
    s->their_columns = (int64_t)pv_reader_u64le(r, "columns of the other");
    uint64_t common = pv_reader_u64le(r, "identifiers in common");
    pv_reader_require_max(r, common, s->table.ids.count, "identifiers in common");
    s->common = (int64_t)common;
    load_hash(r, &s->session, "session");
    for (int i = 0; i < PARTS; i++) load_hash(r, &s->order[i], "order");
    PV_TRY(pv_reader_status(r));
    if (!pv_hash_equal(&table, &s->table.hash))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: is not what it was when the run began; bring back what it was, or start the "
                "run anew",
                s->table.path);
    return s->outcome == ALIGNED ? load_rows(s, r) : PV_OK;
}

/* ---- the end */

static pv_status refuse(const side *s, const pv_party *p)
{
    const char *other = pv_hub_peer_name(pv_party_hub(p), s->peer);
    int64_t minimum = s->options.minimum;
    if (s->outcome == OTHER_COLUMNS)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s has identifiers of %d columns, %s of %" PRId64
                ": none could be the same; agree on what ids means. Nothing was compared",
                pv_party_name(p), s->table.ids.columns, other, s->their_columns);
    if (s->outcome == TOO_FEW_IDS)
        PV_FAIL(PV_ERR_INPUT,
                "%s has %zu identifiers, %s %" PRId64 ": minimum = %" PRId64
                " can't be reached. Nothing was compared",
                pv_party_name(p), s->table.ids.count, other, s->theirs, minimum);
    PV_FAIL(PV_ERR_INPUT,
            "%s and %s share %" PRId64 " of %zu and %" PRId64 " identifiers, less than minimum = "
            "%" PRId64 ": neither was told which, nothing was written. Do both mean the same "
            "columns, in the same order?",
            pv_party_name(p), other, s->common, s->table.ids.count, s->theirs, minimum);
}

static pv_status write_part(const side *s, pv_party *p, int part, const char *file,
                            const char *about)
{
    static const char *const name[PARTS] = {"all", "train", "test"};
    int64_t test = pv_align_test_rows(&s->options, s->common);
    int64_t first = part == TRAIN ? test : 0;
    pv_status status = PV_OK;
    pv_order o = {.rows = part == TEST ? test : s->common - first,
                  .mine = (int64_t)s->table.ids.count,
                  .theirs = s->theirs,
                  .order = s->order[part],
                  .session = s->session};
    snprintf(o.part, sizeof o.part, "%s", name[part]);
    snprintf(o.name, sizeof o.name, "%s", file);
    char *rows = pv_path_join(pv_party_folder(p), file);
    char *order = pv_path_join(pv_party_folder(p), about);
    if (rows == NULL || order == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_align_table_write(&s->table, rows, s->row + first, (size_t)o.rows));
    PV_TRY_GOTO(pv_hash_file(&o.file, rows));
    status = pv_order_save(&o, order);
done:
    pv_free(rows);
    pv_free(order);
    return status;
}

static pv_status write_files(const side *s, pv_party *p)
{
    if (!(s->options.test > 0)) return write_part(s, p, ALL, "aligned.csv", "order.json");
    PV_TRY(write_part(s, p, TRAIN, "aligned-train.csv", "order.json"));
    return write_part(s, p, TEST, "aligned-test.csv", "order-test.json");
}

pv_status pv_align_side_finish(void *self, pv_party *p)
{
    const side *s = self;
    char text[PV_HASH_TEXT];
    if (s->outcome != ALIGNED) return refuse(s, p);
    PV_TRY(write_files(s, p));
    PV_TRY(pv_party_result(p, "ids", json_integer((json_int_t)s->table.ids.count)));
    PV_TRY(pv_party_result(p, "ids_of_the_other", json_integer(s->theirs)));
    PV_TRY(pv_party_result(p, "rows_without_ids", json_integer(s->table.ids.dropped)));
    PV_TRY(pv_party_result(p, "rows", json_integer(s->common)));
    PV_TRY(
        pv_party_result(p, "test_rows", json_integer(pv_align_test_rows(&s->options, s->common))));
    return pv_party_result(p, "order", json_string(pv_hash_text(&s->order[ALL], text)));
}

pv_status pv_align_side_look(pv_str *about, pv_scenario *s, const pv_local *l, const char *who)
{
    pv_align_options o;
    pv_align_table t;
    PV_TRY(pv_align_options_read(&o, s));
    PV_TRY(pv_align_table_open(&t, &o, l, who));
    pv_status status = pv_str_printf(
        about,
        "%s: %" PRId64 " rows about %zu people or things, named by %s, %" PRId64 " about "
        "nobody, %d other columns",
        t.path, t.sheet.nrows, t.ids.count, l->ids, t.ids.dropped,
        t.sheet.ncolumns - t.ids.columns);
    pv_align_table_clear(&t);
    return status;
}
