foreach(name hidden)
  pv_test(unit/encode/complement/${name} ROOMS encode/complement TIMEOUT 120)
endforeach()
