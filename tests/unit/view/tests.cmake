pv_test(unit/view/parts ROOMS view)
