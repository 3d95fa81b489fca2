foreach(name federated plain align)
  pv_test(unit/scheme/${name} ROOMS scheme/${name} LABEL unit tsan TIMEOUT 120)
endforeach()
pv_test(unit/scheme/align_ids ROOMS scheme/align)
