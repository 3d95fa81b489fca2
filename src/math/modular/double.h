/* math/modular/double.h - doubling modulo a secret number
 *
 * How constants like R² mod m come about where m is secret: GMP's divisions, those for secrets as
 * well, look the divisor's highest limb up in a table. Doubling a power of two below m a known
 * number of times asks for no quotient.
 */
#ifndef PV_MATH_DOUBLE_H
#define PV_MATH_DOUBLE_H

#include <stddef.h>
#include <stdint.h>

enum { PV_DOUBLE_LIMBS = 66 }; /* at most */

/* x = 2·x mod m, x below m; 1 where m was taken away. Time depends on `limbs` only. */
uint64_t pv_double_mod(uint64_t *x, const uint64_t *m, size_t limbs);

#endif
