foreach(name model_text zoo schedule lbfgs)
  pv_test(unit/nn/${name} ROOMS nn)
endforeach()
