#!/usr/bin/env python3
"""Checks what the compiler doesn't: file sizes, and words that may not stand where they stand.

usage: tools/tidy.py [ROOT]

Prints one line a violation, "file:line: what", and exits 1 when there is one. The rules and their
reasons are in docs/style.md.
"""

import pathlib
import re
import sys

MAX_LINES = 800
FOLDERS = ["src", "include", "tests", "fuzz", "bench", "examples", "tools", "cmake", "docs", ".ci"]
CODE = {".c", ".h", ".py", ".sh", ".inc"}
TEXT = CODE | {".md", ".txt", ".cmake", ".json", ".ini"}
SKIP = ("tests/vectors/", "tests/fixtures/", "fuzz/corpus/")

# (pattern, where it is looked for, what is wrong with it); built from parts so that this file
# passes its own check
EVERYWHERE = [
    (re.compile(r"\bsec" + r"ure\b", re.I), "say what was measured, or under which assumption"),
    (re.compile(r"(?:^|[\s\"'=(`])/(?:ho" + r"me|ro" + r"ot|wo" + r"rk|Us" + r"ers|op" + r"t)/\w"),
     "a path of one machine"),
    (re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"), "finish it, or leave it out"),
]
LIBRARY = [
    (re.compile(r"\b(?:_?exit|_Exit|quick_exit|abort)\s*\("), "the library never ends the process"),
    (re.compile(r"\b(?:printf|puts|putchar|perror)\s*\(|\b(?:stdout|stderr)\b"),
     "the library never prints: use the trail, the log, or a FILE the caller gave"),
    (re.compile(r"\b(?:s?rand|s?random|[dejlmn]rand48)\s*\("), "use pv_rng or pv_csprng"),
    (re.compile(r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\("), "it knows no size"),
]
ALLOCATION = (re.compile(r"\b(?:malloc|calloc|realloc|strn?dup|v?asprintf|posix_memalign)\s*\("),
              "heap memory comes from base/mem.h")
ALLOCATOR = "src/base/mem.c"
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def files(root):
    yield from (p for p in sorted(root.iterdir()) if p.is_file())
    for folder in FOLDERS:
        yield from (p for p in sorted((root / folder).rglob("*")) if p.is_file())


def find(text, rules):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in rules:
            match = pattern.search(line)
            if match:
                yield number, f"'{match.group(0).strip()}': {why}"


def check(root):
    for path in files(root):
        name = path.relative_to(root).as_posix()
        if name.startswith(SKIP) or "__pycache__" in name:
            continue
        if path.suffix not in TEXT and name not in ("Makefile", ".ci/run"):
            continue
        text = path.read_text(errors="replace")
        lines = text.count("\n")
        if path.suffix in CODE and lines > MAX_LINES:
            yield f"{name}:{lines}: more than {MAX_LINES} lines; split it by concept"
        found = list(find(text, EVERYWHERE))
        if name.startswith("src/") and path.suffix in (".c", ".h"):
            code = COMMENT_OR_STRING.sub(blank, text)
            if not name.startswith("src/cli/"):
                found += find(code, LIBRARY)
            if name != ALLOCATOR:
                found += find(code, [ALLOCATION])
        yield from (f"{name}:{number}: {what}" for number, what in sorted(found))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    problems = list(check(root.resolve()))
    print("\n".join(problems) if problems else "tidy: sizes and words are as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
