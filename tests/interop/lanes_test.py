# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""A saturating download and one small request a second, over a slow link with a deep queue.

With -conn 2 the requests do not stand behind the download: their 95th percentile is at most 2.5
round trips and 50 ms. Culvert is the client, culvert or Debian's kcptun the server; --conn 1 shows
what it is without a second session. A kcptun server keeps the link's queue full and overflowing
whatever its client does, so there the median is held to it. Output is TAP.

    lanes_test.py --culvert build/app/culvert --relay build/tests/interop/udp-relay
"""

import argparse
import concurrent.futures
import os
import shutil
import socket
import sys
import tempfile
import time

import heal_cases
import interop
from interop import LOOPBACK, Deadline, Failure, Program, free_ports, proc_net_has

DELAY_MS = 25
LINK = {"delay": DELAY_MS, "rate": 20000, "queue": 256}
LIMIT = 2.5 * 2 * DELAY_MS / 1000 + 0.05
WARM_SECONDS = 3


class Run:
    def __init__(self, options, make):
        self.options = options
        self.make = make
        self.deadline = Deadline(60 + options.seconds)
        self.folder = tempfile.mkdtemp(prefix="culvert-lanes-")
        self.programs = []
        self.target = heal_cases.Source(None, self.deadline)
        self.local = None

    def start(self, name, argv):
        program = Program(name, argv, self.folder, {**os.environ, "XDG_RUNTIME_DIR": self.folder})
        self.programs.append(program)
        return program

    def begin(self):
        port, between, local = (free_ports(1)[0] for _ in range(3))
        own = {"listen": f"{LOOPBACK}:{port}", "target": self.target.address}
        head = ([shutil.which("kcptun-server")] if self.make == "kcptun"
                else [self.options.culvert, "--headless", "server"])
        server = self.start("server", head + heal_cases.words_of({**heal_cases.FLAGS, **own}))
        server.wait_until(lambda: proc_net_has("udp", port), self.deadline, "does not listen")
        link = [f"--{k}={v}" for k, v in LINK.items()]
        relay = self.start("relay", [self.options.relay, "--listen", f"{LOOPBACK}:{between}",
                                     "--to", f"{LOOPBACK}:{port}", *link])
        relay.wait_until(lambda: "listening" in relay.text(), self.deadline, "is not ready")
        own = {"localaddr": f"{LOOPBACK}:{local}", "remoteaddr": f"{LOOPBACK}:{between}",
               "conn": self.options.conn, "rcvwnd": self.options.rcvwnd}
        client = self.start("client", [self.options.culvert, "--headless", "client",
                                       *heal_cases.words_of({**heal_cases.FLAGS, **own})])
        client.wait_until(lambda: proc_net_has("tcp", local, "0A"), self.deadline,
                          "does not listen")
        self.local = (LOOPBACK, local)

    def request(self):
        """Seconds from connect to the last byte of a small answer, on a connection of its own."""
        begin = time.monotonic()
        with socket.create_connection(self.local, 10) as sock:
            sock.sendall(interop.make_header(b"D", 5, 2000))
            interop.recv_compared(sock, interop.payload(5, 2000), Deadline(20), "request")
            return time.monotonic() - begin

    def __call__(self):
        self.begin()
        self.request()
        download = heal_cases.Download(socket.create_connection(self.local, 10), 0, 1 << 40,
                                       self.deadline)
        end = time.monotonic() + WARM_SECONDS
        while time.monotonic() < end or download.got < 2 * 512 * 1024:
            self.deadline.left()
            time.sleep(0.1)
        at, begin, took = download.got, time.monotonic(), []
        for i in range(self.options.seconds):
            took.append(self.request())
            time.sleep(max(0, begin + i + 1 - time.monotonic()))
        rate = (download.got - at) / (time.monotonic() - begin)
        download.is_stopped = True
        download.finish()
        took.sort()
        p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
        return took[len(took) // 2], p95, took[-1], rate

    def logs(self):
        return [line for program in self.programs for line in
                ["--- " + " ".join(program.argv)] + program.text().rstrip().split("\n")[-20:]]

    def clean(self):
        for program in self.programs:
            program.stop()
        self.target.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_make(options, make):
    """(line to show, error or None, lines of the logs)."""
    run = Run(options, make)
    try:
        median, p95, most, rate = run()
        text = (f"median {median * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms of {LIMIT * 1000:.0f}, "
                f"most {most * 1000:.0f} ms, download {rate / 1e6:.2f} MB/s")
        late = (median if make == "kcptun" else p95) > LIMIT and options.conn > 1
        return text, "too late" if late else None, []
    except (Failure, OSError) as error:
        return "", str(error), run.logs()
    finally:
        run.clean()


def main():
    parser = argparse.ArgumentParser(description="small requests beside a download")
    parser.add_argument("--culvert", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--relay", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--conn", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rcvwnd", type=int, default=heal_cases.FLAGS["rcvwnd"])
    options = parser.parse_args()
    makes = ["culvert"] + (["kcptun"] if shutil.which("kcptun-server") else [])
    print(f"1..{len(makes)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(makes)) as pool:
        jobs = [pool.submit(run_make, options, make) for make in makes]
        for number, (make, job) in enumerate(zip(makes, jobs), 1):
            text, error, logs = job.result()
            failed += error is not None
            print(f"{'not ok' if error else 'ok'} {number} - lanes-{make}-conn-{options.conn}")
            for line in [text] + ([error] if error else []) + logs:
                print(f"# {line}")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
