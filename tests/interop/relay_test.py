# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""udp-relay does to datagrams what its options say. relay_test.py RELAY; prints TAP.

Only lower bounds of time are checked, so a busy machine cannot make this fail.
"""

import collections
import json
import signal
import socket
import subprocess
import sys
import time

SECONDS = 20


class Link:
    """A relay between clients and an echoing or listening server socket."""

    def __init__(self, *options, clients=1):
        self.server = self.make_socket()
        self.server.bind(("127.0.0.1", 0))
        port = self.server.getsockname()[1]
        self.process = subprocess.Popen([sys.argv[1], "--to", f"127.0.0.1:{port}", *options],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening "), line
        address = line.split()[1].split(":")
        self.clients = [self.make_socket() for _ in range(clients)]
        for client in self.clients:
            client.connect((address[0], int(address[1])))

    def make_socket(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.settimeout(SECONDS)
        return sock

    def up(self, datagrams):
        """Sends all and returns what comes out, by way of the final counts."""
        for datagram in datagrams:
            self.clients[0].send(datagram)
        return self.collect(self.server, len(datagrams), "up")

    def collect(self, sock, n_in, direction):
        """Reads until the relay has taken n_in datagrams and sent what it kept of them."""
        end = time.monotonic() + SECONDS
        got = []
        while time.monotonic() < end:
            sock.settimeout(0.02)
            try:
                while True:
                    got.append(sock.recv(65536))
            except socket.timeout:
                pass
            s = self.statistics()[direction]
            kept = (s["received"] - s["lost"] - s["burst_lost"] - s["queue_dropped"]
                    - s["policed"] - s["oversized"] + s["duplicated"])
            if s["received"] == n_in and s["sent"] == kept == len(got):
                return got
        raise AssertionError(f"got {len(got)} of {n_in}: {self.statistics()}")

    def statistics(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.terminate()
        last = self.process.stdout.read()
        assert self.process.wait(SECONDS) == 0
        for sock in (self.server, *self.clients):
            sock.close()
        return json.loads(last)


def numbered(n, size=100):
    return [i.to_bytes(4, "big") + bytes(size - 4) for i in range(n)]


def numbers(datagrams):
    return [int.from_bytes(d[:4], "big") for d in datagrams]


def run(datagrams, *options):
    link = Link(*options)
    got = link.up(datagrams)
    return got, link.close()["up"]


def test_clean_link_keeps_all_in_order():
    sent = [i.to_bytes(4, "big") * (1 + i % 300) for i in range(600)]
    got, s = run(sent)
    assert got == sent
    assert s["sent_bytes"] == s["received_bytes"] == sum(map(len, sent))


def test_empty_and_large_datagrams():
    sent = [b"", b"x", bytes(60000), b"", b"y" * 1472]
    assert run(sent)[0] == sent


def test_each_client_gets_its_own_answers():
    link = Link(clients=3)
    for i, client in enumerate(link.clients):
        client.send(b"from %d" % i)
    for _ in link.clients:
        data, address = link.server.recvfrom(100)
        link.server.sendto(b"to " + data, address)
    for i, client in enumerate(link.clients):
        assert client.recv(100) == b"to from %d" % i
    assert link.close()["clients"] == 3


def test_equal_seeds_lose_the_same():
    sent = numbered(400)
    first = numbers(run(sent, "--loss=10", "--seed=5")[0])
    assert numbers(run(sent, "--loss=10", "--seed=5")[0]) == first
    assert numbers(run(sent, "--loss=10", "--seed=5", "--jitter=2", "--corrupt=0")[0]) == first
    assert numbers(run(sent, "--loss=10", "--seed=6")[0]) != first


def test_loss_is_what_was_asked_for():
    got, s = run(numbered(4000), "--loss=20")
    assert 700 < s["lost"] < 900, s
    assert len(got) == 4000 - s["lost"]
    assert numbers(got) == sorted(numbers(got))


def test_burst_loss_comes_in_runs():
    got, s = run(numbered(4000), "--burst-enter=1", "--burst-leave=20")
    missing = sorted(set(range(4000)) - set(numbers(got)))
    runs = sum(1 for i, m in enumerate(missing) if i == 0 or missing[i - 1] != m - 1)
    assert s["burst_lost"] == len(missing) > 60, s
    assert len(missing) / runs > 2.5, (len(missing), runs)


def test_a_burst_may_let_some_pass():
    s = run(numbered(8000), "--burst-enter=5", "--burst-leave=5", "--burst-loss=40")[1]
    assert 1200 < s["burst_lost"] < 2000 and s["lost"] == 0, s


def test_ramp_rises_and_falls():
    link = Link("--ramp=100", "--ramp-over=2", "--ramp-after=0.2")
    earliest = time.monotonic()
    link.up([b"begin"])
    latest = time.monotonic()
    lost = []
    while time.monotonic() - latest < 2.5:
        before = link.statistics()["up"]
        first = time.monotonic() - latest
        for datagram in numbered(100):
            link.clients[0].send(datagram)
        while (s := link.statistics()["up"])["received"] < before["received"] + 100:
            pass
        lost.append((first, time.monotonic() - earliest, s["lost"] - before["lost"]))
        time.sleep(0.05)
    # The relay's own time lies between first and last.
    assert all(n == 0 for _, last, n in lost if last < 0.2), lost
    assert all(n == 0 for first, _, n in lost if first > 2.2), lost
    assert max((n for first, last, n in lost if first > 0.9 and last < 1.5), default=90) > 60, lost
    link.close()


def test_policer_cuts_one_flow():
    link = Link("--police=80", "--police-burst=10", clients=2)
    begin = time.monotonic()
    for datagram in numbered(100, 1000):
        link.clients[0].send(datagram)
    link.collect(link.server, 100, "up")
    s = link.statistics()["up"]
    assert 10 <= s["sent"] <= 11 + (time.monotonic() - begin) * 10 and s["policed"] > 0, s
    for datagram in numbered(10, 1000):
        link.clients[1].send(datagram)
    while (now := link.statistics()["up"])["received"] < 110:
        pass
    assert now["policed"] == s["policed"], (s, now)
    link.close()


def test_policer_waits():
    link = Link("--police=1", "--police-burst=1", "--police-after=0.5")
    begin = time.monotonic()
    for datagram in numbered(20, 1000):
        link.clients[0].send(datagram)
    while (s := link.statistics()["up"])["received"] < 20:
        pass
    assert s["policed"] == 0 or time.monotonic() - begin > 0.5, s
    time.sleep(0.6)
    for datagram in numbered(20, 1000):
        link.clients[0].send(datagram)
    while (s := link.statistics()["up"])["received"] < 40:
        pass
    assert s["policed"] >= 19, s
    link.close()


def test_corrupt_turns_one_bit():
    got, s = run(numbered(1000), "--corrupt=30")
    bits = [int.from_bytes(g, "big") ^ int.from_bytes(w, "big")
            for g, w in zip(got, numbered(1000))]
    assert s["corrupted"] == sum(b != 0 for b in bits) > 200, s
    assert all(bin(b).count("1") <= 1 for b in bits)


def test_duplicate_doubles():
    got, s = run(numbered(1000), "--duplicate=20")
    counts = collections.Counter(numbers(got))
    assert set(counts) == set(range(1000))
    assert s["duplicated"] == sum(c == 2 for c in counts.values()) > 130, s


def test_reorder_lets_some_fall_behind():
    got, s = run(numbered(1000), "--reorder=10", "--reorder-by=50", "--delay=1")
    order = numbers(got)
    assert sorted(order) == list(range(1000))
    assert s["reordered"] > 60 and order != sorted(order), s


def test_jitter_keeps_the_order():
    order = numbers(run(numbered(1000), "--jitter=5")[0])
    assert order == list(range(1000))


def test_delay_is_not_shorter():
    link = Link("--up-delay=40", "--down-delay=20")
    begin = time.monotonic()
    link.clients[0].send(b"ping")
    data, address = link.server.recvfrom(100)
    assert time.monotonic() - begin >= 0.040
    link.server.sendto(data, address)
    assert link.clients[0].recv(100) == b"ping"
    assert time.monotonic() - begin >= 0.060
    link.close()


def test_rate_is_not_higher():
    begin = time.monotonic()
    got, s = run(numbered(200, 1000), "--rate=8000", "--queue=1000")
    assert len(got) == 200
    assert time.monotonic() - begin >= 0.200
    assert s["queue_bytes_max"] <= 1000 * 1024


def test_full_queue_drops_the_tail():
    got, s = run(numbered(300, 1000), "--rate=800", "--queue=10")
    assert s["queue_dropped"] > 200 and s["queue_bytes_max"] <= 10240 + 1000, s
    assert numbers(got)[:8] == list(range(8))


def test_queue_tells_how_long_it_was():
    s = run(numbered(100, 1000), "--rate=8000", "--queue=1000")[1]
    assert 0 < s["queue_ms_mean"] <= s["queue_ms_p95"] <= s["queue_ms_max"] <= 100, s


def test_flow_beside_takes_what_is_free():
    link = Link("--rate=8000", "--queue=32", "--delay=5", "--beside")
    assert link.statistics()["beside_down"]["received"] == 0
    link.clients[0].send(b"begin")
    end = time.monotonic() + SECONDS
    while (s := link.statistics())["beside_down"]["sent_bytes"] < 500000:
        assert time.monotonic() < end, s
        time.sleep(0.02)
    assert s["beside_down"]["queue_dropped"] > 0 and s["share_beside"] == 1, s
    assert s["beside_up"]["sent"] > 200 and s["up"]["received"] == 1, s
    link.close()


def test_statistics_begin_anew():
    link = Link()
    link.up(numbered(10))
    link.process.send_signal(signal.SIGUSR2)
    while link.statistics()["up"]["received"]:
        pass
    link.up(numbered(3))
    assert link.close()["up"]["received"] == 3


def test_only_what_fits_passes():
    got, s = run([bytes(999), bytes(1000), bytes(1001), b"x"], "--max-size=1000")
    assert [len(datagram) for datagram in got] == [999, 1000, 1]
    assert s["oversized"] == 1 and s["lost"] == 0, s


def test_directions_are_apart():
    link = Link("--down-loss=100")
    link.clients[0].send(b"ping")
    data, address = link.server.recvfrom(100)
    link.server.sendto(data, address)
    assert link.collect(link.clients[0], 1, "down") == []
    s = link.close()
    assert (s["up"]["lost"], s["down"]["lost"]) == (0, 1), s


def test_a_deaf_server_stops_nothing():
    link = Link()
    address = link.server.getsockname()
    link.server.close()
    for datagram in numbered(20):
        link.clients[0].send(datagram)
    while link.statistics()["up"]["received"] < 20:
        pass
    link.server = link.make_socket()
    link.server.bind(address)
    link.clients[0].send(b"here")
    assert link.server.recv(100) == b"here"
    link.close()


def test_wrong_options_are_refused():
    for words in (["--loss=x"], ["--to", "nowhere"], ["--loss=-1"], ["--what"]):
        done = subprocess.run([sys.argv[1], *words], capture_output=True, check=False)
        assert done.returncode == 2 and done.stderr, words


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name[5:]}", flush=True)
        except (AssertionError, OSError) as error:
            failed += 1
            print(f"not ok {number} - {name[5:]}\n# {error!r}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
