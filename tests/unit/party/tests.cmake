foreach(name setting scenario local)
  pv_test(unit/party/${name} ROOMS party)
endforeach()
