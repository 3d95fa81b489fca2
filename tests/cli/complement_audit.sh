#!/bin/sh
# An audit of the committed scenario of a provider and two customers: the plain scheme's secret is read, by the provider
# and by a customer that audits alone; what an adversary lacks is said.
. tests/cli/lib.sh
share() { # METRIC SHARE: at least so much of it was found, in a valid finding
    python3 - $T/out "$1" "$2" <<'END' || bad "$1 below $2"
import json, sys
found = [f for f in json.load(open(sys.argv[1]))["findings"] if f["metric"] == sys.argv[2]]
assert found and all(f["level"] != "invalid" and f["k"] >= float(sys.argv[3]) * f["n"] for f in found), found
END
}

says() { # WORDS: they are in the table, whichever lines they stand in
    tr -s ' \n' ' ' <$T/out | grep -qF "$1" || bad "no word of '$1'"
}

ok run examples/complement-glyphs.ini --out $T/run --quiet
ok audit $T/run --attack secret-probe --json --quiet
share secrets 0.99
python3 -c "import sys; sys.exit(not 0.5 <= $(json findings.0.baseline) < 0.6)" || bad "chance is the prior"
[ "$(json findings.0.n)" = 500 ] || bad "every row that was answered"
[ "$(json findings.0.confidence.9.n)" -gt 400 ] || bad "how sure it was"
[ "$(json customers.1.answered)" = 200 ] || bad "customers"
python3 -c "import sys; sys.exit(not 0 < $(json customers.0.seconds) < 60)" || bad "seconds of queries"
[ "$(json by_secret.1.name)" = '"1"' ] || bad "accuracy by secret"
"$P" gate $T/run --max secrets=0.6 >$T/out 2>$T/err
[ $? = 5 ] || bad "a gate on secrets"
ok gate $T/run --max secrets=1
ok audit $T/run --attack probe --json --quiet
share labels 0.95
ok report $T/run --out $T/page.html
grep -q 'What a query cost' $T/page.html || bad "no costs on the page"
grep -q 'What was tried' $T/page.html || bad "nothing of probes on the page"

# a few images, by who knows the front
ok audit $T/run --attack likelihood --targets 2 --controls 4 --set steps=200 --json --quiet
[ "$(json findings.0.n)" = 16 ] || bad "eight of a query"
[ "$(json findings.0.targets.15.recovered)" = false ] || bad "a picture behind two pools is not recovered"

# alone, with nothing but its own folder
mkdir -p $T/alone/parties
cp $T/run/scenario.ini $T/alone
cp -r $T/run/parties/clinic-a $T/alone/parties
ok audit $T/alone --as-owner clinic-a --attack secret-probe --json --quiet
share secrets 0.99
[ "$(json findings.0.about)" = '"clinic-a"' ] || bad "about itself"
"$P" audit $T/run --as-owner lab --quiet >$T/out 2>$T/err
[ $? = 6 ] || bad "a provider cannot learn a copy alone"
says 'not possible alone: a copy is learnt from what clinic-a asked, in its own view'

# a provider that has halves and no samples; a view of hashes
lab="half = $T/run/parties/lab/provider.safetensors\\nfront = $T/run/parties/lab/customer.safetensors"
sed "s#^data = glyphs.classes=3,5&limit=5000#$lab#; /^test = /d" examples/complement-glyphs.ini >$T/halves.ini
printf '\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 3,5\n' >>$T/halves.ini
ok run $T/halves.ini --out $T/halves --quiet
"$P" audit $T/halves --attack secret-probe --quiet >$T/out 2>$T/err
[ $? = 6 ] || bad "status of an attack that lacks samples"
says 'lab has no samples of its own: its local file names no data'
printf '\n[view]\nactivation = digest\n' >>$T/halves.ini
ok run $T/halves.ini --out $T/hashes --quiet
"$P" audit $T/hashes --attack probe --quiet >$T/out 2>$T/err
[ $? = 6 ] || bad "status of an audit without records"
says 'of 17 queries the view kept hashes only'

# a result that cannot be
sed -i 's/"answered": 300/"answered": 301/' $T/alone/parties/clinic-a/result.json
fails 3 'right of 301 answered of 300 rows' audit $T/alone --as-owner clinic-a --attack secret-probe --quiet

finish
