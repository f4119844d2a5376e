# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""One tunnel of the bench, and what can be measured through it.

Each measure starts a tunnel of its own, uses the load generator and returns {figure: value}.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
from interop import Deadline, Failure, LOOPBACK, Program, free_ports, proc_net_has  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
TUNING = ["-mode", "fast3", "-sndwnd", "2048", "-rcvwnd", "2048", "-sockbuf", "16777217",
          "-smuxver", "2", "-key", "bench"]
MIB = 1 << 20
FEC = {"60/30": ["-datashard", "60", "-parityshard", "30"],
       "10/3": ["-datashard", "10", "-parityshard", "3"],
       "off": ["-datashard", "0", "-parityshard", "0"]}
RUN_SECONDS = 900  # of one run of the load generator
SETTLE_SECONDS = 12
IDLE_SECONDS = 20  # that the cost of idle sessions is measured for
ERRORS = (Failure, RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError)


class Tunnel:
    """Both ends of one program, the target behind them, perhaps a link between them.

    program is "server-client", or one name for both ends. link are options of udp-relay,
    adaptive are flags for culvert's ends only. To be used in a with statement.
    """

    def __init__(self, options, program, flags, link=None, conn=1, adaptive=()):
        self.options = options
        self.ends = program.split("-") if "-" in program else [program, program]
        self.flags = list(flags)
        self.link = link
        self.conn = conn
        self.adaptive = list(adaptive)
        if self.adaptive:
            self.flags += FEC["60/30" if "culvert" in self.ends else "10/3"]
        self.build = pathlib.Path(options.build).resolve()
        self.load = str(self.build / "tests/bench/load")
        self.programs = []
        self.target = self.server = self.client = self.relay = None
        self.port = self.server_kib = 0

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="culvert-bench-")
        try:
            self.open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def open(self):
        deadline = Deadline(60)
        self.target = subprocess.Popen([self.load, "target"], stdout=subprocess.PIPE, text=True)
        target_port = int(self.target.stdout.readline())
        udp, relay_port, self.port = free_ports(3)
        # The 2021 release closes both ends at once; it has no such flag.
        self.server = self.start("server", 0, ["-closewait", "0"], [
            "-listen", f"{LOOPBACK}:{udp}", "-target", f"{LOOPBACK}:{target_port}"])
        self.server.wait_until(lambda: proc_net_has("udp", udp), deadline, "does not listen")
        self.server_kib = resident_kib(self.server)
        remote = udp
        if self.link:
            self.relay = self.launch("relay", [str(self.build / "tests/interop/udp-relay"),
                                               "--listen", f"{LOOPBACK}:{relay_port}", "--to",
                                               f"{LOOPBACK}:{udp}"] + self.link)
            self.relay.wait_until(lambda: "listening" in self.relay.text(), deadline,
                                  "is not ready")
            remote = relay_port
        self.client = self.start("client", 1, [], [
            "-localaddr", f"{LOOPBACK}:{self.port}", "-remoteaddr", f"{LOOPBACK}:{remote}",
            "-conn", str(self.conn)])
        self.client.wait_until(lambda: proc_net_has("tcp", self.port, "0A"), deadline,
                               "does not listen")

    def start(self, role, end, own_flags, flags):
        if self.ends[end] == "culvert":
            argv = [str(self.build / "app/culvert"), "--headless", role] + own_flags + self.adaptive
        else:
            argv = [f"kcptun-{role}"]
        return self.launch(role, argv + flags + TUNING + self.flags)

    def launch(self, name, argv):
        program = Program(name, argv, self.folder.name)
        self.programs.append(program)
        return program

    def __exit__(self, *_):
        # Nothing is asked of a good end here, and it would take its time.
        for program in reversed(self.programs):
            program.process.kill()
            program.process.wait()
        if self.target:
            self.target.kill()
            self.target.wait()
            self.target.stdout.close()
        self.folder.cleanup()

    # --- load ---

    def run(self, *arguments):
        """One run of the load generator; its result."""
        return self.begin(*arguments)()

    def begin(self, *arguments, first_line=None):
        """Starts the load generator, waits for its first line; what returns its result."""
        process = subprocess.Popen([self.load, arguments[0], str(self.port)]
                                   + [str(a) for a in arguments[1:]], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if first_line and process.stdout.readline().strip() != first_line:
            raise RuntimeError(f"load {arguments}: {process.communicate()[1]}")

        def finish():
            try:
                out, error = process.communicate(timeout=RUN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise RuntimeError(f"load {arguments}: not over after {RUN_SECONDS} s") from None
            if process.returncode != 0:
                raise RuntimeError(f"load {arguments}: {error.strip()}")
            return json.loads(out)
        return finish

    def hold(self, count):
        """Opens count streams; what closes them."""
        held = subprocess.Popen([self.load, "hold", str(self.port), str(count)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if held.stdout.readline().strip() != "held":
            held.kill()
            held.communicate()
            raise RuntimeError("hold failed")
        return held.communicate

    # --- what the programs tell ---

    def link_statistics(self):
        """Of the relay, since reset_link."""
        return json.loads(self.answer(self.relay, signal.SIGUSR1, r"^(\{.*\})$")[0])

    def reset_link(self):
        self.relay.process.send_signal(signal.SIGUSR2)

    def counters(self, program):
        """What one end counted since its start, by kcptun's names (culvert has more)."""
        line = r"^.*KCP SNMP:&\{(.*)\}$"
        if self.ends[0 if program is self.server else 1] == "culvert":
            line += r"\n.*Culvert:&\{(.*)\}$"
        text = " ".join(self.answer(program, signal.SIGUSR1, line))
        return {name: int(value) for name, value in re.findall(r"(\w+):(\d+)", text)}

    def answer(self, program, number, pattern):
        """Sends a signal and waits for another match of pattern in the output; its groups."""
        before = len(re.findall(pattern, program.text(), re.M))
        program.process.send_signal(number)
        found = []

        def has_answered():
            found[:] = [match.groups() for match in re.finditer(pattern, program.text(), re.M)]
            return len(found) > before
        program.wait_until(has_answered, Deadline(10), "does not answer a signal")
        return found[-1]

    def cpu_seconds(self):
        return cpu_seconds(self.server) + cpu_seconds(self.client)


def cpu_seconds(program):
    with open(f"/proc/{program.process.pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


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


# --- what is measured -------------------------------------------------------------------------

def bulk(options, program, flags, direction, streams, link=None, size=None):
    size = size or (768 * MIB if program == "culvert" else 160 * MIB)
    size = int(size * options.scale)
    with Tunnel(options, program, flags, link) as tunnel:
        tunnel.run(direction, streams, 8 * MIB // streams)
        if link:
            tunnel.reset_link()
        before = tunnel.cpu_seconds()
        result = tunnel.run(direction, streams, size // streams)
        cpu = tunnel.cpu_seconds() - before
        figures = {"MB/s": result["bytes_per_second"] / 1e6, "cpu-s/GB": cpu / (size / 1e9)}
        if link:
            way = tunnel.link_statistics()[direction]
            figures["wire/payload"] = way["received_bytes"] / size
        return figures


def mix(options, program, flags, link, seconds, gap_ms=0, adaptive=(), warm=2):
    """A download for some seconds, perhaps requests beside it."""
    with Tunnel(options, program, flags, link, adaptive=adaptive) as tunnel:
        finish = tunnel.begin("mix", warm, seconds, gap_ms, first_line="measuring")
        tunnel.reset_link()
        before = tunnel.counters(tunnel.server)
        result = finish()
        link_statistics = tunnel.link_statistics()
        after = tunnel.counters(tunnel.server)
        way = link_statistics["down"]
        figures = {
            "MB/s": result["bytes_per_second"] / 1e6,
            "wire/payload": way["received_bytes"] / max(result["bytes"], 1),
            "resent %": 100 * (after["RetransSegs"] - before["RetransSegs"])
                        / max(after["OutSegs"] - before["OutSegs"], 1),
            "pause ms": result["pause_us"] / 1e3}
        if way["queue_ms_max"] > 0:
            figures["queue p95 ms"] = way["queue_ms_p95"]
        if "share_beside" in link_statistics:
            figures["share of the flow beside %"] = 100 * link_statistics["share_beside"]
        if gap_ms:
            figures |= {f"request {p} ms": result[f"{p}_us"] / 1e3 for p in ("p50", "p95")}
        return figures


def ramp(options, program, flags, peak, rise, seconds, adaptive, rate=200000):
    """A download while loss rises to peak % and falls again, each in rise seconds, and how far
    parity, as its share of the bytes sent each second, lags behind the loss."""
    quiet = 5
    link = ["--delay", "25", "--rate", str(rate), "--queue", str(rate // 100), "--seed", "7",
            "--down-ramp", str(peak), "--down-ramp-over", str(2 * rise),
            "--down-ramp-after", str(quiet)]
    with Tunnel(options, program, flags, link, adaptive=adaptive) as tunnel:
        finish = tunnel.begin("mix", 0, seconds, 0, first_line="measuring")
        begin = time.monotonic()
        shares = []  # (second, %)
        last = tunnel.counters(tunnel.server)
        while (at := time.monotonic() - begin) < seconds - 1.5:
            time.sleep(1)
            now = tunnel.counters(tunnel.server)
            sent = now["OutBytes"] - last["OutBytes"]
            shares.append((at + 0.5, 100 * (now["FECBytes"] - last["FECBytes"]) / max(sent, 1)))
            last = now
        result = finish()
    top = max(share for _, share in shares)
    before = [share for at, share in shares if 1 <= at < quiet]
    half = (sum(before) / len(before) + top) / 2
    up = next(at for at, share in shares if share >= half)
    down = next((at for at, share in shares if at > quiet + rise and share < half), seconds)
    return {"MB/s": result["bytes_per_second"] / 1e6, "pause ms": result["pause_us"] / 1e3,
            "parity before %": sum(before) / len(before), "parity at most %": top,
            "parity at the end %": shares[-1][1],
            "lag up s": up - quiet - rise / 2, "lag down s": down - quiet - 1.5 * rise}


def echo(options, program, flags, concurrency, count, link=None, adaptive=()):
    with Tunnel(options, program, flags, link, adaptive=adaptive) as tunnel:
        tunnel.run("echo", concurrency, max(20, count // 10))
        if link:
            tunnel.reset_link()
        result = tunnel.run("echo", concurrency, count)
        figures = {f"{p} ms": result[f"{p}_us"] / 1e3 for p in ("p50", "p90", "p99")}
        if link:
            statistics = tunnel.link_statistics()
            for way in ("down", "up"):
                figures[f"wire/payload {way}"] = statistics[way]["received_bytes"] / (64 * count)
        return figures


def churn(options, program, flags, concurrency, count):
    with Tunnel(options, program, flags) as tunnel:
        tunnel.run("churn", concurrency, count // 10)
        before = tunnel.cpu_seconds()
        result = tunnel.run("churn", concurrency, count)
        return {"streams/s": result["per_second"],
                "cpu µs/stream": (tunnel.cpu_seconds() - before) / count * 1e6}


def idle(options, program, flags):
    with Tunnel(options, program, flags) as tunnel:
        release = tunnel.hold(1)
        time.sleep(3)
        before = [switches(tunnel.server), switches(tunnel.client)]
        time.sleep(10)
        after = [switches(tunnel.server), switches(tunnel.client)]
        release()
        return {"server wakes/s": (after[0] - before[0]) / 10,
                "client wakes/s": (after[1] - before[1]) / 10}


def held_streams(options, program, flags, count):
    with Tunnel(options, program, flags) as tunnel:
        tunnel.run("echo", 1, 50)
        time.sleep(3)
        before = [resident_kib(tunnel.server), resident_kib(tunnel.client)]
        release = tunnel.hold(count)
        time.sleep(5)
        after = [resident_kib(tunnel.server), resident_kib(tunnel.client)]
        release()
        return {"server KiB/stream": (after[0] - before[0]) / count,
                "client KiB/stream": (after[1] - before[1]) / count}


def cost_of_bulk(tunnel, streams, size):
    """MB/s, and the server's processor seconds for a GB and microseconds for a packet."""
    before = tunnel.counters(tunnel.server)
    cpu = cpu_seconds(tunnel.server)
    rate = tunnel.run("down", streams, size // streams)["bytes_per_second"]
    cpu = cpu_seconds(tunnel.server) - cpu
    after = tunnel.counters(tunnel.server)
    packets = sum(after[name] - before[name] for name in ("InPkts", "OutPkts"))
    return rate / 1e6, cpu / (size / 1e9), cpu / packets * 1e6


def sessions(options, program, flags, count, is_busy=False):
    """Idle sessions on one server, each with one idle stream; then bulk beside them on one stream,
    or on one stream of each."""
    size = int((512 if program == "culvert" else 96) * MIB * options.scale)
    with Tunnel(options, program, flags, conn=count) as tunnel:
        release = tunnel.hold(count)
        tunnel.server.wait_until(lambda: tunnel.counters(tunnel.server)["CurrEstab"] >= count,
                                 Deadline(20), "does not know all sessions")
        # Until both ends of each have said their first heartbeats.
        time.sleep(SETTLE_SECONDS)
        memory = resident_kib(tunnel.server) - tunnel.server_kib
        cpu = cpu_seconds(tunnel.server)
        time.sleep(IDLE_SECONDS)
        cpu = cpu_seconds(tunnel.server) - cpu
        tunnel.run("down", 1, 8 * MIB)
        rate, per_gb, per_packet = cost_of_bulk(tunnel, count if is_busy else 1, size)
        release()
        return {"server KiB/session": memory / count,
                "idle server core %": cpu / IDLE_SECONDS * 100,
                "bulk MB/s": rate, "server cpu-s/GB": per_gb, "server cpu µs/packet": per_packet}


def one_and_many(options, program, flags, count):
    """sessions, and how a packet's cost there compares to a server with one session."""
    with Tunnel(options, program, flags) as tunnel:
        tunnel.run("down", 1, 8 * MIB)
        one = cost_of_bulk(tunnel, 1, int(512 * MIB * options.scale))[2]
    many = sessions(options, program, flags, count)
    return many | {"cpu/packet of many by one": many["server cpu µs/packet"] / one}
