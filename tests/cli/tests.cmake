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
pv_cli_test(train unit 60)
pv_cli_test(retrain unit 300)
pv_cli_test(data unit 60)
pv_cli_test(train_page unit 60)
pv_cli_test(demo net 120)
pv_cli_test(federated net 120)
pv_cli_test(proceed net 120)
pv_cli_test(vertical net 180)
pv_cli_test(bench_federated net 120)
pv_cli_test(keys unit 120)
pv_cli_test(bench_paillier unit 60)
pv_cli_test(bench_vertical unit 60)
pv_cli_test(complement_audit net 180)
pv_cli_test(bench_complement unit 60)
pv_cli_test(partition unit 60)
pv_cli_test(cuts unit 60)
pv_cli_test(report unit 60)
pv_cli_test(resume unit 120)
pv_cli_test(align net 120)
add_test(NAME cli/complement COMMAND sh tests/cli/complement.sh $<TARGET_FILE:privet> $<TARGET_FILE:bench_complement_whole>
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(cli/complement PROPERTIES LABELS net TIMEOUT 180)

# A network of one's own, as a text.
add_test(NAME examples/residual COMMAND privet train --data glyphs?limit=200 --model examples/residual.model --epochs 1
         --quiet WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(examples/residual PROPERTIES LABELS unit TIMEOUT 60)

# Views, made by the test's own two parties.
add_executable(make_views ${CMAKE_SOURCE_DIR}/tests/cli/make_views.c)
target_include_directories(make_views PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(make_views PRIVATE pv_view cmocka m)
add_test(NAME cli/view COMMAND sh tests/cli/view.sh $<TARGET_FILE:privet> $<TARGET_FILE:make_views>
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(cli/view PROPERTIES LABELS unit TIMEOUT 60)

# Parties that are killed, and networks that lose and change what crosses them: every run must end as an undisturbed one.
foreach(fault kill network)
  set(runs 4)
  if(fault STREQUAL network)
    set(runs 5)
  endif()
  add_test(NAME faults/${fault} COMMAND ${CMAKE_SOURCE_DIR}/bench/faults/${fault}.py --privet $<TARGET_FILE:privet> --runs ${runs}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(faults/${fault} PROPERTIES LABELS net TIMEOUT 300 SKIP_RETURN_CODE 77
                       ENVIRONMENT "OMP_WAIT_POLICY=passive;OMP_NUM_THREADS=1")
endforeach()
