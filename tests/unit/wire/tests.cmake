pv_test(unit/wire/reader ROOMS wire)
pv_test(unit/wire/writer ROOMS wire)
pv_test(unit/wire/utf8 ROOMS wire)
pv_test(unit/wire/pem ROOMS wire)
