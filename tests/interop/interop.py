# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Culvert and kcptun at the two ends of one tunnel, every byte compared.

A pairing names the program of the client and that of the server. Each case starts both on
free loopback ports, with a target in this process behind the server, and moves data:
small echoes, then an upload and a download at once. The cases vary one setting around a
default; interop_cases.py lists them. Nothing sleeps for a fixed time: programs are
ready when the kernel shows their sockets, and every wait has a deadline.

    interop.py --culvert build/app/culvert --pairing culvert-kcptun --case 'crypt-*'

Output is TAP; a failed case shows the last lines both programs wrote. Linux only (/proc).
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import interop_cases

LOOPBACK = "127.0.0.1"
LOG_LINES = 40
STOP_SECONDS = 8
CONNECT_SECONDS = 10


class Failure(Exception):
    """A case that did not do what it should."""


class Deadline:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Failure("the time of this case is over")
        return left


# --- data -------------------------------------------------------------------------------

_payloads = {}
_payloads_lock = threading.Lock()


def payload(seed, length):
    """Bytes by seed, half of them random and half easy to compress, in runs of 8 KiB."""
    with _payloads_lock:
        if (seed, length) not in _payloads:
            rng = random.Random(seed)
            parts, size = [], 0
            while size < length:
                if rng.random() < 0.5:
                    parts.append(rng.randbytes(8192))
                else:
                    parts.append((rng.randbytes(16) * 512))
                size += 8192
            _payloads[(seed, length)] = b"".join(parts)[:length]
        return _payloads[(seed, length)]


def first_difference(a, b):
    for i in range(min(len(a), len(b))):
        if a[i] != b[i]:
            return i
    return min(len(a), len(b))


def recv_exactly(sock, n, deadline):
    parts = []
    while n > 0:
        sock.settimeout(deadline.left())
        part = sock.recv(min(n, 65536))
        if not part:
            raise Failure(f"closed with {n} bytes still to come")
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def recv_compared(sock, expected, deadline, what):
    """Reads as many bytes as expected has and compares each."""
    view, at = memoryview(expected), 0
    while at < len(view):
        sock.settimeout(deadline.left())
        try:
            part = sock.recv(65536)
        except socket.timeout:
            raise Failure(f"{what}: nothing more after {at} of {len(view)} bytes") from None
        if not part:
            raise Failure(f"{what}: closed after {at} of {len(view)} bytes")
        if part != view[at:at + len(part)]:
            wrong = at + first_difference(part, view[at:at + len(part)])
            raise Failure(f"{what}: byte {wrong} of {len(view)} is wrong")
        at += len(part)


# --- the target behind the server ---------------------------------------------------------

HEADER = 17  # what to do, seed, length


def make_header(what, seed=0, length=0):
    return what + seed.to_bytes(8, "big") + length.to_bytes(8, "big")


class Target:
    """Echoes, swallows and checks, or sends what it is told by the first bytes."""

    def __init__(self, path, deadline):
        self.deadline = deadline
        self.errors = []
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(path)
            self.address = path
        else:
            self.sock = socket.socket()
            self.sock.bind((LOOPBACK, 0))
            self.address = f"{LOOPBACK}:{self.sock.getsockname()[1]}"
        self.sock.listen(64)
        threading.Thread(target=self.accept_loop, daemon=True).start()

    def accept_loop(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        with conn:
            try:
                header = recv_exactly(conn, HEADER, self.deadline)
                seed = int.from_bytes(header[1:9], "big")
                length = int.from_bytes(header[9:], "big")
                if header[:1] == b"E":
                    self.echo(conn)
                elif header[:1] == b"U":
                    recv_compared(conn, payload(seed, length), self.deadline, "upload")
                    conn.sendall(b"K")
                elif header[:1] == b"D":
                    conn.settimeout(self.deadline.left())
                    conn.sendall(payload(seed, length))
                else:
                    raise Failure(f"the target read {header!r} as a request")
                self.drain(conn)
            except (Failure, OSError) as error:
                self.errors.append(str(error))

    def echo(self, conn):
        while True:
            conn.settimeout(self.deadline.left())
            data = conn.recv(65536)
            if not data:
                return
            conn.sendall(data)

    def drain(self, conn):
        """The client closes first, so that nothing under way is cut off."""
        conn.settimeout(self.deadline.left())
        try:
            if conn.recv(1):
                raise Failure("the target got more bytes than were sent")
        except ConnectionResetError:
            pass

    def close(self):
        # shutdown wakes the thread in accept, close alone does not.
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


# --- programs -----------------------------------------------------------------------------

_ports_given = set()
_ports_lock = threading.Lock()


def free_ports(n):
    """n consecutive ports free for TCP and UDP, below those the system gives to clients."""
    rng = random.SystemRandom()
    while True:
        first = rng.randrange(10000, 32000)
        ports = range(first, first + n)
        with _ports_lock:
            if _ports_given.isdisjoint(ports) and all(port_is_free(p) for p in ports):
                _ports_given.update(ports)
                return list(ports)


def port_is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def proc_net_has(table, port, state=None):
    """Whether a socket of this port (and state) stands in /proc/net/TABLE or TABLE6."""
    for name in (table, table + "6"):
        try:
            with open("/proc/net/" + name, encoding="ascii") as f:
                rows = f.read().split("\n")[1:]
        except FileNotFoundError:
            continue
        for row in rows:
            words = row.split()
            if words and words[1].endswith(f":{port:04X}") and state in (None, words[3]):
                return True
    return False


class Program:
    def __init__(self, name, argv, folder, env=None):
        # What a run learns of a path must not help or hinder the next one.
        env = {**(env or os.environ), "XDG_STATE_HOME": os.path.join(folder, "state", name)}
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        self.argv = argv
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=folder, env=env)

    def wait_until(self, condition, deadline, what):
        end = time.monotonic() + min(CONNECT_SECONDS, deadline.left())
        while not condition():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode}")
            if time.monotonic() > end:
                raise Failure(f"{self.name} {what}")
            time.sleep(0.01)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        """SIGTERM, then SIGKILL. The exit code; negative for a signal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Run:
    """One case of one pairing: its programs, files and checks."""

    def __init__(self, options, pairing, case, attempt=1):
        self.options = options
        self.attempt = attempt
        self.case = case
        self.makes = pairing.split("-")
        seconds = case.seconds * (1 if not options.quick else 0.5) * options.patience
        self.deadline = Deadline(seconds)
        self.folder = tempfile.mkdtemp(prefix="culvert-interop-")
        self.programs = []
        self.target = None

    def argv_of(self, role, flags):
        make = self.makes[0 if role == "client" else 1]
        if make == "culvert":
            return [*self.options.wrap, self.options.culvert, "--headless", role, *flags]
        return [shutil.which(f"kcptun-{role}"), *flags]

    def start(self, name, argv, env=None):
        program = Program(name, argv, self.folder, env)
        self.programs.append(program)
        return program

    def flags_of(self, role, own):
        case = self.case
        flags = {**interop_cases.DEFAULTS, **case.both,
                 **(case.client if role == "client" else case.server), **own}
        if case.json:
            return ["-c", self.write_json(role, flags)]
        words = []
        for name, value in flags.items():
            if value is True:
                words.append("-" + name)
            elif value is not None:
                words += ["-" + name, str(value)]
        return words

    def write_json(self, role, flags):
        path = os.path.join(self.folder, role + ".json")
        names = {"QPP": "qpp", "QPPCount": "qpp-count"}
        data = {names.get(k, k): v for k, v in flags.items() if v is not None}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(data, f)
        return path

    def environment(self):
        return {**os.environ, **self.case.env} if self.case.env else None

    def start_servers(self):
        """The ports that lead to the target."""
        ports = free_ports(self.case.ports)
        listens = [f"{LOOPBACK}:{p}" for p in ports]
        if self.case.ports > 1 and self.makes[1] == "culvert":
            listens = [f"{LOOPBACK}:{ports[0]}-{ports[-1]}"]
        for i, listen in enumerate(listens):
            own = {"listen": listen, "target": self.target.address}
            self.start(f"server{i or ''}", self.argv_of("server", self.flags_of("server", own)),
                       self.environment())
        for port in ports:
            self.programs[-1].wait_until(lambda p=port: proc_net_has("udp", p), self.deadline,
                                         f"does not listen on UDP port {port}")
        return ports

    def start_relay(self, port):
        listen = free_ports(1)[0]
        flags = [f"--{k}={v}" for k, v in self.case.link.items()]
        relay = self.start("relay", [self.options.relay, "--listen", f"{LOOPBACK}:{listen}",
                                     "--to", f"{LOOPBACK}:{port}",
                                     "--seed", str(self.options.seed + self.attempt - 1), *flags])
        relay.wait_until(lambda: "listening" in relay.text(), self.deadline, "is not ready")
        return listen

    def start_client(self, ports):
        if self.case.ports > 1 and self.makes[0] == "culvert":
            remote = f"{LOOPBACK}:{ports[0]}-{ports[-1]}"
        else:
            remote = f"{LOOPBACK}:{ports[-1]}"
        if self.case.unix_listener:
            self.local = os.path.join(self.folder, "local.sock")
            ready = lambda: os.path.exists(self.local)
            text = self.local
        else:
            self.local = (LOOPBACK, free_ports(1)[0])
            ready = lambda: proc_net_has("tcp", self.local[1], "0A")
            text = f"{LOOPBACK}:{self.local[1]}"
        own = {"localaddr": text, "remoteaddr": remote}
        client = self.start("client", self.argv_of("client", self.flags_of("client", own)),
                            self.environment())
        client.wait_until(ready, self.deadline, f"does not listen on {text}")

    def connect(self):
        family = socket.AF_UNIX if isinstance(self.local, str) else socket.AF_INET
        sock = socket.socket(family)
        sock.settimeout(min(CONNECT_SECONDS, self.deadline.left()))
        sock.connect(self.local)
        return sock

    def do_echoes(self, seed):
        rng = random.Random(seed)
        with self.connect() as sock:
            sock.sendall(make_header(b"E"))
            for i in range(20 if self.options.quick else 200):
                data = rng.randbytes(rng.choice((1, 2, 64, 500, rng.randrange(1, 4000))))
                sock.sendall(data)
                recv_compared(sock, data, self.deadline, f"echo {i}")

    def do_upload(self, seed):
        length = self.options.length
        with self.connect() as sock:
            sock.settimeout(self.deadline.left())
            sock.sendall(make_header(b"U", seed, length))
            sock.sendall(payload(seed, length))
            recv_compared(sock, b"K", self.deadline, "answer to the upload")

    def do_download(self, seed):
        length = self.options.length
        with self.connect() as sock:
            sock.sendall(make_header(b"D", seed, length))
            recv_compared(sock, payload(seed, length), self.deadline, "download")

    def do_together(self, *jobs):
        with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
            for future in [pool.submit(job, self.options.seed + i) for i, job in enumerate(jobs)]:
                future.result()

    def move_data(self):
        self.do_together(*[self.do_echoes] * self.case.streams)
        self.do_together(self.do_upload, self.do_download)
        if self.target.errors:
            raise Failure("; ".join(self.target.errors))

    def check_relay(self, statistics):
        """A relay that lost nothing would prove nothing."""
        for direction in ("up", "down"):
            if "loss" in self.case.link and statistics[direction]["lost"] == 0:
                raise Failure(f"the relay lost nothing of {statistics[direction]}")
            if statistics[direction]["send_failed"]:
                raise Failure(f"the relay itself failed to send: {statistics[direction]}")

    def check_ends(self):
        for program in self.programs:
            code = program.stop()
            if program.name == "relay":
                self.check_relay(json.loads(program.text().strip().split("\n")[-1]))
            elif code != 0 and self.options.culvert in program.argv:
                raise Failure(f"{program.name} ended with {code} after SIGTERM")

    def __call__(self):
        try:
            self.target = Target(os.path.join(self.folder, "target.sock")
                                 if self.case.unix_target else None, self.deadline)
            ports = self.start_servers()
            if self.case.link:
                ports = [self.start_relay(ports[0])]
            self.start_client(ports)
            self.move_data()
            self.check_ends()
        except OSError as error:
            raise Failure(str(error)) from error
        finally:
            for program in self.programs:
                program.stop()
            if self.target:
                self.target.close()

    def logs(self):
        lines = []
        for program in self.programs:
            lines += ["--- " + " ".join(program.argv)]
            lines += program.text().rstrip().split("\n")[-LOG_LINES:]
        return lines

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)


# --- TAP ----------------------------------------------------------------------------------

def run_case(options, pairing, case):
    """(seconds, error or None, lines of the logs). Again after a port that was snatched in between,
    or an error that kcptun is known for."""
    begin = time.monotonic()
    for attempt in (1, 2, 3):
        run = Run(options, pairing, case, attempt)
        try:
            run()
            return time.monotonic() - begin, None, []
        except Failure as error:
            logs = run.logs()
            is_known = (case.kcptun_errs and "kcptun" in pairing
                        and any(how in str(error) for how in ("closed after", "reset by peer")))
            if attempt == 3 or not (is_known or any("address already in use" in line.lower()
                                                    for line in logs)):
                return time.monotonic() - begin, str(error), logs
        finally:
            run.clean()


def run_pairing(options, pairing, cases):
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run_case, options, pairing, case) for case in cases]
        for number, (case, job) in enumerate(zip(cases, jobs), 1):
            seconds, error, logs = job.result()
            failed += error is not None
            print(f"{'not ok' if error else 'ok'} {number} - {pairing}/{case.name} "
                  f"({seconds:.1f} s)")
            for line in ([error] if error else []) + logs:
                print(f"# {line}")
            sys.stdout.flush()
    return failed


def parse_arguments():
    parser = argparse.ArgumentParser(description="interoperation of culvert and kcptun")
    parser.add_argument("--pairing", required=True, metavar="CLIENT-SERVER",
                        choices=[f"{a}-{b}" for a in ("culvert", "kcptun")
                                 for b in ("culvert", "kcptun")])
    parser.add_argument("--case", action="append", metavar="GLOB", help="only these cases")
    parser.add_argument("--culvert", metavar="PROGRAM", help="the culvert executable")
    parser.add_argument("--relay", metavar="PROGRAM", help="the udp-relay executable")
    parser.add_argument("--wrap", default="", help="words before culvert, such as valgrind")
    parser.add_argument("--quick", action="store_true", help="few bytes, few cases")
    parser.add_argument("--jobs", type=int, default=2, help="cases at the same time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1, help="factor of all time limits")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    options = parser.parse_args()
    options.length = 1 << (20 if options.quick else 23)
    options.wrap = options.wrap.split()
    options.culvert = os.path.abspath(options.culvert) if options.culvert else ""
    options.relay = os.path.abspath(options.relay) if options.relay else ""
    return options


def main():
    options = parse_arguments()
    makes = options.pairing.split("-")
    cases = interop_cases.cases_of(makes[0], makes[1], options.quick)
    if options.case:
        cases = [c for c in cases if any(fnmatch.fnmatch(c.name, g) for g in options.case)]
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    if "kcptun" in makes and not (shutil.which("kcptun-client") and shutil.which("kcptun-server")):
        print("1..0 # SKIP kcptun is not installed")
        return 0
    if "culvert" in makes and not os.access(options.culvert, os.X_OK):
        print(f"Bail out! --culvert {options.culvert or '(not given)'} is not an executable")
        return 1
    if not cases:
        print("Bail out! no case has such a name")
        return 1
    print(f"# seed {options.seed}, {options.length >> 20} MiB each way")
    failed = run_pairing(options, options.pairing, cases)
    print(f"# {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
