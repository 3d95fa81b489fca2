#!/usr/bin/env bash
# Fuzz every reader for ten minutes of processor time each, one after the other, and say what came of it:
#
#   cmake --preset fuzz && cmake --build --preset fuzz --target fuzz
#   tools/fuzz.sh [-s SECONDS] [BUILD [READER...]]     (BUILD: build/fuzz)
#
# What it finds lies in BUILD/found/; copy it to fuzz/corpus/READER/ with the fix. New inputs that reach new code are
# kept in BUILD/new/READER/ for the next time. The summary, a line a reader, goes to BUILD/fuzz.log.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=600
if [ "${1:-}" = -s ]; then
    seconds=$2
    shift 2
fi
build=${1:-build/fuzz}
shift || true
if [ $# -eq 0 ]; then
    for corpus in fuzz/corpus/*/; do set -- "$@" "$(basename "$corpus")"; done
fi

TIMEFORMAT='%U %S'
mkdir -p "$build/found"
failed=0
for reader in "$@"; do
    new=$build/new/$reader
    out=$build/$reader.out
    spent=0 runs=0 state=clean
    mkdir -p "$new"
    while [ "$spent" -lt "$seconds" ] && [ "$state" = clean ]; do
        # -max_total_time counts seconds on the clock; what counts here are those of the processor
        { time nice -n 19 "$build/fuzz/fuzz_$reader" -max_total_time=$((seconds - spent)) -timeout=20 \
            -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/found/$reader-" \
            "$new" "fuzz/corpus/$reader" >"$out" 2>&1 || state="FOUND something, see $out"; } 2>"$out.time"
        spent=$((spent + $(awk '{ print int($1 + $2 + 1) }' "$out.time")))
        executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out")
        runs=$((runs + ${executed:-0}))
    done
    [ "$state" = clean ] || failed=1
    printf '%-12s %4d s %12d executions  %s\n' "$reader" "$spent" "$runs" "$state" | tee -a "$build/fuzz.log"
done
exit $failed
