foreach(name secret front_noise hidden retrain retrain_pick split activation)
  pv_test(unit/encode/complement/${name} ROOMS encode/complement TIMEOUT 120)
endforeach()
pv_valgrind_test(unit/encode/complement/secret_ct ROOMS encode/complement CASES label scores planes
                 permuted digit CONTROLS branch search drawn)
pv_test(unit/encode/complement/counts ROOMS encode/complement)
