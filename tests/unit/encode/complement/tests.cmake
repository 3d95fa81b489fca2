pv_test(unit/encode/complement/split ROOMS encode/complement TIMEOUT 120)
pv_test(unit/encode/complement/activation ROOMS encode/complement TIMEOUT 60)
