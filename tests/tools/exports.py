#!/usr/bin/env python3
"""The shared library exports just what the public headers mark PV_API: usage: exports.py libprivet.so INCLUDE_DIR"""

import pathlib
import re
import subprocess
import sys

library, headers = sys.argv[1], pathlib.Path(sys.argv[2])
listing = subprocess.run(["nm", "-D", "--defined-only", library], stdout=subprocess.PIPE, text=True, check=True).stdout
exported = {line.split()[2] for line in listing.splitlines() if len(line.split()) == 3}
declared = set()
for header in headers.glob("privet/*.h"):
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    declared.update(re.findall(r"PV_API\b[^;(]*?\b(pv_\w+)\s*\(", text))
for name in sorted(declared - exported):
    print(f"{name}: declared PV_API, not exported")
for name in sorted(exported - declared):
    print(f"{name}: exported, but no public header declares it")
sys.exit(1 if declared != exported else 0)
