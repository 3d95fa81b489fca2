/* net/frame.h - the unit that crosses a connection: a header of 32 bytes and a payload
 *
 *     offset  size
 *          0     4  "PVFR"
 *          4     1  version, 1
 *          5     1  flags, 0
 *          6     2  type
 *          8     8  step
 *         16     8  number in its direction of the link, from 1
 *         24     8  size of the payload that follows
 *
 * all little-endian. There is no checksum: TLS has one. *Control* frames (HELLO, WELCOME, REFUSE,
 * PING, BYE) belong to a connection, not to a link: step and number are 0, no transcript and no
 * view holds them. All others are numbered. docs/wire.md has the whole protocol.
 */
#ifndef PV_NET_FRAME_H
#define PV_NET_FRAME_H

#include "view/view.h"

enum {
    PV_FRAME_HEADER = 32,
    PV_FRAME_VERSION = 1,

    /* below PV_TYPE_FIRST, beside PV_TYPE_SEAL and PV_TYPE_DECISION */
    PV_TYPE_HELLO = 3,
    PV_TYPE_WELCOME = 4,
    PV_TYPE_REFUSE = 5,
    PV_TYPE_PING = 6,
    PV_TYPE_BYE = 7,

    PV_AGREEMENT_MAX = 256 * 1024,
    PV_HELLO_MAX = PV_AGREEMENT_MAX + 8 * 1024,
    PV_REFUSE_MAX = 1024,
    PV_BYE_BYTES = 8,
};

typedef struct pv_frame_header {
    uint16_t type;
    uint64_t step, number, size;
} pv_frame_header;

int pv_frame_is_control(uint16_t type);

void pv_frame_encode(uint8_t out[PV_FRAME_HEADER], const pv_frame_header *h);

/* from: whom it is from, for errors: PV_ERR_FORMAT, PV_ERR_VERSION. What a header announces is not
 * judged here. */
pv_status pv_frame_parse(pv_frame_header *out, const char *from,
                         const uint8_t in[PV_FRAME_HEADER]) PV_MUST_USE;

/* Is a frame of this type and size taken at all? To be asked before anything is allocated. trusted:
 * 0 as long as the sender has not shown who it is; then only HELLO (to who was dialled) or WELCOME
 * and REFUSE (to who dialled) are taken, told apart by `dialled`. Errors: PV_ERR_PEER,
 * PV_ERR_LIMIT.
 */
pv_status pv_frame_allow(const pv_frame_header *h, const char *from, int trusted, int dialled,
                         const pv_message_type *type, int types) PV_MUST_USE;

#endif
