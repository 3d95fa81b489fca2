#!/bin/sh
# privet partition: both halves are there, bound together, and every wrong cut is refused.
. tests/cli/lib.sh

data='glyphs?classes=3,5&limit=4000'
ok train --data "$data" --model lenet5 --epochs 6 --quiet --out "$T/old.safetensors"
ok retrain --data "$data" --keep 1 --epochs 16 --quiet --out "$T/secret.safetensors" "$T/old.safetensors"
ok partition "$T/secret.safetensors" --cut 2 --data "$data" --out "$T/halves" --json
[ "$(json activation)" = "[256]" ] || bad "activation: $(json activation)"
[ "$(json rank) $(json unprojected)" = "120 null" ] || bad "rank: $(json rank)"
[ "$(json forms.1.bits) $(json forms.1.bytes)" = "8 256" ] || bad "forms: $(json forms)"
[ "$(json forms.5.bits) $(json forms.5.bytes) $(json forms.5.projected)" = "4 60 true" ] || bad "forms: $(json forms)"
[ "$(json rows)" = 800 ] || bad "rows: $(json rows)"
python3 - "$(json forms)" <<'PY' || bad "accuracies: $(json forms)"
import json, sys
forms = json.loads(sys.argv[1])
assert len(forms) == 6
assert all(f["accuracy"] > 0.85 and f["refused"] == 0 for f in forms)
assert all(abs(f["accuracy"] - forms[0]["accuracy"]) < 0.05 for f in forms)
assert forms[3]["accuracy"] == forms[0]["accuracy"]  # projected in float32: the same answers
PY
binding=$(json binding)
[ "$(stat -c %a "$T/halves/customer.safetensors")" = 644 ] || bad "mode of the customer's half"
[ "$(stat -c %a "$T/halves/provider.safetensors")" = 600 ] || bad "mode of the provider's half"
[ "$(json provider.bytes)" = "$(stat -c %s "$T/halves/provider.safetensors")" ] || bad "bytes"

# The same again is bound by the same hash; another cut by another, and a pool allows no projection.
ok partition "$T/secret.safetensors" --cut 2 --data "$data" --out "$T/again" --json
[ "$(json binding)" = "$binding" ] || bad "another binding: $(json binding)"
ok partition "$T/secret.safetensors" --cut 2:before-pool --data "$data" --out "$T/before"
expect '^no projection: avgpool1 comes first behind the cut' "$T/out"
expect '^ 8 bits +1024 ' "$T/out"
if grep -q "$binding" "$T/out"; then bad "the same binding for another cut"; fi

# Noise is in both files and their hash; what was trained with it is cut with it, unless somebody says otherwise.
ok partition "$T/secret.safetensors" --cut 2 --data "$data" --noise 0.5 --out "$T/noised" --json
[ "$(json noise)" = 0.5 ] || bad "noise: $(json noise)"
[ "$(json binding)" != "$binding" ] || bad "noise is not bound"
[ "$(json forms.0.refused)" = 0 ] || bad "rows refused for their noise: $(json forms.0.refused)"
python3 -c "import sys; sys.exit(not 0 < $(json spread) < 100)" || bad "spread: $(json spread)"
grep -aq '"noise":"{' "$T/noised/customer.safetensors" || bad "the customer's half does not tell"
grep -aq '"noise":"{' "$T/noised/provider.safetensors" || bad "the provider's half does not tell"
if grep -aq '"noise"' "$T/halves/customer.safetensors"; then bad "a half without noise tells of some"; fi
ok partition "$T/secret.safetensors" --cut 2 --data "$data" --noise 0 --out "$T/zero" --json
[ "$(json binding)" = "$binding" ] || bad "no noise is no noise: $(json binding)"
ok retrain --data "$data" --keep 1 --epochs 2 --cut 2 --noise 0.25 --quiet --out "$T/used.safetensors" "$T/old.safetensors"
ok partition "$T/used.safetensors" --cut 2 --data "$data" --out "$T/used"
expect '^noise       0.25 deviations of the activation, of ' "$T/out"
ok partition "$T/used.safetensors" --cut 2 --data "$data" --noise 0 --out "$T/unused" --json
[ "$(json noise) $(json spread)" = "0.0 null" ] || bad "noise: $(json noise)"
for wrong in -1 nan 100.5 inf much; do
    fails 2 'noise' partition "$T/secret.safetensors" --cut 2 --data "$data" --noise "$wrong" --out "$T/none"
done

fails 2 'the secret enters at stage 2, and before it would cross to the provider in the clear' \
    partition "$T/secret.safetensors" --cut 1 --data "$data" --out "$T/none"
fails 2 "'5' is no cut of the model lenet5; there are 1:before-pool, 1, 2:before-pool, 2, 3, 4" \
    partition "$T/secret.safetensors" --cut 5 --data "$data" --out "$T/none"
fails 2 "'two' is no cut" partition "$T/secret.safetensors" --cut two --data "$data" --out "$T/none"
fails 3 'a model without a secret' partition "$T/old.safetensors" --cut 2 --data "$data" --out "$T/none"
fails 3 "the customer's half of a model" \
    partition "$T/halves/customer.safetensors" --cut 2 --data "$data" --out "$T/none"
cp "$T/halves/provider.safetensors" "$T/before.safetensors"
fails 2 'is there already' partition "$T/secret.safetensors" --cut 3 --data csv:none.csv --out "$T/halves"
cmp -s "$T/halves/provider.safetensors" "$T/before.safetensors" || bad "a half was overwritten"
fails 3 'tells 2 classes apart, the data has 10' \
    partition "$T/secret.safetensors" --cut 2 --data 'glyphs?limit=50' --out "$T/none"
[ ! -e "$T/none" ] || bad "something was written"
fails 3 "it is the provider's half of a model with a secret" \
    eval --model "$T/halves/provider.safetensors" --data "$data"

finish
