foreach(name html svg page findings table gate audit)
  pv_test(unit/report/${name} ROOMS report)
endforeach()
