foreach(name invert)
  pv_test(unit/attack/gradient/${name} ROOMS attack/gradient TIMEOUT 60)
endforeach()
