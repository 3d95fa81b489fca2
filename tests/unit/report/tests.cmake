foreach(name html svg page)
  pv_test(unit/report/${name} ROOMS report)
endforeach()
