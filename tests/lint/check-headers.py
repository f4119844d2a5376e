# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Every header compiles alone, with the flags of its source file or its folder.

check-headers.py ROOT BUILD | --self-test. The flags come from compile_commands.json.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile

import lintlib

KEPT = ("-I", "-isystem", "-D", "-U", "-std", "-pthread", "-m")
STRICT = ["-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wmissing-prototypes",
          "-Werror"]


def flags_by_place(root, build):
    """Folder, and header of a source file, relative to root -> compiler and flags."""
    found = {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        commands = json.load(f)
    for command in commands:
        source = os.path.normpath(os.path.join(command["directory"], command["file"]))
        folder = os.path.dirname(os.path.relpath(source, root))
        words = shlex.split(command["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        flags = [w for w in words[1:] if w.startswith(KEPT) and not w.startswith("-MF")]
        how = (words[0], flags, command["directory"])
        found[os.path.splitext(os.path.relpath(source, root))[0] + ".h"] = how
        if len(flags) >= len(found.get(folder, ("", [], ""))[1]):
            found[folder] = how
    return found


def compile_alone(root, header, compiler, flags, directory):
    """Messages of the compiler, or None."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as stub:
        stub.write(f'#include "{os.path.abspath(os.path.join(root, header))}"\n')
        stub.flush()
        done = subprocess.run([compiler, *flags, *STRICT, stub.name], cwd=directory, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return None if done.returncode == 0 else done.stdout


def check_tree(root, by_place):
    headers = lintlib.walk(root, (".h",), ("engine", "app", "ui", "tests"))
    problems, jobs = [], {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header in headers:
            place = header
            while place and place not in by_place:
                place = os.path.dirname(place)
            if place:
                jobs[header] = pool.submit(compile_alone, root, header, *by_place[place])
        for header, job in jobs.items():
            if job.result():
                problems.append(f"{header}:1: does not compile alone:\n{job.result().rstrip()}")
    if headers and not jobs:
        problems.append("no header was compiled; is compile_commands.json complete?")
    return problems


def check_sample(root):
    return check_tree(root, {"engine": ("cc", ["-std=gnu17"], root)})


GOOD = [("engine/a.h", "#pragma once\n#include <stdint.h>\nuint32_t culvert_a (void);\n")]
BAD = [
    ("engine/b.h", "#pragma once\nuint32_t culvert_b (void);\n", "does not compile alone"),
    ("engine/b.h", '#include "missing.h"\n', "does not compile alone"),
    ("engine/b.h", "#pragma once\nint culvert_b (void) { return 1; }\n", "no previous prototype"),
]

if __name__ == "__main__":
    if len(sys.argv) == 3:
        tree, built = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
        found_flags = flags_by_place(tree, built)
        lintlib.main(lambda root: check_tree(root, found_flags), GOOD, BAD,
                     "Include what the header itself needs.")
    lintlib.main(check_sample, GOOD, BAD, "usage: check-headers.py ROOT BUILD")
