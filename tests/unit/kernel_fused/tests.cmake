pv_test(unit/kernel_fused/machine ROOMS kernel/fused)
