pv_test(unit/math/modular/modsq ROOMS math/modular TIMEOUT 120)
pv_test(unit/math/modular/threads ROOMS math/modular LABEL unit tsan)
pv_test(unit/math/modular/prime ROOMS math/modular LABEL unit tsan TIMEOUT 60)
pv_test(unit/math/modular/timing ROOMS math/modular LABEL slow)
pv_valgrind_test(unit/math/modular/ct ROOMS math/modular CASES portable_mul portable_pow portable_log portable_table
                 portable_products lanes_mul lanes_pow lanes_log lanes_table lanes_products
                 CONTROLS bits windows division)
