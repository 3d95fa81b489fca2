pv_test(unit/math/lu ROOMS math)
pv_test(unit/math/special ROOMS math)
pv_test(unit/math/wide ROOMS math)
pv_test(unit/math/symmetric ROOMS math)
