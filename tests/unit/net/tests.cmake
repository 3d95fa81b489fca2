pv_test(unit/net/hub ROOMS net LABEL unit net tsan TIMEOUT 60)
