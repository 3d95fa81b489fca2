#!/bin/sh
# The tables and the figure of the paper beside ours, and whether nothing is lost. See run.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/papers/vertical/run.py "$@"
