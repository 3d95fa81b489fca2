foreach(name federated plain align)
  pv_test(unit/scheme/${name} ROOMS scheme/${name} LABEL unit tsan TIMEOUT 120)
endforeach()
pv_test(unit/scheme/align_ids ROOMS scheme/align)
pv_test(unit/scheme/vertical_bounds ROOMS scheme/vertical)
pv_test(unit/scheme/vertical_boundary ROOMS scheme/vertical LIBS ${GMP_LIBRARY} TIMEOUT 120)
pv_test(unit/scheme/vertical_exact ROOMS scheme/vertical LIBS ${GMP_LIBRARY} LABEL slow TIMEOUT 300)
pv_test(unit/scheme/vertical_refusals ROOMS scheme/vertical TIMEOUT 60)
pv_valgrind_test(unit/scheme/vertical_ct ROOMS scheme/vertical CASES fixed dot step initial
                 CONTROLS branch convert)
# the same as vertical_boundary, by a program in another language
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME unit/scheme/vertical_integer COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/bench/vertical/integer.py
         --run $<TARGET_FILE:bench_vertical_steps> 20 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(unit/scheme/vertical_integer PROPERTIES LABELS unit TIMEOUT 120 ENVIRONMENT OMP_WAIT_POLICY=passive)
pv_test(unit/scheme/vertical_marvell ROOMS scheme/vertical)
pv_test(unit/scheme/vertical_protect ROOMS scheme/vertical)
pv_test(unit/scheme/vertical_messages ROOMS scheme/vertical TIMEOUT 60)
pv_test(unit/scheme/vertical ROOMS scheme/vertical TIMEOUT 180)
