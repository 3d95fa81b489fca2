foreach(name vectors encrypt plain keys blind exhausted)
  pv_test(unit/crypto/paillier/${name} ROOMS crypto/paillier TIMEOUT 60)
endforeach()
