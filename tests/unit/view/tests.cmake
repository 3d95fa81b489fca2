foreach(name parts transcript format)
  pv_test(unit/view/${name} ROOMS view)
endforeach()
