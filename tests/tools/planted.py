#!/usr/bin/env python3
"""The checks of tools/ must find what was planted for them: a check that can't fail checks nothing."""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(tool, root):
    result = subprocess.run([sys.executable, ROOT / "tools" / tool, root], capture_output=True,
                            text=True)
    return result.returncode, result.stdout.splitlines()


def expect(tool, root, wanted):
    """Exit 1 and exactly one line for each of `wanted`, which begins as it does."""
    code, lines = run(tool, root)
    unmet = [w for w in wanted if not any(line.startswith(w) for line in lines)]
    extra = [line for line in lines if not any(line.startswith(w) for w in wanted)]
    if code != 1 or unmet or extra:
        sys.exit(f"{tool}: exit {code}, not found: {unmet}, unexpected: {extra}")


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main():
    expect("layers.py", ROOT / "tests/fixtures/layers", [
        "src/tensor/peeks.c:3: tensor may not include graph",
        "src/attack/gradient/cheats.c:4: attack/gradient may not include net",
        "src/attack/gradient/cheats.c:2: attack/gradient may not include attack/labels",
        "src/codec/borrows.c:2: idx.h names no room",
        "src/codec/borrows.c:3: codec may not include <dnnl.h>",
        "include/privet/tensor.h:2: a public header may not include the private base/mem.h",
        "include/privet/tensor.h:4: a public header may not include <jansson.h>",
        "src/CMakeLists.txt: tensor may not depend on graph",
    ])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write(root, {
            "src/base/bad.c": "int f(void)\n{\n    ex" + "it(1);\n    pr" + "intf(\"x\");\n"
                              "    return ra" + "nd();\n}\nchar *g = mal" + "loc(1);\n",
            "src/base/fine.c": "/* never calls ex" + "it() */\nconst char *s = \"abort()\";\n",
            "src/cli/main.c": "int main(void)\n{\n    ex" + "it(1);\n}\n",
            "src/base/long.c": "\n" * 801,
            "docs/a.md": "It is sec" + "ure.\nSee /ho" + "me/me/x\n",
            "tools/x.py": "# TO" + "DO later\n",
        })
        expect("tidy.py", root, [
            "src/base/bad.c:3: ", "src/base/bad.c:4: ", "src/base/bad.c:5: ", "src/base/bad.c:7: ",
            "src/base/long.c:801: ", "docs/a.md:1: ", "docs/a.md:2: ", "tools/x.py:1: ",
        ])
        write(root, {"docs/b.md": "# One\n[a](#one) [b](a.md) [c](c.md) [d](#two) [e](a.md#x)\n"})
        expect("links.py", root, [
            "docs/b.md:2: c.md: ", "docs/b.md:2: #two: ", "docs/b.md:2: a.md#x: ",
        ])
    print("planted: every check finds what it is for")


if __name__ == "__main__":
    main()
