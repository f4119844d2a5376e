# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Culvert and the installed kcptun side by side: A B A B on one machine in one run.

    bench.py --build build/release [--sections bulk,echo] [--rounds 3] [--json FILE]

Every row measures one program at both ends of a tunnel over loopback (or over the link
simulator) and prints the median of its rounds for both, and the ratio. Figures of two machines, or
of two runs on a busy one, cannot be compared; the ratios of one run can.

cpu-s/GB is the processor time of both ends per 10^9 payload bytes; the load generator is not in it.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
from interop import Deadline, LOOPBACK, Program, free_ports, proc_net_has  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
TUNING = ["-mode", "fast3", "-sndwnd", "2048", "-rcvwnd", "2048", "-sockbuf", "16777217",
          "-smuxver", "2", "-key", "bench"]
MIB = 1 << 20
WITHOUT_KCPTUN = {"aes-128-gcm"}  # Debian's release takes it for aes


class Tunnel:
    """Both ends of one program, the target behind them, perhaps a link between them."""

    def __init__(self, options, program, flags, link=None, conn=1, culvert_flags=()):
        self.folder = tempfile.TemporaryDirectory(prefix="culvert-bench-")
        self.build = pathlib.Path(options.build).resolve()
        self.programs = []
        deadline = Deadline(60)
        load = str(self.build / "tests/bench/load")
        self.load = load
        self.target = subprocess.Popen([load, "target"], stdout=subprocess.PIPE, text=True)
        target_port = int(self.target.stdout.readline())
        udp, relay_port, self.port = free_ports(3)
        # A pair is "server-client"; one name stands for both ends.
        ends = program.split("-") if "-" in program else [program, program]
        culvert = str(self.build / "app/culvert")
        server, client = ["kcptun-server"], ["kcptun-client"]
        if culvert_flags:
            flags = flags + FEC["30/15" if "culvert" in ends else "10/3"]
        server_flags, client_flags = list(flags), list(flags)
        if ends[0] == "culvert":
            # The 2021 release closes both ends at once; it has no such flag.
            server = [culvert, "--headless", "server", "-closewait", "0"]
            server_flags += culvert_flags
        if ends[1] == "culvert":
            client = [culvert, "--headless", "client"]
            client_flags += culvert_flags
        self.server = self.start("server", server + ["-listen", f"{LOOPBACK}:{udp}", "-target",
                                                     f"{LOOPBACK}:{target_port}"] + TUNING
                                 + server_flags)
        self.server.wait_until(lambda: proc_net_has("udp", udp), deadline, "does not listen")
        remote = udp
        self.relay = None
        if link:
            self.relay = self.start("relay", [str(self.build / "tests/interop/udp-relay"),
                                              "--listen", f"{LOOPBACK}:{relay_port}", "--to",
                                              f"{LOOPBACK}:{udp}"] + link)
            self.relay.wait_until(lambda: "listening" in self.relay.text(), deadline,
                                  "is not ready")
            remote = relay_port
        self.client = self.start("client", client + ["-localaddr", f"{LOOPBACK}:{self.port}",
                                                     "-remoteaddr", f"{LOOPBACK}:{remote}",
                                                     "-conn", str(conn)] + TUNING + client_flags)
        self.client.wait_until(lambda: proc_net_has("tcp", self.port, "0A"), deadline,
                               "does not listen")

    def start(self, name, argv):
        program = Program(name, argv, self.folder.name)
        self.programs.append(program)
        return program

    def run(self, *arguments):
        """One run of the load generator; its result."""
        done = subprocess.run([self.load, arguments[0], str(self.port)]
                              + [str(a) for a in arguments[1:]],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"load {arguments}: {done.stderr}")
        return json.loads(done.stdout)

    def hold(self, count):
        held = subprocess.Popen([self.load, "hold", str(self.port), str(count)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if held.stdout.readline().strip() != "held":
            raise RuntimeError("hold failed")
        return held

    def close(self):
        statistics_of_link = None
        for program in reversed(self.programs):
            program.stop()
        if self.relay:
            statistics_of_link = json.loads(self.relay.text().strip().splitlines()[-1])
        self.target.kill()
        self.target.wait()
        self.folder.cleanup()
        return statistics_of_link


def cpu_seconds(*programs):
    total = 0
    for program in programs:
        with open(f"/proc/{program.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_kib(program):
    with open(f"/proc/{program.process.pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * PAGE_KIB


def switches(program):
    total = 0
    for task in pathlib.Path(f"/proc/{program.process.pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                total += int(line.split()[1])
    return total


# --- what is measured: each returns {figure: value} ------------------------------------------

def bulk(options, program, flags, direction, streams, link=None, size=None, extra=()):
    tunnel = Tunnel(options, program, flags, link, culvert_flags=extra)
    try:
        size = size or (768 * MIB if program == "culvert" else 160 * MIB)
        size = int(size * options.scale)
        tunnel.run(direction, streams, 8 * MIB // streams)
        before = cpu_seconds(tunnel.server, tunnel.client)
        result = tunnel.run(direction, streams, size // streams)
        cpu = cpu_seconds(tunnel.server, tunnel.client) - before
        figures = {"MB/s": result["bytes_per_second"] / 1e6, "cpu-s/GB": cpu / (size / 1e9)}
    finally:
        link_statistics = tunnel.close()
    if link_statistics:
        way = "down" if direction == "down" else "up"
        figures["wire/payload"] = link_statistics[way]["received_bytes"] / (size + 8 * MIB)
    return figures


def echo(options, program, flags, concurrency, count, link=None, extra=()):
    tunnel = Tunnel(options, program, flags, link, culvert_flags=extra)
    try:
        tunnel.run("echo", concurrency, max(20, count // 10))
        result = tunnel.run("echo", concurrency, count)
        return {f"{p} ms": result[f"{p}_us"] / 1e3 for p in ("p50", "p90", "p99")}
    finally:
        tunnel.close()


def churn(options, program, flags, concurrency, count):
    tunnel = Tunnel(options, program, flags)
    try:
        tunnel.run("churn", concurrency, count // 10)
        return {"streams/s": tunnel.run("churn", concurrency, count)["per_second"]}
    finally:
        tunnel.close()


def idle(options, program, flags):
    tunnel = Tunnel(options, program, flags)
    try:
        held = tunnel.hold(1)
        time.sleep(3)
        before = [switches(tunnel.server), switches(tunnel.client)]
        time.sleep(10)
        after = [switches(tunnel.server), switches(tunnel.client)]
        held.stdin.close()
        held.wait()
        return {"server wakes/s": (after[0] - before[0]) / 10,
                "client wakes/s": (after[1] - before[1]) / 10}
    finally:
        tunnel.close()


def held_streams(options, program, flags, count):
    tunnel = Tunnel(options, program, flags)
    try:
        tunnel.run("echo", 1, 50)
        time.sleep(3)
        before = [resident_kib(tunnel.server), resident_kib(tunnel.client)]
        held = tunnel.hold(count)
        time.sleep(5)
        after = [resident_kib(tunnel.server), resident_kib(tunnel.client)]
        held.stdin.close()
        held.wait()
        return {"server KiB/stream": (after[0] - before[0]) / count,
                "client KiB/stream": (after[1] - before[1]) / count}
    finally:
        tunnel.close()


def sessions(options, program, flags, count):
    """Idle sessions on one server, each with one idle stream; then bulk beside them."""
    tunnel = Tunnel(options, program, flags, conn=count)
    try:
        tunnel.run("echo", 1, 50)
        time.sleep(3)
        before = resident_kib(tunnel.server)
        held = tunnel.hold(count)
        time.sleep(6)
        after = resident_kib(tunnel.server)
        cpu = cpu_seconds(tunnel.server)
        time.sleep(20)
        figures = {"server KiB/session+stream": (after - before) / count,
                   "idle server core %": (cpu_seconds(tunnel.server) - cpu) / 20 * 100}
        size = int((512 if program == "culvert" else 96) * MIB * options.scale)
        tunnel.run("down", 1, 8 * MIB)
        cpu = cpu_seconds(tunnel.server)
        rate = tunnel.run("down", 1, size)["bytes_per_second"]
        figures["bulk MB/s"] = rate / 1e6
        figures["server cpu-s/GB"] = (cpu_seconds(tunnel.server) - cpu) / (size / 1e9)
        held.stdin.close()
        held.wait()
        return figures
    finally:
        tunnel.close()


# --- rows ------------------------------------------------------------------------------------

FEC = {"30/15": ["-datashard", "30", "-parityshard", "15"],
       "10/3": ["-datashard", "10", "-parityshard", "3"],
       "off": ["-datashard", "0", "-parityshard", "0"]}


def rows_bulk(quick):
    ciphers = ["aes", "none"] if quick else ["aes", "aes-128", "aes-128-gcm", "salsa20", "none"]
    for cipher in ciphers:
        for fec, fec_flags in list(FEC.items())[1:]:
            for direction in ("down", "up"):
                for streams in (1, 8):
                    if quick and (streams == 8 or (cipher == "none") != (fec == "off")):
                        continue
                    flags = ["-crypt", cipher, "-nocomp"] + fec_flags
                    yield (f"bulk {direction} {cipher} fec {fec} x{streams}", cipher,
                           bulk, (flags, direction, streams))


def rows_snappy(_quick):
    yield ("bulk down aes snappy fec 10/3 x1", "aes", bulk,
           (["-crypt", "aes"] + FEC["10/3"], "down", 1))


def rows_echo(_quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    yield ("echo 64 B x1", "aes", echo, (flags, 1, 5000))
    yield ("echo 64 B x50", "aes", echo, (flags, 50, 20000))


def rows_link(quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    for rtt in (30,) if quick else (30, 100):
        for loss in (0, 2, 10):
            link = ["--delay", str(rtt / 2), "--loss", str(loss), "--seed", "7"]
            yield (f"echo x1 rtt {rtt} loss {loss} %", "aes", echo, (flags, 1, 300, link))
            yield (f"bulk down rtt {rtt} loss {loss} %", "aes", bulk,
                   (flags, "down", 1, link, 48 * MIB))
    for loss in () if quick else (0, 1, 5, 10, 20):
        link = ["--delay", "25", "--loss", str(loss), "--rate", "200000", "--queue", "2048",
                "--seed", "7"]
        yield (f"bulk down rtt 50 200 Mbit/s loss {loss} %", "aes", bulk,
               (flags, "down", 1, link, 64 * MIB))


def rows_pairs(quick):
    """Bad links, by pairs: --programs kcptun,culvert-kcptun,culvert (the server, which sends the
    bulk, comes first). Culvert's ends adapt their redundancy."""
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    extra = ["-fec", "adaptive"]
    for loss in (0, 5) if quick else (0, 1, 5, 10, 20):
        link = ["--delay", "25", "--loss", str(loss), "--rate", "200000", "--queue", "2048",
                "--seed", "7"]
        yield (f"pair bulk rtt 50 200 Mbit/s loss {loss} %", "aes", bulk,
               (flags, "down", 1, link, 64 * MIB, extra))
    for loss in (2, 10):
        link = ["--delay", "15", "--loss", str(loss), "--seed", "7"]
        yield (f"pair echo x1 rtt 30 loss {loss} %", "aes", echo, (flags, 1, 300, link, extra))
    link = ["--delay", "25", "--rate", "20000", "--queue", "64", "--seed", "7"]
    yield ("pair bulk rtt 50 20 Mbit/s 64 KiB", "aes", bulk,
           (flags, "down", 1, link, 16 * MIB, extra))


def rows_idle(_quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    yield ("idle, one stream", "aes", idle, (flags,))


def rows_churn(_quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    yield ("open, echo, close x50", "aes", churn, (flags, 50, 20000))


def rows_memory(_quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    yield ("1000 held streams", "aes", held_streams, (flags, 1000))


def rows_sessions(quick):
    flags = ["-crypt", "aes", "-nocomp"] + FEC["10/3"]
    for count in (1, 1000) if quick else (1, 1000, 5000):
        yield (f"{count} sessions", "aes", sessions, (flags, count))


SECTIONS = {"bulk": rows_bulk, "snappy": rows_snappy, "echo": rows_echo, "link": rows_link,
            "pairs": rows_pairs,
            "idle": rows_idle, "churn": rows_churn, "memory": rows_memory,
            "sessions": rows_sessions}


def measure_row(options, row):
    name, cipher, function, arguments = row
    samples = {program: [] for program in options.programs
               if program == "culvert" or cipher not in WITHOUT_KCPTUN}
    for _ in range(options.rounds):
        for program, of_program in samples.items():
            try:
                of_program.append(function(options, program, *arguments))
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"{name}: {program}: {error}", file=sys.stderr)
    medians = {program: {figure: statistics.median(s[figure] for s in of_program)
                         for figure in of_program[0]}
               for program, of_program in samples.items() if of_program}
    for figure in next(iter(medians.values()), {}):
        values = {program: m[figure] for program, m in medians.items()}
        base = values.get("kcptun")
        cells = "".join(f"{values.get(program, float('nan')):10.3f} "
                        for program in options.programs)
        ratios = "".join(f"{value / base:8.3f}" for program, value in values.items()
                         if program != "kcptun" and base)
        print(f"{name:38} {figure:26} {cells} {ratios}", flush=True)
    return {"row": name, "samples": samples, "medians": medians}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--sections", default=",".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="factor on the bytes moved")
    parser.add_argument("--quick", action="store_true", help="fewer rows")
    parser.add_argument("--match", default="", help="only rows whose name contains this")
    parser.add_argument("--programs", default="kcptun,culvert",
                        help="or pairs, server-client: kcptun,culvert-kcptun,culvert")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    options.programs = options.programs.split(",")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unknown = set(options.sections.split(",")) - set(SECTIONS)
    if unknown:
        parser.error(f"sections: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    heads = "".join(f"{program:>10.10} " for program in options.programs)
    print(f"{'row':38} {'figure':26} {heads} {'ratio':>8}")
    results = [measure_row(options, row) for section in options.sections.split(",")
               for row in SECTIONS[section](options.quick) if options.match in row[0]]
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
