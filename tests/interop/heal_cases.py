# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The cases of heal_test.py: what happens to a tunnel, and what must work again how soon.

A case makes a client's and a server's namespace, joined by two veth pairs of which the first
carries the route to the server's address, starts a server and a culvert client, and breaks
something. "Works" is a new connection whose bytes come back through the tunnel; one is opened
every quarter of a second until one does.
"""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import interop
import netns
from interop import Deadline, Failure, Program

SERVER = "10.77.0.1"   # on the server's loopback device, so that any link leads to it
PORT = 4000
LOCAL = (interop.LOOPBACK, 12948)
LINKS = ("link0", "link1")
TRY_SECONDS = 0.25
LOG_LINES = 60
BLOCK = random.Random(7).randbytes(1048573)  # prime, so that no loss of whole buffers is hidden

FLAGS = {"key": "a key for the tests, not the default one", "crypt": "aes", "mode": "fast",
         "mtu": 1350, "smuxver": 2, "sndwnd": 512, "rcvwnd": 512}


def words_of(flags):
    words = []
    for name, value in flags.items():
        if value is True:
            words.append("-" + name)
        elif value is not None:
            words += ["-" + name, str(value)]
    return words


class Source(interop.Target):
    """Also sends bytes at a rate: the seed of the header is bytes a second, 0 for no limit."""

    def serve(self, conn):
        header = b""
        try:
            conn.settimeout(self.deadline.left())
            header = conn.recv(interop.HEADER, socket.MSG_PEEK)
        except (Failure, OSError):
            pass
        if header[:1] != b"G":
            super().serve(conn)
            return
        with conn:
            try:
                header = interop.recv_exactly(conn, interop.HEADER, self.deadline)
                self.generate(conn, int.from_bytes(header[1:9], "big"),
                              int.from_bytes(header[9:], "big"))
                self.drain(conn)
            except (Failure, OSError):
                pass  # the other end looks at what came

    def generate(self, conn, rate, length):
        sent, begin = 0, time.monotonic()
        while sent < length:
            at = sent % len(BLOCK)
            part = BLOCK[at:at + min(65536, length - sent)]
            conn.settimeout(self.deadline.left())
            conn.sendall(part)
            sent += len(part)
            if rate:
                time.sleep(max(0, begin + sent / rate - time.monotonic()))


class Download(threading.Thread):
    """Fetches and compares; ends when all has come, when stop is set, or with an error."""

    def __init__(self, sock, rate, length, deadline):
        super().__init__(daemon=True)
        self.sock, self.length, self.deadline = sock, length, deadline
        self.got, self.error, self.longest_pause = 0, None, 0
        self.is_stopped = False
        self.begin = time.monotonic()
        sock.sendall(interop.make_header(b"G", rate, length))
        self.start()

    def run(self):
        last = time.monotonic()
        view = memoryview(BLOCK)
        try:
            while self.got < self.length and not self.is_stopped:
                self.sock.settimeout(self.deadline.left())
                part = memoryview(self.sock.recv(262144))
                self.longest_pause = max(self.longest_pause, time.monotonic() - last)
                last = time.monotonic()
                if not part:
                    raise Failure(f"the download ended after {self.got} bytes")
                while part:
                    at = self.got % len(BLOCK)
                    n = min(len(part), len(BLOCK) - at)
                    if part[:n] != view[at:at + n]:
                        raise Failure(f"the download is wrong within {n} bytes at {self.got}")
                    self.got += n
                    part = part[n:]
        except (Failure, OSError) as error:
            self.error = str(error)
        self.seconds = time.monotonic() - self.begin
        self.sock.close()

    def finish(self):
        self.join()
        if self.error:
            raise Failure(self.error)


class HealCase:
    """A tunnel between two namespaces. Subclasses break it in body()."""

    name = ""
    seconds = 60
    makes = ("culvert", "kcptun")  # of the server: one run each
    needs = ()
    client = {}
    server = {}
    remote = f"{SERVER}:{PORT}"    # where the client sends to
    client_limit = None            # of descriptors
    server_limit = None

    def __init__(self, options, make):
        self.options = options
        self.make = make
        self.deadline = Deadline(self.seconds * options.patience)
        self.folder = tempfile.mkdtemp(prefix="culvert-heal-")
        self.namespaces = netns.Namespaces(("client", "server"))
        self.programs = []
        self.target = None
        self.notes = []            # what was measured

    # -- set-up

    def make_links(self):
        self.namespaces.make()
        self.namespaces.ip("server", "addr", "add", SERVER + "/32", "dev", "lo")
        for number, device in enumerate(LINKS):
            self.namespaces.join("client", "server", device)
            self.namespaces.ip("server", "addr", "add", f"10.99.{number}.2/24", "dev", device)
            self.namespaces.ip("server", "link", "set", device, "up")

    def bring_up(self, number, host=1):
        """The client's end of a link, its address and the route over it."""
        device = LINKS[number]
        self.namespaces.ip("client", "addr", "add", f"10.99.{number}.{host}/24", "dev", device)
        self.namespaces.ip("client", "link", "set", device, "up")
        self.namespaces.ip("client", "route", "replace", SERVER, "dev", device)

    def start(self, name, role, argv, limit=None):
        words = list(self.namespaces.exec(role))
        if limit:
            words += ["prlimit", f"--nofile={limit}"]
        environment = {**os.environ, "XDG_RUNTIME_DIR": self.folder}
        program = Program(name, words + argv, self.folder, environment)
        self.programs.append(program)
        return program

    def has_socket(self, program, table, port, state=None):
        try:
            with open(f"/proc/{program.process.pid}/net/{table}", encoding="ascii") as f:
                rows = [row.split() for row in f.read().split("\n")[1:] if row]
        except OSError:
            return False
        return any(row[1].endswith(f":{port:04X}") and state in (None, row[3]) for row in rows)

    def start_server(self):
        own = {"listen": f"{SERVER}:{PORT}", "target": self.target.address}
        flags = words_of({**FLAGS, **self.server, **own})
        if self.make == "kcptun":
            argv = [shutil.which("kcptun-server"), *flags]
        else:
            argv = [self.options.culvert, "--headless", "server", "-control",
                    os.path.join(self.folder, "server.sock"), *flags]
        program = self.start(f"server{len(self.programs)}", "server", argv, self.server_limit)
        program.wait_until(lambda: self.has_socket(program, "udp", PORT), self.deadline,
                           "does not listen")
        return program

    def start_client(self):
        own = {"localaddr": f"{LOCAL[0]}:{LOCAL[1]}", "remoteaddr": self.remote,
               "control": os.path.join(self.folder, "client.sock")}
        program = self.start("client", "client",
                             [self.options.culvert, "--headless", "client",
                              *words_of({**FLAGS, **self.client, **own})], self.client_limit)
        program.wait_until(lambda: self.has_socket(program, "tcp", LOCAL[1], "0A"), self.deadline,
                           "does not listen")
        return program

    # -- what is looked at

    def connect(self):
        with self.namespaces.inside("client"):
            sock = socket.socket()
        sock.settimeout(min(10, self.deadline.left()))
        sock.connect(LOCAL)
        return sock

    def echo(self, sock, seed, limit):
        data = random.Random(seed).randbytes(1 + seed % 900)
        sock.settimeout(limit)
        sock.sendall(data)
        interop.recv_compared(sock, data, Deadline(limit), "echo")

    def open_echo(self, limit=10):
        """A connection that has echoed once."""
        sock = self.connect()
        try:
            sock.sendall(interop.make_header(b"E"))
            self.echo(sock, 77, limit)
        except BaseException:
            sock.close()
            raise
        return sock

    def until_works(self, since, limit, what):
        """Seconds from since to the end of the first exchange on a new connection."""
        end = since + limit
        done = []

        def attempt():
            try:
                self.open_echo(max(0.1, end - time.monotonic())).close()
                done.append(time.monotonic())
            except (Failure, OSError):
                pass

        while not done and time.monotonic() < end:
            threading.Thread(target=attempt, daemon=True).start()
            wait = min(end, time.monotonic() + TRY_SECONDS)
            while not done and time.monotonic() < wait:
                time.sleep(0.01)
        self.check_alive()
        if not done:
            raise Failure(f"no new connection works within {limit} s {what}")
        self.notes.append(f"works {max(0, done[0] - since):.2f} s {what}")

    def check_alive(self):
        for program in self.programs:
            if program.process.poll() is not None and not getattr(program, "may_end", False):
                raise Failure(f"{program.name} ended with {program.process.returncode}")

    def status(self, name="client"):
        argv = [self.options.culvert, "status", "--json", "--control",
                os.path.join(self.folder, name + ".sock")]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise Failure(f"{' '.join(argv)}: {done.stdout}")
        return json.loads(done.stdout)[0]

    def wait_for(self, condition, seconds, what):
        end = time.monotonic() + min(seconds * self.options.patience, self.deadline.left())
        while not condition():
            self.check_alive()
            if time.monotonic() > end:
                raise Failure(f"{what}, not within {seconds} s")
            time.sleep(0.1)

    def pause(self, seconds):
        """Lets time pass that belongs to the case."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.deadline.left()
            self.check_alive()
            time.sleep(0.1)

    def descriptors(self, program):
        """What each open one is."""
        folder = f"/proc/{program.process.pid}/fd"
        kinds = []
        for name in os.listdir(folder):
            try:
                kinds.append(re.sub(r"\d+", "", os.readlink(os.path.join(folder, name))))
            except OSError:
                pass  # closed meanwhile
        return sorted(kinds)

    def resident(self, program):
        """KiB."""
        with open(f"/proc/{program.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])

    def processor_seconds(self, program):
        with open(f"/proc/{program.process.pid}/stat", encoding="ascii") as f:
            words = f.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    # -- course

    def begin(self):
        self.make_links()
        self.bring_up(0)
        with self.namespaces.inside("server"):
            self.target = Source(None, self.deadline)
        self.start_server()
        self.start_client()
        self.open_echo().close()

    def body(self):
        raise NotImplementedError

    def check_ends(self):
        for program in self.programs:
            if getattr(program, "may_end", False):
                continue
            code = program.stop()
            if code != 0 and self.options.culvert in program.argv:
                raise Failure(f"{program.name} ended with {code} after SIGTERM")

    def __call__(self):
        try:
            self.begin()
            self.body()
            self.check_alive()
            self.check_ends()
        except OSError as error:
            raise Failure(f"{type(error).__name__}: {error}") from error

    def logs(self):
        lines = []
        for program in self.programs:
            lines += ["--- " + " ".join(program.argv)]
            # Without the settings that a program begins with.
            text = program.text().rstrip().rsplit("control socket: ")[-1]
            lines += text.split("\n")[-LOG_LINES:]
        return lines

    def clean(self):
        for program in self.programs:
            if program.process.poll() is None:
                program.process.send_signal(signal.SIGCONT)
            program.stop()
        if self.target:
            self.target.close()
        self.namespaces.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


# --- the network changes --------------------------------------------------------------------

class AddressReplaced(HealCase):
    """Another address on the same link; the route stays."""

    name = "address-replaced"

    def body(self):
        # Of another network, or removing the first would remove it, too.
        self.namespaces.ip("server", "addr", "add", "10.99.7.2/24", "dev", LINKS[0])
        sock = self.open_echo()
        self.namespaces.ip("client", "addr", "add", "10.99.7.1/24", "dev", LINKS[0])
        self.namespaces.ip("client", "addr", "del", "10.99.0.1/24", "dev", LINKS[0])
        self.until_works(time.monotonic(), 3, "after the change of address")
        sock.close()


class AddressGone(HealCase):
    """The only address goes, another comes a while later, as with a new lease."""

    name = "address-gone"

    def body(self):
        self.namespaces.ip("client", "addr", "flush", "dev", LINKS[0])
        self.pause(5)
        self.namespaces.ip("client", "addr", "add", "10.99.0.9/24", "dev", LINKS[0])
        self.namespaces.ip("client", "route", "replace", SERVER, "dev", LINKS[0])
        self.until_works(time.monotonic(), 3, "after the new address")


class InterfaceReplaced(HealCase):
    """From one interface to another, as from a cable to the air."""

    name = "interface-replaced"

    def body(self):
        self.namespaces.ip("client", "link", "set", LINKS[0], "down")
        self.bring_up(1)
        self.until_works(time.monotonic(), 3, "after the change of interface")


class RouteReplaced(HealCase):
    """A better route appears; the old address stays, and the old link loses everything."""

    name = "route-replaced"

    def body(self):
        self.namespaces.nft("server", f"table inet t {{\n chain in {{\n  type filter hook input "
                                      f"priority 0;\n  iifname \"{LINKS[0]}\" drop\n }}\n}}\n")
        self.bring_up(1)
        self.until_works(time.monotonic(), 3, "after the change of route")


class NoInterface(HealCase):
    """Nothing but loopback at the start."""

    name = "no-interface"

    def begin(self):
        self.make_links()
        with self.namespaces.inside("server"):
            self.target = Source(None, self.deadline)
        self.start_server()
        self.start_client()

    def body(self):
        early = self.connect()
        early.sendall(interop.make_header(b"E"))
        self.pause(8)
        state = self.status()["state"]
        if state != "waiting for network":
            raise Failure(f"without an interface the state is \"{state}\"")
        self.bring_up(0)
        self.until_works(time.monotonic(), 3, "after link up")
        self.wait_for(lambda: self.status()["state"] == "connected", 5, "connected again")
        early.close()


# --- silence ------------------------------------------------------------------------------

class Stopped(HealCase):
    """SIGSTOP for two minutes: the server has long given the session up."""

    name = "stopped"
    seconds = 180

    def body(self):
        client = self.programs[-1]
        sock = self.open_echo()
        client.process.send_signal(signal.SIGSTOP)
        self.pause(self.options.stop_seconds)
        client.process.send_signal(signal.SIGCONT)
        self.until_works(time.monotonic(), 5, "after SIGCONT")
        sock.close()


class Blackout(HealCase):
    """Everything is lost for a minute while a connection wants to send."""

    name = "blackout"
    seconds = 120

    def darken(self):
        self.namespaces.nft("server", f"table inet t {{\n chain in {{\n  type filter hook input "
                                      f"priority 0;\n  udp dport {PORT} drop\n }}\n}}\n")

    def lighten(self):
        self.namespaces.nft("server", "delete table inet t\n")

    def body(self):
        client = self.programs[-1]
        self.wait_for(lambda: self.status()["counters"]["Streams"] == 0, 5, "no stream is left")
        before = self.descriptors(client), self.resident(client)
        sock = self.open_echo()
        self.darken()
        begin = time.monotonic()
        sock.sendall(b"is anybody there?")
        busy = self.processor_seconds(client)
        self.pause(self.options.dark_seconds)
        busy = self.processor_seconds(client) - busy
        state = self.status()["state"]
        if time.monotonic() - begin > 35 and state == "connected":
            raise Failure("the state is \"connected\" although nothing was heard")
        self.lighten()
        self.until_works(time.monotonic(), 3, "after the blackout")
        sock.close()
        self.notes.append(f"{busy:.2f} s of processor in the dark, state \"{state}\"")
        if busy > 0.05 * self.options.dark_seconds:
            raise Failure(f"{busy:.1f} s of processor time in the dark")
        self.check_growth(client, before)

    def check_growth(self, client, before):
        try:
            self.wait_for(lambda: len(self.descriptors(client)) <= len(before[0]), 15, "as before")
        except Failure:
            raise Failure(f"descriptors were {before[0]}, "
                          f"now {self.descriptors(client)}") from None
        grown = self.resident(client) - before[1]
        self.notes.append(f"resident {grown:+} KiB, {len(before[0])} descriptors as before")
        if grown > 4096:
            raise Failure(f"the client has grown by {grown} KiB")


class LinkDown(Blackout):
    """The same with the client's interface down, so that every packet fails at once."""

    name = "link-down"

    def darken(self):
        self.namespaces.ip("client", "link", "set", LINKS[0], "down")

    def lighten(self):
        self.namespaces.ip("client", "link", "set", LINKS[0], "up")
        self.namespaces.ip("client", "route", "replace", SERVER, "dev", LINKS[0])


class ServerKilled(HealCase):
    """kill -9 of the server and another at the same port."""

    name = "server-killed"

    def body(self):
        sock = self.open_echo()
        server = self.programs[0]
        server.may_end = True
        server.process.kill()
        server.process.wait()
        sock.sendall(b"is anybody there?")
        self.pause(2)
        self.start_server()
        self.until_works(time.monotonic(), 5, "after the server's restart")
        sock.close()


class ServerRestarted(ServerKilled):
    """The same at once, so that nobody had time to notice; the connection is idle."""

    name = "server-restarted"

    def body(self):
        sock = self.open_echo()
        server = self.programs[0]
        server.may_end = True
        server.process.kill()
        server.process.wait()
        self.start_server()
        self.until_works(time.monotonic(), 5, "after the server's restart")
        sock.close()


# --- descriptors ----------------------------------------------------------------------------

class FewDescriptors(HealCase):
    """64 descriptors and 200 clients: some are served, none kills it, and later ones are."""

    name = "few-descriptors-client"
    makes = ("culvert",)
    needs = ("prlimit",)
    seconds = 90
    client_limit = 64
    clients = 200
    least = 25

    def culprit(self):
        return self.programs[-1]

    def try_echo(self, sock):
        try:
            sock.sendall(interop.make_header(b"E"))
            self.echo(sock, 5, 5)
            return True
        except (Failure, OSError):
            return False

    def crowd(self):
        socks = [self.connect() for _ in range(self.clients)]
        served = [False] * self.clients

        def serve(i):
            served[i] = self.try_echo(socks[i])

        threads = [threading.Thread(target=serve, args=(i,), daemon=True)
                   for i in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return socks, sum(served)

    def body(self):
        program = self.culprit()
        socks, served = self.crowd()
        busy = self.processor_seconds(program)
        self.pause(3)
        busy = self.processor_seconds(program) - busy
        for sock in socks:
            sock.close()
        self.until_works(time.monotonic(), 5, "after the crowd has left")
        self.notes.append(f"{served} of {self.clients} served, {busy:.2f} s of processor in 3 s")
        if not self.least <= served < 64:
            raise Failure(f"{served} of {self.clients} were served")
        if busy > 0.6:
            raise Failure(f"{busy:.2f} s of processor time in 3 s of waiting")
        if "descriptors" not in program.text() and "open files" not in program.text():
            raise Failure(f"{program.name} does not say what it is short of")


class FewDescriptorsServer(FewDescriptors):
    """The same at the server, which cannot reach its target any more."""

    name = "few-descriptors-server"
    client_limit = None
    server_limit = 64

    def culprit(self):
        return self.programs[0]


# --- large packets -----------------------------------------------------------------------------

class SmallPath(HealCase):
    """The path silently drops what is larger than 1280 bytes; both ends are set to more."""

    name = "small-path"
    client = {"mtu": 1400}
    server = {"mtu": 1400}
    path = 1280                # bytes of an IP packet
    expected = (1252, 1252)    # bytes of datagrams that the client ends with
    both_ways = True           # kcptun's own packets are as large as it is told

    def __init__(self, options, make):
        super().__init__(options, make)
        if make == "kcptun":
            self.server = {"mtu": min(1200, self.path - 28)}

    def begin(self):
        self.make_links()
        self.bring_up(0)
        for role in ("client", "server"):
            # Trains of packets would be measured as one.
            self.namespaces.ip(role, "link", "set", LINKS[0], "gso_max_segs", "1")
            self.namespaces.nft(role, f"table inet t {{\n chain in {{\n"
                                      f"  type filter hook prerouting priority 0;\n"
                                      f"  iifname \"{LINKS[0]}\" meta length > {self.path} drop\n"
                                      f" }}\n}}\n")
        with self.namespaces.inside("server"):
            self.target = Source(None, self.deadline)
        self.start_server()
        self.start_client()

    def upload(self, length=1 << 20):
        with self.connect() as sock:
            sock.settimeout(5)
            sock.sendall(interop.make_header(b"U", 3, length))
            sock.sendall(interop.payload(3, length))
            interop.recv_compared(sock, b"K", Deadline(5), "answer to the upload")

    def download(self):
        with self.connect() as sock:
            sock.sendall(interop.make_header(b"D", 4, 1 << 20))
            interop.recv_compared(sock, interop.payload(4, 1 << 20), Deadline(5), "download")

    def body(self):
        begin = time.monotonic()
        self.upload()
        self.download()
        seconds = time.monotonic() - begin
        while not any("lowered to" in program.text() for program in self.programs):
            self.upload()  # the search goes on while there is something to send
        mtu = max(row["mtu"] for row in self.status()["sessions"])
        self.notes.append(f"1 MiB up and down {seconds:.2f} s after the start, lowered to {mtu}")
        if seconds > 5:
            raise Failure(f"1 MiB up and down took {seconds:.1f} s")
        self.wait_for(lambda: "the path drops larger packets" in self.programs[-1].text(), 5,
                      "the log says so")
        if not self.expected[0] <= mtu <= self.expected[1]:
            raise Failure(f"the client sends up to {mtu} bytes")


class TinyPath(SmallPath):
    """Not even the size a session begins with passes: the session is replaced."""

    name = "tiny-path"
    path = 950
    expected = (800, 922)

    def body(self):
        begin = time.monotonic()
        done = 0
        while not done and time.monotonic() - begin < 12:
            try:
                self.upload()
                self.download()
                done = time.monotonic() - begin
            except (Failure, OSError):
                self.check_alive()
        mtu = max((row["mtu"] for row in self.status()["sessions"]), default=0)
        self.notes.append(f"1 MiB up and down {done:.2f} s after the start, with {mtu}")
        if not done:
            raise Failure("nothing large arrives within 12 s")
        if not self.expected[0] <= mtu <= self.expected[1]:
            raise Failure(f"the client sends up to {mtu} bytes")


class SmallPathDown(SmallPath):
    """A kcptun server's packets are too large: the client cannot change that, but says it."""

    name = "small-path-down"
    makes = ("kcptun",)

    def __init__(self, options, make):
        super().__init__(options, make)
        self.server = {"mtu": 1400}

    def body(self):
        sock = self.connect()
        download = Download(sock, 200000, 1 << 30, self.deadline)
        begin = time.monotonic()
        self.wait_for(lambda: "set a smaller mtu there" in self.programs[-1].text(), 15,
                      "the client says what is wrong")
        self.notes.append(f"said after {time.monotonic() - begin:.1f} s")
        download.is_stopped = True
        sock.shutdown(socket.SHUT_RDWR)
        download.join()


# --- rotation ---------------------------------------------------------------------------------

class Rotation(HealCase):
    """Sessions expire again and again; a download and an idle connection notice nothing."""

    name = "rotation"
    seconds = 150
    client = {"autoexpire": 2, "scavengettl": 600}

    def watch(self):
        """Notes the sessions there are; an old one without streams must not stay."""
        now = time.monotonic()
        rows = self.status()["sessions"]
        newest = max((row["id"] for row in rows), default=0)
        self.seen.update(row["id"] for row in rows)
        for row in rows:
            if row["streams"] > 0 or row["id"] == newest:
                self.idle_since.pop(row["id"], None)
                continue
            since = self.idle_since.setdefault(row["id"], now)
            if now - since > 5:
                raise Failure(f"session {row['id']} has no stream for {now - since:.1f} s")
        self.most = max(self.most, len(rows))

    def body(self):
        self.seen, self.idle_since, self.most = set(), {}, 0
        idle = self.open_echo()
        download = Download(self.connect(), self.options.rotation_rate,
                            self.options.rotation_bytes, self.deadline)
        while len(self.seen) <= self.options.rotations or download.is_alive():
            self.deadline.left()
            self.open_echo(5).close()
            self.watch()
            if download.error:
                break
            if len(self.seen) > self.options.rotations and not self.options.rotation_whole:
                break
            time.sleep(0.4)
        download.is_stopped = not self.options.rotation_whole
        download.finish()
        self.echo(idle, 1234, 5)
        idle.close()
        ended = time.monotonic()
        self.wait_for(lambda: len(self.status()["sessions"]) <= 1, 6, "old sessions are gone")
        self.notes.append(f"{len(self.seen) - 1} rotations, {download.got / 1e6:.0f} MB in "
                          f"{download.seconds:.0f} s, longest pause "
                          f"{download.longest_pause:.2f} s, at most {self.most} sessions, the old "
                          f"gone {time.monotonic() - ended:.1f} s after their streams")


class Policed(HealCase):
    """A flow is punished after some seconds: new connections go over a new one, at full speed."""

    name = "policed"
    relay = ("127.0.0.1", 4001)
    remote = "127.0.0.1:4001"
    client = {"rcvwnd": 1024}
    link = ("--delay", "25", "--rate", "40000", "--queue", "256", "--seed", "3",
            "--police", "300", "--police-burst", "64", "--police-after", "8")
    length = 4 << 20           # takes 1 s, when policed two minutes

    def start_client(self):
        relay = self.start("relay", "client", [self.options.relay, "--listen", self.remote,
                                               "--to", f"{SERVER}:{PORT}", *self.link])
        relay.wait_until(lambda: self.has_socket(relay, "udp", self.relay[1]), self.deadline,
                         "does not listen")
        return super().start_client()

    def body(self):
        begin = time.monotonic()
        old = Download(self.connect(), 2000000, 1 << 40, self.deadline)
        self.wait_for(lambda: "throughput collapsed" in self.programs[-1].text(), 30,
                      "the collapse is seen")
        seen = time.monotonic()
        answer = f"{self.remote} answers"
        self.wait_for(lambda: self.programs[-1].text().count(answer) == 2, 5,
                      "another session answers")
        new = Download(self.connect(), 0, self.length, self.deadline)
        new.finish()
        got = old.got
        self.wait_for(lambda: old.got > got or old.error, 10, "the old download goes on")
        old.is_stopped = True
        old.finish()
        self.notes.append(f"seen {seen - begin:.1f} s after the start, {seen - begin - 8:.1f} s "
                          f"after the punishment; {self.length / 1e6:.1f} MB on a new "
                          f"connection in {new.seconds:.1f} s")
        if new.seconds > 6:
            raise Failure(f"the new connection took {new.seconds:.1f} s")


# --- strangers ----------------------------------------------------------------------------------

class Flood(HealCase):
    """A million random datagrams from as many ports as there are, while a download runs."""

    name = "random-datagrams"
    makes = ("culvert",)
    seconds = 150
    FROM = 16

    def body(self):
        server = self.programs[0]
        for host in range(10, 10 + self.FROM):
            self.namespaces.ip("client", "addr", "add", f"10.99.0.{host}/24", "dev", LINKS[0])
        download = Download(self.connect(), 1000000, 1 << 40, self.deadline)
        self.wait_for(lambda: download.got > 2000000, 20, "the download runs")
        before = self.status("server")["counters"], self.resident(server)
        self.flood(1000, "warm")
        warm, at = self.resident(server), download.got
        begin = time.monotonic()
        self.flood(self.options.datagrams, "flood")
        seconds = time.monotonic() - begin
        rate = (download.got - at) / seconds
        after = self.status("server")["counters"]
        grown = self.resident(server) - warm
        download.is_stopped = True
        download.finish()
        failed = sum(after[name] - before[0][name] for name in ("InCsumErrors", "KCPInErrors"))
        self.notes.append(f"{failed} of {self.options.datagrams} failed their check in "
                          f"{seconds:.0f} s, download {rate / 1e6:.2f} MB/s of 1.00, longest pause "
                          f"{download.longest_pause:.2f} s, resident {grown:+} KiB")
        if after["PassiveOpens"] != before[0]["PassiveOpens"]:
            raise Failure("a session was made")
        if failed < 0.5 * self.options.datagrams:
            raise Failure(f"only {failed} datagrams were looked at")
        if grown > 2048:
            raise Failure(f"the server has grown by {grown} KiB")
        if rate < 900000 or download.longest_pause > 2:
            raise Failure(f"the download was at {rate / 1e6:.2f} MB/s of 1.00, with a pause of "
                          f"{download.longest_pause:.2f} s")

    def flood(self, count, name):
        program = self.start(name, "client", [
            self.options.flood, SERVER, str(PORT), str(count), str(self.options.datagram_rate),
            str(self.options.seed), *(f"10.99.0.{10 + i}" for i in range(self.FROM))])
        program.may_end = True
        while program.process.poll() is None:
            self.check_alive()
            self.deadline.left()
            time.sleep(0.1)
        if program.process.returncode != 0:
            raise Failure(f"udp-flood: {program.text()}")


CASES = (AddressReplaced, AddressGone, InterfaceReplaced, RouteReplaced, NoInterface, Stopped,
         Blackout, LinkDown, ServerKilled, ServerRestarted, FewDescriptors, FewDescriptorsServer,
         SmallPath, SmallPathDown, TinyPath, Rotation, Policed, Flood)
