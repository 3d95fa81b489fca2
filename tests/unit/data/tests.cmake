foreach(name spec names glyphs batch split describe resize tabular sides text arrays rows real)
  pv_test(unit/data/${name} ROOMS data)
endforeach()
# Images are decoded by several threads.
pv_test(unit/data/files ROOMS data LABEL unit tsan)
