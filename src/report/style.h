/* report/style.h - the style sheet of every page */
#ifndef PV_REPORT_STYLE_H
#define PV_REPORT_STYLE_H

extern const char pv_style[];

#endif
