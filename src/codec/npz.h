/* codec/npz.h - NumPy's archives: named arrays, a ZIP file of .npy members
 *
 * Read: stored and deflated members, found by the central directory, each checked against its
 * CRC-32 when it is taken. Members may be asked for by name with or without ".npy". ZIP64 (an
 * archive or member of 4 GiB or more), encryption and archives in several parts are refused.
 * Written: stored members in the order they are added, dated 1980-01-01, so that the same tensors
 * make the same bytes.
 *
 * Source: PKWARE, ".ZIP File Format Specification" (APPNOTE.TXT 6.3.10), sections 4.3 and 4.4.
 *
 *     pv_npz *z = NULL;
 *     PV_TRY_GOTO(pv_npz_open(&z, "op_relu.npz"));
 *     PV_TRY_GOTO(pv_npz_get(z, "x", &x));
 *
 * Errors: as codec/npy.h; PV_ERR_INPUT when a name is not there (the message lists those that are);
 * PV_ERR_MISMATCH when a checksum is wrong.
 */
#ifndef PV_CODEC_NPZ_H
#define PV_CODEC_NPZ_H

#include "privet/tensor.h"
#include "wire/writer.h"

typedef struct pv_npz pv_npz;

pv_status pv_npz_open(pv_npz **z, const char *path) PV_MUST_USE;

/* As pv_npz_open, from memory that must outlive *z. */
pv_status pv_npz_parse(pv_npz **z, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
void pv_npz_free(pv_npz *z); /* accepts NULL */

int pv_npz_count(const pv_npz *z);
const char *pv_npz_name(const pv_npz *z, int i);   /* without ".npy" */
int pv_npz_has(const pv_npz *z, const char *name); /* 1 or 0 */
pv_status pv_npz_get(const pv_npz *z, const char *name, pv_tensor *out) PV_MUST_USE;

/* An archive being written: open, add..., then commit or discard. */
typedef struct pv_npz_out {
    pv_outfile file;
    pv_writer directory; /* the central directory, written last */
    uint64_t offset;
    uint32_t count;
} pv_npz_out;

/* mode: permission bits of the file, 0644 or 0600. */
pv_status pv_npz_out_open(pv_npz_out *z, const char *path, mode_t mode) PV_MUST_USE;
pv_status pv_npz_out_add(pv_npz_out *z, const char *name, const pv_tensor *t) PV_MUST_USE;
pv_status pv_npz_out_commit(pv_npz_out *z) PV_MUST_USE; /* closes z, whatever it returns */
void pv_npz_out_discard(pv_npz_out *z);                 /* fine on a closed or zeroed one */

#endif
