#!/bin/sh
# data info, convert and split; list.
. tests/cli/lib.sh

ok data info 'glyphs?limit=120' --json --sheet $T/sheet.png --per-class 4
[ "$(json count)" = 120 ] || bad "count"
[ "$(json kind)" = '"images"' ] || bad "kind"
[ "$(json shape.0)" = 28 ] || bad "shape"
[ "$(json classes.3.name)" = '"3"' ] || bad "class names"
[ "$(json classes.3.count)" = 12 ] || bad "class counts"
[ "$(json columns.0.max)" != null ] || bad "ranges"
[ "$(head -c 4 "$T/sheet.png" | tail -c 3)" = PNG ] || bad "the contact sheet is no PNG"
ok data info 'glyphs?limit=120'
expect 'class 3 +12$' "$T/out"

# there and back again: the same samples
ok data convert 'glyphs?limit=60' npz:$T/a.npz --json
[ "$(json count)" = 60 ] || bad "count of the conversion"
ok data convert npz:$T/a.npz images:$T/pictures
ok data convert images:$T/pictures npz:$T/b.npz
ok data info npz:$T/a.npz --json
mean=$(json columns.0.mean)
ok data info npz:$T/b.npz --json
[ "$(json columns.0.mean)" = "$mean" ] || bad "the pictures changed on their way"

# parts: all samples, none twice; alpha makes them uneven
ok data split 'glyphs?limit=100' --parts 3 --out $T/parts --json
[ "$(json parts.0.count) $(json parts.1.count) $(json parts.2.count)" = '34 33 33' ] || bad "sizes"
ok data split 'glyphs?limit=100' --parts 2 --alpha 0.1 --seed 3 --out $T/uneven
expect 'part-2.npz: 50 samples' "$T/out"
ok data info npz:$T/uneven/part-1.npz

for what in models data optimisers schedules; do
    ok list $what
    [ "$(wc -l <"$T/out")" -ge 3 ] || bad "list $what"
    ok list $what --json
    json $what.0.name >/dev/null || bad "list $what --json"
done
ok list models
expect '^lenet5 ' "$T/out"

ok bench engine --case mlp-b64-train --rounds 1 --seconds 0.01 --json
[ "$(json cases.0.name)" = '"mlp-b64-train"' ] || bad "case"
json cases.0.ms >/dev/null && json cases.0.gflops >/dev/null || bad "figures"
ok bench engine --case lenet5-b1-second-order --rounds 1 --seconds 0.01
expect 'lenet5-b1-second-order .* ms' "$T/out"

finish
