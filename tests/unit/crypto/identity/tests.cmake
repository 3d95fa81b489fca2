pv_test(unit/crypto/identity/hash ROOMS crypto/identity)
pv_test(unit/crypto/identity/certificate ROOMS crypto/identity)
pv_test(unit/crypto/identity/files ROOMS crypto/identity)
pv_test(unit/crypto/identity/sign ROOMS crypto/identity)
