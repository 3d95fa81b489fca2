#!/bin/sh
# A provider and its customers as processes over TLS: trained at the start, from a model, from halves; what is
# refused while others are served; killed and resumed; twelve customers at once.
. tests/cli/lib.sh
whole=$2 # bench_complement_whole
digits='glyphs?classes=3,5&limit=3000'
rows() { echo "glyphs?classes=3,5&split=test&limit=$((5 * $1))&seed=$2"; }

# all by itself: the provider trains
ok run examples/complement-glyphs.ini --out $T/run --json
[ "$(json scheme)" = '"complement"' ] || bad "scheme"
python3 -c "import sys; sys.exit(not $(json test_accuracy) > 0.9)" || bad "what it learnt: $(json test_accuracy)"
[ "$(json parties.lab.training.collapsed)" = false ] || bad "collapsed"
[ "$(json parties.clinic-a.answered)" = 300 ] || bad "answers"
[ "$(json parties.clinic-b.refusal)" = null ] || bad "nobody is refused"
[ "$(json parties.lab.customers.clinic-a.budget_left)" = 200 ] || bad "what is left of a budget"
python3 -c "import sys; sys.exit(not $(json parties.clinic-a.accuracy) > 0.9)" || bad "accuracy of answers"
for party in clinic-a clinic-b; do
    ok view --cross $T/run/parties/lab/view.pvv $T/run/parties/$party/view.pvv
    [ "$(stat -c %a $T/run/parties/$party/secrets.csv)" = 600 ] || bad "secrets are for their owner"
    cmp -s $T/run/parties/$party/customer.safetensors $T/run/parties/lab/customer.safetensors || bad "another half"
done
[ "$(stat -c %a $T/run/parties/lab/provider.safetensors)" = 600 ] || bad "the provider's half is its own"
[ "$(head -1 $T/run/parties/clinic-a/predictions.csv)" = row,label,probability ] || bad "predictions"
[ "$(wc -l <$T/run/parties/clinic-a/predictions.csv)" = 301 ] || bad "predictions"
ok view $T/run/parties/lab/view.pvv
expect 'received  clinic-a  *activation  *10 ' $T/out
expect 'sent  *clinic-b  *answer  *7 ' $T/out
# no secret in what the provider saw: secrets.csv is only in the customers' folders
[ ! -e $T/run/parties/lab/secrets.csv ] || bad "the provider has secrets"

# a model that was made before, and its halves
ok train --data "$digits" --model lenet5 --epochs 3 --out $T/old.safetensors --quiet
for seed in 1 2; do
    ok retrain $T/old.safetensors --data "$digits" --keep 1 --epochs 2 --seed $seed --out $T/hidden-$seed.safetensors --quiet
    ok partition $T/hidden-$seed.safetensors --cut 2 --data "$digits" --out $T/half-$seed --quiet
done
scenario() { # SETTINGS; local sections follow on standard input
    printf '[scenario]\nname = test\nscheme = complement\nseed = 1\n%s\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 3,5\n' "$2"
    printf '[scheme]\nkeep = 1\ncut = 2\n%s\n' "$1"
    for party in anna bert cora; do printf '[party %s]\nrole = customer\n' $party; done
    printf '[party lab]\nrole = provider\n'
    printf '[local anna]\ndata = %s\n[local bert]\ndata = %s\n[local cora]\ndata = %s\n' "$(rows 40 2)" "$(rows 30 3)" "$(rows 20 4)"
    cat
}
model="[local lab]
model = $T/hidden-1.safetensors
data = $digits"
halves="[local lab]
half = $T/half-1/provider.safetensors
front = $T/half-1/customer.safetensors"
same() { # RUN TOLERANCE
    "$whole" $T/hidden-1.safetensors $1 --tolerance ${2:-0} >$T/out 2>$T/err || bad "answers unlike the whole model's"
}
echo "$model" | scenario 'query_batch = 16' '' >$T/model.ini
ok run $T/model.ini --out $T/model --quiet
same $T/model
for answers in label rounded; do
    echo "$halves" | scenario "query_batch = 7
answers = $answers
bits = 8" '' >$T/halves.ini
    ok run $T/halves.ini --out $T/halves-$answers --json
    [ "$(json parties.anna.activation_bytes)" = 256 ] || bad "bytes of a row"
    same $T/halves-$answers 0.2
done
[ "$(sed -n 2p $T/halves-label/parties/anna/predictions.csv | cut -d, -f3)" = '' ] || bad "a label has no probability"

# customers put noise on what they send: other answers than without, and still those of the whole model under that
# noise, which is derived again from the key of their folder
echo "$model" | scenario 'query_batch = 16
hide_noise = 1' '' >$T/noise.ini
ok run $T/noise.ini --out $T/noise
same $T/noise
expect 'trained with noise of 0 deviations, and customers add' $T/noise/parties/lab/log.txt
cmp -s $T/noise/parties/anna/predictions.csv $T/model/parties/anna/predictions.csv && bad "noise changed nothing"
# halves that put on another amount than customers agreed to are refused before anybody asks
ok partition $T/hidden-1.safetensors --cut 2 --data "$digits" --noise 0.5 --out $T/half-noise --json
[ "$(json noise)" = 0.5 ] || bad "noise of a partition: $(json noise)"
echo "[local lab]
half = $T/half-noise/provider.safetensors
front = $T/half-noise/customer.safetensors" >$T/noise.local
scenario 'hide_noise = 0.25' '' <$T/noise.local >$T/disagree.ini
fails 3 'noise of 0.5 deviations on what it gives, .* says hide_noise = 0.25' run $T/disagree.ini --out $T/disagree
scenario 'hide_noise = 0.5
bits = 8
query_batch = 16' '' <$T/noise.local >$T/agree.ini
ok run $T/agree.ini --out $T/agree --quiet
same $T/agree 0.2

# one has its half already, another one of another model: refused, with both; the third is served
{
    echo "$halves"
    printf '[local anna]\nhalf = %s/half-1/customer.safetensors\n' $T
    printf '[local bert]\nhalf = %s/half-2/customer.safetensors\n' $T
} | scenario 'query_batch = 16' '' >$T/wrong.ini
ok run $T/wrong.ini --out $T/wrong --json
[ "$(json parties.anna.answered)" = 40 ] || bad "anna is served"
[ "$(json parties.cora.answered)" = 20 ] || bad "cora is served"
[ "$(json parties.bert.answered)" = 0 ] || bad "bert is not"
json parties.bert.refusal | grep -Eq 'its half is of the model [0-9a-f]{64}, this provider.s of [0-9a-f]{64}' || bad "why"
json refused.bert | grep -q 'halves of one' || bad "the run says so"
json parties.lab.refused.bert | grep -q 'halves of one partition belong together' || bad "the provider says so, too"
expect 'refuse' $T/wrong/parties/bert/log.txt
ok view --cross $T/wrong/parties/lab/view.pvv $T/wrong/parties/bert/view.pvv
fails 3 "holds a customer's half|customer" eval --model $T/half-1/customer.safetensors --data "$digits"

# over its budget: what was answered stays, the others are served
echo "$halves" | scenario 'query_batch = 8
budget = 30' '' >$T/budget.ini
ok run $T/budget.ini --out $T/told --quiet
expect '  anna  *24 of 40 rows answered, .*; refused: .*its budget is 30' $T/out
expect '  bert  *30 of 30 rows answered, ' $T/out
ok run $T/budget.ini --out $T/budget --json
[ "$(json parties.anna.answered)" = 24 ] || bad "up to the budget"
[ "$(json parties.bert.answered)" = 30 ] || bad "bert keeps to it"
json parties.anna.refusal | grep -q 'anna asks for 32 rows, and its budget is 30; 24 were answered' || bad "why"
[ "$(wc -l <$T/budget/parties/anna/predictions.csv)" = 25 ] || bad "answers that were given"

# by hand a refused party says so, too
ok run $T/wrong.ini --out $T/hand --prepare
for name in lab anna bert cora; do
    "$P" party $T/hand/scenario.ini --as $name --local $T/hand/parties/$name/local.ini --out $T/hand/parties/$name --quiet \
        >$T/$name.log 2>&1 &
    eval "pid_$name=$!"
done
for name in lab anna cora; do
    eval "wait \$pid_$name" || bad "$name ended: $(cat $T/$name.log)"
done
wait $pid_bert
[ $? = 4 ] || bad "status of a refused party"
expect 'privet: bert was refused: .*its half is of the model .*; what it got before is in' $T/bert.log

# before anything runs
ok check $T/wrong/scenario.ini --as bert --local $T/wrong/parties/bert/local.ini --seconds 0
expect "half-2/customer.safetensors: the customer's half, cut 2, of the model" $T/out
refuse() { # LINE, PATTERN: a setting that cannot be
    echo "$model" | scenario "$1" '' | sed "/^cut = 2/{/$3/d}; /^seed/s/\$/\nmodel = lenet5/" >$T/bad.ini
    fails 3 "$2" run $T/bad.ini --out $T/bad --quiet
    [ ! -e $T/bad ] || bad "$1: a folder was left"
}
refuse 'cut = 1' 'would cross in the clear; cut behind layer 2 or later' cut
refuse 'cut = 9' 'cut' cut
refuse 'kind = permutation
form = digit' 'the form digit shows one digit' none
refuse 'hide_ramp = 3' 'hide_ramp does nothing without' none
echo '' | scenario '' '' >$T/none.ini
fails 3 'lab has no model: write model = FILE' run $T/none.ini --out $T/none --quiet
sed "s#^half = .*#half = $T/half-1/customer.safetensors#; /^front/d" $T/budget.ini >$T/other.ini
fails 3 'customer' run $T/other.ini --out $T/other --quiet
echo "$halves" | scenario 'kind = offset' '' >$T/kind.ini
fails 3 'its secret is complement as plane, .scheme. of .* says kind = offset' run $T/kind.ini --out $T/kind --quiet
sed 's/^keep = 1/keep = 0/' $T/budget.ini >$T/keep.ini
fails 3 'its secret enters at layer 2, .scheme. of .* says keep = 0: at 1' run $T/keep.ini --out $T/keep --quiet

# killed and started again, one after the other: nothing is lost
sed 's/^query_batch = 16/query_batch = 1/' $T/model.ini >$T/kill.ini
ok run $T/kill.ini --out $T/kill --prepare
start() {
    "$P" party $T/kill/scenario.ini --as $1 --local $T/kill/parties/$1/local.ini --out $T/kill/parties/$1 --quiet \
        >$T/$1.log 2>&1 &
    eval "pid_$1=$!"
}
for name in lab anna bert cora; do start $name; done
for name in anna lab anna lab; do
    before=$(wc -l 2>/dev/null <$T/kill/parties/anna/metrics.jsonl || echo 0)
    tries=0
    while [ "$(wc -l 2>/dev/null <$T/kill/parties/anna/metrics.jsonl || echo 0)" -le "$before" ] && [ $tries -lt 100 ]; do
        sleep 0.02
        tries=$((tries + 1))
    done
    eval "kill -9 \$pid_$name" 2>/dev/null
    eval "wait \$pid_$name" 2>/dev/null
    start $name
done
for name in lab anna bert cora; do
    eval "wait \$pid_$name" || bad "$name ended: $(cat $T/$name.log)"
done
same $T/kill
for name in anna bert cora; do
    ok view --cross $T/kill/parties/lab/view.pvv $T/kill/parties/$name/view.pvv
done

# one customer gone for good, under on_loss = proceed
echo "$model" | scenario 'query_batch = 1' 'on_loss = proceed
min_parties = 2
loss_timeout = 1' >$T/lost.ini
ok run $T/lost.ini --out $T/lost --prepare
for name in lab anna bert cora; do
    "$P" party $T/lost/scenario.ini --as $name --local $T/lost/parties/$name/local.ini --out $T/lost/parties/$name --quiet \
        >$T/$name.log 2>&1 &
    eval "pid_$name=$!"
done
tries=0
while [ "$(wc -l 2>/dev/null <$T/lost/parties/cora/metrics.jsonl || echo 0)" -lt 2 ] && [ $tries -lt 200 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
kill -9 $pid_cora
wait $pid_cora 2>/dev/null
for name in lab anna bert; do
    eval "wait \$pid_$name" || bad "$name ended: $(cat $T/$name.log)"
done
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))["result"]
assert r["dropped"] == ["cora"], r["dropped"]
assert r["customers"]["anna"]["answered"] == 40 and r["customers"]["cora"]["state"] == "lost", r' \
    $T/lost/parties/lab/result.json || bad "who is lost is named"

# twelve at once: no answer lost, none swapped
bench/complement/customers.sh 12 20 "$(dirname "$P")" >$T/out 2>$T/err || bad "twelve customers"
expect '^12 customers, 240 rows answered, 0 unlike the whole model' $T/out

finish
