pv_test(unit/scheme/federated ROOMS scheme/federated LABEL unit tsan TIMEOUT 120)
