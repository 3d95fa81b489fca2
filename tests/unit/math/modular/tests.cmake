pv_test(unit/math/modular/modsq ROOMS math/modular LABEL unit tsan TIMEOUT 120)
pv_test(unit/math/modular/prime ROOMS math/modular LABEL unit tsan TIMEOUT 60)
