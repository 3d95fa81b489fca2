#!/bin/sh
# privet bench vertical: figures of the size that was asked for, and what is computed is said to be.
. tests/cli/lib.sh

small="--bits 2048 --batch 2 --width 3 --outputs 2 --steps 4 --seconds 0.01 --threads 1"
for name in predict single train; do
    # shellcheck disable=SC2086
    ok bench vertical $small --case $name --json
    [ "$(json cases.0.name)" = "\"$name\"" ] || bad "another case than $name"
    [ "$(json cases.0.computed)" = false ] || bad "$name: computed"
    [ "$(json cases.0.width) $(json cases.0.outputs) $(json bits) $(json threads)" = "3 2 2048 1" ] || bad "$name: sizes"
    for figure in core_ms wall_ms bytes batches exponent_bits sigma; do
        case $(json cases.0.$figure) in
            0 | 0.0 | null | -*) bad "$name: $figure: $(json cases.0.$figure)" ;;
        esac
    done
done
ok bench vertical --bits 2048 --case gelu-conv1 --seconds 0.01 --json
[ "$(json cases.0.computed) $(json cases.0.operations.products)" = "true 33960" ] || bad "gelu-conv1"
python3 - "$T/out" <<'END' || bad "the computed time is not operations times what each takes"
import json, sys
found = json.load(open(sys.argv[1]))
case, each = found["cases"][0], found["operation_core_ms"]
want = sum(case["operations"][name + "s"] * each[name] for name in each)
sys.exit(abs(case["core_ms"] / want - 1) > 1e-9)
END
# shellcheck disable=SC2086
ok bench vertical $small --case predict --masks weak
expect 'key of 2048 bits, weak masks, 1 threads' "$T/out"
expect 'published: ACML' "$T/out"
fails 2 'no built-in key of 2050 bits' bench vertical --bits 2050 --case predict
fails 2 'case' bench vertical --case nothing

finish
