find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(tool layers tidy links)
  add_test(NAME tools/${tool} COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/${tool}.py)
endforeach()
add_test(NAME tools/planted COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/planted.py)
add_test(NAME tools/plot_labels COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/plot_labels.py)
set_tests_properties(tools/layers tools/tidy tools/links tools/planted tools/plot_labels PROPERTIES LABELS tools TIMEOUT 30)

# The shared library exports what the public headers declare; sanitizers and coverage add symbols of their own.
if(NOT PV_SANITIZE AND NOT PV_COVERAGE)
  add_test(NAME tools/exports COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/exports.py $<TARGET_FILE:libprivet>
           ${CMAKE_SOURCE_DIR}/include)
  set_tests_properties(tools/exports PROPERTIES LABELS tools TIMEOUT 30)
endif()

# Every public header compiles on its own, as C17 without extensions: nothing it needs comes from what was included
# before it.
file(GLOB headers RELATIVE ${CMAKE_SOURCE_DIR}/include CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/privet/*.h)
foreach(header ${headers})
  string(REPLACE "/" "_" name "${header}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers/${name}.c CONTENT "#include \"${header}\"\ntypedef int some;\n")
  list(APPEND header_sources ${CMAKE_BINARY_DIR}/headers/${name}.c)
endforeach()
add_library(public_headers OBJECT ${header_sources})
set_target_properties(public_headers PROPERTIES C_EXTENSIONS OFF)
target_include_directories(public_headers PRIVATE ${CMAKE_SOURCE_DIR}/include)
target_compile_options(public_headers PRIVATE -pedantic-errors)
