#!/bin/sh
# Many customers at once: no answer lost, none swapped.
#
#   bench/complement/customers.sh [CUSTOMERS] [ROWS] [build folder]
#
# One provider and 100 customers (or CUSTOMERS) as processes of their own over TLS on this machine, each
# with its own ROWS (48) drawn digits and secrets. Then every answer is compared with what the whole model
# says about that row under that secret (bench_complement_whole).
set -eu
customers=${1:-100} rows=${2:-48} build=${3:-build}
P=$build/privet
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export OMP_WAIT_POLICY=passive
"$P" train --data 'glyphs?classes=3,5&limit=5000' --model lenet5 --epochs 4 --out "$T/old.safetensors" --quiet >/dev/null
"$P" retrain "$T/old.safetensors" --data 'glyphs?classes=3,5&limit=5000' --keep 1 --epochs 25 --batch 32 \
    --out "$T/hidden.safetensors" --quiet >/dev/null
{
    printf '[scenario]\nname = %s customers\nscheme = complement\nmodel = lenet5\nseed = 1\nthreads = 1\n' "$customers"
    printf '[scheme]\nkind = complement\nkeep = 1\ncut = 2\nquery_batch = 16\n'
    printf '[party lab]\nrole = provider\n[local lab]\nmodel = %s/hidden.safetensors\ndata = glyphs?classes=3,5&limit=5000\n' "$T"
    i=1
    while [ "$i" -le "$customers" ]; do
        printf '[party c%03d]\nrole = customer\n[local c%03d]\ndata = glyphs?classes=3,5&split=test&limit=%d&seed=%d\n' \
            "$i" "$i" $((5 * rows)) $((i + 1))
        i=$((i + 1))
    done
} >"$T/many.ini"
begun=$(date +%s.%N)
"$P" run "$T/many.ini" --out "$T/run" --quiet >/dev/null
ended=$(date +%s.%N)
"$build"/bench/bench_complement_whole "$T/hidden.safetensors" "$T/run" >"$T/compared" || cat "$T/compared"
awk -v seconds="$(echo "$ended - $begun" | bc)" '
    { rows += $2; other += $7; n++ }
    END { printf "%d customers, %d rows answered, %d unlike the whole model, %.1f s from start to end\n", n, rows, other, seconds }
' "$T/compared"
if grep 'LOST OR SWAPPED' "$T/compared"; then exit 1; fi
