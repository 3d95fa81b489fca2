#!/bin/sh
# privet cuts: the table, the object and the picture, of a network of the zoo and of a file; what is no such thing.
. tests/cli/lib.sh

small="--seconds 0.002 --images 1 --steps 20 --threads 1"
# shellcheck disable=SC2086
ok cuts lenet5 --data 'glyphs?limit=50' $small --svg "$T/cuts.svg"
expect '^lenet5 on glyphs\?limit=50: 44426 numbers, untrained$' "$T/out"
expect '^none +0 .*\[28,28,1\] +784 +1\.00' "$T/out"
expect '^2:before-pool +2572 .*\[8,8,16\] +1024 +1\.31 +4096 1024 512 ' "$T/out"
expect '^conv1 +1 +6 of 5x5x1, 1 +486 +169 +no +2 +6\.00 +from 3x3 positions; 3456 of 784 in the image$' "$T/out"
python3 - "$T/cuts.svg" <<'END' || bad "the picture is no SVG of two charts"
import sys, xml.dom.minidom
sys.exit(len(xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("svg")) != 3)
END

ok train --data 'glyphs?limit=50' --model mlp:hidden=5 --epochs 1 --out "$T/m.safetensors" --quiet
ok cuts "$T/m.safetensors" --data 'glyphs?limit=50' --bandwidth 1MB --images 0 --seconds 0.002 --json
[ "$(json cuts.1.cut) $(json cuts.1.numbers) $(json untrained) $(json bits_a_second)" = '"1" 5 false 8000000.0' ] || bad "json"
[ "$(json cuts.1.ssim) $(json cuts.1.images) $(json cuts.0.cut)" = 'null 0 null' ] || bad "an inversion that was not asked for"
python3 - "$T/out" <<'END' || bad "latency is not both halves and the bytes"
import json, sys
for cut in json.load(open(sys.argv[1]))["cuts"]:
    for bits, ms in cut["latency_ms"].items():
        if abs(ms - cut["customer_ms"] - cut["provider_ms"] - cut["bytes"][bits] / 1000) > 1e-9:
            sys.exit(1)
END

fails 2 "'1Mb' has no unit" cuts lenet5 --data glyphs --bandwidth 1Mb
fails 2 "'fast' is no bandwidth" cuts lenet5 --data glyphs --bandwidth fast
fails 3 "no model of the zoo" cuts "$T/none.safetensors" --data glyphs
fails 3 "does not fit samples" cuts alexnet_v2 --data glyphs
fails 2 "one stage only" cuts mlr --data glyphs
fails 2 "images" cuts lenet5 --data 'glyphs?limit=50' --images 51
fails 1 "nowhere" cuts lenet5 --data 'csv:none.csv' --images 0 --svg "$T/nowhere/cuts.svg"
printf 'secret 2\nflatten\ndense classes\n' >"$T/s.model"
fails 3 "takes a secret" train --data 'glyphs?limit=50' --model "$T/s.model" --out "$T/s.safetensors"
fails 3 "takes a secret" cuts "$T/s.model" --data 'glyphs?limit=50'

# --- what probes read of a model with a secret
two='glyphs?classes=3,5&limit=6000'
ok retrain --model mlp:hidden=24 --data "$two" --epochs 1 --quiet --out "$T/chance.safetensors"
ok cuts "$T/chance.safetensors" --data "$two" --probe --probe-seeds 1 --probe-rows 300 --images 0 --seconds 0.002
expect 'rightly, which is chance: a model that answers nothing' "$T/out"
ok train --model lenet5 --data "$two" --epochs 3 --quiet --out "$T/old.safetensors"
ok retrain "$T/old.safetensors" --keep 1 --data "$two" --epochs 4 --quiet --out "$T/h.safetensors"
ok cuts "$T/h.safetensors" --data "$two" --probe --probe-seeds 1 --probe-rows 600 --images 0 --seconds 0.002 --threads 1 --svg "$T/cuts.svg"
expect '% read: secret +label +prior$' "$T/out"
expect '^none .* - +- +-$' "$T/out"
expect '^2 +[0-9].* +(100|9[0-9])\.[0-9] +[0-9.]+ +[0-9.]+$' "$T/out"
expect 'the model answers 9[0-9]\.[0-9]+ % rightly$' "$T/out"
expect '^fresh probes learned from [0-9]+ rows of the training split and read [0-9]+ others of the test split' "$T/out"
python3 - "$T/cuts.svg" <<'END' || bad "the picture is no SVG of latencies and probes"
import sys, xml.dom.minidom
sys.exit(len(xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("svg")) != 3)
END
ok cuts "$T/h.safetensors" --data "$two&split=test" --cut 2 --probe --probe-seeds 1 --probe-rows 100 --images 0 --seconds 0.002 --json
[ "$(json probes_read) $(json probe_seeds) $(json cuts.1.probe.learned)" = '"other half" 1 100' ] || bad "json of probes"
ok cuts "$T/h.safetensors" --data "$two" --images 0 --seconds 0.002 --json
[ "$(json cuts.1.probe) $(json probes_read)" = 'null null' ] || bad "probes that were not asked for"
fails 2 "takes no secret.*privet retrain" cuts "$T/m.safetensors" --data 'glyphs?limit=50' --probe
fails 2 "is no cut" cuts "$T/h.safetensors" --data "$two" --cut 9
fails 2 "in the clear" cuts "$T/h.safetensors" --data "$two" --cut 1
fails 2 "probe-seeds" cuts "$T/h.safetensors" --data "$two" --probe --probe-seeds 0

finish
