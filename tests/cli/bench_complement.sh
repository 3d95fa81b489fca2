#!/bin/sh
# privet bench complement: every figure is there, and none is nothing.
. tests/cli/lib.sh

ok bench complement --queries 20 --batch 4 --data 'glyphs?limit=40' --bits 8 --project --json
[ "$(json numbers) $(json row_bytes) $(json rank)" = "120 120 120" ] || bad "numbers: $(json numbers)"
for i in 0 1; do
    python3 - "$(json cases.$i)" $i <<'PY' || bad "case $i: $(json cases.$i)"
import json, sys
case, number = json.loads(sys.argv[1]), int(sys.argv[2])
rows = 4 if number else 1
assert case["batch"] == rows and case["queries"] == 18
assert 0 < case["median_ms"] <= case["p99_ms"] and abs(case["sample_ms"] * rows - case["median_ms"]) < 1e-6
assert all(case["us"][k] > 0 for k in ("derive", "front", "encode", "decode", "back", "open"))
assert case["plain_us"] > 0
assert rows * 120 < case["sent_bytes"] < rows * 120 + 400 and case["received_bytes"] > rows * 40
PY
done
ok bench complement --queries 20 --batch 4 --data 'glyphs?limit=40' --noise 0.5 --json
[ "$(json noise) $(json row_bytes)" = "0.5 1024" ] || bad "noise: $(json noise)"
fails 2 'noise' bench complement --queries 20 --noise -1
ok bench complement --queries 20 --batch 1 --step 5 --data 'glyphs?limit=40' --model conv1 --cut 1
expect '^conv1 with drawn weights, cut 1' "$T/out"
[ "$(grep -c 'a query: median' "$T/out")" = 1 ] || bad "one case was asked for"
fails 2 "'9' is no cut" bench complement --queries 20 --cut 9
fails 1 'no projection' bench complement --queries 20 --cut 2:before-pool --project

finish
