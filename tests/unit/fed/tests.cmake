foreach(name order vector messages masked_keys)
  pv_test(unit/fed/${name} ROOMS fed)
endforeach()
pv_test(unit/fed/local ROOMS fed LABEL unit tsan TIMEOUT 60)
