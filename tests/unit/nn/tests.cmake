foreach(name model_text zoo model stages layers optim schedule lbfgs trainer)
  pv_test(unit/nn/${name} ROOMS nn)
endforeach()
pv_test(unit/nn/accuracy ROOMS nn LABEL slow TIMEOUT 600)
