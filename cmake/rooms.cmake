# A room is a folder of src/ and one static library: pv_room(kernel/ref DEPS tensor math LIBS m). All .c files of the
# folder belong to it. DEPS are rooms of lower floors; tools/ checks the same table against the #include lines.
function(pv_room path)
  cmake_parse_arguments(ROOM "" "" "DEPS;LIBS" ${ARGN})
  string(REPLACE "/" "_" name "${path}")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${path}/*.c")
  set(visibility PUBLIC)
  if(sources)
    add_library(pv_${name} STATIC ${sources})
    target_include_directories(pv_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  else()
    add_library(pv_${name} INTERFACE)
    set(visibility INTERFACE)
  endif()
  foreach(dep ${ROOM_DEPS})
    string(REPLACE "/" "_" dep_name "${dep}")
    target_link_libraries(pv_${name} ${visibility} pv_${dep_name})
  endforeach()
  target_link_libraries(pv_${name} ${visibility} ${ROOM_LIBS})
endfunction()

# The programs labelled tsan: all that a ThreadSanitizer run has to build.
add_custom_target(tsan_tests)

# One test program, named by its path: pv_test(unit/wire/reader ROOMS wire) builds tests/unit/wire/reader.c. It runs in
# the root of the source tree. Exit status 77 means skipped. LABEL says when it runs: unit (the default: also under the
# sanitizers), net, slow; a test of what has threads adds tsan: LABEL unit tsan. TIMEOUT is in seconds, of the plain
# build; the sanitizers get five times as long.
function(pv_test path)
  cmake_parse_arguments(TEST "" "TIMEOUT" "ROOMS;LIBS;LABEL" ${ARGN})
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 30)
  endif()
  if(PV_SANITIZE)
    math(EXPR TEST_TIMEOUT "5 * ${TEST_TIMEOUT}")
  endif()
  string(REPLACE "/" "_" name "${path}")
  add_executable(test_${name} ${CMAKE_SOURCE_DIR}/tests/${path}.c)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  foreach(room ${TEST_ROOMS})
    string(REPLACE "/" "_" room_name "${room}")
    target_link_libraries(test_${name} PRIVATE pv_${room_name})
  endforeach()
  target_link_libraries(test_${name} PRIVATE cmocka ${TEST_LIBS} m)
  if("tsan" IN_LIST TEST_LABEL)
    add_dependencies(tsan_tests test_${name})
  endif()
  add_test(NAME ${path} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # OpenMP's workers spin while they wait, unless told otherwise: with two tests at a time they would starve each other.
  set_tests_properties(${path} PROPERTIES LABELS "${TEST_LABEL}" TIMEOUT ${TEST_TIMEOUT} SKIP_RETURN_CODE 77
                       ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()

# A program that marks secrets (base/ct.h) and runs under valgrind: pv_valgrind_test(unit/base/ct ROOMS base CASES a b).
# Each case is the program's one argument and must finish without a complaint. CONTROLS are cases that branch on a
# secret, or look something up by it: valgrind must complain, or the check would be blind. There are none in sanitizer
# builds, which valgrind can't run.
function(pv_valgrind_test path)
  cmake_parse_arguments(TEST "" "TIMEOUT" "ROOMS;LIBS;CASES;CONTROLS" ${ARGN})
  if(PV_SANITIZE OR PV_COVERAGE OR NOT PV_VALGRIND)
    return()
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 60)
  endif()
  string(REPLACE "/" "_" name "${path}")
  add_executable(test_${name} ${CMAKE_SOURCE_DIR}/tests/${path}.c)
  target_compile_definitions(test_${name} PRIVATE PV_CT_CHECK)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  foreach(room ${TEST_ROOMS})
    string(REPLACE "/" "_" room_name "${room}")
    target_link_libraries(test_${name} PRIVATE pv_${room_name})
  endforeach()
  target_link_libraries(test_${name} PRIVATE ${TEST_LIBS})
  foreach(case ${TEST_CASES} ${TEST_CONTROLS})
    add_test(NAME ${path}/${case} COMMAND ${PV_VALGRIND} --quiet --error-exitcode=99 $<TARGET_FILE:test_${name}> ${case}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${path}/${case} PROPERTIES LABELS valgrind TIMEOUT ${TEST_TIMEOUT})
  endforeach()
  foreach(case ${TEST_CONTROLS})
    set_tests_properties(${path}/${case} PROPERTIES PASS_REGULAR_EXPRESSION
                         "depends on uninitialised value;Use of uninitialised value")
  endforeach()
endfunction()
