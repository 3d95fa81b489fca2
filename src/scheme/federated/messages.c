#include "scheme/federated/messages.h"

const pv_message_type pv_federated_type[PV_FEDERATED_TYPES] = {PV_FED_MESSAGES};
