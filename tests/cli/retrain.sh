#!/bin/sh
# A model with a secret: from an old one, measured for every value; what is refused, and why.
. tests/cli/lib.sh

seed=${SEED:-1}
echo "seed $seed"
two='glyphs?classes=3,5&limit=6000'
ok train -d "$two" -m lenet5 -e 3 -s "$seed" -q -o $T/old.safetensors
ok retrain $T/old.safetensors --keep 1 -d "$two" -e 4 -s "$seed" --json -o $T/hidden.safetensors \
    --log $T/log.jsonl
for key in old model data epochs steps train_loss collapsed seconds peak_rss_bytes seed threads out kind \
    form alpha kept count accuracy worst loss; do
    json $key >"$T/value" || bad "no $key"
    [ "$(cat "$T/value")" != null ] || bad "$key is null"
done
[ "$(json kind)" = '"complement"' ] || bad "two classes are flipped"
python3 - "$T/out" "$T/log.jsonl" <<'PY' || bad "the figures contradict each other"
import json, sys
r = json.load(open(sys.argv[1]))
log = [json.loads(line) for line in open(sys.argv[2])]
assert len(r["of_value"]) == 2 and r["worst"] == min(r["of_value"])
assert abs(r["accuracy"] - sum(r["of_value"]) / 2) < 1e-9 and r["worst"] > 0.9
assert len(log) == 4 == r["epochs"] and log[-1]["steps"] == r["steps"]
assert all(len(line["of_value"]) == 2 and line["read"] is None for line in log)
PY
cp "$T/out" "$T/trained"

# eval says what the training said; the same command makes the same bytes
ok eval -m $T/hidden.safetensors -d "$two" -s "$seed" --json
python3 - "$T/out" "$T/trained" <<'PY' || bad "eval and retrain disagree"
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
assert all(a[k] == b[k] for k in ("accuracy", "worst", "of_value", "loss", "alpha", "kept", "count"))
PY
ok eval -m $T/hidden.safetensors -d "$two"
expect 'complement as plane' "$T/out"
expect 'value 1' "$T/out"
expect 'for the worst value' "$T/out"
ok retrain $T/old.safetensors -k 1 -d "$two" -e 4 -s "$seed" -q -o $T/same.safetensors
cmp -s "$T/hidden.safetensors" "$T/same.safetensors" || bad "the same command made another model"

# --- from nothing, against every adversary at once
ok retrain -m lenet5 -d "$two" -e 2 -s "$seed" --form append --cut 2 --hide-secret 1 --hide-input 0.1 \
    --correlation 0.1 --noise 0.1 --warmup 0 --ramp 1 --json -q
[ "$(json read)" != null ] || bad "nobody read"
ok retrain -m mlp -d 'glyphs?classes=3,5&limit=2000' -e 2 -s "$seed" --cut 1 --hide-secret 500 --warmup 0 --ramp 0
expect 'at chance' "$T/out"
ok retrain -m mlp -d 'glyphs?limit=300' -e 1 -s "$seed" --kind permutation -q -o $T/p.safetensors
ok eval -m $T/p.safetensors -d 'glyphs?limit=300'
expect 'permutation as plane' "$T/out"
expect 'draw 7' "$T/out"

# --- the epoch that fresh probes read least
ok retrain -m mlp:hidden=24 -d 'glyphs?classes=3,5&limit=2500' -e 3 -s "$seed" --cut 1 --hide-secret 0.01 --cluster 0.01 --warmup 0 \
    --ramp 1 --pick 1 --json -q --log $T/pick.jsonl
[ "$(json picked) $(json kept_epoch)" = 'false 3' ] || bad "nobody is right every time"
ok retrain $T/old.safetensors --keep 1 -d "$two" -e 3 -s "$seed" --hide-secret 0.01 --warmup 0 --ramp 1 --pick 0.6 --json -q --log $T/pick.jsonl
[ "$(json picked)" = true ] || bad "no epoch was picked"
python3 - "$T/out" "$T/pick.jsonl" <<'PY' || bad "another epoch was kept than the one that is read least"
import json, sys
r = json.load(open(sys.argv[1]))
log = [json.loads(line) for line in open(sys.argv[2])]
good = [line for line in log if line["fresh"] is not None and line["answered"] >= 0.6]
best = min(good, key=lambda line: line["fresh"])
assert best["epoch"] == r["kept_epoch"] and best["fresh"] == r["fresh"]
PY

# --- with noise: the file tells, and it is measured with it
ok retrain $T/old.safetensors -k 1 -d "$two" -e 1 -s "$seed" --cut 3 --noise 0.5 -q --json -o $T/noised.safetensors
[ "$(json noise) $(json noise_cut)" = '0.5 "3"' ] || bad "noise: $(json noise) $(json noise_cut)"
cp "$T/out" "$T/trained"
ok eval -m $T/noised.safetensors -d "$two" -s "$seed" --json
python3 - "$T/out" "$T/trained" <<'PY' || bad "eval and retrain disagree under noise"
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
assert all(a[k] == b[k] for k in ("accuracy", "worst", "of_value", "loss", "noise", "noise_cut"))
PY
ok eval -m $T/noised.safetensors -d "$two"
expect '^noise     0.5 deviations of the activation at cut 3$' "$T/out"
ok eval -m $T/hidden.safetensors -d "$two" --json
[ "$(json noise) $(json noise_cut)" = '0.0 null' ] || bad "noise of a model without: $(json noise)"
for wrong in -1 nan 100.5; do
    fails 2 'noise' retrain $T/old.safetensors -k 1 -d "$two" --noise "$wrong"
done

# --- what is refused
fails 2 'pass --hide-secret, too' retrain -m mlp -d "$two" --pick 0.9
fails 2 'chooses among trainings.*pass --hide-secret, too' retrain -m mlp -d "$two" --tries 2
fails 2 '--pick is for one training' retrain -m mlp -d "$two" --hide-secret 1 --tries 2 --pick 0.9
fails 2 '--log is for one training' retrain -m mlp -d "$two" --hide-secret 1 --tries 2 --log "$T/l.jsonl"
ok retrain $T/old.safetensors -k 1 -d "$two" --hide-secret 0.01 --warmup 0 --ramp 1 --epochs 3 --tries 2 --seed 4 --out "$T/best.safetensors" --quiet
expect '^seed 4 ' "$T/out"
expect '^seed 5 ' "$T/out"
expect ': chosen$' "$T/out"
fails 3 'out of range|0 to 3 can be' retrain $T/old.safetensors -k 4 -d "$two"
fails 2 'take an offset' retrain -m lenet5 -d 'glyphs?limit=300' --kind complement
fails 2 'shows one digit' retrain -m lenet5 -d 'glyphs?limit=300' --kind permutation --form digit
fails 2 'dense layer' retrain $T/old.safetensors -k 2 -d "$two" --form digit
fails 3 'tells 2 classes apart' retrain $T/old.safetensors -k 1 -d 'glyphs?limit=300'
fails 2 'in the clear' retrain $T/old.safetensors -k 2 -d "$two" --cut 2 --hide-secret 1
fails 2 'is no cut' retrain $T/old.safetensors -k 1 -d "$two" --cut 9 --hide-secret 1
fails 2 'pass OLD' retrain -m lenet5 -k 1 -d "$two"
fails 2 'either the trained model OLD' retrain $T/old.safetensors -m lenet5 -d "$two"
fails 3 'has a secret already' retrain $T/hidden.safetensors -k 1 -d "$two"
fails 3 'privet retrain' predict -m $T/hidden.safetensors -d "$two"
fails 1 'could not be created' retrain -m lenet5 -d 'csv:none.csv' --out "$T/nowhere/hidden.safetensors"
# options of adversaries that nobody asked for
fails 2 'retrain: --cut does nothing without --hide-secret, --hide-input, --correlation, --cluster or --noise' retrain -m lenet5 -d "$two" --cut 2
fails 2 'retrain: --warmup does nothing without --hide-secret, --hide-input, --correlation or --cluster above 0' retrain -m lenet5 -d "$two" \
    --warmup 3 --noise 1
fails 2 'retrain: --ramp does nothing without' retrain -m lenet5 -d "$two" --ramp 3 --hide-secret 0
fails 2 'retrain: --restart does nothing without --hide-secret or --hide-input above 0' retrain -m lenet5 -d "$two" \
    --restart 0 --correlation 1
fails 2 'retrain: --decoder-steps does nothing without' retrain -m lenet5 -d "$two" --decoder-steps 3
fails 2 'confusion' eval -m $T/hidden.safetensors -d "$two" --confusion
finish
