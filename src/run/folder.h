/* run/folder.h - the folder of a run
 *
 *     scenario.ini              what all parties share, with the pins and the schema filled in
 *     run.json                  what came of it (docs/json.md)
 *     hashes.txt                SHA-256 of every file, as sha256sum -c reads it
 *     keys/                     when the scenario pins no certificates: an authority made for this
 * run alone parties/NAME/             one party's folder (party/party.h); local.ini says what it
 * was given audit/findings.json       after an audit; guesses.json what was committed to before
 * scoring plain/                    the same rows pooled and trained plainly, for comparison
 */
#ifndef PV_RUN_FOLDER_H
#define PV_RUN_FOLDER_H

#include "base/json.h"

/* "RUN/a/b" for "a/b"; NULL when memory runs out. */
char *pv_run_path(const char *run, const char *name) PV_MUST_USE;
/* "RUN/parties/NAME/file". */
char *pv_run_party_path(const char *run, const char *party, const char *file) PV_MUST_USE;

/* RUN/run.json. PV_ERR_NOT_FOUND says that the run has not ended. */
pv_status pv_run_json(json_t **out, const char *run) PV_MUST_USE;
/* RUN/parties/NAME/result.json. */
pv_status pv_run_party_json(json_t **out, const char *run, const char *party) PV_MUST_USE;

/* RUN/hashes.txt, over all files of the run but keys, journals and logs. */
pv_status pv_run_hash_all(const char *run) PV_MUST_USE;

#endif
