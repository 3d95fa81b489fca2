foreach(name parts transcript format writer check)
  pv_test(unit/view/${name} ROOMS view)
endforeach()
