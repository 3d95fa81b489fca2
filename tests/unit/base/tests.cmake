foreach(name status mem file str json ini secret csprng rng)
  pv_test(unit/base/${name} ROOMS base)
endforeach()
pv_valgrind_test(unit/base/ct ROOMS base CASES equal select wipe CONTROLS branch memcmp)
