/* party/journal.h - what must survive a crash, before anybody else hears of it
 *
 * Two files, FOLDER/journal.a and journal.b. A commit writes the whole picture (role state, hub
 * positions, all frames still needed) from the beginning of the file that does not hold the current
 * picture, over what was there two commits ago; frames that become pending between commits are
 * appended to the current one. Each record is sealed by XChaCha20-Poly1305 under the party's
 * journal key (pv_identity_derive), with generation and record number as associated data, so that a
 * torn tail ends the file and nothing of an older picture can pass for a new one. One fdatasync a
 * flush. Overwriting erases on disks that write in place; on others the encryption is what protects
 * old pictures (docs say so).
 *
 * What a record holds is the hub's and the driver's own; the journal knows frames and a state.
 */
#ifndef PV_PARTY_JOURNAL_H
#define PV_PARTY_JOURNAL_H

#include "net/hub.h"

typedef struct pv_journal pv_journal;

typedef struct pv_journal_picture {
    uint64_t step; /* committed; 0: none */
    pv_bytes state, hub;
    pv_hub_frame *frame; /* all durable ones, in order; payloads in `arena` */
    size_t frames;
    uint64_t attempt; /* of the step after the committed one */
    pv_bytes arena;
} pv_journal_picture;

/* Opens or makes the journal; *found: whether there was something to go on from. Errors:
 * PV_ERR_FORMAT (neither file has a whole picture), PV_ERR_AUTH (another key), PV_ERR_MISMATCH
 * (another scenario: the hash is part of it), PV_ERR_IO. */
pv_status pv_journal_open(pv_journal **j, pv_journal_picture *picture, int *found,
                          const char *folder, const uint8_t key[32],
                          const pv_hash *scenario) PV_MUST_USE;
void pv_journal_free(pv_journal *j); /* accepts NULL */
void pv_journal_picture_clear(pv_journal_picture *p);

/* For pv_hub_options.store. */
pv_hub_store pv_journal_store(pv_journal *j);

/* One more attempt at the step after the committed one, durable. */
pv_status pv_journal_next_attempt(pv_journal *j) PV_MUST_USE;

#endif
