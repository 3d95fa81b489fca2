foreach(name vectors encrypt plain keys blind exhausted example)
  pv_test(unit/crypto/paillier/${name} ROOMS crypto/paillier TIMEOUT 60)
endforeach()
pv_test(unit/crypto/paillier/threads ROOMS crypto/paillier LABEL unit tsan TIMEOUT 60)
pv_valgrind_test(unit/crypto/paillier/ct ROOMS crypto/paillier LIBS cmocka TIMEOUT 240
                 CASES crt safe composite lanes blind multiply plain CONTROLS rejection gmp)
