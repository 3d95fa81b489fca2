/* A peer's messages to the boundary of `vertical`, a layer of 3x2 with batches of 2 and the
 * published key. The first byte says which call gets the rest; two messages of one call are cut
 * apart where the first should end. What is refused leaves shares as they were; what is taken keeps
 * them within their width. */
#include "base/csprng_test.h"
#include "base/file.h"
#include "fuzz.h"
#include "scheme/vertical/boundary_i.h"

#include <string.h>

enum { ROWS = 2, D = 3, C = 2, LIMBS = 32, CIPHER = 512, RESIDUE = 256 };

enum {
    SCORES,    /* samples */
    LOGITS,    /* Y', with masks of zero */
    GRADIENTS, /* features, shares */
    UPDATE,    /* U, S, with masks of zero */
    OPEN,      /* [Y] */
    GRADIENT,  /* [X] */
    NEXT,      /* [D] */
    SETUP,     /* V_A + E_0 */
    SETTLED,   /* S of the sharing after training */
    ACTIVE,    /* a saved share */
    PASSIVE,
};

static pv_boundary bound;
static pv_paillier_sk *sk;
static pv_active *active;
static pv_passive *passive;

/* The key's memory is not where a leak detector looks for pointers. */
static void end(void)
{
    pv_active_free(active);
    pv_passive_free(passive);
    pv_paillier_sk_free(sk);
}

static void prime(uint64_t *out, const char *text, const char *name)
{
    const char *at = strstr(text, name);
    PV_FUZZ_CHECK(at != NULL);
    at += strlen(name);
    size_t digits = strspn(at, "0123456789abcdef");
    memset(out, 0, LIMBS / 2 * sizeof *out);
    for (size_t i = 0; i < digits; i++) {
        char c = at[digits - 1 - i];
        out[i / 16] |= (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10) << (4 * (i % 16));
    }
}

/* Textbook blinding: no table to make, and r^n once a ciphertext. */
static void begin(void)
{
    const pv_boundary_settings s = {.batch = ROWS,
                                    .width = D,
                                    .outputs = C,
                                    .steps = 10,
                                    .lr = 0.1,
                                    .momentum = 0.5,
                                    .decay = 0.01,
                                    .clamp = 4,
                                    .initial = 2,
                                    .bits = 64 * LIMBS};
    uint64_t p[LIMBS / 2], q[LIMBS / 2];
    pv_bytes file = {0}, start;
    pv_csprng r;
    pv_csprng_test(&r, 1);
    PV_FUZZ_CHECK(pv_file_read(&file, "tests/vectors/paillier2048_safe.txt", 1 << 20) == PV_OK);
    prime(p, (const char *)file.data, "p = ");
    prime(q, (const char *)file.data, "q = ");
    pv_bytes_clear(&file);
    PV_FUZZ_CHECK(pv_paillier_from_primes(&sk, p, q, 64 * LIMBS) == PV_OK);
    PV_FUZZ_CHECK(pv_boundary_init(&bound, &s) == PV_OK);
    PV_FUZZ_CHECK(pv_active_new(&active, &bound, sk, NULL) == PV_OK);
    PV_FUZZ_CHECK(pv_passive_new(&passive, &bound, pv_paillier_public(sk), 0, &r, NULL) == PV_OK);
    PV_FUZZ_CHECK(pv_active_setup(&start, active, 0.3, NULL, &r) == PV_OK);
    PV_FUZZ_CHECK(pv_passive_setup(passive, start.data, start.size, 0.3, 0, "s", &r) == PV_OK);
    pv_bytes_clear(&start);
    PV_FUZZ_CHECK(atexit(end) == 0);
}

/* The turn at which the message may come, and masks that leave what it says. */
static void turn(int kind)
{
    const pv_boundary_counts n = pv_boundary_count(&bound, ROWS);
    unsigned before[] = {[SCORES] = 0,
                         [LOGITS] = PV_BATCH_BEGUN,
                         [GRADIENTS] = PV_BATCH_BEGUN | PV_BATCH_OPENED,
                         [UPDATE] = PV_BATCH_BEGUN | PV_BATCH_OPENED | PV_BATCH_REST,
                         [OPEN] = PV_BATCH_BEGUN,
                         [GRADIENT] = PV_BATCH_BEGUN | PV_BATCH_OPENED | PV_BATCH_REST,
                         [NEXT] = PV_BATCH_BEGUN | PV_BATCH_OPENED | PV_BATCH_REST,
                         [SETUP] = 0,
                         [SETTLED] = 0,
                         [ACTIVE] = 0,
                         [PASSIVE] = 0};
    active->rows = passive->rows = ROWS;
    active->batch = passive->batch = before[kind];
    active->ready = 1;
    passive->ready = kind != SETUP;
    active->steps = passive->steps = 0;
    active->settled = passive->settled = 0;
    memset(passive->score_mask, 0, n.scores * LIMBS * sizeof(uint64_t));
    memset(passive->weight_mask, 0, n.weights * LIMBS * sizeof(uint64_t));
}

/* A refusal is the peer's fault, or of a state that is none. */
static int taken(pv_status s)
{
    if (s == PV_OK) return 1;
    PV_FUZZ_CHECK(s == PV_ERR_PEER || s == PV_ERR_MEMORY);
    PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

static void shares_kept(int changed, const pv_wide *before, const pv_wide *now, unsigned bits)
{
    PV_FUZZ_CHECK(changed || memcmp(before, now, C * D * sizeof *now) == 0);
    for (int i = 0; i < C * D; i++) PV_FUZZ_CHECK(pv_wide_fits(now[i], bits));
}

static int message(int kind, const uint8_t *data, size_t size, pv_csprng *r)
{
    const pv_boundary_counts n = pv_boundary_count(&bound, ROWS);
    const double g[ROWS * C] = {0.25, -0.25, -0.5, 0.5};
    double out[ROWS * D];
    pv_bytes a = {0}, b = {0};
    size_t first = kind == GRADIENTS ? n.features * CIPHER : n.weights * RESIDUE;
    if (first > size) first = size;
    int ok = 0;
    switch (kind) {
    case SCORES:
        ok = taken(pv_passive_scores(&a, passive, data, size, ROWS, "m", r));
        break;
    case LOGITS:
        ok = taken(pv_passive_logits(out, passive, data, size, "m"));
        break;
    case GRADIENTS:
        ok = taken(pv_passive_gradients(&a, &b, passive, data, first, data + first, size - first, g,
                                        NULL, "m", r));
        break;
    case UPDATE:
        ok = taken(pv_passive_update(passive, data, first, data + first, size - first, 0.1, "m"));
        break;
    case OPEN:
        ok = taken(pv_active_open(&a, active, data, size, "m"));
        break;
    case GRADIENT:
        ok = taken(pv_active_gradient(out, active, data, size, "m"));
        break;
    case NEXT:
        ok = taken(pv_active_update(&a, &b, active, data, size, 0.1, "m", r));
        break;
    case SETUP:
        ok = taken(pv_passive_setup(passive, data, size, 0.3, 1, "m", r));
        break;
    case SETTLED:
        ok = taken(pv_passive_settle(passive, data, size, "m"));
        break;
    default:
        break;
    }
    PV_FUZZ_CHECK(ok || (a.data == NULL && b.data == NULL));
    pv_bytes_clear(&a);
    pv_bytes_clear(&b);
    return ok;
}

/* What is loaded is what was saved: written again, it is the same bytes. */
static int state(int kind, const uint8_t *data, size_t size)
{
    pv_reader r = pv_reader_make("state", data, size);
    int ok = pv_fuzz_ok(kind == ACTIVE ? pv_active_load(active, &r) : pv_passive_load(passive, &r));
    if (!ok) return 0;
    pv_writer w = pv_writer_make("again", 1 << 16);
    uint64_t clamped = 0;
    if (kind == PASSIVE) memcpy(&clamped, data + 34, sizeof clamped); /* not kept there */
    PV_FUZZ_CHECK((kind == ACTIVE ? pv_active_save(active, &w) : pv_passive_save(passive, &w)) ==
                  PV_OK);
    PV_FUZZ_CHECK(w.size == size - pv_reader_left(&r));
    PV_FUZZ_CHECK(clamped != 0 || memcmp(w.data, data, w.size) == 0);
    pv_writer_clear(&w);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_wide before[4][C * D], began[C * D];
    pv_csprng r;
    if (active == NULL) begin();
    if (size < 1 || data[0] > PASSIVE) return 0;
    int kind = data[0];
    pv_wide *const now[] = {active->share, active->velocity, passive->share, passive->velocity};
    for (int i = 0; i < 4; i++) memcpy(before[i], now[i], sizeof before[i]);
    pv_csprng_test(&r, 2);
    turn(kind);
    /* any other share is too wide for an S that is made without knowing it */
    if (kind == SETTLED) memset(passive->share, 0, sizeof began);
    memcpy(began, passive->share, sizeof began);
    int ok =
        kind >= ACTIVE ? state(kind, data + 1, size - 1) : message(kind, data + 1, size - 1, &r);
    shares_kept(ok, before[0], active->share,
                active->settled ? bound.settled_bits : bound.share_bits);
    shares_kept(ok, before[1], active->velocity, bound.share_velocity_bits);
    shares_kept(ok, began, passive->share,
                passive->settled ? bound.settled_masked_bits : bound.masked_bits);
    shares_kept(ok, before[3], passive->velocity, bound.masked_velocity_bits);
    pv_wide *const after[] = {active->share, active->velocity, passive->share, passive->velocity};
    for (int i = 0; i < 4; i++) memcpy(after[i], before[i], sizeof before[i]);
    return 0;
}
