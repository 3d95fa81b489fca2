#!/bin/sh
# Parties on the loopback and one process end with the same weights; how long it took is only looked at.
. tests/cli/lib.sh

ok bench federated --data 'glyphs?limit=240' --clients 3 --rounds 2 --batch 16 --repeat 1 --json
for case in 0 1; do
    [ "$(json cases.$case.same_weights)" = true ] || bad "weights differ in case $case"
    json cases.$case.party_seconds.journal >/dev/null || bad "where the time went"
done
[ "$(json cases.0.name)" = '"fedavg"' ] && [ "$(json cases.0.rounds)" = 2 ] || bad "two rounds of FedAvg"
[ "$(json cases.1.rounds)" = 5 ] || bad "80 samples in batches of 16 are 5 steps"
ok bench federated --data 'glyphs?limit=60' --case fedsgd --batch 8 --repeat 1 --clients 2
expect 'the same, bit for bit' $T/out
fails 2 'no kind of data' bench federated --data nothing --repeat 1
finish
