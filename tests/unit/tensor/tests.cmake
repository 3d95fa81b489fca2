pv_test(unit/tensor/tensor ROOMS tensor)
