#!/bin/sh
# A whole life: train, evaluate, predict, with the JSON that docs/json.md promises.
. tests/cli/lib.sh

seed=${SEED:-1}
echo "seed $seed"
ok train --data 'glyphs?limit=600' --model mlr --epochs 3 --seed "$seed" --json \
    --out $T/m.safetensors --log $T/log.jsonl --validation 0.1
for key in model data epochs train_loss test_accuracy test_loss seconds samples_per_s \
    peak_rss_bytes params seed threads out; do
    json $key >"$T/value" || bad "no $key"
    [ "$(cat "$T/value")" != null ] || bad "$key is null"
done
[ "$(json epochs)" = 3 ] || bad "epochs"
[ "$(json params)" = 7850 ] || bad "params: $(json params)"
[ "$(json seed)" = "$seed" ] || bad "seed"
[ "$(wc -l <"$T/log.jsonl")" = 3 ] || bad "a line an epoch"
expect 'epoch 3/3' "$T/err"

# the same again: the same bytes; another seed: others
ok train -d 'glyphs?limit=600' -m mlr -e 3 -s "$seed" -q -o $T/same.safetensors --validation 0.1
[ ! -s "$T/err" ] || bad "--quiet is not quiet"
cmp -s "$T/m.safetensors" "$T/same.safetensors" || bad "the same command made another model"
ok train -d 'glyphs?limit=600' -m mlr -e 3 -s $((seed + 1)) -q -o $T/other.safetensors
cmp -s "$T/m.safetensors" "$T/other.safetensors" && bad "another seed made the same model"

# --- eval: the figures agree with each other
ok eval --model $T/m.safetensors --data 'glyphs?limit=300' --json
cp "$T/out" "$T/eval"
python3 - "$T/eval" <<'PY' || bad "the evaluation contradicts itself"
import json, sys
e = json.load(open(sys.argv[1]))
assert e["count"] == 300 and len(e["classes"]) == 10
assert sum(map(sum, e["confusion"])) == 300
assert sum(e["confusion"][i][i] for i in range(10)) == e["correct"]
assert abs(e["accuracy"] - e["correct"] / 300) < 1e-9
low, high = e["interval"]
assert low < e["accuracy"] < high and 0.2 < e["accuracy"]
assert e["data"].endswith("split=test")
PY
ok eval --model $T/m.safetensors --data 'glyphs?limit=300' --confusion
expect '95 % interval' "$T/out"
expect '^rows: what it is' "$T/out"

# --- predict: as a table and as JSON, the same answers, which are those that eval counted
ok predict --model $T/m.safetensors --data 'glyphs?limit=300' --out $T/answers.csv
ok predict --model $T/m.safetensors --data 'glyphs?limit=300'
cmp -s "$T/out" "$T/answers.csv" || bad "--out and standard output differ"
ok predict --model $T/m.safetensors --data 'glyphs?limit=300' --json
python3 - "$T/answers.csv" "$T/out" "$T/eval" <<'PY' || bad "the predictions contradict each other"
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1])))
j, e = json.load(open(sys.argv[2])), json.load(open(sys.argv[3]))
assert len(rows) == len(j["predictions"]) == 300
for row, p in zip(rows, j["predictions"]):
    assert row["label"] == p["label"] and row["predicted"] == p["predicted"]
    assert abs(sum(p["probabilities"]) - 1) < 1e-4
    assert max(p["probabilities"]) == p["probabilities"][j["classes"].index(p["predicted"])]
assert sum(r["label"] == r["predicted"] for r in rows) == e["correct"]
PY

# --- tables: a holdout, and repeated splits with their spread
awk 'BEGIN { print "a,b,class"; for (i = 0; i < 200; i++)
    print (i * 37 % 100) ",", (i * 53 % 100) "," (i * 37 % 100 > i * 53 % 100 ? "more" : "less") }' \
    | tr -d ' ' >"$T/t.csv"
ok train -d csv:$T/t.csv -m mlp -e 20 --holdout 0.2 --seed "$seed" --json -o $T/t.safetensors
accuracy=$(json test_accuracy)
ok eval -m $T/t.safetensors -d csv:$T/t.csv --holdout 0.2 --seed "$seed" --json
[ "$(json count)" = 40 ] || bad "a fifth of 200 is 40"
[ "$(json accuracy)" = "$accuracy" ] || bad "eval and train measured the holdout differently"
ok train -d csv:$T/t.csv -m mlp -e 5 --repeat 3 --json
[ "$(json runs)" = 3 ] || bad "runs"
json accuracies.2 >/dev/null || bad "accuracies"
json test_accuracy_sd >/dev/null || bad "sd"
ok train -d csv:$T/t.csv -m mlp -e 5 --repeat 2
expect 'mean, .* sd' "$T/out"
ok train -d csv:$T/t.csv -m mlp -e 2 --json
[ "$(json test_accuracy)" = null ] || bad "there was nothing to test on"
[ "$(json out)" = null ] || bad "no out was asked for"
expect 'not kept' "$T/err"

# every option that changes training is taken
ok train -d 'glyphs?limit=100' -m conv1 -e 1 -b 20 -q --optim adamw --lr 0.01 --weight-decay 0.01 \
    --schedule cosine --warmup 0.2 --lr-floor 0.1 --label-smoothing 0.1 --clip-norm 1 \
    --augment shift=2,cutout=4
ok train -d 'glyphs?limit=100' -m mlr -e 2 -q --optim sgd --nesterov --schedule step --step-epochs 1 \
    --step-gamma 0.5 --clip-value 1
ok train -d 'glyphs?limit=100' -m mlr -e 2 -q --schedule poly --poly-power 2 --backend ref \
    --validation 0.2 --patience 1 --augment none

finish
