#!/bin/sh
# Noise on the activation: what it costs in accuracy, and what readers make of what is left. See noise.py.
cd "$(dirname "$0")/../.." && exec python3 bench/complement/noise.py "$@"
