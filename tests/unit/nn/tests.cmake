foreach(name model_text zoo layers schedule lbfgs)
  pv_test(unit/nn/${name} ROOMS nn)
endforeach()
