#!/bin/sh
# What an audit found: as a table, as a page, as JSON; and a gate that stops on it.
. tests/cli/lib.sh

F=tests/fixtures/findings

# --- the table
ok report $F/hospitals.json
expect '^hospitals-04: what each party could reconstruct$' "$T/out"
expect '^F1   most    Server .*97/100   91.5-99.4 %     0/100$' "$T/out"
[ "$(awk '{ gsub(/[\200-\277]/, ""); if (length > 80) n++ } END { print n + 0 }' "$T/out")" = 0 ] ||
    bad "lines beyond 80 columns"
ok report $F/masked.json $F/broken.json
expect '^hospitals-masked' "$T/out"
expect '^broken' "$T/out"

# --- a run is a folder, too
mkdir -p "$T/run/audit"
fails 3 'no findings yet; privet audit' report "$T/run"
cp $F/hospitals.json "$T/run/audit/findings.json"
ok report "$T/run"
expect '^hospitals-04' "$T/out"

# --- the page: pictures only when asked for, then marked and for the owner's eyes alone
ok report "$T/run" -o "$T/page.html"
expect '^the page: .*page.html$' "$T/out"
grep -q '<img' "$T/page.html" && bad "pictures without --with-originals"
grep -q 'internal: contains' "$T/page.html" && bad "a mark without originals"
ok report "$T/run" --with-originals -o "$T/internal.html"
expect 'internal: it contains originals' "$T/out"
expect '<span class="internal">internal: contains originals</span>' "$T/internal.html"
expect '<img src="data:image/png;base64,' "$T/internal.html"
[ "$(stat -c %a "$T/internal.html")" = 600 ] || bad "others may read originals"
fails 3 'its audit kept none' report $F/masked.json --with-originals -o "$T/none.html"
[ -e "$T/none.html" ] && bad "a page after a failure"
ok report $F/hospitals.json $F/masked.json -o "$T/both.html" --json
[ "$(json runs)" = 2 ] || bad "runs: $(json runs)"
[ "$(json with_originals)" = false ] || bad "with_originals"
expect '<h1>2 runs: accuracy, cost, leak</h1>' "$T/both.html"

# --- JSON: the findings themselves, without pictures unless asked for
ok report "$T/run" --json
[ "$(json schema)" = '"privet-findings"' ] || bad "schema: $(json schema)"
[ "$(json findings.0.level)" = '"most"' ] || bad "level"
[ "$(json findings.0.value)" = 0.97 ] || bad "value: $(json findings.0.value)"
[ "$(json findings.0.exhibits.0.original)" = null ] || bad "an original without being asked"
ok report "$T/run" --json --with-originals
[ "$(json with_originals)" = true ] || bad "with_originals"
ok report $F/masked.json $F/broken.json --json
[ "$(json runs.1.run)" = '"broken"' ] || bad "two runs"

# --- what is refused
fails 2 'report: RUN is missing' report
fails 3 'nowhere' report "$T/nowhere"
sed 's/"k": 97/"k": 3/' $F/hospitals.json >"$T/edited.json"
fails 3 'edited.json.*was this file edited' report "$T/edited.json"
printf '{"schema":"privet-findings","schema_version":9}' >"$T/newer.json"
fails 1 'newer.json.*schema_version is 9' report "$T/newer.json"
fails 1 'no/folder' report "$T/run" -o "$T/no/folder/page.html"

# --- the gate
gate() { # STATUS VERDICT WORDS...
    wanted=$1 verdict=$2
    shift 2
    "$P" gate "$@" >"$T/out" 2>"$T/err"
    status=$?
    [ $status -eq "$wanted" ] || bad "status $status, not $wanted: privet gate $*"
    [ ! -s "$T/err" ] || bad "something on standard error: privet gate $*"
    expect "^gate $verdict\$" "$T/out"
}
gate 5 exceeded "$T/run" --max identification=0.05
sed -n 2p "$T/out" | grep -q '^F1, the server: identification 97 of 100, up to 99.4 %, above' ||
    bad "what decided does not come first"
gate 5 exceeded "$T/run" --max identification=1 --max membership=0.2
gate 5 exceeded "$T/run" --max membership=0.2 --max identification=1
gate 6 invalid "$T/run" --max membership=0.3
gate 0 open "$T/run" --max labels=1
gate 0 open --max=labels=1 "$T/run" -m identification=1
gate 6 invalid $F/broken.json --max identification=1
gate 0 open $F/masked.json --max identification=0.04 --max membership=0.02
ok gate $F/masked.json --max identification=0.04 --json
[ "$(json verdict)" = '"open"' ] || bad "verdict: $(json verdict)"
[ "$(json exit)" = 0 ] || bad "exit"
"$P" gate "$T/run" --max identification=0.05 --json >"$T/out" 2>"$T/err"
[ $? -eq 5 ] || bad "status with --json"
[ "$(json exit)" = 5 ] || bad "exit: $(json exit)"
fails 2 'gate: --max is missing' gate "$T/run"
fails 2 'takes METRIC=SHARE' gate "$T/run" --max identification
fails 2 'takes METRIC=SHARE' gate "$T/run" --max =0.5
fails 2 'takes METRIC=SHARE' gate "$T/run" --max identification=some
fails 2 'a share from 0 to 1' gate "$T/run" --max identification=5
fails 2 'measures "identifcation"; measured: identification' gate "$T/run" --max identifcation=0.5
fails 2 'not an empty word' gate "$T/run" --max=
fails 2 'nothing takes the word "labels=1"' gate "$T/run" labels=1 --max labels=1

finish
