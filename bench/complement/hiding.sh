#!/bin/sh
# How far training hides a secret: accuracy against what fresh probes read behind the cut. See hiding.py.
cd "$(dirname "$0")/../.." && exec python3 bench/complement/hiding.py "$@"
