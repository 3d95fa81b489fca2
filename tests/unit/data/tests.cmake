foreach(name spec names glyphs batch split describe files resize tabular text arrays)
  pv_test(unit/data/${name} ROOMS data)
endforeach()
pv_test(unit/data/real ROOMS data)
