#!/bin/sh
# What protecting the labels costs, and what can still be read. See repairs.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/papers/vertical/repairs.py "$@"
