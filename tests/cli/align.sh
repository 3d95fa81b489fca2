#!/bin/sh
# privet align, from outside: both parties here, each by itself, what is refused, killed and resumed.
. tests/cli/lib.sh

rows() { # lines of a file below the first
    echo $(($(wc -l <"$1") - 1))
}

mode() {
    [ "$(stat -c %a "$1")" = 600 ] || bad "$1 has mode $(stat -c %a "$1")"
}

# --- the example: 200 people in both tables
ok align examples/align.ini --out $T/run
expect '^clinic: 200 of its 220 identifiers are also among the other.s 230' "$T/out"
expect '^registry: 200 of its 230 identifiers' "$T/out"
expect 'aligned-train.csv  150 rows' "$T/out"
for party in clinic registry; do
    folder=$T/run/parties/$party
    [ "$(rows $folder/aligned-train.csv)" = 150 ] || bad "$party has not 150 training rows"
    [ "$(rows $folder/aligned-test.csv)" = 50 ] || bad "$party has not 50 test rows"
    for file in aligned-train.csv aligned-test.csv order.json order-test.json view.pvv; do mode $folder/$file; done
done
[ "$(head -1 $T/run/parties/clinic/aligned-train.csv)" = age,bmi,pressure,glucose,smoker ] || bad "columns of the clinic"
[ "$(head -1 $T/run/parties/registry/aligned-train.csv)" = case,ill ] || bad "columns of the registry"

# Who is in line n of one file is in line n of the other: by the tables themselves.
python3 - "$T/run/parties" <<'PY' || bad "the rows do not belong together"
import csv, hashlib, json, sys
key = lambda name, born: (" ".join(name.split()).casefold(), born)
features, case = {}, {}
for r in csv.DictReader(open("examples/align/features.csv", encoding="utf-8")):
    features[key(r["surname"], r["born"])] = list(r.values())[2:]
for r in csv.DictReader(open("examples/align/labels.csv", encoding="utf-8")):
    case[r["case"]] = key(r["name"], r["date of birth"])
seen = set()
for part, order in ("train", "order.json"), ("test", "order-test.json"):
    a, b = (list(csv.reader(open(f"{sys.argv[1]}/{p}/aligned-{part}.csv"))) for p in ("clinic", "registry"))
    assert len(a) == len(b)
    for x, y in zip(a[1:], b[1:]):
        assert features[case[y[0]]] == x, (x, y)
        assert y[0] not in seen
        seen.add(y[0])
    o, p = (json.load(open(f"{sys.argv[1]}/{q}/{order}")) for q in ("clinic", "registry"))
    assert o["order"] == p["order"] and o["session"] == p["session"] and o["rows"] == len(a) - 1
    for q, name in (o, "clinic"), (p, "registry"):
        data = open(f"{sys.argv[1]}/{name}/{q['file']}", "rb").read()
        assert hashlib.sha256(data).hexdigest() == q["sha256"]
assert len(seen) == 200
PY
ok view $T/run/parties/clinic/view.pvv --cross $T/run/parties/registry/view.pvv
ok align examples/align.ini --out $T/run --resume --json
[ "$(json parties.clinic.rows)" = 200 ] || bad "rows in JSON"

ok run --resume --out $T/run
expect '^align: ' "$T/out"
fails 3 'trains no model' audit $T/run

# --- what is wrong with a table is said by its owner, and nothing is written
scenario() { # SETTINGS LEFT RIGHT
    printf '[scenario]\nscheme = align\n[scheme]\n%s\n[party a]\nrole = left\n[party b]\nrole = right\n' "$1"
    printf '[local a]\ndata = csv:a.csv\n%s\n[local b]\ndata = csv:b.csv\n%s\n' "$2" "$3"
}
printf 'id,x\n1,10\n2,20\n3,30\n4,40\n' >"$T/a.csv"
printf 'id,y\n4,d\n3,c\n2,b\n9,z\n' >"$T/b.csv"
refused() { # PATTERN, after a scenario was written
    rm -rf "$T/refused"
    fails 3 "$1" align "$T/s.ini" --out "$T/refused" --quiet
    [ -z "$(find "$T/refused" -name 'aligned*' -o -name 'order*.json' 2>/dev/null)" ] || bad "something was written"
}
scenario 'minimum = 4' 'ids = id' 'ids = id' >"$T/s.ini" && refused 'share 3 of 4 and 4 identifiers, less than minimum = 4'
scenario 'minimum = 5' 'ids = id' 'ids = id' >"$T/s.ini" && refused 'can.t be reached. Nothing was compared'
scenario 'minimum = 2' 'ids = id' 'ids = no' >"$T/s.ini" && refused "there is no column 'no'; the columns are id, y"
scenario 'minimum = 2' 'ids = id' 'ids = id,y
keep_ids = yes' >"$T/s.ini" && refused 'identifiers of [12] columns?'
scenario 'minimum = 2' '' 'ids = id' >"$T/s.ini" && refused 'a has no ids'
scenario 'minimum = 2' 'ids = id
missing_ids = guess' 'ids = id' >"$T/s.ini" && refused 's.ini:12: missing_ids = guess: error or drop'
scenario 'minimum = 2
on_loss = x' 'ids = id' 'ids = id' >"$T/s.ini" && refused 'on_loss'
printf 'id,x\n1,10\n2,20\n02,30\n2,40\n' >"$T/a.csv"
scenario 'minimum = 2' 'ids = id' 'ids = id' >"$T/s.ini" && refused 'a.csv: lines 3 and 5 are about the same id'
printf 'id,x\n1,10\n2,20\n,30\n' >"$T/a.csv"
scenario 'minimum = 2' 'ids = id' 'ids = id' >"$T/s.ini" && refused "a.csv:4: 'id' says nobody"
fails 3 'scheme is federated; align wants' align examples/federated-glyphs.ini --out "$T/x"
fails 2 'name it with --as' align examples/align.ini --out "$T/x" --local "$T/s.ini"

# --- each by itself, as on two machines; what `check` says before; another normalisation is found out
printf 'id,x\n1,10\n2,20\n3,30\n4,40\n' >"$T/a.csv"
scenario 'minimum = 3' 'ids = id' 'ids = id' >"$T/s.ini"
ok run "$T/s.ini" --out "$T/two" --prepare
ok check "$T/two/scenario.ini" --as a --local "$T/two/parties/a/local.ini" --out "$T/two/parties/a" --seconds 0
expect 'a.csv: 4 rows about 4 people or things, named by id' "$T/out"
pair() { # SCENARIO of b; statuses to $sa and $sb
    "$P" align "$T/two/scenario.ini" --as a --local "$T/two/parties/a/local.ini" --out "$T/two/parties/a" \
        >"$T/oa" 2>"$T/ea" &
    child=$!
    "$P" align "$1" --as b --local "$T/two/parties/b/local.ini" --out "$T/two/parties/b" >"$T/ob" 2>"$T/eb"
    sb=$?
    wait $child
    sa=$?
}
sed 's/^minimum = 3/minimum = 3\nnormalise = digits/' "$T/two/scenario.ini" >"$T/other.ini"
pair "$T/other.ini"
[ $sa -ne 0 ] && [ $sb -ne 0 ] || bad "two scenarios, and it went on: $sa, $sb"
grep -q 'normalise' "$T/ea" "$T/eb" || bad "nobody names the line that differs"
rm -rf "$T/two" && ok run "$T/s.ini" --out "$T/two" --prepare
pair "$T/two/scenario.ini"
[ $sa -eq 0 ] && [ $sb -eq 0 ] || bad "each by itself: $sa, $sb"
expect '^a: 3 of its 4 identifiers' "$T/oa"
[ "$(rows $T/two/parties/a/aligned.csv)" = 3 ] || bad "each by itself: rows"

# --- killed again and again, it ends with the same 3,000 rows at both
python3 - "$T" <<'PY'
import random, sys
rng = random.Random(1)
for name, first in ("a", 0), ("b", 2000):
    ids = list(range(first, first + 5000))
    rng.shuffle(ids)
    with open(f"{sys.argv[1]}/{name}.csv", "w") as f:
        f.write("id,x\n" + "".join(f"{i},{i}\n" for i in ids))
PY
scenario 'minimum = 3' 'ids = id' 'ids = id' >"$T/s.ini"
resume=
for pause in 0.2 0.5 0.8; do
    "$P" align "$T/s.ini" --out "$T/kill" $resume --quiet >"$T/out" 2>"$T/err" &
    child=$!
    sleep $pause
    kill -KILL $child 2>/dev/null
    wait $child 2>/dev/null
    [ -e "$T/kill/scenario.ini" ] && resume=--resume || { rm -rf "$T/kill"; resume=; }
done
sleep 1 # its parties notice that they are alone
ok align "$T/s.ini" --out "$T/kill" $resume --quiet
cmp -s "$T/kill/parties/a/aligned.csv" "$T/kill/parties/b/aligned.csv" || bad "killed and resumed: the rows differ"
[ "$(rows $T/kill/parties/a/aligned.csv)" = 3000 ] || bad "killed and resumed: rows"

finish
