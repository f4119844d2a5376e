# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Icons are where desktops look: in folders that the index of the theme hicolor names. Of one in
another folder nothing is seen, and nothing is said.

icons_test.py FOLDER-OF-HICOLOR
"""

import os
import sys

INDEX = "/usr/share/icons/hicolor/index.theme"


def main():
    if not os.path.exists(INDEX):
        print("no " + INDEX)
        return 77
    with open(INDEX, encoding="utf-8") as f:
        lines = f.read().splitlines()
    named = next(line for line in lines if line.startswith("Directories=")).split("=")[1].split(",")
    n, bad = 0, []
    for folder, _, names in os.walk(sys.argv[1]):
        n += len(names)
        if names and os.path.relpath(folder, sys.argv[1]) not in named:
            bad.append(folder)
    for folder in bad:
        print(f"{folder}: not in {INDEX}")
    return 1 if bad or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
