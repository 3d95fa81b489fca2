#!/bin/sh
# privet view: list, verify, extract, hold against each other; and a view read without privet.
. tests/cli/lib.sh
mkdir "$T/v"
"$2" "$T/v" || bad "make_views"
a=$T/v/a.view server=$T/v/server.view

ok view "$server"
expect 'what server, the server, saw of a run of federated' "$T/out"
expect 'scenario  ee26f4137f88e2408f3f2e85b7d753592ca4b8034392d2bbd17247956c849c0a' "$T/out"
expect 'peers     a \(client\), b \(client\)' "$T/out"
expect 'messages  update       weights f32, kept full' "$T/out"
expect '^  received +a +update +3 +3 .*1-3$' "$T/out"
expect '^  derived +- +model +3 +1 ' "$T/out"
expect '^verified: 16 records, 14 payloads, 6 seals; every peer has sealed all up to step 3$' "$T/out"
ok view "$server" --records
[ "$(grep -c '2027-01-15T08:00:00' "$T/out")" = 16 ] || bad "not a line for each record"
expect '^ +2 +1  2027-01-15T08:00:00.001Z received  a +update +44 yes  [0-9a-f]{12}$' "$T/out"
ok view "$server" --quick
expect 'not verified' "$T/out"

ok view "$server" --json
[ "$(json party)" = '"server"' ] || bad "party"
[ "$(json records)" = 16 ] || bad "records"
[ "$(json summary.1.type)" = '"update"' ] || bad "summary"
[ "$(json verified.last_sealed_step)" = 3 ] || bad "verified"
[ "$(json torn_bytes)" = 0 ] || bad "torn"
ok view "$server" --json --quick --records
[ "$(json verified)" = null ] || bad "not verified"
[ "$(json list.2.kept)" = false ] || bad "list"
[ "$(json list.2.peer)" = null ] || bad "list: peer"

ok view "$server" --payload 2
expect '^  weights +f32 +\[5\] +-1 +1 +3$' "$T/out"
ok view "$server" --payload 2 --json
[ "$(json tensors.0.mean)" = 1.0 ] || bad "mean"
[ "$(json record.kind)" = '"received"' ] || bad "kind"
ok view "$server" --payload 4
expect 'had sent +1 frames' "$T/out"
fails 3 'record 3 \(model derived, step 1\): only its hash .*every:2' view "$server" --payload 3
fails 3 'no record 17 among its 16' view "$server" --payload 17

ok view "$server" --extract 2 --out "$T/two.npz"
[ "$(stat -c %a "$T/two.npz")" = 600 ] || bad "others may read what was extracted"
python3 - "$T/two.npz" <<'END' || bad "the npz file"
import struct, sys, zipfile
data = zipfile.ZipFile(sys.argv[1]).read("weights.npy")
assert struct.unpack("<5f", data[-20:]) == (-1, 0, 1, 2, 3), data
END
ok view "$server" --extract 2 --out "$T/two.npz" --json
[ "$(json tensors)" = 1 ] || bad "tensors"
fails 2 'is a seal' view "$server" --extract 4 --out "$T/four.npz"
fails 2 'belong together' view "$server" --extract 4
fails 2 'belong together' view "$server" --out "$T/x.npz"
fails 2 'one at a time' view "$server" --payload 1 --records
fails 2 'takes two' view "$server" "$a"
fails 2 'takes two' view --cross "$a"

ok view --cross "$a" "$server"
expect 'agree on all 12 frames that both have' "$T/out"
ok view --cross "$server" "$a" --json
[ "$(json frames)" = 12 ] || bad "frames"
[ "$(json a_only)" = 0 ] || bad "a_only"
fails 3 'from a to server, frame 1 is the first on which the views disagree' \
    view --cross "$a" "$T/v/lies.view"
fails 3 'both views of a' view --cross "$a" "$a"

# --- a byte changed in a payload, in a record, in the header; an end torn off; not a view at all
spoil() { # FILE OFFSET: from the end when negative
    cp "$server" "$T/v/spoilt.view"
    python3 - "$T/v/spoilt.view" "$1" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    data, at = bytearray(f.read()), int(sys.argv[2])
    data[at] ^= 1
    f.seek(0)
    f.write(data)
END
}
spoil -1
fails 3 'record 16 \(model published, step 3\): its bytes do not fit its hash' view "$T/v/spoilt.view"
ok view "$T/v/spoilt.view" --quick
spoil -73
fails 3 'chain of hashes breaks at record 16' view "$T/v/spoilt.view"
spoil 20
fails 3 'the header does not fit its hash' view "$T/v/spoilt.view"
head -c "$(($(stat -c %s "$server") - 5))" "$server" >"$T/v/torn.view"
ok view "$T/v/torn.view"
expect 'torn +1[0-9][0-9] bytes of a record that was not finished' "$T/out"
expect '^verified: 15 records' "$T/out"
fails 3 'the magic "PVVIEW" is not there' view tests/cli/view.sh
fails 3 'no such file' view "$T/v/none.view"

# --- without privet
python3 examples/python/read_view.py "$server" >"$T/out" 2>"$T/err" || bad "read_view.py"
expect '^record 2: received, type 16, step 1, 44 bytes$' "$T/out"
expect '^    weights \[5\] -1.0 .. 3.0$' "$T/out"
expect '^record 3: derived, type 17, step 1, .* not kept$' "$T/out"
[ "$(grep -c '^record' "$T/out")" = 16 ] || bad "read_view.py: records"
python3 examples/python/read_view.py "$T/v/torn.view" >"$T/out" 2>"$T/err" || bad "read_view.py: torn"
spoil -73
python3 examples/python/read_view.py "$T/v/spoilt.view" >"$T/out" 2>"$T/err" && bad "read_view.py: spoilt"
expect 'the chain breaks at byte' "$T/err"

finish
