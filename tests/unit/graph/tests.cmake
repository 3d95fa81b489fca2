foreach(name shapes refusals simplify grad cut print memory)
  pv_test(unit/graph/${name} ROOMS graph)
endforeach()
