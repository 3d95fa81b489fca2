pv_test(unit/crypto/prf/prf ROOMS crypto/prf)
