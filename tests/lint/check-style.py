# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The part of the house style a machine can see (STYLE.md, section 2)."""

import re

import lintlib

MAX_COLUMNS = 100
MAX_FILE = 1000
MAX_FUNCTION = 60
HEAD = ("/* SPDX-License-Identifier: MIT\n * Copyright (c) ", "# SPDX-License-Identifier: MIT\n")


def check_lines(path, lines):
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}: "
        if "\t" in line:
            yield where + "tab; indent by spaces"
        if line != line.rstrip():
            yield where + "trailing white space"
        if len(line) > MAX_COLUMNS:
            yield where + f"{len(line)} columns; {MAX_COLUMNS} are allowed"


def check_functions(path, code):
    """A body is what stands between { and } in the first column after a line ending in )."""
    start, name = None, ""
    for number, line in enumerate(code, 1):
        if line == "{" and number > 1 and code[number - 2].rstrip().endswith(")"):
            start = number
            head = number - 2
            while head > 0 and not re.match(r"\w+ \(", code[head]):
                head -= 1
            name = code[head].split(" ")[0]
        elif line == "}" and start:
            length = number - start - 1
            if length > MAX_FUNCTION:
                yield (f"{path}:{start}: {name} has {length} lines; {MAX_FUNCTION} are allowed, "
                       "split it")
            start = None


def check_c(path, text, lines):
    if not text.startswith(HEAD[0]):
        yield f"{path}:1: does not begin with the two SPDX lines"
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        yield f"{path}:1: no #pragma once"
    code = lintlib.strip_comments(text, strip_strings=True).split("\n")
    for number, line in enumerate(code, 1):
        if "//" in line:
            yield f"{path}:{number}: // comment; write /* */"
    yield from check_functions(path, code)


def check(root):
    problems = []
    endings = (".c", ".h", ".m", ".defs", ".py", ".sh", "meson.build", ".ui", ".css", "quickstart")
    for path in lintlib.walk(root, endings):
        text = lintlib.read(root, path)
        lines = text.split("\n")
        problems += check_lines(path, lines)
        if text and not text.endswith("\n"):
            problems.append(f"{path}:{len(lines)}: no new line at the end")
        if text.endswith("\n\n"):
            problems.append(f"{path}:{len(lines) - 1}: empty line at the end")
        if len(lines) - 1 > MAX_FILE:
            problems.append(f"{path}:1: {len(lines) - 1} lines; {MAX_FILE} are allowed, split it")
        if path.endswith((".c", ".h", ".m")):
            problems += check_c(path, text, lines)
        if path.endswith((".py", ".sh", "quickstart")) and HEAD[1] not in text[:120]:
            problems.append(f"{path}:1: does not begin with the SPDX lines")
    return problems


_SPDX = "/* SPDX-License-Identifier: MIT\n * Copyright (c) 2026 The Culvert developers */\n\n"


def _function(n_lines):
    return _SPDX + "static void\nculvert_f (int a,\n           int b)\n{\n" \
        + "  a = b;\n" * n_lines + "}\n"


GOOD = [
    ("engine/a.c", _function(60) + 'static const char *url = "http://x"; /* see // there */\n'),
    ("engine/a.h", _SPDX + "#pragma once\n\ntypedef struct\n{\n" + "  int a;\n" * 80 + "} A;\n"),
    ("engine/b.c", _SPDX + "int x;\n" * 997),
    ("tests/lint/a.py", "# SPDX-License-Identifier: MIT\n# " + "x" * 98 + "\n"),
    ("app/c.c", _SPDX + "#define X '\"' /* not a string */\nint y; /* // */\n"),
]
BAD = [
    ("engine/t.c", _SPDX + "\tint x;\n", "tab"),
    ("engine/t.c", _SPDX + "int x; \n", "trailing white space"),
    ("engine/t.c", _SPDX + "int " + "x" * 96 + ";\n", "101 columns"),
    ("engine/t.c", _SPDX + "int x; // no\n", "// comment"),
    ("engine/t.c", _SPDX + "int x;", "no new line"),
    ("engine/t.c", _SPDX + "int x;\n\n", "empty line at the end"),
    ("engine/t.c", "int x;\n", "SPDX"),
    ("engine/t.c", _function(61), "culvert_f has 61 lines"),
    ("engine/t.c", _SPDX + "int x;\n" * 998, "1001 lines"),
    ("engine/t.h", _SPDX + "int x;\n", "#pragma once"),
    ("engine/t.h", "#pragma once\n", "SPDX"),
    ("tests/unit/t.c", _SPDX + "int x; // no\n", "// comment"),
    ("tests/lint/t.py", "import os\n", "SPDX"),
    ("app/meson.build", "a = 1 \n", "trailing white space"),
]

if __name__ == "__main__":
    lintlib.main(check, GOOD, BAD, "The house style is STYLE.md; fix the files.")
