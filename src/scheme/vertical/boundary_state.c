#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <string.h>

enum { VERSION = 1, ACTIVE = 0, PASSIVE = 1, SHARE_BYTES = PV_WIDE_BITS / 8 };

/* What one party's shares are, in this boundary. */
typedef struct shape {
    uint8_t party;
    unsigned share_bits[2], velocity_bits; /* at most; of W: in training, settled */
} shape;

typedef struct counters {
    uint64_t steps, clamped;
    int settled;
} counters;

static pv_status save(pv_writer *w, const pv_boundary *b, shape is, int ready, unsigned batch,
                      pv_boundary_shares now, counters n)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    uint8_t bytes[SHARE_BYTES];
    if (!ready) PV_FAIL(PV_ERR_USAGE, "vertical: there is no share to save yet");
    if ((batch & PV_BATCH_REST) != 0 && (batch & PV_BATCH_UPDATED) == 0)
        PV_FAIL(PV_ERR_USAGE,
                "vertical: shares are saved between training steps: a batch is under way, and its "
                "masks are used once");
    pv_writer_u32le(w, VERSION);
    pv_writer_u8(w, is.party);
    pv_writer_u8(w, (uint8_t)n.settled);
    pv_writer_u32le(w, (uint32_t)b->set.outputs);
    pv_writer_u32le(w, (uint32_t)b->set.width);
    pv_writer_u32le(w, (uint32_t)b->scale);
    pv_writer_u32le(w, b->share_bits);
    pv_writer_u32le(w, b->share_velocity_bits);
    pv_writer_u64le(w, n.steps);
    pv_writer_u64le(w, n.clamped);
    for (size_t i = 0; i < 2 * count; i++) {
        pv_wide_store(bytes, i < count ? now.share[i] : now.velocity[i - count], sizeof bytes);
        pv_writer_bytes(w, bytes, sizeof bytes);
    }
    pv_secret_wipe(bytes, sizeof bytes);
    return pv_writer_status(w);
}

static void expect(pv_reader *r, uint32_t is, uint32_t wanted, const char *field)
{
    if (pv_reader_status(r) == PV_OK && is != wanted)
        pv_reader_fail(r, PV_ERR_MISMATCH,
                       "%s is %" PRIu32 ", expected %" PRIu32
                       ": the shares belong to another boundary, or to the other party",
                       field, is, wanted);
}

/* Into `now`, when all of it is right. */
static pv_status load(pv_reader *r, const pv_boundary *b, shape is, pv_boundary_shares now,
                      counters *n)
{
    pv_status status = PV_OK;
    size_t count = (size_t)(b->set.width * b->set.outputs);
    uint64_t fits = 1;
    pv_wide *w = NULL;
    uint32_t version = pv_reader_u32le(r, "version");
    if (pv_reader_status(r) == PV_OK && version > VERSION)
        pv_reader_fail(r, PV_ERR_VERSION, "version %" PRIu32 ", this program knows up to %d",
                       version, (int)VERSION);
    expect(r, version, VERSION, "version");
    expect(r, pv_reader_u8(r, "party"), is.party, "party");
    int settled = pv_reader_u8(r, "settled");
    pv_reader_require_max(r, (uint64_t)settled, (uint64_t)pv_boundary_settles(b), "settled");
    expect(r, pv_reader_u32le(r, "outputs"), (uint32_t)b->set.outputs, "outputs");
    expect(r, pv_reader_u32le(r, "width"), (uint32_t)b->set.width, "width");
    expect(r, pv_reader_u32le(r, "scale"), (uint32_t)b->scale, "scale");
    expect(r, pv_reader_u32le(r, "bits of a share"), b->share_bits, "bits of a share");
    expect(r, pv_reader_u32le(r, "bits of a velocity's share"), b->share_velocity_bits,
           "bits of a velocity's share");
    uint64_t done = pv_reader_u64le(r, "steps"), cut = pv_reader_u64le(r, "clamped");
    pv_reader_require_max(r, done, (uint64_t)b->set.steps, "steps");
    const uint8_t *bytes = pv_reader_bytes(r, 2 * count * SHARE_BYTES, "shares");
    PV_TRY(pv_reader_status(r));
    PV_TRY_GOTO(pv_boundary_take(&w, 2 * count, sizeof *w));
    for (size_t i = 0; i < 2 * count; i++) {
        w[i] = pv_wide_load(bytes + i * SHARE_BYTES, SHARE_BYTES);
        fits &= pv_wide_fits(w[i], i < count ? is.share_bits[settled] : is.velocity_bits);
    }
    if (!fits) {
        pv_reader_fail(r, PV_ERR_RANGE, "a share is wider than the settings allow");
        status = pv_reader_status(r);
        goto done;
    }
    memcpy(now.share, w, count * sizeof *w);
    memcpy(now.velocity, w + count, count * sizeof *w);
    *n = (counters){done, cut, settled};
done:
    pv_boundary_drop(w, 2 * count, sizeof *w);
    return status;
}

static shape active(const pv_boundary *b)
{
    return (shape){ACTIVE, {b->share_bits, b->settled_bits}, b->share_velocity_bits};
}

static shape passive(const pv_boundary *b)
{
    return (shape){PASSIVE, {b->masked_bits, b->settled_masked_bits}, b->masked_velocity_bits};
}

pv_status pv_active_save(const pv_active *a, pv_writer *w)
{
    return save(w, &a->bound, active(&a->bound), a->ready, a->batch,
                (pv_boundary_shares){a->share, a->velocity},
                (counters){a->steps, a->clamped, a->settled});
}

pv_status pv_active_load(pv_active *a, pv_reader *r)
{
    counters n;
    PV_TRY(load(r, &a->bound, active(&a->bound), (pv_boundary_shares){a->share, a->velocity}, &n));
    a->steps = n.steps;
    a->clamped = n.clamped;
    a->settled = n.settled;
    a->ready = 1;
    a->batch = 0;
    return PV_OK;
}

pv_status pv_passive_save(const pv_passive *p, pv_writer *w)
{
    return save(w, &p->bound, passive(&p->bound), p->ready, p->batch,
                (pv_boundary_shares){p->share, p->velocity}, (counters){p->steps, 0, p->settled});
}

pv_status pv_passive_load(pv_passive *p, pv_reader *r)
{
    counters n;
    PV_TRY(load(r, &p->bound, passive(&p->bound), (pv_boundary_shares){p->share, p->velocity}, &n));
    p->steps = n.steps;
    p->settled = n.settled;
    p->ready = 1;
    p->batch = 0;
    return PV_OK;
}

pv_status pv_boundary_read_share(pv_wide *share, const pv_boundary *b, int party, pv_reader *r)
{
    size_t count = (size_t)(b->set.width * b->set.outputs);
    counters n;
    pv_wide *velocity = NULL;
    PV_TRY(pv_boundary_take(&velocity, count, sizeof *velocity));
    pv_status status = load(r, b, party == ACTIVE ? active(b) : passive(b),
                            (pv_boundary_shares){share, velocity}, &n);
    pv_boundary_drop(velocity, count, sizeof *velocity);
    return status;
}
