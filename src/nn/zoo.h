/* nn/zoo.h - finding a zoo model's text by name and kind of data */
#ifndef PV_NN_ZOO_H
#define PV_NN_ZOO_H

#include "privet/model.h"

/* NULL when there is none; *known says whether the name exists for other kinds of data. */
const char *pv_zoo_find(const char *name, pv_data_kind kind, int *known);

#endif
