foreach(name plan pooled random_graphs random_programs shapes refusals simplify grad cut print memory)
  pv_test(unit/graph/${name} ROOMS graph)
endforeach()

# The example of docs/graph.md: it needs nothing but the public headers and the shared library.
add_executable(example_split ${CMAKE_SOURCE_DIR}/examples/c/split.c)
target_link_libraries(example_split PRIVATE libprivet m)
add_test(NAME examples/c/split COMMAND example_split)
set_tests_properties(examples/c/split PROPERTIES LABELS unit TIMEOUT 30)
