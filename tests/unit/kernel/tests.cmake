pv_test(unit/kernel/known ROOMS graph)
target_sources(test_unit_kernel_known PRIVATE ${CMAKE_CURRENT_LIST_DIR}/known_cases.c)
