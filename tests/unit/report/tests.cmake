foreach(name html svg page findings table gate)
  pv_test(unit/report/${name} ROOMS report)
endforeach()
