#!/bin/sh
# Tables 4 and 5 of the paper beside what they should be and what is measured here. See tables.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/papers/complement/tables.py "$@"
