/* party/journal.h - what must survive a crash, before anybody else hears of it
 *
 * Two files, FOLDER/journal.a and journal.b. A commit writes the whole picture (role state, hub
 * positions, all frames still needed) from the beginning of the file that does not hold the current
 * picture, over what was there two commits ago; frames that become pending between commits are
 * appended to the current one. One fdatasync a flush; files grow in large steps ahead of use, so
 * that a sync seldom has a size to record. Overwriting erases on disks that write in place; on
 * others the encryption is what protects old pictures.
 *
 * A file (all little-endian):
 *
 *     128 bytes   header: "PVJOURN", version 1, u8[16] run (drawn at random, the same in both
 *                 files), u8[32] scenario hash, u64 0, u8[32] tag, and the mark: u64 generation,
 *                 u64 end, u8[16] tag
 *     segments    u64 generation, u64 number (0, 1, ...), u64 size of the plain bytes,
 *                 u8[24] stream header, then the plain bytes in chunks of 64 KiB (the last one
 *                 shorter), each sealed and 17 bytes longer
 *
 * Segments are sealed by libsodium's secretstream (XChaCha20-Poly1305 with a random nonce a
 * segment) under a key derived from the journal key and the scenario hash; generation, number and
 * size are associated data of every chunk. Segment 0 of a generation is the picture, the others are
 * frames and restarts. Reading stops at the first segment that is not whole or of another
 * generation: a torn tail, or what is left of two commits ago.
 *
 * The mark says how far the file is known to be durable. It is written after the sync, and so
 * becomes durable with the next one. Where a file holds less than its mark says, it was not torn
 * but damaged, and that is an error: an older picture never passes for a newer one.
 *
 * What a state holds is the hub's and the driver's own; the journal knows frames and a state.
 */
#ifndef PV_PARTY_JOURNAL_H
#define PV_PARTY_JOURNAL_H

#include "net/hub.h"

typedef struct pv_journal pv_journal;

/* Everything points into arena, which is wiped when cleared: it holds secrets. */
typedef struct pv_journal_picture {
    uint64_t step;              /* committed; 0: none */
    const uint8_t *state, *hub; /* NULL: none */
    size_t state_size, hub_size;
    pv_hub_frame *frame; /* all durable ones, in order */
    size_t frames, capacity;
    uint64_t attempt;  /* of the step after the committed one */
    uint64_t restarts; /* of the party, since the journal was made */
    uint8_t *arena;
    size_t arena_size;
} pv_journal_picture;

/* Opens or makes the journal; *found: whether there was something to go on from. Errors:
 * PV_ERR_FORMAT (damaged, or half of it missing), PV_ERR_AUTH (another key), PV_ERR_MISMATCH
 * (another scenario; files of two runs), PV_ERR_VERSION, PV_ERR_RUN (another process has it open),
 * PV_ERR_IO. */
pv_status pv_journal_open(pv_journal **j, pv_journal_picture *picture, int *found,
                          const char *folder, const uint8_t key[32],
                          const pv_hash *scenario) PV_MUST_USE;
void pv_journal_free(pv_journal *j);                  /* accepts NULL */
void pv_journal_picture_clear(pv_journal_picture *p); /* idempotent */

/* For pv_hub_options.store. After a failed flush the file is what it was, as far as the disk is. */
pv_hub_store pv_journal_store(pv_journal *j);

/* The party was started again; durable. again: one more attempt at the step after the committed one
 * (none of whose frames was durable). */
pv_status pv_journal_restart(pv_journal *j, int again) PV_MUST_USE;

#endif
