/* base/clock.h - time that only moves forward */
#ifndef PV_BASE_CLOCK_H
#define PV_BASE_CLOCK_H

double pv_clock(void); /* seconds since some moment; unaffected by changes of the wall clock */

#endif
