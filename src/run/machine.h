/* run/machine.h - what a measurement must say about the machine it was made on */
#ifndef PV_RUN_MACHINE_H
#define PV_RUN_MACHINE_H

#include <stdint.h>

int pv_machine_processors(void);   /* that this process may use; at least 1 */
int64_t pv_machine_peak_rss(void); /* bytes of memory this process held at most */

/* The processor as it calls itself, "Intel(R) Xeon(R) ..."; returns buffer. */
enum { PV_MACHINE_TEXT = 128 };
const char *pv_machine_name(char buffer[PV_MACHINE_TEXT]);

#endif
