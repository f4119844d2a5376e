# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Fake TCP between two network namespaces, culvert and kcptun at the two ends.

Each case makes a client's and a server's namespace joined by a veth pair, moves data as
interop.py does, and then asks the kernels what they sent on their own: no reset, and of
segments without data not more than handshakes need. culvert runs with CAP_NET_RAW and no
other capability, or where the name says "filter" with CAP_NET_ADMIN, too, which Linux 6.18
wants for the filter; kcptun needs iptables. Needs root; without, only the refusals run.

    netns_tcp.py --culvert build/app/culvert [--case 'culvert-*'] [--list]

Output is TAP; a failed case shows the last lines both programs wrote.
"""

import argparse
import dataclasses
import fnmatch
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import interop
import interop_cases
import netns

PORT = 4000
LOCAL_PORT = 12948
ADDRESSES = {"client": ("10.99.0.1", "fd99::1"), "server": ("10.99.0.2", "fd99::2")}
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SO_RCVBUFFORCE = 33
WITHOUT_NET_RAW = ["setpriv", "--bounding-set=-net_raw"]


def only(capabilities):
    """Takes everything else from a process of root's."""
    return ["setpriv", "--bounding-set=-all" + "".join(",+" + c for c in capabilities)]


class Namespaces(netns.Namespaces):
    """A client's and a server's, with a link in between."""

    def __init__(self):
        super().__init__(ADDRESSES)

    def make(self):
        super().make()
        self.join("client", "server", "tcp0")
        for role, (v4, v6) in ADDRESSES.items():
            self.ip(role, "addr", "add", v4 + "/24", "dev", "tcp0")
            self.ip(role, "addr", "add", v6 + "/64", "dev", "tcp0", "nodad")
            self.ip(role, "link", "set", "tcp0", "up")

    def lose(self, percent):
        """Of what arrives at either end."""
        rules = (f"table inet loss {{\n chain in {{\n  type filter hook input priority 0;\n"
                 f"  iifname \"tcp0\" numgen random mod 100 < {percent} counter drop\n }}\n}}\n")
        for role in self.names:
            self.nft(role, rules)


# --- what goes over the link ----------------------------------------------------------------

def parse_frame(frame):
    """(source, source port, destination port, flags, length of payload) of a TCP frame."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == socket.IPPROTO_TCP:
        ip = frame[14:]
        tcp = ip[(ip[0] & 15) * 4:struct.unpack(">H", ip[2:4])[0]]
        source = socket.inet_ntop(socket.AF_INET, ip[12:16])
    elif kind == b"\x86\xdd" and frame[20] == socket.IPPROTO_TCP:
        ip = frame[14:]
        tcp = ip[40:40 + struct.unpack(">H", ip[4:6])[0]]
        source = socket.inet_ntop(socket.AF_INET6, ip[8:24])
    else:
        return None
    ports = struct.unpack(">HH", tcp[:4])
    return source, *ports, tcp[13], len(tcp) - (tcp[12] >> 4) * 4


class Watch:
    """Counts the segments of the tunnel, by who sent them, as they arrive at the client's end."""

    def __init__(self, namespaces, ports):
        self.ports = ports
        self.data = {}      # source -> segments with payload
        self.unpushed = 0   # of those without PSH
        self.bare = {}      # source -> without payload, SYN, FIN or RST
        self.resets = {}
        self.sessions = 0   # SYN without ACK
        with namespaces.inside("client"):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.sock.bind(("tcp0", 3))
        self.sock.settimeout(0.05)
        self.is_over = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                self.count(parse_frame(self.sock.recv(65535)))
            except socket.timeout:
                if self.is_over:
                    return

    def count(self, segment):
        if segment is None or not (segment[1] in self.ports or segment[2] in self.ports):
            return
        source, _, _, flags, length = segment
        if flags & RST:
            self.resets[source] = self.resets.get(source, 0) + 1
        elif length > 0:
            self.data[source] = self.data.get(source, 0) + 1
            self.unpushed += not flags & PSH
        elif flags & SYN:
            self.sessions += not flags & ACK
        elif not flags & FIN:
            self.bare[source] = self.bare.get(source, 0) + 1

    def stop(self):
        self.is_over = True
        self.thread.join()
        self.sock.close()

    def check(self, addresses):
        """Of the kernels of these addresses: no reset, no acknowledgement but of handshakes."""
        for address in addresses:
            if self.data.get(address, 0) < 2:
                raise interop.Failure(f"{address} sent {self.data.get(address, 0)} segments")
            if self.resets.get(address, 0):
                raise interop.Failure(f"{address} sent {self.resets[address]} resets")
            # One for each connection, and some for lost ends of the handshake.
            if self.bare.get(address, 0) > 3 * self.sessions:
                raise interop.Failure(f"{address} sent {self.bare[address]} segments without data "
                                      f"on {self.sessions} connections")
        if self.unpushed:
            raise interop.Failure(f"{self.unpushed} segments have no PSH")


# --- cases ----------------------------------------------------------------------------------

@dataclasses.dataclass
class Case(interop_cases.Case):
    pairing: str = "culvert-culvert"
    family: int = 4
    loss: int = 0        # percent
    caps: tuple = ("net_raw",)

FILTER = ("net_raw", "net_admin")


def cases():
    def pairs(make, **more):
        return {"pairing": make, **more}

    yield Case("culvert-culvert", seconds=60)
    yield Case("culvert-kcptun", **pairs("culvert-kcptun"))
    yield Case("kcptun-culvert", **pairs("kcptun-culvert"))
    yield Case("culvert-culvert-filter", caps=FILTER)
    yield Case("culvert-culvert-filter-ipv6", family=6, caps=FILTER)
    yield Case("culvert-kcptun-filter", **pairs("culvert-kcptun", caps=FILTER))
    yield Case("kcptun-culvert-filter", **pairs("kcptun-culvert", caps=FILTER))
    yield Case("culvert-culvert-ipv6", family=6)
    yield Case("culvert-kcptun-ipv6", **pairs("culvert-kcptun", family=6))
    yield Case("kcptun-culvert-ipv6", **pairs("kcptun-culvert", family=6))
    yield Case("culvert-culvert-loss", loss=5, seconds=90)
    yield Case("culvert-culvert-ports", client={"conn": 8}, ports=16, streams=8)
    yield Case("culvert-culvert-workers", both={"workers": 4}, client={"conn": 8}, streams=8)
    yield Case("kcptun-culvert-workers", server={"workers": 3}, client={"conn": 6}, streams=6,
               **pairs("kcptun-culvert"))


class TcpRun(interop.Run):
    """A run of interop.py whose programs live in two namespaces."""

    def __init__(self, options, case, client_tcp=True):
        super().__init__(options, case.pairing, case)
        self.namespaces = Namespaces()
        self.client_tcp = client_tcp
        self.watch = None

    def argv_of(self, role, flags):
        words = super().argv_of(role, flags)
        if "culvert" in os.path.basename(words[0]):
            words = [*only(self.case.caps), *words]
        return [*self.namespaces.exec(role), *words]

    def has(self, program, table, port, state=None):
        """Whether the program's namespace has a socket on the port."""
        for name in (table, table + "6"):
            with open(f"/proc/{program.process.pid}/net/{name}", encoding="ascii") as f:
                rows = [row.split() for row in f.read().split("\n")[1:] if row]
            if any(row[1].endswith(f":{port:04X}") and state in (None, row[3]) for row in rows):
                return True
        return False

    def start_server(self):
        ports = f"{PORT}-{PORT + self.case.ports - 1}" if self.case.ports > 1 else PORT
        own = {"listen": f":{ports}", "target": self.target.address, "tcp": True}
        server = self.start("server", self.argv_of("server", self.flags_of("server", own)))
        for table, state in (("udp", None), ("tcp", "0A")):
            server.wait_until(lambda t=table, s=state: self.has(server, t, PORT, s),
                              self.deadline, f"does not listen on {table} port {PORT}")

    def start_client(self):
        v4, v6 = ADDRESSES["server"]
        host = f"[{v6}]" if self.case.family == 6 else v4
        ports = f"{PORT}-{PORT + self.case.ports - 1}" if self.case.ports > 1 else PORT
        self.local = (interop.LOOPBACK, LOCAL_PORT)
        own = {"localaddr": f"{interop.LOOPBACK}:{LOCAL_PORT}", "remoteaddr": f"{host}:{ports}",
               "tcp": self.client_tcp or None}
        client = self.start("client", self.argv_of("client", self.flags_of("client", own)))
        client.wait_until(lambda: self.has(client, "tcp", LOCAL_PORT, "0A"), self.deadline,
                          "does not listen")

    def connect(self):
        with self.namespaces.inside("client"):
            return super().connect()

    def watched(self):
        """The ends whose kernels must be silent. kcptun's own is, by its firewall rules."""
        return [ADDRESSES[role][self.case.family == 6]
                for role, make in zip(("client", "server"), self.makes) if make == "culvert"]

    def begin(self):
        self.namespaces.make()
        if self.case.loss:
            self.namespaces.lose(self.case.loss)
        with self.namespaces.inside("server"):
            self.target = interop.Target(None, self.deadline)
        self.watch = Watch(self.namespaces, range(PORT, PORT + self.case.ports))
        self.start_server()

    def body(self):
        self.start_client()
        self.move_data()
        self.watch.stop()
        self.watch.check(self.watched())

    def __call__(self):
        try:
            self.begin()
            self.body()
            self.check_ends()
        except OSError as error:
            raise interop.Failure(str(error)) from error
        finally:
            for program in self.programs:
                program.stop()
            if self.watch:
                self.watch.stop()
            if self.target:
                self.target.close()
            self.namespaces.remove()


class UdpRun(TcpRun):
    """A server with -tcp serves UDP as ever."""

    def __init__(self, options, case):
        super().__init__(options, case, client_tcp=False)

    def body(self):
        self.start_client()
        self.move_data()
        self.watch.stop()
        if self.watch.data:
            raise interop.Failure("a client without -tcp sent segments")


class StrangerRun(TcpRun):
    """What a stranger sends on a connection of his own draws nothing from the server's kernel."""

    SEGMENTS = 200

    def segment(self, ports, number):
        payload = interop.payload(number, 100 + number)
        head = struct.pack(">HHIIBBHHH", *ports, 1000 * number, 77, 5 << 4, PSH | ACK, 65535, 0, 0)
        pseudo = b"".join(socket.inet_aton(ADDRESSES[r][0]) for r in ("client", "server"))
        text = pseudo + struct.pack(">HH", 6, len(head) + len(payload)) + head + payload
        text += b"\0" * (len(text) % 2)
        total = sum(struct.unpack(f">{len(text) // 2}H", text))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        # Every third with a wrong sum.
        total = ~total & 0xffff if number % 3 else 1
        return head[:16] + struct.pack(">H", total) + head[18:] + payload

    def send(self, raw, server, own):
        for number in range(self.SEGMENTS):
            raw.sendto(self.segment((own, PORT), number), (server, 0))
        # Counted by the watch; then an answer would have come, too.
        while self.watch.data.get(ADDRESSES["client"][0], 0) < self.SEGMENTS:
            time.sleep(self.deadline.left() and 0.01)
        time.sleep(0.3)

    def body(self):
        server = ADDRESSES["server"][0]
        with self.namespaces.inside("client"):
            stranger = socket.create_connection((server, PORT), 5)
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        with stranger, raw:
            if self.case.caps != FILTER:
                time.sleep(0.5)  # until the server has accepted and muted it
            self.send(raw, server, stranger.getsockname()[1])
            self.watch.stop()
        if self.watch.bare.get(server, 0) or self.watch.resets.get(server, 0):
            raise interop.Failure(f"the server's kernel sent {self.watch.bare} segments without "
                                  f"data and {self.watch.resets} resets")
        if self.programs[0].process.poll() is not None:
            raise interop.Failure("the server is gone")


# --- refusals, without namespaces -------------------------------------------------------------

def refuse(options, role):
    """Without the capability culvert says which one it needs and opens nothing."""
    words = {"client": ["-localaddr", "127.0.0.1:0", "-remoteaddr", "127.0.0.1:9"],
             "server": ["-listen", "127.0.0.1:29987", "-target", "127.0.0.1:9"]}[role]
    argv = [options.culvert, "--headless", role, "-key", "k", "-tcp", *words]
    if os.geteuid() == 0:
        argv = WITHOUT_NET_RAW + argv
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, text=True, timeout=20)
    lines = done.stdout.rstrip().split("\n")
    if done.returncode == 0:
        raise interop.Failure("it ended with 0\n" + done.stdout)
    for word in ("CAP_NET_RAW", "setcap cap_net_raw+ep", "AmbientCapabilities"):
        if not any(word in line for line in lines):
            raise interop.Failure(f"no line has {word}:\n" + done.stdout)
    if "listening" in done.stdout:
        raise interop.Failure("it opened something:\n" + done.stdout)


# --- TAP ----------------------------------------------------------------------------------------

def jobs_of(options):
    """(name, what to call, what it needs)."""
    for role in ("client", "server"):
        yield f"refused-{role}", (lambda r=role: (refuse(options, r), [])[1]), ""
    for case in cases():
        yield case.name, (lambda c=case: TcpRun(options, c)), "kcptun" * ("kcptun" in case.pairing)
    yield "server-serves-udp", (lambda: UdpRun(options, Case("udp"))), "root"
    yield "stranger", (lambda: StrangerRun(options, Case("stranger"))), "root"
    yield "stranger-filter", (lambda: StrangerRun(options, Case("filter", caps=FILTER))), "root"


def missing(name, needs):
    """Why the case is skipped, or None."""
    if name.startswith("refused"):
        return None if os.geteuid() != 0 or shutil.which("setpriv") else "setpriv is not installed"
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("ip", "setpriv") + (("nft",) if "loss" in name else ()):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if needs == "kcptun" and not (shutil.which("kcptun-client") and shutil.which("iptables")):
        return "kcptun or iptables is not installed"
    return None


def run_job(make):
    """(error or None, lines of the logs)."""
    run = None
    try:
        run = make()
        if run:
            run()
        return None, []
    except (interop.Failure, subprocess.SubprocessError) as error:
        return str(error), run.logs() if run else []
    finally:
        if run:
            run.clean()


def main():
    parser = argparse.ArgumentParser(description="fake TCP in network namespaces")
    parser.add_argument("--culvert", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--case", action="append", metavar="GLOB", help="only these cases")
    parser.add_argument("--wrap", default="", help="words before culvert, such as valgrind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1, help="factor of all time limits")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    options = parser.parse_args()
    options.quick = False
    options.length = 1 << 20
    options.wrap = options.wrap.split()
    chosen = [job for job in jobs_of(options)
              if not options.case or any(fnmatch.fnmatch(job[0], g) for g in options.case)]
    if options.list:
        print("\n".join(job[0] for job in chosen))
        return 0
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for number, (name, make, needs) in enumerate(chosen, 1):
        reason = missing(name, needs)
        if reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
            continue
        begin = time.monotonic()
        error, logs = run_job(make)
        failed += error is not None
        print(f"{'not ok' if error else 'ok'} {number} - {name} "
              f"({time.monotonic() - begin:.1f} s)")
        for text in ([error] if error else []) + logs:
            for line in text.split("\n"):
                print(f"# {line}")
        sys.stdout.flush()
    print(f"# {len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
