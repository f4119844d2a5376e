# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""What the lint scripts share: walking the tree, reporting, and their self-tests.

Each script has check (root, ...) that returns a list of problems, one line each, and
BAD, a list of (path, text, word): a file with that text must give a problem that
contains the word. GOOD is a list of (path, text) that must give none. A check that
lets its bad samples through fails its own self-test.
"""

import os
import sys
import tempfile

FOLDERS = ("engine", "app", "ui", "tests", "packaging")


def walk(root, endings, folders=FOLDERS):
    """Paths relative to root, sorted, of the files with one of these endings."""
    found = []
    for folder in folders:
        for where, subfolders, names in os.walk(os.path.join(root, folder)):
            subfolders[:] = [s for s in subfolders
                             if s != "__pycache__" and not s.startswith((".", "build"))]
            found += [os.path.relpath(os.path.join(where, name), root)
                      for name in names if name.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def strip_comments(text, strip_strings=False):
    """Blanks comments (and strings) out; every line and column stays where it was."""
    out = []
    i = 0
    while i < len(text):
        c = text[i]
        if text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = len(text) if end < 0 else end + 2
            out += [ch if ch == "\n" else " " for ch in text[i:end]]
        elif c in "\"'":
            end = i + 1
            while end < len(text) and text[end] not in (c, "\n"):
                end += 2 if text[end] == "\\" else 1
            end = min(end + 1, len(text))
            inner = text[i:end]
            if strip_strings and len(inner) > 2:
                inner = c + "".join(ch if ch == "\n" else "_" for ch in inner[1:-1]) + inner[-1]
            out.append(inner)
        else:
            end = i + 1
            out.append(c)
        i = end
    return "".join(out)


def run_self_test(check, good, bad):
    """Every bad sample must be caught and the good ones must pass."""
    failed = 0

    def case(files, word, name):
        nonlocal failed
        with tempfile.TemporaryDirectory() as root:
            for path, text in files:
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as f:
                    f.write(text)
            problems = check(root)
        ok = any(word in p for p in problems) if word else not problems
        if not ok:
            failed += 1
            print(f"self-test: {name}: expected {word or 'no problem'!r}, got {problems}")

    case(good, None, "good samples")
    for path, text, word in bad:
        # The good tree is around it, so that includes resolve.
        case([g for g in good if g[0] != path] + [(path, text)], word, path)
    print(f"self-test: {len(bad) + 1} cases, {failed} failed")
    return 1 if failed or not bad else 0


def main(check, good, bad, advice):
    """check-x.py ROOT ... | check-x.py --self-test ..."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} ROOT | --self-test")
    if sys.argv[1] == "--self-test":
        sys.exit(run_self_test(check, good, bad))
    problems = check(sys.argv[1])
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problems. {advice}")
    sys.exit(1 if problems else 0)
