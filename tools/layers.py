#!/usr/bin/env python3
"""Checks every #include of src/ and include/ against the floors of tools/layers.txt.

usage: tools/layers.py [ROOT]     ROOT: a tree to check instead of this one (the table stays ours)

Prints one line a violation, "file:line: what", and exits 1 when there is one.
"""

import fnmatch
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
PUBLIC_MAY_INCLUDE = {"stddef.h", "stdint.h", "stdio.h"}


class Table:
    def __init__(self, path):
        self.rooms, self.doors, self.only = {}, {}, {}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            match = re.fullmatch(r"(room|door|only) (\S+) ?:(.*)", line)
            if not match:
                sys.exit(f"{path}:{number}: 'room|door|only NAME : ...' was expected")
            kind, name, rest = match.group(1), match.group(2), match.group(3).split()
            if kind == "room":
                self.rooms[name] = rest
            elif kind == "door":
                self.doors[name] = rest[0]
            else:
                self.only[name] = rest

    def row(self, room):
        """The name of the row that describes a room: crypto/paillier has the row crypto/*."""
        if room in self.rooms:
            return room
        wild = room.rsplit("/", 1)[0] + "/*"
        return wild if wild in self.rooms else None

    def room_of(self, path):
        """The room of a path below src/, the longest that fits; None when there is none."""
        parts = pathlib.PurePosixPath(path).parts[:-1]
        for n in range(len(parts), 0, -1):
            room = "/".join(parts[:n])
            if self.row(room):
                return room
        return None

    def allowed(self, room):
        """Patterns of the rooms that a room may include besides itself."""
        seen, todo = set(), list(self.rooms[self.row(room)])
        while todo:
            pattern = todo.pop()
            if pattern not in seen:
                seen.add(pattern)
                todo.extend(self.rooms[pattern if pattern in self.rooms else self.row(pattern)])
        return seen


def fits(room, patterns):
    return any(fnmatch.fnmatchcase(room, p) for p in patterns)


def check_file(table, path, name, room, public):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, header = match.group(1) == '"', match.group(2)
        where = f"{name}:{number}"
        if not quoted:
            for pattern, rooms in table.only.items():
                if fnmatch.fnmatchcase(header, pattern) and not fits(room, rooms):
                    yield f"{where}: {room} may not include <{header}>, only {', '.join(rooms)} may"
            if public and header not in PUBLIC_MAY_INCLUDE:
                yield f"{where}: a public header may not include <{header}>"
            continue
        if header.startswith("privet/"):
            target = table.doors.get(header)
            if target is None:
                yield f"{where}: {header} has no 'door' line in tools/layers.txt"
                continue
        else:
            if public:
                yield f"{where}: a public header may not include the private {header}"
                continue
            target = table.room_of(header)
            if target is None:
                yield f"{where}: {header} names no room; write it as \"room/header.h\""
                continue
        if target != room and not fits(target, table.allowed(room)):
            yield f"{where}: {room} may not include {target} ({header})"


def check_tree(table, root):
    for path in sorted((root / "src").rglob("*.[ch]")):
        name = path.relative_to(root).as_posix()
        room = table.room_of(path.relative_to(root / "src").as_posix())
        if room is None:
            yield f"{name}: lies in no room of tools/layers.txt"
        else:
            yield from check_file(table, path, name, room, False)
    for path in sorted((root / "include").rglob("*.h")):
        name = path.relative_to(root).as_posix()
        door = path.relative_to(root / "include").as_posix()
        if door not in table.doors:
            yield f"{name}: has no 'door' line in tools/layers.txt"
        else:
            yield from check_file(table, path, name, table.doors[door], True)


def check_cmake(table, root):
    """What a room links must be what its row says."""
    path = root / "src" / "CMakeLists.txt"
    if not path.exists():
        return
    text = re.sub(r"#.*", "", path.read_text())
    for match in re.finditer(r"pv_room\(([^)]*)\)", text):
        words = match.group(1).split()
        room, rest = words[0], words[1:]
        deps = []
        if "DEPS" in rest:
            for word in rest[rest.index("DEPS") + 1:]:
                if word == "LIBS":
                    break
                deps.append(word)
        row = table.row(room)
        if row is None:
            yield f"src/CMakeLists.txt: the room {room} is not in tools/layers.txt"
        else:
            for dep in deps:
                if not fits(dep, table.allowed(room)):
                    yield f"src/CMakeLists.txt: {room} may not depend on {dep}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent).resolve()
    table = Table(HERE / "layers.txt")
    problems = [*check_tree(table, root), *check_cmake(table, root)]
    print("\n".join(problems) if problems else "layers: every include stays on its floor")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
