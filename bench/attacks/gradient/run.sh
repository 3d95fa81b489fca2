#!/bin/sh
# The gradient attacks on MNIST and beside PyTorch; PYTHON names an interpreter that has it. See run.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/attacks/gradient/run.py "$@"
