#!/usr/bin/env python3
"""Checks that relative links in the documents lead somewhere, headings included.

usage: tools/links.py [ROOT]
"""

import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)


def anchors(path):
    """Headings as GitHub names them: lower case, no punctuation, dashes for blanks."""
    text = FENCE.sub("", path.read_text())
    headings = re.findall(r"^#+\s+(.*?)\s*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def check(root):
    documents = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "src").rglob("*.md")]
    for path in sorted(documents):
        name = path.relative_to(root).as_posix()
        text = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                to = (path.parent / file).resolve() if file else path
                if not to.exists():
                    yield f"{name}:{number}: {target}: there is no such file"
                elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                    yield f"{name}:{number}: {target}: there is no such heading"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    problems = list(check(root.resolve()))
    print("\n".join(problems) if problems else "links: every link leads somewhere")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
