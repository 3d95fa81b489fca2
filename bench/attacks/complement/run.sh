#!/bin/sh
# The attacks on split inference with a secret: what the provider reads, and what a customer copies. See run.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/attacks/complement/run.py "$@"
