foreach(name html svg page findings words table gate audit)
  pv_test(unit/report/${name} ROOMS report)
endforeach()
