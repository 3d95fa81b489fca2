#!/bin/sh
# The demo, small: two runs of five processes each, two audits, one page; and again in the same folder.
. tests/cli/lib.sh

ok demo --samples 400 --rounds 2 --images 4 --out $T/demo --json
json test_accuracy >/dev/null || bad "test_accuracy"
[ "$(json images)" = 4 ] || bad "four images were attacked"
[ "$(json recovered)" -ge 3 ] || bad "the server reconstructs what single-image gradients show"
for file in report.html averaging.ini single-image.ini runs/averaging/run.json runs/single-image/audit/findings.json; do
    [ -s "$T/demo/$file" ] || bad "no $file"
done
python3 - "$T/demo/report.html" <<'PY' || bad "the page"
import re, sys
page = open(sys.argv[1], encoding="utf-8").read()
assert "<script" not in page and "default-src 'none'" in page
assert not re.search(r"(src|href)=[\"'](?!data:|#)", page)
assert page.count("<img") >= 12, "originals, reconstructions and baselines"
PY
(cd $T/demo/runs/averaging && sha256sum --quiet -c hashes.txt) >/dev/null 2>&1 || bad "hashes.txt"
ok demo --samples 400 --rounds 1 --images 4 --out $T/demo
expect 'the server reconstructed' $T/out
finish
