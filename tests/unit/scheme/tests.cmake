foreach(name federated plain)
  pv_test(unit/scheme/${name} ROOMS scheme/${name} LABEL unit tsan TIMEOUT 120)
endforeach()
pv_test(unit/scheme/vertical_bounds ROOMS scheme/vertical)
pv_test(unit/scheme/vertical_boundary ROOMS scheme/vertical LIBS ${GMP_LIBRARY} TIMEOUT 120)
pv_test(unit/scheme/vertical_refusals ROOMS scheme/vertical TIMEOUT 60)
pv_valgrind_test(unit/scheme/vertical_ct ROOMS scheme/vertical CASES fixed dot step initial
                 CONTROLS branch convert)
