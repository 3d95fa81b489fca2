foreach(name federated plain)
  pv_test(unit/scheme/${name} ROOMS scheme/${name} LABEL unit tsan TIMEOUT 120)
endforeach()
pv_test(unit/scheme/vertical_network ROOMS scheme/vertical TIMEOUT 60)
