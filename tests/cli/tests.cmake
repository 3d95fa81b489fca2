# Scripts that run the real program.
function(pv_cli_test name label timeout)
  if(PV_SANITIZE)
    math(EXPR timeout "5 * ${timeout}")
  endif()
  add_test(NAME cli/${name} COMMAND sh tests/cli/${name}.sh $<TARGET_FILE:privet>
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(cli/${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()
pv_cli_test(usage unit 60)
pv_cli_test(help unit 60)
pv_cli_test(bad_input unit 60)
