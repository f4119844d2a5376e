# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""po/POTFILES.in names every file with words for people, once, in order.

Sources that call _(), N_(), C_(), NC_() or g_dngettext(), user interface files with a
translatable string, the list of settings, and what the desktop reads. With the argument
--write the file is brought up to date instead.
"""

import os
import re
import sys

import lintlib

LIST = "po/POTFILES.in"
CALL = re.compile(r"\b((_|N_|C_|NC_)\s*\(\s*\"|g_dngettext\s*\()")
PLAIN = re.compile(r"(?<!g_d)ngettext\s*\(")
ALWAYS = (
    "data/io.github.culvert.Culvert.desktop.in",
    "data/io.github.culvert.Culvert.gschema.xml",
    "data/io.github.culvert.Culvert.metainfo.xml.in",
    "engine/culvert-config.defs",
)


def wanted(root):
    """Paths that belong into the list, sorted."""
    found = [path for path in ALWAYS if os.path.exists(os.path.join(root, path))]
    for path in lintlib.walk(root, (".c", ".h"), ("app", "engine", "ui")):
        if CALL.search(lintlib.strip_comments(lintlib.read(root, path))):
            found.append(path)
    for path in lintlib.walk(root, (".ui",), ("ui",)):
        if 'translatable="yes"' in lintlib.read(root, path):
            found.append(path)
    return sorted(found)


def listed(root):
    if not os.path.exists(os.path.join(root, LIST)):
        return []
    lines = lintlib.read(root, LIST).splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def check(root):
    have, want = listed(root), wanted(root)
    problems = [f"{LIST}: {path} is missing: it has words to translate"
                for path in want if path not in have]
    problems += [f"{LIST}: {path} has nothing to translate, or is not there"
                 for path in sorted(set(have)) if path not in want]
    if have != sorted(set(have)):
        problems.append(f"{LIST}: is not sorted, or has a line twice")
    for path in lintlib.walk(root, (".c", ".h"), ("app", "engine", "ui")):
        if PLAIN.search(lintlib.strip_comments(lintlib.read(root, path))):
            problems.append(f"{path}: ngettext() asks for translations of another program; use "
                            "g_dngettext (GETTEXT_PACKAGE, ...)")
    return problems


def write(root):
    with open(os.path.join(root, LIST), "w", encoding="utf-8") as f:
        f.write("# Sorted; tests/lint/check-potfiles.py --write brings it up to date.\n")
        f.writelines(f"{path}\n" for path in wanted(root))


GOOD = [
    ("po/POTFILES.in", "# c\napp/a.c\nui/a.ui\n"),
    ("app/a.c", 'f (_("words"));\n'),
    ("app/b.c", '/* _("none") */ f (x_("none"));\n'),
    ("ui/a.ui", '<property name="label" translatable="yes">Words</property>\n'),
    ("ui/b.ui", '<property name="label">Words</property>\n'),
]
BAD = [
    ("app/c.c", 'g (g_dngettext (GETTEXT_PACKAGE, "%u one", "%u more", n));\n', "is missing"),
    ("app/b.c", 'g (ngettext ("%u one", "%u more", n));\n', "another program"),
    ("ui/c.ui", '<x translatable="yes">a</x>\n', "is missing"),
    ("po/POTFILES.in", "app/a.c\napp/b.c\nui/a.ui\n", "has nothing"),
    ("po/POTFILES.in", "ui/a.ui\napp/a.c\n", "not sorted"),
    ("po/POTFILES.in", "app/a.c\napp/a.c\nui/a.ui\n", "twice"),
]

if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2] == "--write":
        write(sys.argv[1])
        sys.exit(0)
    lintlib.main(check, GOOD, BAD, "check-potfiles.py ROOT --write mends them.")
