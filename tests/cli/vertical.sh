#!/bin/sh
# Two parties as processes over TLS: training, evaluation and prediction with the halves, merging, and
# what is refused. The key is made by the run.
. tests/cli/lib.sh

cat >$T/train.ini <<'INI'
[scenario]
name = train
scheme = vertical
model = mlp:hidden=8
seed = 1
[scheme]
key_bits = 2048
epochs = 2
batch = 20
lr = 0.02
momentum = 0.9
clamp = 64
[party clinic]
role = active
[party registry]
role = passive
[local]
data = glyphs?limit=100
test = glyphs?split=test&limit=50
INI
ok run $T/train.ini --out $T/train --json
[ "$(json scheme)" = '"vertical"' ] || bad "scheme"
[ "$(json 'bytes.clinic->registry')" -gt 100000 ] || bad "bytes from the clinic"
[ "$(json test_count)" = 50 ] || bad "what was measured"
[ "$(json plain.test_count)" = 50 ] || bad "what was measured plainly"
accuracy=$(json test_accuracy)
json parties.clinic.bounds | grep -q '|W| <=' || bad "bounds in the results"
ok view --cross $T/train/parties/clinic/view.pvv $T/train/parties/registry/view.pvv
for party in clinic registry; do
    [ "$(stat -c %a $T/train/parties/$party/half.safetensors)" = 600 ] || bad "$party: its half"
done
[ "$(stat -c %a $T/train/parties/clinic/paillier.key)" = 600 ] || bad "the key is for its owner"
fails 3 "passive party's half" eval --model $T/train/parties/registry/half.safetensors --data glyphs

# an audit runs all attacks on what both noted; what it did not run, it names
ok audit $T/train --quiet
for attack in direction clustering completion regression; do expect "^ *$attack[;,]" $T/out; done
grep -q 'Other attacks on the' $T/out && bad "an audit with all attacks has others"
"$P" audit $T/train --as-owner registry --quiet >$T/out 2>$T/err
expect '0 of 1 finding is valid' $T/out
ok audit $T/train --attack direction --quiet
expect 'Other attacks on the labels: clustering, norm, spectral, completion' $T/out

# check: bounds and forecast before anything runs
ok check $T/train/scenario.ini --as clinic --local $T/train/parties/clinic/local.ini --seconds 0
expect '[|]W[|] <=' $T/out
expect 'forecast: .* between all parties' $T/out
sed 's/^clamp = 64/clamp = 64\nweight_decay = 10/' $T/train/scenario.ini >$T/wide.ini
fails 3 'the shared layer dense2' check $T/wide.ini --as clinic \
    --local $T/train/parties/clinic/local.ini --seconds 0

# settings that would do nothing, and nothing that would learn
wrong() { # LINE, PATTERN
    sed "s/^clamp = 64/clamp = 64\n$1/; /^lr/d" $T/train.ini >$T/wrong.ini
    fails 3 "$2" run $T/wrong.ini --out $T/wrong --quiet
    [ ! -e $T/wrong ] || bad "$1: a folder was left"
}
wrong 'noise = 1' 'wrong.ini:[0-9]*: noise = 1 does nothing with protect = none'
wrong 'protect = rr\nclip = 1' 'clip = 1 does nothing with protect = rr'
wrong 'weak_bits = 5' 'weak_bits = 5 does nothing with masks = strong'
wrong 'shared_lr = 0' 'would never move'

# who was refused before it met anybody has its folder free for a better scenario
sed '/^\[schema/,/^classes/d' $T/train/scenario.ini >$T/bare.ini
fails 3 'a .schema. is missing' party $T/bare.ini --as clinic --local $T/train/parties/clinic/local.ini --out $T/again --quiet
[ -z "$(ls $T/again)" ] || bad "left behind: $(ls $T/again)"

# check looks at the other files: here a key of other bits
ok keys paillier --bits 3072 --out $T/wide.key --quiet
{ cat $T/train/parties/clinic/local.ini; echo "paillier = $T/wide.key"; } >$T/wide-local.ini
"$P" check $T/train/scenario.ini --as clinic --local $T/wide-local.ini --seconds 0 >$T/out 2>$T/err
[ $? = 3 ] || bad "a key of other bits"
expect '^fail  files .*wide.key: a key of 3072 bits, the scenario asks for key_bits = 2048' $T/out

# with the halves
later() {
    sed '/^epochs/d; /^lr/d; /^momentum/d; /^clamp/d; /^batch/d; /^test/d; /^data/d; s/^\[local\]//' \
        $T/train.ini | sed "s/^key_bits = 2048/key_bits = 2048\ntask = $1\n$2/"
    printf '[schema]\nkind = image\nshape = 28,28,1\nclasses = 10\n'
    printf '[local clinic]\nhalf = %s/parties/clinic/half.safetensors\npaillier = %s\n' \
        "$3" "$T/train/parties/clinic/paillier.key"
    printf '[local registry]\nhalf = %s/parties/registry/half.safetensors\n' "$4"
    [ -z "$5" ] || printf '[local]\ntest = %s\n' "$5"
}
later evaluate "" $T/train $T/train 'glyphs?split=test&limit=50' >$T/evaluate.ini
ok run $T/evaluate.ini --out $T/evaluate --json
[ "$(json test_accuracy)" = "$accuracy" ] || bad "the halves measure as the training did"
later predict "answers = label" $T/train $T/train 'glyphs?split=test&limit=50' >$T/predict.ini
ok run $T/predict.ini --out $T/predict --json
[ "$(wc -l <$T/predict/parties/registry/predictions.csv)" = 51 ] || bad "predictions"
[ "$(head -1 $T/predict/parties/clinic/predictions.csv)" = row,label ] || bad "answers"
cut -d, -f1,2 $T/predict/parties/registry/predictions.csv |
    cmp -s - $T/predict/parties/clinic/predictions.csv || bad "both know the same labels"

grep -v '^classes' $T/predict.ini | sed 's/^shape.*/&\nclasses = 9,8,7,6,5,4,3,2,1,0/' >$T/classes.ini
fails 3 "class 0 of its training is '0', .schema. says '9'" run $T/classes.ini --out $T/classes --quiet
ok run $T/evaluate.ini --out $T/spoken
expect '^the run: [^;]*$' $T/out # and no word of an audit that would be refused
fails 3 'claims nothing about this run' audit $T/evaluate
[ ! -e $T/evaluate/audit ] || bad "an audit of nothing leaves a folder"

# what answers tell: probabilities all of W and b, labels where classes meet
finding() { # RUN, KEY
    python3 -c 'import json, sys; f = json.load(open(sys.argv[1]))["findings"]
assert len(f) == 1, len(f); f = f[0]
m = {x["name"]: x["value"] for x in f["measures"]}
print({"secret": f["secret"], "k": f["k"], "n": f["n"], "level": f["level"],
       "error": m["relative error of W and b"] < 1e-3,
       "agree": m["rows labelled as by the true layer"] > 0.9}[sys.argv[2]])' $1/audit/findings.json $2
}
later predict "answers = probability" $T/train $T/train 'glyphs?split=test&limit=50' >$T/all.ini
ok run $T/all.ini --out $T/all --quiet
ok audit $T/all --quiet
[ "$(finding $T/all secret)" = 'weights of the shared layer' ] || bad "the weights are attacked"
# W_0 is drawn anew in every run: a hidden unit that is zero on all of these rows leaves its ten weights open
[ "$(finding $T/all n)" = 90 ] && [ "$(finding $T/all k)" -ge 50 ] || bad "probabilities solve for W and b"
[ "$(finding $T/all agree)" = True ] || bad "rows labelled as by the true layer"
ok audit $T/predict --quiet
[ "$(finding $T/predict error)" = False ] || bad "labels do not tell how large weights are"
"$P" audit $T/all --as-owner registry --quiet >$T/out 2>$T/err
expect 'only clinic knows what went into' $T/out

cp $T/train/parties/clinic/half.safetensors $T/open.safetensors
chmod 644 $T/open.safetensors
sed "s#^half = .*clinic.*#half = $T/open.safetensors#" $T/predict.ini >$T/open.ini
fails 4 'open.safetensors: has mode 0644' run $T/open.ini --out $T/open --quiet
sed "s#wide.key#wide.key.pub#" $T/wide-local.ini >$T/public.ini
"$P" check $T/train/scenario.ini --as clinic --local $T/public.ini --seconds 0 >$T/out 2>$T/err
expect '^fail  files .*wide.key.pub: holds a PRIVET PAILLIER PUBLIC KEY' $T/out

# merging: by those who agreed to it only
fails 3 'does not merge' merge $T/train.ini --out $T/none
later merge "merge = none" $T/train $T/train "" >$T/none.ini
fails 3 'merge = none' merge $T/none.ini --out $T/none
later merge "merge = both" $T/train $T/train "" >$T/merge.ini
ok merge $T/merge.ini --out $T/merged
expect 'into labels' $T/err
for party in clinic registry; do
    ok eval --model $T/merged/parties/$party/model.safetensors --data 'glyphs?split=test&limit=50' --json
    [ "$(json accuracy)" = "$accuracy" ] || bad "the merged model measures as the halves did"
done

# halves of two trainings
sed 's/^seed = 1/seed = 2/' $T/train.ini >$T/second.ini
ok run $T/second.ini --out $T/second --no-plain --quiet
later merge "merge = both" $T/train $T/second "" >$T/mixed.ini
fails 3 'halves of one training' merge $T/mixed.ini --out $T/mixed --quiet

# weak masks are said so, and work
sed 's/^clamp = 64/clamp = 64\nmasks = weak/; s/^epochs = 2/epochs = 1/' $T/train.ini >$T/weak.ini
ok run $T/weak.ini --out $T/weak --no-plain --json

# columns of one table, each from a file of its own
printf 'a,b,c\n' >$T/left.csv
printf 'kind\n' >$T/right.csv
for i in $(seq 60); do
    printf '%d,%d,%d\n' $((i % 7)) $((i % 5)) $((i % 2 * 4)) >>$T/left.csv
    [ $((i % 2)) = 0 ] && echo no >>$T/right.csv || echo yes >>$T/right.csv
done
sed -e 's/mlp:hidden=8/mlr/; s/^epochs = 2/epochs = 10/; s/^clamp = 64//; /^data/d; /^test/d' \
    -e 's/^\[local\]//' $T/train.ini >$T/table.ini
printf '[local clinic]\ndata = csv:%s/left.csv?label=none\ntest = csv:%s/left.csv?label=none\n' $T $T >>$T/table.ini
printf '[local registry]\ndata = csv:%s/right.csv?features=none\ntest = csv:%s/right.csv?features=none\n' $T $T >>$T/table.ini
ok run $T/table.ini --out $T/table --json
[ "$(json test_accuracy)" = 1.0 ] || bad "the table is learnt"
sed '2,$s/,4$/,yes/; 2,$s/,0$/,no/' $T/left.csv >$T/named.csv
sed 's/left.csv?label=none/named.csv/; s/^epochs.*/epochs = 1/' $T/table.ini >$T/unused.ini
ok run $T/unused.ini --out $T/unused --no-plain --quiet
expect 'label, which the active party does not use' $T/unused/parties/clinic/log.txt
sed -i 's/^\(data = .*right.csv\).*/\1?label=none/' $T/table.ini
fails 3 'no party has labels' run $T/table.ini --out $T/swapped --quiet
finish
