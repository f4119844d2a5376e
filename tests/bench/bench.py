# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Culvert and the installed kcptun side by side: A B A B on one machine in one run.

    bench.py --build build/release [--sections bulk,echo | all] [--rounds 3] [--json FILE]

Without --sections the rows that something is promised of are measured, in about ten minutes, and
each promise is printed with what came out.
Every row measures one program at both ends of a tunnel over loopback (or over the link
simulator) and prints the median of its rounds for each program, and the ratio to kcptun. Figures
of two machines, or of two runs on a busy one, cannot be compared; the ratios of one run can.
A measure that fails is named on standard error and left out; the other rows go on. The exit status
is 1 when one failed. The section pairs wants --programs kcptun,culvert-kcptun,culvert
(the server, which sends the bulk, comes first), which it takes by itself.

cpu-s/GB is the processor time of both ends per 10^9 payload bytes; the load generator is not in it.
CONTRIBUTING.md, Bench, says how to read the rest.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import time

from bench_tunnel import (ERRORS, FEC, MIB, bulk, churn, echo, held_streams, idle, mix,
                          one_and_many, ramp, sessions)

WITHOUT_KCPTUN = {"aes-128-gcm"}  # Debian's release takes it for aes
AES = ["-crypt", "aes", "-nocomp"]
AES_FEC = AES + FEC["10/3"]
PAIRS = ["kcptun", "culvert-kcptun", "culvert"]
BULK_SECONDS = 6

# What is promised: (row, figure, "ratio" to kcptun or "is" on its own, "least" or "most", bound).
PROMISES = [
    *((f"bulk {way} aes fec 10/3 x1", *promise) for way in ("down", "up") for promise in (
        ("MB/s", "ratio", "least", 6),
        ("cpu-s/GB", "ratio", "most", 1 / 9),
        ("cpu-s/GB", "is", "most", 2.9))),
    *((f"bulk {way} none fec off x1", *promise) for way in ("down", "up") for promise in (
        ("MB/s", "ratio", "least", 8),
        ("cpu-s/GB", "ratio", "most", 1 / 10))),
    *((f"bulk {way} aes-128-gcm fec 10/3 x1", "cpu-s/GB", "is", "most", 2.0)
      for way in ("down", "up")),
    *((f"echo 64 B x{n}", f"{p} ms", "ratio", "most", 0.5) for n in (1, 50)
      for p in ("p50", "p99")),
    *(("idle, one stream", f"{end} wakes/s", "is", "most", 2) for end in ("server", "client")),
    *(("1000 held streams", f"{end} KiB/stream", "is", "most", 4) for end in ("server", "client")),
    ("open, echo, close x50", "streams/s", "ratio", "least", 4),
    ("5000 sessions beside one", "server KiB/session", "is", "most", 8),
    ("5000 sessions beside one", "idle server core %", "is", "most", 1),
    ("5000 sessions beside one", "cpu/packet of many by one", "is", "most", 1.3),
]


class Row:
    """One measure: a name, the function of bench_tunnel.py and its arguments.

    programs are those of a row that does not take what --programs says, rounds likewise.
    """

    def __init__(self, name, function, *arguments, programs=None, rounds=None, **named):
        self.name = name
        self.function = function
        self.arguments = arguments
        self.named = named
        self.programs = programs
        self.rounds = rounds


def link(delay, loss=0, rate=None, queue=None):
    options = ["--delay", str(delay), "--loss", str(loss), "--seed", "7"]
    if rate:
        options += ["--rate", str(rate), "--queue", str(queue)]
    return options


# --- rows ------------------------------------------------------------------------------------

def row_bulk(cipher, fec, direction, streams=1):
    return Row(f"bulk {direction} {cipher} fec {fec} x{streams}", bulk,
               ["-crypt", cipher, "-nocomp"] + FEC[fec], direction, streams,
               programs=["culvert"] if cipher in WITHOUT_KCPTUN else None)


def rows_must(_quick):
    """Each row that has a promise."""
    for cipher, fec in (("aes", "10/3"), ("none", "off"), ("aes-128-gcm", "10/3")):
        for direction in ("down", "up"):
            yield row_bulk(cipher, fec, direction)
    for rows in (rows_echo, rows_idle, rows_churn, rows_memory):
        yield from rows(_quick)
    yield Row("5000 sessions beside one", one_and_many, AES_FEC, 5000, programs=["culvert"])


def rows_bulk(quick):
    ciphers = ["aes", "none"] if quick else ["aes", "aes-128", "aes-128-gcm", "salsa20", "none"]
    for cipher in ciphers:
        for fec in ("10/3", "off"):
            for direction in ("down", "up"):
                for streams in (1, 8):
                    if quick and (streams == 8 or (cipher == "none") != (fec == "off")):
                        continue
                    yield row_bulk(cipher, fec, direction, streams)


def rows_snappy(_quick):
    """What the load generator sends can be compressed to a half."""
    for direction in ("down", "up"):
        yield Row(f"bulk {direction} aes snappy fec 10/3 x1", bulk, ["-crypt", "aes"] + FEC["10/3"],
                  direction, 1)


def rows_echo(_quick):
    yield Row("echo 64 B x1", echo, AES_FEC, 1, 5000)
    yield Row("echo 64 B x50", echo, AES_FEC, 50, 20000)


def rows_link(quick):
    for rtt in (30,) if quick else (30, 100):
        for loss in (0, 2, 10):
            for concurrency, count in ((1, 200), (50, 2000)):
                yield Row(f"echo x{concurrency} rtt {rtt} loss {loss} %", echo, AES_FEC,
                          concurrency, count, link(rtt / 2, loss))
            for streams in (1,) if quick else (1, 8):
                yield Row(f"bulk down rtt {rtt} loss {loss} % x{streams}", bulk, AES_FEC, "down",
                          streams, link(rtt / 2, loss), 48 * MIB)


def rows_pairs(quick):
    """Bad links, by pairs. Culvert's ends adapt their redundancy."""
    adaptive = ["-fec", "adaptive"]
    common = {"adaptive": adaptive, "programs": PAIRS}
    for loss in (0, 5) if quick else (0, 1, 5, 10, 20):
        yield Row(f"bulk rtt 50 200 Mbit/s loss {loss} %", mix, AES,
                  link(25, loss, 200000, 2048), BULK_SECONDS, **common)
    for loss in (2, 10):
        yield Row(f"echo x1 rtt 30 loss {loss} %", echo, AES, 1, 300, link(15, loss), **common)
    narrow = link(25, 0, 20000, 64)
    yield Row("narrow: rtt 50 20 Mbit/s 64 KiB", mix, AES, narrow, BULK_SECONDS, 200, **common)
    yield Row("shared: the same beside TCP", mix, AES, narrow + ["--beside"], 2 * BULK_SECONDS,
              warm=5, **common)
    yield Row("bulk and requests rtt 50 200 Mbit/s", mix, AES, link(25, 0, 200000, 2048),
              2 * BULK_SECONDS, 1000, **common)
    bursts = link(25, 0, 200000, 2048) + ["--burst-enter", "0.4", "--burst-leave", "10",
                                          "--burst-loss", "80"]
    if not quick:
        yield Row("bulk rtt 50 200 Mbit/s bursts 3 %", mix, AES, bursts, BULK_SECONDS, **common)
        yield Row("ramp 0-10-0 % in 30 s", ramp, AES, 10, 15, 75, adaptive,
                  programs=PAIRS[1:], rounds=1)


def rows_soak(_quick):
    """Only when asked for: it takes ten minutes a program, at a rate that leaves processors to
    others."""
    yield Row("ramp 0-10-0 % in 8 min", ramp, AES, 10, 240, 600, ["-fec", "adaptive"], 40000,
              programs=PAIRS[1:], rounds=1)


def rows_idle(_quick):
    yield Row("idle, one stream", idle, AES_FEC)


def rows_churn(_quick):
    yield Row("open, echo, close x50", churn, AES_FEC, 50, 20000)


def rows_memory(_quick):
    yield Row("1000 held streams", held_streams, AES_FEC, 1000)


def rows_sessions(quick):
    """kcptun's 5000 sessions would take all of this machine just to be idle."""
    for count in (1, 1000) if quick else (1, 1000, 5000):
        yield Row(f"{count} sessions", sessions, AES_FEC, count,
                  programs=["culvert"] if count > 1000 else None)
    yield Row("300 busy sessions", sessions, AES_FEC, 300, is_busy=True)


SECTIONS = {"must": rows_must,
            "bulk": rows_bulk, "snappy": rows_snappy, "echo": rows_echo, "link": rows_link,
            "pairs": rows_pairs, "idle": rows_idle, "churn": rows_churn, "memory": rows_memory,
            "sessions": rows_sessions, "soak": rows_soak}


# --- table -----------------------------------------------------------------------------------

class Bench:
    def __init__(self, options):
        self.options = options
        self.results = []
        self.n_failed = 0

    def measure(self, row):
        """All rounds of a row, the programs in turn; {program: [figures]}."""
        programs = row.programs or self.options.programs
        if row.programs and self.options.programs_given:
            programs = [p for p in self.options.programs_given if p in row.programs]
        samples = {program: [] for program in programs}
        for number in range(min(self.options.rounds, row.rounds or self.options.rounds)):
            for program, of_program in samples.items():
                self.progress(f"{row.name}: round {number + 1}, {program}")
                try:
                    of_program.append(row.function(self.options, program, *row.arguments,
                                                   **row.named))
                except ERRORS as error:
                    self.n_failed += 1
                    self.progress("")
                    print(f"{row.name}: {program}: {error}", file=sys.stderr, flush=True)
        self.progress("")
        return samples

    def progress(self, text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def print_head(self, programs):
        heads = "".join(f"{program:>15}" for program in programs)
        ratios = "".join(f"{'ratio':>9}" for program in programs if program != "kcptun")
        print(f"{'row':36} {'figure':26}{heads}{ratios}", flush=True)

    def print_row(self, row, programs, medians):
        figures = list(dict.fromkeys(figure for m in medians.values() for figure in m))
        for number, figure in enumerate(figures):
            base = medians.get("kcptun", {}).get(figure)
            cells = ratios = ""
            for program in programs:
                value = medians.get(program, {}).get(figure)
                cells += f"{'-':>15}" if value is None else f"{value:15.3f}"
                if program != "kcptun":
                    ratios += f"{value / base:9.3f}" if base and value is not None else f"{'-':>9}"
            print(f"{row.name if number == 0 else '':36} {figure:26}{cells}{ratios}", flush=True)

    def print_promises(self):
        """What is promised of the rows that were measured. Returns how many are not kept."""
        of_row = {result["row"]: result["medians"] for result in self.results}
        n_broken = 0
        for row, figure, kind, bound_kind, bound in PROMISES:
            value = of_row.get(row, {}).get("culvert", {}).get(figure)
            base = of_row.get(row, {}).get("kcptun", {}).get(figure)
            if value is None or (kind == "ratio" and not base):
                continue
            if kind == "ratio":
                value /= base
            kept = value >= bound if bound_kind == "least" else value <= bound
            n_broken += not kept
            print(f"{row:36} {figure:26}{'ratio' if kind == 'ratio' else '':>6}{value:9.3f}  at "
                  f"{bound_kind:5} {bound:6.3f}  {'kept' if kept else 'NOT KEPT'}", flush=True)
        return n_broken

    def run(self, rows):
        shown = None
        for row in rows:
            samples = self.measure(row)
            medians = {program: {figure: statistics.median(s[figure] for s in of_program)
                                 for figure in of_program[0]}
                       for program, of_program in samples.items() if of_program}
            programs = PAIRS if row.programs else self.options.programs
            if row.programs == ["culvert"]:
                programs = self.options.programs
            if programs != shown:
                self.print_head(programs)
                shown = programs
            self.print_row(row, programs, medians)
            self.results.append({"row": row.name, "samples": samples, "medians": medians})
            self.save()

    def save(self):
        """After each row, so that a run cut short leaves what it has."""
        if not self.options.json:
            return
        document = {"began": self.options.began, "ended": time.time(), "cores": os.cpu_count(),
                    "load": os.getloadavg(), "rounds": self.options.rounds,
                    "failed": self.n_failed, "rows": self.results}
        path = pathlib.Path(self.options.json)
        partial = path.with_name(path.name + ".part")
        partial.write_text(json.dumps(document, indent=1), encoding="utf-8")
        partial.replace(path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--sections", default="must",
                        help=", ".join(SECTIONS) + "; must unless told; all: all but soak")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="factor on the bytes moved")
    parser.add_argument("--quick", action="store_true", help="fewer rows")
    parser.add_argument("--match", default="", help="only rows whose name contains this")
    parser.add_argument("--programs", help="kcptun,culvert unless told; or pairs, server-client")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if options.sections == "all":
        options.sections = ",".join(s for s in SECTIONS if s not in ("must", "soak"))
    unknown = set(options.sections.split(",")) - set(SECTIONS)
    if unknown:
        parser.error(f"sections: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}, "
                     "all")
    if options.rounds < 1 or not options.scale > 0:
        parser.error("--rounds and --scale are above 0")
    options.programs_given = options.programs.split(",") if options.programs else None
    options.programs = options.programs_given or ["kcptun", "culvert"]
    ends = {end for program in options.programs for end in program.split("-")}
    if ends - {"kcptun", "culvert"}:
        parser.error(f"programs: {options.programs}; ends are kcptun and culvert")
    if "kcptun" in ends and not shutil.which("kcptun-server"):
        parser.error("kcptun is not installed; --programs culvert measures without it")
    options.began = time.time()
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rows = [row for section in options.sections.split(",")
            for row in SECTIONS[section](options.quick) if options.match in row.name]
    bench = Bench(options)
    bench.run(rows)
    print(flush=True)
    n_broken = bench.print_promises()
    print(f"{len(rows)} rows in {time.time() - options.began:.0f} s, {bench.n_failed} measures "
          f"failed, {n_broken} promises not kept", flush=True)
    return 1 if bench.n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
