/* base/clock.h - how long something took, and when it was
 *
 * pv_clock_seconds never goes backwards and has no meaning but differences; the date is only for
 * people to read.
 */
#ifndef PV_BASE_CLOCK_H
#define PV_BASE_CLOCK_H

double pv_clock_seconds(void); /* monotonic */
/* Processor time of the calling thread: what it computed, however busy the machine was. */
double pv_clock_thread_seconds(void);

/* Now in UTC, "2026-11-20T18:50:00Z"; returns buffer. */
enum { PV_CLOCK_TEXT = 24 };
const char *pv_clock_text(char buffer[PV_CLOCK_TEXT]);

#endif
