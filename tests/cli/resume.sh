#!/bin/sh
# Interrupted or killed at any moment and resumed, a run ends with the bytes of an undisturbed one.
. tests/cli/lib.sh

run="train -d glyphs?limit=3000 -m conv1 -e 8 --validation 0.1 --seed 5 -q"
ok $run -o $T/whole.safetensors

# Control-C: status 1, a checkpoint, a hint
"$P" $run -o $T/a.safetensors --checkpoint $T/a >"$T/out" 2>"$T/err" &
child=$!
sleep 0.5
kill -INT $child
wait $child
status=$?
if [ $status -ne 0 ]; then # 0: it was faster than the interrupt
    [ $status -eq 1 ] || bad "interrupted: status $status"
    [ ! -e "$T/a.safetensors" ] || bad "an interrupted run left a model"
    if [ -e "$T/a/checkpoint.safetensors" ]; then # it was not still drawing digits
        expect 'with --resume goes on' "$T/err"
    fi
fi
ok $run -o $T/a.safetensors --checkpoint $T/a --resume
cmp -s "$T/whole.safetensors" "$T/a.safetensors" || bad "interrupted and resumed: other weights"

# kill -9, several times over
for pause in 0.3 0.6 0.4; do
    "$P" $run -o $T/b.safetensors --checkpoint $T/b --resume >"$T/out" 2>"$T/err" &
    child=$!
    sleep $pause
    kill -KILL $child 2>/dev/null
    wait $child 2>/dev/null
done
ok $run -o $T/b.safetensors --checkpoint $T/b --resume
cmp -s "$T/whole.safetensors" "$T/b.safetensors" || bad "killed and resumed: other weights"

# a checkpoint of another run is refused
fails 3 '.' train -d glyphs?limit=3000 -m mlr -e 8 --validation 0.1 --seed 5 -q --checkpoint $T/b --resume

finish
