foreach(name shamir mask quantise message round refusals state)
  pv_test(unit/crypto/secagg/${name} ROOMS crypto/secagg)
endforeach()
pv_valgrind_test(unit/crypto/secagg/ct ROOMS crypto/secagg CASES split combine agree mask client
                 CONTROLS branch compare)
