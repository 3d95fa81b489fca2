#!/usr/bin/env bash
# How many lines of each reader the tests and the fuzzing corpora reach, by llvm-cov; fails below 85 % for any.
#
#   tools/coverage.sh [BUILD]      (BUILD: build/coverage, made when it is not there)
set -euo pipefail
cd "$(dirname "$0")/.."

least=85
build=${1:-build/coverage}
llvm() {
    if command -v "llvm-$1-14" >/dev/null; then "llvm-$1-14" "${@:2}"; else "llvm-$1" "${@:2}"; fi
}

CC=clang cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DPV_COVERAGE=ON >/dev/null
programs=()
targets=()
for source in tests/unit/{wire,codec}/*.c tests/unit/base/{ini,json}.c tests/unit/data/{spec,tabular}.c \
    tests/unit/nn/model{,_text}.c; do
    name=test_$(echo "${source#tests/}" | sed 's/\.c$//; s,/,_,g')
    targets+=("$name")
    programs+=("$build/tests/$name")
done
for corpus in fuzz/corpus/*/; do
    name=replay_$(basename "$corpus")
    targets+=("$name")
    programs+=("$build/fuzz/$name")
done
cmake --build "$build" --target "${targets[@]}" >"$build/build.log" || { tail "$build/build.log" >&2; exit 1; }

rm -f "$build"/*.profraw
objects=()
for program in "${programs[@]}"; do
    corpus=
    case $program in */replay_*) corpus=fuzz/corpus/${program##*/replay_} ;; esac
    LLVM_PROFILE_FILE=$build/$(basename "$program").profraw "$program" ${corpus:+"$corpus"} >/dev/null 2>&1 ||
        { echo "coverage: $program failed" >&2; exit 1; }
    objects+=(-object "$program")
done
llvm profdata merge -sparse "$build"/*.profraw -o "$build/all.profdata"
llvm cov export -summary-only -instr-profile="$build/all.profdata" "${objects[@]:1}" |
    python3 -c "
import json, os, sys
worst = 100.0
readers = ('src/wire/', 'src/codec/', 'src/base/ini', 'src/base/json', 'src/data/spec', 'src/data/tabular',
           'src/nn/model_text', 'src/nn/model_file')
for f in sorted(json.load(sys.stdin)['data'][0]['files'], key=lambda f: f['filename']):
    path, lines = os.path.relpath(f['filename']), f['summary']['lines']
    if path.endswith('.c') and path.startswith(readers):
        print('%-24s %4d of %4d lines  %5.1f %%' % (path, lines['covered'], lines['count'], lines['percent']))
        worst = min(worst, lines['percent'])
sys.exit('coverage: a reader is below $least %' if worst < $least else 0)"
