# What the scripts of tests/cli share. Each is called with the path of the program and runs in the
# root of the source tree; it sources this file first.
#
#   ok WORDS...                     the program must end with 0; its output is in $T/out and $T/err
#   fails STATUS PATTERN WORDS...   it must end with STATUS, say exactly one line that matches
#                                   PATTERN (grep -E) on standard error, and nothing on standard output
#   expect PATTERN FILE             FILE must have a line that matches
set -u
P=$1
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=2
failed=0

bad() {
    printf 'FAILED: %s\n' "$*"
    sed 's/^/    out: /' "$T/out" | cut -c1-400 | head -5
    sed 's/^/    err: /' "$T/err" | head -5
    failed=1
}

ok() {
    "$P" "$@" >"$T/out" 2>"$T/err"
    status=$?
    [ $status -eq 0 ] || bad "status $status: privet $*"
}

fails() {
    wanted=$1 pattern=$2
    shift 2
    "$P" "$@" >"$T/out" 2>"$T/err"
    status=$?
    [ $status -eq "$wanted" ] || bad "status $status, not $wanted: privet $*"
    [ ! -s "$T/out" ] || bad "something on standard output: privet $*"
    [ "$(grep -c '^privet: ' "$T/err")" = 1 ] || bad "not one message: privet $*"
    grep -qE "^privet: .*$pattern" "$T/err" || bad "no message like '$pattern': privet $*"
}

expect() {
    grep -qE -- "$1" "$2" || bad "no line like '$1' in $2"
}

# The value of a key of the one JSON object in $T/out, by Python's own parser.
json() {
    python3 -c 'import json, sys
lines = open(sys.argv[1]).read().splitlines()
assert len(lines) == 1, "not one line of JSON"
value = json.loads(lines[0])
for key in sys.argv[2].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value))' "$T/out" "$1"
}

finish() {
    [ $failed -eq 0 ] && echo "all as expected"
    exit $failed
}
