pv_test(unit/scheme/vertical/marvell ROOMS scheme/vertical)
pv_test(unit/scheme/vertical/protect ROOMS scheme/vertical)
