# What other rooms add here has its own lines.
foreach(name conv loops)
  pv_test(unit/kernel_fast/${name} ROOMS kernel/dnnl kernel/ref)
  target_sources(test_unit_kernel_fast_${name} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pair.c)
  target_include_directories(test_unit_kernel_fast_${name} PRIVATE ${CMAKE_CURRENT_LIST_DIR})
endforeach()
