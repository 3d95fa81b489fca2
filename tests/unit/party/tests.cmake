foreach(name setting scenario local journal)
  pv_test(unit/party/${name} ROOMS party)
endforeach()
