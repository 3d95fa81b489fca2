#!/bin/sh
# A party that is lost for good, under on_loss = proceed: the others end, and everything names it.
. tests/cli/lib.sh

cat >$T/lossy.ini <<'INI'
[scenario]
name = lossy
scheme = federated
model = mlr
seed = 1
on_loss = proceed
min_parties = 2
loss_timeout = 2
[scheme]
algorithm = fedavg
rounds = 300
batch = 8
alone = no
[party server]
role = server
[party a]
role = client
[party b]
role = client
[party c]
role = client
[local]
data = glyphs?limit=90
parts = iid
[local server]
data =
test = glyphs?split=test&limit=50
INI

ok run $T/lossy.ini --out $T/run --prepare
for name in server a b c; do
    "$P" party $T/run/scenario.ini --as $name --local $T/run/parties/$name/local.ini --out $T/run/parties/$name \
        --quiet >$T/$name.log 2>&1 &
    eval "pid_$name=$!"
done
# once rounds are being made, one party is gone
tries=0
while [ "$(wc -l 2>/dev/null <$T/run/parties/server/metrics.jsonl || echo 0)" -lt 3 ] && [ $tries -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -9 $pid_c
for name in server a b; do
    eval "wait \$pid_$name" || bad "$name ended: $(cat $T/$name.log)"
done
: >$T/out
cat $T/run/parties/server/result.json | tr -d '\n' >$T/out
[ "$(json dropped.0)" = '"c"' ] || bad "the server's result names who was dropped"
[ "$(json result.dropped.0)" = '"c"' ] || bad "so does the scheme's own"
ok view $T/run/parties/server/view.pvv
finish
