/* scheme/federated/messages.h - the table of what crosses; fed/messages.h says what it means */
#ifndef PV_SCHEME_FEDERATED_MESSAGES_H
#define PV_SCHEME_FEDERATED_MESSAGES_H

#include "fed/messages.h"

enum { PV_FEDERATED_TYPES = PV_FED_TYPES_END - PV_TYPE_FIRST };
extern const pv_message_type pv_federated_type[PV_FEDERATED_TYPES];

#endif
