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
fails 2 'a is named twice' audit $T/three --collude a,a --quiet
fails 2 'no attack "magic"; there are: idlg' audit $T/three --attack magic --quiet
fails 2 'steps is .abc.' audit $T/three --set steps=abc --quiet
fails 2 'claims nothing about the data of a server' audit $T/three --as-owner server --quiet

# masked sums: the sum of a step is attacked, about both clients' images together
sed 's/^lr = 0$/lr = 0\naggregation = masked/' $T/single.ini >$T/masked.ini
ok run $T/masked.ini --out $T/masked --no-plain
ok audit $T/masked --attack idlg --json
[ "$(json findings.0.n)" = 6 ] || bad "three sums of two images"
[ "$(json guarantee)" != '"none"' ] || bad "what masked sums promise"

# data that is not what was committed to
sed -i 's/limit=6/limit=6\&seed=9/' $T/run/parties/a/local.ini
fails 3 'committed to' audit $T/run --attack labels --quiet

fails 3 'nobody' audit $T/nobody
fails 3 'no-such.ini' run $T/no-such.ini --out $T/none
sed 's/algorithm = fedsgd/algorithm = magic/' $T/single.ini >$T/wrong.ini
fails 3 'wrong.ini:7.*fedavg' run $T/wrong.ini --out $T/none
sed 's/^batch = 1/btch = 1/' $T/single.ini >$T/wrong.ini
fails 3 'wrong.ini:9.*batch' run $T/wrong.ini --out $T/none
sed 's/^role = client/role = klient/' $T/single.ini >$T/wrong.ini
fails 3 'wrong.ini:15: .*has no role "klient"' run $T/wrong.ini --out $T/none
sed 's/^role = server/role = client/' $T/single.ini >$T/wrong.ini
fails 3 'role = server, there are 0' run $T/wrong.ini --out $T/none
sed 's/^model = .*/model = mpl/' $T/single.ini >$T/wrong.ini
fails 2 "no model 'mpl'.*wrong.ini" run $T/wrong.ini --out $T/none
sed 's/^data = glyphs.*/data = csv:missing.csv/' $T/single.ini >$T/wrong.ini
fails 3 'missing.csv' run $T/wrong.ini --out $T/none
sed '/^data = glyphs/d' $T/single.ini >$T/wrong.ini
fails 3 'a brings no data' run $T/wrong.ini --out $T/none
[ ! -e $T/none ] || bad "a refused scenario leaves no folder"

# a run goes on under its own scenario only, and counts the time of all its processes
ok run $T/three.ini --resume --out $T/three --no-plain --quiet
sed 's/^lr = 0.05/lr = 0.5/' $T/three.ini >$T/other.ini
fails 3 'other.ini:10: .*lr = 0.5, but the run in .* began with 0.05' run $T/other.ini --resume --out $T/three

# whoever started the parties is killed: they stop too, and the run goes on to the same end
sed 's/^epochs = 1$/epochs = 120/; s/^lr = 0$/lr = 0.05/' $T/single.ini >$T/long.ini
ok run $T/long.ini --out $T/undisturbed --no-plain --quiet
"$P" run $T/long.ini --out $T/killed --no-plain --quiet >$T/out 2>$T/err &
parent=$!
for i in $(seq 100); do
    [ -s $T/killed/parties/a/metrics.jsonl ] && break
    sleep 0.1
done
kill -9 $parent
wait $parent 2>/dev/null
for i in $(seq 100); do
    pgrep -f "party $T/killed/" >/dev/null || break
    sleep 0.1
done
pgrep -f "party $T/killed/" >/dev/null && bad "parties are left behind"
[ ! -e $T/killed/run.json ] || bad "the run had ended before it was killed"
ok run --resume --out $T/killed --no-plain --quiet
cmp -s $T/killed/parties/server/model.safetensors $T/undisturbed/parties/server/model.safetensors ||
    bad "a killed run ends with other weights"

# a view that keeps every second step, or none
sed 's/^\[party server\]/[view]\ngradient = every:2\n[party server]/' $T/three.ini >$T/every.ini
ok run $T/every.ini --out $T/every --no-plain --quiet
ok audit $T/every --attack idlg --json --quiet
[ "$(json findings.0.n)" = 3 ] || bad "every client's second step"
sed 's/every:2/digest/' $T/every.ini >$T/digest.ini
ok run $T/digest.ini --out $T/digest --no-plain --quiet
"$P" audit $T/digest --attack idlg --quiet >$T/out 2>$T/err
[ $? -eq 6 ] || bad "an audit without records shows nothing"
expect 'kept hashes only' $T/out

# a check knows who must bring data, and looks at the server's test data
sed 's/^data = .*//' $T/run/parties/b/local.ini >$T/b.ini
"$P" check $T/run/scenario.ini --as b --local $T/b.ini --seconds 0 --json >$T/out 2>$T/err
[ $? -eq 3 ] || bad "a client without data fails its check"
expect 'b brings no data: write' $T/out
sed 's/^test = .*/test = csv:missing.csv/' $T/run/parties/server/local.ini >$T/s.ini
"$P" check $T/run/scenario.ini --as server --local $T/s.ini --seconds 0 --json >$T/out 2>$T/err
[ $? -eq 3 ] || bad "test data that is not there fails the check"
expect '"what":"test data"' $T/out
finish
