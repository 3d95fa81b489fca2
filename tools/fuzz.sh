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

# Processor seconds of the children that have ended.
spent() {
    times | awk 'NR == 2 { split($1 "m" $2, t, /[ms]/); print int(60 * t[1] + t[2] + 60 * t[4] + t[5]) }'
}

mkdir -p "$build/found"
failed=0
for reader in "$@"; do
    new=$build/new/$reader
    mkdir -p "$new"
    start=$(spent)
    runs=0
    state=clean
    while [ $(($(spent) - start)) -lt "$seconds" ]; do
        left=$((seconds - $(spent) + start))
        if ! nice -n 19 "$build/fuzz/fuzz_$reader" -max_total_time="$left" -timeout=20 -rss_limit_mb=2048 \
            -max_len=4096 -print_final_stats=1 -verbosity=0 -artifact_prefix="$build/found/$reader-" \
            "$new" "fuzz/corpus/$reader" >"$build/$reader.out" 2>&1; then
            state="FOUND something, see $build/$reader.out"
            failed=1
        fi
        runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$reader.out")))
        [ "$state" = clean ] || break
    done
    printf '%-12s %4d s %12d executions  %s\n' "$reader" $(($(spent) - start)) "$runs" "$state" |
        tee -a "$build/fuzz.log"
done
exit $failed
