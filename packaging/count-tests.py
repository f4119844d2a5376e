# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Adds up meson test logs: count-tests.py LOG.json..., prints "PASSED FAILED SKIPPED".

The subtests of a TAP test count one by one; they stand in LOG.junit.xml beside LOG.json.
A test that failed without a failed subtest (crash, timeout, missing plan) counts as one
failure more. The names of failures go to standard error.
"""

import json
import os
import sys
import xml.etree.ElementTree

GOOD = ("OK", "EXPECTEDFAIL")


def subtests(junit):
    """Name of a test -> list of (name, "passed", "failed" or "skipped")."""
    found = {}
    if not os.path.exists(junit):
        return found
    for suite in xml.etree.ElementTree.parse(junit).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            result = "passed"
            if case.find("failure") is not None or case.find("error") is not None:
                result = "failed"
            elif case.find("skipped") is not None:
                result = "skipped"
            found.setdefault(suite.get("name"), []).append((case.get("name"), result))
    return found


def tests(log):
    with open(log, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def count(log):
    """(passed, failed, skipped, names of the failed ones)."""
    numbers = {"passed": 0, "failed": 0, "skipped": 0}
    names = []
    by_name = subtests(os.path.splitext(log)[0] + ".junit.xml")
    for test in tests(log):
        # The suite of a test's subtests is named PROJECT.TEST.
        parts = next((v for k, v in by_name.items() if k.endswith("." + test["name"])), [])
        failed = [name for name, result in parts if result == "failed"]
        for _, result in parts:
            numbers[result] += 1
        names += [f"{test['name']}: {name}" for name in failed]
        if test["result"] in GOOD + ("SKIP",):
            if not parts:
                numbers["passed" if test["result"] in GOOD else "skipped"] += 1
        elif not failed:
            numbers["failed"] += 1
            names.append(f"{test['name']}: {test['result'].lower()}")
    return numbers["passed"], numbers["failed"], numbers["skipped"], names


def main():
    total = [0, 0, 0]
    for log in sys.argv[1:]:
        *numbers, names = count(log)
        total = [a + b for a, b in zip(total, numbers)]
        for name in names:
            print(f"FAILED {name}", file=sys.stderr)
    print(*total)


if __name__ == "__main__":
    main()
