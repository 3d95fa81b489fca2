#!/bin/sh
# Parties as processes over TLS: a run, its audit, report and gate; resuming; what is refused.
. tests/cli/lib.sh

cat >$T/single.ini <<'INI'
[scenario]
name = single
scheme = federated
model = lenet5-dlg:init=0.5
seed = 1
[scheme]
algorithm = fedsgd
epochs = 1
batch = 1
lr = 0
alone = no
[party server]
role = server
[party a]
role = client
[party b]
role = client
[local]
data = glyphs?limit=6
parts = iid
[local server]
data =
test = glyphs?split=test&limit=50
INI

ok run $T/single.ini --out $T/run --json
[ "$(json scheme)" = '"federated"' ] || bad "scheme"
[ "$(json bytes.a-\>server)" -gt 10000 ] || bad "bytes from a to the server"
json test_accuracy >/dev/null || bad "test_accuracy"
ok view $T/run/parties/server/view.pvv
ok view --cross $T/run/parties/server/view.pvv $T/run/parties/a/view.pvv
[ "$(stat -c %a $T/run/parties/server/view.pvv)" = 600 ] || bad "a view is for its owner's eyes"

# a folder that is taken, and the same run once more: all parties have ended
fails 2 'something in it already' run $T/single.ini --out $T/run
ok run --resume --out $T/run

ok audit $T/run --attack idlg --json
[ "$(json findings.0.secret)" = '"training images"' ] || bad "the first finding's secret"
[ "$(json findings.0.n)" = 6 ] || bad "six images"
ok report $T/run
ok report $T/run --out $T/report.html
[ -s $T/report.html ] || bad "no page"
"$P" gate $T/run --max identification=0.05 >$T/out 2>$T/err
[ $? -eq 5 ] || bad "the gate closes"
ok audit $T/run --attack idlg --as-owner a --json
[ "$(json findings.0.n)" = 3 ] || bad "a's own three images"

# two of three clients put their views together: what is left of the mean is the third one's
sed 's/^lr = 0$/lr = 0.05/; s/^\[local\]/[party c]\nrole = client\n[local]/' $T/single.ini >$T/three.ini
ok run $T/three.ini --out $T/three --no-plain
ok audit $T/three --collude a,b --json
[ "$(json findings.0.adversary)" = '"a+b"' ] || bad "who put their views together"
[ "$(json findings.0.k)" = 2 ] || bad "c's two images"
fails 2 'no party "z"' audit $T/three --collude a,z --quiet
fails 2 'two parties or more' audit $T/three --collude a --quiet

# data that is not what was committed to
sed -i 's/limit=6/limit=6\&seed=9/' $T/run/parties/a/local.ini
fails 3 'committed to' audit $T/run --attack labels --quiet

fails 3 'nobody' audit $T/nobody
fails 3 'no-such.ini' run $T/no-such.ini --out $T/none
sed 's/algorithm = fedsgd/algorithm = magic/' $T/single.ini >$T/wrong.ini
fails 3 'wrong.ini:7.*fedavg' run $T/wrong.ini --out $T/none
sed 's/^batch = 1/btch = 1/' $T/single.ini >$T/wrong.ini
fails 3 'wrong.ini:9.*batch' run $T/wrong.ini --out $T/none
[ ! -e $T/none ] || bad "a refused scenario leaves no folder"
finish
