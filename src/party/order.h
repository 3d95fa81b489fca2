/* party/order.h - the common order that `privet align` left, and whether rows are in it
 *
 * Beside the file of aligned rows lies its order.json (mode 0600):
 *
 *     {"schema": 1, "rows": 160, "part": "train", "order": "sha256:...", "session": "sha256:...",
 *      "sizes": {"mine": 210, "theirs": 190}, "file": "aligned-train.csv", "sha256": "..."}
 *
 * `order` is SHA-256 over "privet/1 order", a NUL, the session and the tags of the rows in their
 * order: both parties of the same run have the same one for the same part, whatever their columns
 * are. `sha256` is that of the file itself: a file that was sorted, edited or exchanged afterwards
 * is not what the order is of. Local `order` of a `vertical` run names order.json; the order of its
 * test rows, where there are any, lies beside it as order-test.json.
 */
#ifndef PV_PARTY_ORDER_H
#define PV_PARTY_ORDER_H

#include "crypto/identity/hash.h"

enum { PV_ORDER_PART = 8, PV_ORDER_FILE = 32 };

typedef struct pv_order {
    int64_t rows, mine, theirs; /* sizes: identifiers that each party had */
    pv_hash order, session, file;
    char part[PV_ORDER_PART]; /* "all", "train", "test" */
    char name[PV_ORDER_FILE]; /* of the file, beside order.json */
} pv_order;

/* Errors of load and parse: those of reading, PV_ERR_FORMAT, PV_ERR_RANGE, PV_ERR_VERSION; *o is
 * cleared. */
pv_status pv_order_load(pv_order *o, const char *path) PV_MUST_USE;
pv_status pv_order_parse(pv_order *o, const char *name, const void *data, size_t size) PV_MUST_USE;
pv_status pv_order_save(const pv_order *o, const char *path) PV_MUST_USE;

/* The order of the test rows, beside order.json at `path`; *there says whether there is one. */
pv_status pv_order_load_test(pv_order *o, int *there, const char *path) PV_MUST_USE;

/* PV_ERR_MISMATCH unless `rows` rows were read from the file that o is of, by SPEC (its split=
 * counts), and nothing in SPEC takes rows away or changes their order. path: of o, for the message.
 */
pv_status pv_order_check(const pv_order *o, const char *path, const char *spec,
                         int64_t rows) PV_MUST_USE;

#endif
