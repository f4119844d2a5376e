# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""What is said when the ends differ: by `culvert check`, and in the logs of both ends.

Each case starts a server, Debian's kcptun unless it says culvert, breaks one thing, and
looks at the exit code of `culvert check`, at the time it took and at the words of its
verdict; the log cases look at what the long-running programs write. Nothing sleeps for a
fixed time. Output is TAP.

    diagnosis.py --culvert build/app/culvert --relay build/tests/interop/udp-relay
"""

import argparse
import concurrent.futures
import dataclasses
import fnmatch
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from interop import LOOPBACK, Deadline, Failure, Program, free_ports, proc_net_has

KEY = "the key of both ends"
CHECK_SECONDS = 15
CASE_SECONDS = 60
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"


# --- the target ---------------------------------------------------------------------------

class Target:
    """Accepts; "banner" speaks first, "http" answers a request, "silent" and "binary" say so."""

    def __init__(self, kind):
        self.kind = kind
        self.heard = b""
        self.sock = socket.socket()
        self.sock.bind((LOOPBACK, 0))
        self.port = self.sock.getsockname()[1]
        if kind == "refuses":
            return
        self.sock.listen(16)
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
                if self.kind == "banner":
                    conn.sendall(BANNER)
                data = b""
                while True:
                    more = conn.recv(4096)
                    if not more:
                        return
                    data += more
                    self.heard += more
                    if self.kind == "http" and b"\r\n\r\n" in data:
                        conn.sendall(b"HTTP/1.0 200 OK\r\nServer: test\r\n\r\n")
                        return
            except OSError:
                pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


# --- cases --------------------------------------------------------------------------------

@dataclasses.dataclass
class Case:
    name: str
    code: int
    words: tuple = ()           # all must stand in the verdict
    server: dict = dataclasses.field(default_factory=dict)
    client: dict = dataclasses.field(default_factory=dict)
    make: str = "kcptun"        # of the server; "" for none
    target: str = "banner"
    link: dict = dataclasses.field(default_factory=dict)
    fields: dict = dataclasses.field(default_factory=dict)  # of the JSON result
    words_own: tuple = ()       # options of check itself


ALL = {"key": KEY, "smuxver": 2}

CASES = [
    Case("ok", 0, ("works",), fields={"smux_version": 2, "compression": True, "qpp_agrees": True,
                                      "target": "speaks"}),
    Case("ok-smux-1-nocomp", 0, ("works",), server={"smuxver": 1, "nocomp": True},
         client={"smuxver": 1, "nocomp": True}, fields={"smux_version": 1, "compression": False}),
    Case("ok-silent-target", 0, ("works", "QPP"), target="silent",
         fields={"qpp_agrees": None, "target": "silent"}),
    Case("ok-asks", 0, ("works",), target="http", fields={"qpp_agrees": True}),
    Case("ok-no-ask", 0, ("works", "QPP"), target="http", words_own=("--no-ask",),
         fields={"qpp_agrees": None, "target": "silent"}),
    Case("ok-nofec", 0, ("works",), server={"datashard": 0}, client={"mtu": 500}),
    Case("ok-lossy", 0, ("works",), link={"loss": 10, "delay": 30, "jitter": 10}),
    Case("key", 5, ("key", "cipher", "lost"), server={"key": "another one"}),
    Case("key-default", 6, ("key differs", "default"), server={"key": None}),
    Case("cipher", 6, ("crypt twofish",), server={"crypt": "twofish"}),
    Case("cipher-none", 6, ("crypt none",), server={"crypt": "none"}),
    Case("nocomp-here", 7, ("compresses", "remove nocomp"), client={"nocomp": True},
         fields={"compression": True, "smux_version": 2}),
    Case("nocomp-there", 7, ("does not compress", "set nocomp"), server={"nocomp": True}),
    Case("smuxver-here", 8, ("smux 2", "set smuxver 2"), client={"smuxver": 1}),
    Case("smuxver-there", 8, ("smux 1", "set smuxver 1"), server={"smuxver": 1}),
    Case("smuxver-and-nocomp", 7, ("nocomp", "smuxver 1"),
         server={"smuxver": 1, "nocomp": True}),
    Case("smuxver-lossy", 8, ("set smuxver 1",), server={"smuxver": 1},
         link={"loss": 10, "delay": 30}),
    Case("qpp-here", 9, ("QPP",), client={"QPP": True}, fields={"qpp_agrees": False}),
    Case("qpp-there", 9, ("QPP",), make="culvert", server={"QPP": True}),
    Case("qpp-there-asks", 9, ("QPP",), make="culvert", server={"QPP": True}, target="http"),
    Case("qpp-count", 9, ("QPPCount",), make="culvert", server={"QPP": True, "QPPCount": 7},
         client={"QPP": True}),
    Case("qpp-silent-target", 0, ("either", "QPP"), make="culvert", server={"QPP": True},
         target="silent"),
    Case("qpp-agrees", 0, ("works",), make="culvert", server={"QPP": True}, client={"QPP": True},
         fields={"qpp_agrees": True}),
    Case("target-refused", 10, ("target", "refuses"), target="refuses",
         fields={"target": "refused"}),
    Case("port-closed", 4, ("port is closed",), make=""),
    Case("packets-dropped", 5, ("lost on the way", "key"), link={"loss": 100}),
    Case("large-dropped", 11, ("large packets", "mtu"), link={"max-size": 1000}),
    Case("large-dropped-up", 11, ("large packets", "bytes"), link={"up-max-size": 900}),
    Case("large-dropped-down", 11, ("large packets", "from"), link={"down-max-size": 800}),
    Case("large-dropped-silent-target", 11, ("large packets",), target="silent",
         link={"max-size": 1200, "delay": 20}),
    Case("culvert-adapts", 0, ("works",), make="culvert", client={"smuxver": 1, "nocomp": True}),
    Case("culvert-strict-smuxver", 8, ("set smuxver 2",), make="culvert",
         server={"strict": True}, client={"smuxver": 1}),
    Case("culvert-strict-nocomp", 7, ("remove nocomp",), make="culvert",
         server={"strict": True}, client={"nocomp": True}),
    Case("culvert-gcm-key", 5, ("key",), make="culvert",
         server={"crypt": "aes-128-gcm", "key": "another one"}, client={"crypt": "aes-128-gcm"}),
    Case("culvert-gcm-cipher", 6, ("crypt aes-128-gcm",), make="culvert",
         server={"crypt": "aes-128-gcm"}),
    Case("culvert-null", 6, ("crypt null",), make="culvert", server={"crypt": "null"}),
]


@dataclasses.dataclass
class LogCase:
    """A client of one make and a server of another; who writes which words, after a connection."""
    name: str
    client_make: str
    server_make: str
    says: str
    words: tuple
    server: dict = dataclasses.field(default_factory=dict)
    client: dict = dataclasses.field(default_factory=dict)


# A session speaks at once, and a kcptun that does not understand it drops it without a word of its
# own: which of them it is, `culvert check` finds out.
ONE_OF_THREE = ("smuxver, nocomp and QPP must be equal on both ends",)
LOG_CASES = [
    LogCase("log-client-smuxver", "culvert", "kcptun", "client", ONE_OF_THREE,
            server={"smuxver": 1}),
    LogCase("log-client-nocomp", "culvert", "kcptun", "client", ONE_OF_THREE,
            client={"nocomp": True}),
    LogCase("log-client-comp", "culvert", "kcptun", "client", ONE_OF_THREE,
            server={"nocomp": True}),
    LogCase("log-server-cipher", "kcptun", "culvert", "server",
            ("the same key with crypt twofish fits",), client={"crypt": "twofish"}),
    LogCase("log-server-cipher-of-null", "kcptun", "culvert", "server",
            ("the same key with crypt aes fits",), server={"crypt": "null"}),
    LogCase("log-server-key", "kcptun", "culvert", "server", ("key or cipher differ",),
            client={"key": "another one"}),
    LogCase("log-server-adapts", "kcptun", "culvert", "server",
            ("adapts to its client", "set nocomp and smuxver 1"),
            client={"smuxver": 1, "nocomp": True}),
    LogCase("log-server-strict", "kcptun", "culvert", "server", ("set smuxver 1",),
            server={"strict": True}, client={"smuxver": 1}),
]


# --- running ------------------------------------------------------------------------------

def words_of(flags):
    words = []
    for name, value in flags.items():
        if value is True:
            words.append("-" + name)
        elif value is not None:
            words += ["-" + name, str(value)]
    return words


class Run:
    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.deadline = Deadline(CASE_SECONDS)
        self.folder = tempfile.mkdtemp(prefix="culvert-diagnosis-")
        self.programs = []
        self.target = None
        self.output = ""

    def start(self, name, argv):
        program = Program(name, argv, self.folder)
        self.programs.append(program)
        return program

    def argv_of(self, make, role, flags):
        if make == "culvert":
            return [self.options.culvert, "--headless", role, *words_of(flags)]
        return [shutil.which(f"kcptun-{role}"), *words_of(flags)]

    def start_server(self, make, flags):
        port = free_ports(1)[0]
        if not make:
            return port
        own = {"listen": f"{LOOPBACK}:{port}", "target": f"{LOOPBACK}:{self.target.port}"}
        server = self.start("server", self.argv_of(make, "server", {**ALL, **flags, **own}))
        server.wait_until(lambda: proc_net_has("udp", port), self.deadline,
                          f"does not listen on UDP port {port}")
        return port

    def start_relay(self, port):
        listen = free_ports(1)[0]
        flags = [f"--{k}={v}" for k, v in self.case.link.items()]
        relay = self.start("relay", [self.options.relay, "--listen", f"{LOOPBACK}:{listen}",
                                     "--to", f"{LOOPBACK}:{port}", *flags])
        relay.wait_until(lambda: "listening" in relay.text(), self.deadline, "is not ready")
        return listen

    def clean(self):
        for program in self.programs:
            program.stop()
        if self.target:
            self.target.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self):
        lines = self.output.split("\n")
        for program in self.programs:
            lines += ["--- " + " ".join(program.argv), *program.text().split("\n")[-30:]]
        return [line for line in lines if line]


class CheckRun(Run):
    """Starts a server, runs the check, looks at code, words, fields and time."""

    def __call__(self):
        case = self.case
        self.target = Target(case.target)
        port = self.start_server(case.make, case.server)
        if case.link:
            port = self.start_relay(port)
        argv = [self.options.culvert, "check", f"{LOOPBACK}:{port}", "--json", *case.words_own,
                *words_of({**ALL, **case.client})]
        begin = time.monotonic()
        done = subprocess.run(argv, capture_output=True, text=True, check=False,
                              timeout=self.deadline.left())
        seconds = time.monotonic() - begin
        self.output = " ".join(argv) + "\n" + done.stdout + done.stderr
        result = json.loads(done.stdout)
        if done.returncode != case.code or result["code"] != case.code:
            raise Failure(f"exit code {done.returncode}, {case.code} was expected")
        if seconds > CHECK_SECONDS:
            raise Failure(f"took {seconds:.1f} s")
        for word in case.words:
            if word not in result["sentence"]:
                raise Failure(f"the verdict does not say \"{word}\"")
        for name, value in case.fields.items():
            if result[name] != value:
                raise Failure(f"{name} is {result[name]}, {value} was expected")
        self.check_sizes(result)
        if "--no-ask" in case.words_own and self.target.heard:
            raise Failure(f"the target was sent {self.target.heard}")

    def check_sizes(self, result):
        """The size named must pass, and be near what does."""
        link = self.case.link
        up = link.get("max-size", link.get("up-max-size"))
        down = link.get("max-size", link.get("down-max-size"))
        if up and not up - 16 <= result["mtu"]["up"] <= up:
            raise Failure(f"{result['mtu']['up']} bytes up, up to {up} pass")
        # Answers grow by 24 bytes, and not beyond what a request of this size asks for.
        if down and not min(down, (up or 1350) * 0.94) - 50 <= result["mtu"]["down"] <= down:
            raise Failure(f"{result['mtu']['down']} bytes down, up to {down} pass")


class LogRun(Run):
    """Starts both ends, connects once, waits for the words in a log."""

    def __call__(self):
        case = self.case
        self.target = Target("banner")
        port = self.start_server(case.server_make, case.server)
        local = free_ports(1)[0]
        own = {"localaddr": f"{LOOPBACK}:{local}", "remoteaddr": f"{LOOPBACK}:{port}"}
        client = self.start("client", self.argv_of(case.client_make, "client",
                                                   {**ALL, **case.client, **own}))
        client.wait_until(lambda: proc_net_has("tcp", local, "0A"), self.deadline,
                          "does not listen")
        speaker = next(p for p in self.programs if p.name == case.says)
        with socket.create_connection((LOOPBACK, local)) as sock:
            sock.sendall(b"hello")
            while not all(word in speaker.text() for word in case.words):
                self.deadline.left()
                if speaker.process.poll() is not None:
                    raise Failure(f"{speaker.name} ended")
                time.sleep(0.05)


def run_case(options, case):
    run = (LogRun if isinstance(case, LogCase) else CheckRun) (options, case)
    begin = time.monotonic()
    try:
        run()
        return time.monotonic() - begin, None, []
    except (Failure, OSError, ValueError, subprocess.TimeoutExpired) as error:
        return time.monotonic() - begin, str(error), run.logs()
    finally:
        run.clean()


def main():
    parser = argparse.ArgumentParser(description="what is said when the ends differ")
    parser.add_argument("--culvert", required=True, metavar="PROGRAM")
    parser.add_argument("--relay", required=True, metavar="PROGRAM")
    parser.add_argument("--case", action="append", metavar="GLOB", help="only these cases")
    parser.add_argument("--jobs", type=int, default=4, help="cases at the same time")
    options = parser.parse_args()
    options.culvert = os.path.abspath(options.culvert)
    options.relay = os.path.abspath(options.relay)
    if not (shutil.which("kcptun-client") and shutil.which("kcptun-server")):
        print("1..0 # SKIP kcptun is not installed")
        return 0
    cases = [c for c in CASES + LOG_CASES
             if not options.case or any(fnmatch.fnmatch(c.name, g) for g in options.case)]
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run_case, options, case) for case in cases]
        for number, (case, job) in enumerate(zip(cases, jobs), 1):
            seconds, error, logs = job.result()
            failed += error is not None
            print(f"{'not ok' if error else 'ok'} {number} - {case.name} ({seconds:.1f} s)")
            for line in ([error] if error else []) + logs:
                print(f"# {line}")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
