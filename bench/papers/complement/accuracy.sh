#!/bin/sh
# Tables 2 and 3 of the paper in shape, and the n-class offset on MNIST. See accuracy.py.
cd "$(dirname "$0")/../../.." && exec python3 bench/papers/complement/accuracy.py "$@"
