pv_test(unit/run/training ROOMS run)
pv_test(unit/run/bench_engine ROOMS run)
pv_test(unit/run/score ROOMS run)
pv_test(unit/run/bench_wire ROOMS run LABEL net)
