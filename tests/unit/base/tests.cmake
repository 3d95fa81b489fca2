pv_valgrind_test(unit/base/ct ROOMS base CASES equal select wipe CONTROLS branch memcmp)
