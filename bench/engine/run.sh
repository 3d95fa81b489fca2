#!/bin/sh
# The training engine against PyTorch; PYTHON names an interpreter that has it. See run.py.
cd "$(dirname "$0")/../.." && exec python3 bench/engine/run.py "$@"
