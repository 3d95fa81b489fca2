/* cli/view_print.h - a view, a record and its tensors, as text and as JSON */
#ifndef PV_CLI_VIEW_PRINT_H
#define PV_CLI_VIEW_PRINT_H

#include "cli/console.h"
#include "view/view.h"

/* check: NULL when it was not asked for. records: list every one. */
pv_status pv_view_print(const pv_view *v, const pv_view_check *check, int records) PV_MUST_USE;
pv_status pv_view_print_json(const pv_view *v, const pv_view_check *check, int records) PV_MUST_USE;

pv_status pv_view_print_payload(const pv_view *v, uint64_t i, int json) PV_MUST_USE;

#endif
