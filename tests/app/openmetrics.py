# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""A lint of the OpenMetrics text format 1.0, as far as our text uses it.

lint (text) returns (problems, samples); samples maps (name, labels as a frozenset of pairs) to the
value. openmetrics.py --self-test shows that bad texts are caught.
"""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) ?(.*)$")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)(?: (\S+))?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"counter": ("_total", "_created"), "gauge": ("",), "info": ("_info",),
            "stateset": ("",)}


def parse_labels(text):
    """Pairs, or None when the text is malformed."""
    pairs, at = [], 0
    while text is not None and at < len(text):
        match = LABEL.match(text, at)
        if not match:
            return None
        pairs.append((match[1], match[2]))
        at = match.end()
    return pairs


class Linter:
    def __init__(self):
        self.problems = []
        self.samples = {}
        self.families = {}  # name -> {"TYPE": ..., ...}, in order
        self.family = None

    def bad(self, number, what):
        self.problems.append(f"line {number}: {what}")

    def meta(self, number, kind, name, value):
        if name != self.family:
            if name in self.families:
                self.bad(number, f"family {name} is interrupted by another")
            self.families[name] = {}
            self.family = name
        family = self.families[name]
        if kind in family:
            self.bad(number, f"second {kind} of {name}")
        if family.get("samples"):
            self.bad(number, f"{kind} of {name} behind its samples")
        family[kind] = value
        if kind == "TYPE" and value not in SUFFIXES:
            self.bad(number, f"type {value}")
        if kind == "TYPE" and value == "counter" and name.endswith("_total"):
            self.bad(number, f"counter {name} has _total in its family's name")
        if kind == "UNIT" and value and not name.endswith("_" + value):
            self.bad(number, f"{name} does not end with its unit {value}")
        if kind == "HELP" and re.search(r'\\(?![\\n"])', value):
            self.bad(number, "unknown escape in HELP")

    def sample(self, number, name, labels, value):
        family = self.families.get(self.family, {})
        kind = family.get("TYPE")
        pairs = parse_labels(labels)
        if kind is None:
            return self.bad(number, f"sample {name} of a family without TYPE")
        if name not in [self.family + suffix for suffix in SUFFIXES[kind]]:
            self.bad(number, f"sample {name} does not belong to the {kind} {self.family}")
        if pairs is None:
            return self.bad(number, f"labels {labels!r}")
        if len({key for key, _ in pairs}) != len(pairs):
            self.bad(number, "a label twice")
        try:
            number_value = float(value)
        except ValueError:
            return self.bad(number, f"value {value!r}")
        if kind == "counter" and not number_value >= 0:
            self.bad(number, f"counter {name} is {value}")
        if kind == "info" and number_value != 1:
            self.bad(number, f"info {name} is {value}")
        if kind == "stateset" and (number_value not in (0, 1) or self.family not in dict(pairs)):
            self.bad(number, f"stateset {name}")
        key = (name, frozenset(pairs))
        if key in self.samples:
            self.bad(number, f"{name} twice with the same labels")
        self.samples[key] = number_value
        family["samples"] = True
        return None

    def run(self, text):
        lines = text.split("\n")
        if lines[-2:] != ["# EOF", ""]:
            self.problems.append("does not end with # EOF and a new line")
        for number, line in enumerate(lines[:-2], 1):
            meta, sample = META.match(line), SAMPLE.match(line)
            if meta:
                self.meta(number, *meta.groups())
            elif sample:
                self.sample(number, sample[1], sample[2], sample[3])
            else:
                self.bad(number, f"neither metadata nor sample: {line!r}")
        return self.problems, self.samples


def lint(text):
    return Linter().run(text)


GOOD = ('# TYPE a_bytes counter\n# UNIT a_bytes bytes\n# HELP a_bytes Some.\n'
        'a_bytes_total{x="1\\"\\\\"} 5\na_bytes_total{x="2"} 6\n# TYPE b gauge\nb -1.5e3\n'
        '# TYPE s stateset\ns{s="on"} 1\n# TYPE i info\ni_info{v="1"} 1\n# EOF\n')
BAD = [
    ("# TYPE a counter\na_total 1\n", "EOF"),
    ("# TYPE a counter\na 1\n# EOF\n", "does not belong"),
    ("# TYPE a_total counter\na_total 1\n# EOF\n", "_total"),
    ("# TYPE a counter\na_total -1\n# EOF\n", "is -1"),
    ("a 1\n# EOF\n", "without TYPE"),
    ("# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n", "unit"),
    ("# TYPE a gauge\na 1\na 2\n# EOF\n", "twice"),
    ('# TYPE a gauge\na{x="1} 1\n# EOF\n', "labels"),
    ("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n", "interrupted"),
    ("# TYPE a gauge\na 1\n\n# EOF\n", "neither"),
    ("# TYPE a gauge\na one\n# EOF\n", "value"),
    ('# TYPE s stateset\ns{t="on"} 1\n# EOF\n', "stateset"),
    ("# TYPE a gauge\na 1\n# HELP a Late.\n# EOF\n", "behind"),
]


def self_test():
    failed = lint(GOOD)[0]
    for text, word in BAD:
        if not any(word in problem for problem in lint(text)[0]):
            failed.append(f"not caught: {text!r}")
    print("\n".join(failed) or f"{len(BAD) + 1} texts")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(self_test())
