pv_test(unit/crypto/psi/hash ROOMS crypto/psi)
pv_test(unit/crypto/psi/psi ROOMS crypto/psi LABEL unit tsan)
pv_valgrind_test(unit/crypto/psi/ct ROOMS crypto/psi CASES hash scalar CONTROLS branch compare)
