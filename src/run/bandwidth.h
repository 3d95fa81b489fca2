/* run/bandwidth.h - "1Mbit", "2.5 MB/s", "64kbit" as bits a second
 *
 * Units count in thousands: bit, kbit, Mbit, Gbit, B, kB, MB, GB; in 1,024: KiB, MiB, GiB, Kibit,
 * Mibit, Gibit; "/s" may follow. "Mb" is refused: some read it as bits, some as bytes, and a
 * published table lost a factor of eight that way.
 */
#ifndef PV_RUN_BANDWIDTH_H
#define PV_RUN_BANDWIDTH_H

#include "privet/status.h"

/* PV_ERR_OPTION: no number above 0, no such unit, less than 1 bit a second. */
pv_status pv_bandwidth_parse(double *bits_a_second, const char *text) PV_MUST_USE;

/* 1e6 as "1 Mbit/s"; returns buffer. */
enum { PV_BANDWIDTH_TEXT = 32 };
const char *pv_bandwidth_text(double bits_a_second, char buffer[PV_BANDWIDTH_TEXT]);

#endif
