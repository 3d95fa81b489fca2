foreach(reader gzip idx cifar npy npz safetensors arff csv tsv png jpeg)
  pv_test(unit/codec/${reader} ROOMS codec)
endforeach()
