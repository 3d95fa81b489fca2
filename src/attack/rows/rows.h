/* attack/rows/rows.h - rows that a view holds in plain
 *
 * When parties pool their data (scheme plain), a view holds messages of type
 *
 *     rows       x f32 or u8 [n, sample...] in the data's own units (u8: 0 to 255 for [0,1]),
 *                label i32 [n]
 *
 * and no attack is needed: the guess about a target is all rows of its victim at its step, in the
 * order of their records, as they lie there. It states what pooling costs in the same terms as
 * everything else.
 */
#ifndef PV_ATTACK_ROWS_ROWS_H
#define PV_ATTACK_ROWS_ROWS_H

#include "attack/attack.h"

extern const pv_attack pv_attack_rows;

#endif
