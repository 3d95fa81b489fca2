pv_test(unit/net/hub ROOMS net LABEL unit net tsan TIMEOUT 60)
pv_test(unit/net/resume ROOMS net LABEL net tsan TIMEOUT 120)
pv_test(unit/net/strangers ROOMS net LABEL net tsan TIMEOUT 60)
pv_test(unit/net/faults ROOMS net LABEL net tsan TIMEOUT 120)
