foreach(name classes auc image interval assignment)
  pv_test(unit/metric/${name} ROOMS metric)
endforeach()
