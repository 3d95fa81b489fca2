/* codec/limits.h - what no reader goes beyond, whatever a file claims
 *
 * A file larger than PV_FILE_MAX is refused before it is read. Sizes inside a file are believed
 * only as far as the bytes that are there can back them: what is stored plainly must be present,
 * and what is compressed can't exceed PV_DEFLATE_RATIO times its compressed size.
 */
#ifndef PV_CODEC_LIMITS_H
#define PV_CODEC_LIMITS_H

#include <stdint.h>

#define PV_FILE_MAX ((size_t)16 << 30) /* bytes of one input file */

/* Deflate's best case: 258 bytes from two bits, 1032 to 1 (zlib's technical notes). */
#define PV_DEFLATE_RATIO 1032

/* One image. A picture beyond this is no sample of a data set. */
#define PV_IMAGE_SIDE_MAX   16384
#define PV_IMAGE_PIXELS_MAX ((uint64_t)1 << 26)

/* One table. */
#define PV_TABLE_COLUMNS_MAX 16384 /* names are compared pair by pair */
#define PV_TABLE_VALUES_MAX  65536 /* different values of one nominal column */

#endif
