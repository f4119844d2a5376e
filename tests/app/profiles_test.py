# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Saved profiles without a window, seen and steered from outside as tunnels by flags are.

profiles_test.py CULVERT FEATURE... [unittest arguments]; features: metrics. No bus, no fixed ports,
everything below a folder of its own.
"""

import http.client
import json
import os
import select
import signal
import socket
import stat
import sys
import threading
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import eyes_test  # noqa: E402
import openmetrics  # noqa: E402
from eyes_test import Download, Source, free_port, read  # noqa: E402

FEATURES = set()


class Case(eyes_test.Case):
    def setUp(self):
        super().setUp()
        config = os.path.join(self.folder, "config")
        self.profiles = os.path.join(config, "culvert", "profiles")
        os.makedirs(self.profiles, 0o700)
        self.env["XDG_CONFIG_HOME"] = config
        self.env["XDG_STATE_HOME"] = os.path.join(self.folder, "state")
        self.saved = {}

    def path(self, name):
        return os.path.join(self.profiles, str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) + ".json")

    def save(self, name, **settings):
        """A profile, whole or with some of its settings changed; None takes one away."""
        saved = self.saved.setdefault(name, {"key": eyes_test.KEY, "culvert": {"name": name}})
        saved.update(settings)
        saved = {key: value for key, value in saved.items() if value is not None}
        self.write_text(name, json.dumps(saved, indent=1))

    def write_text(self, name, text):
        """As editors do it: another file in its place."""
        path = self.path(name)
        with open(path + "~", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(path + "~", path)

    def save_client(self, name="near", **settings):
        self.save(name, **dict({"localaddr": "127.0.0.1:0", "remoteaddr": "127.0.0.1:9"},
                               **settings))

    def save_pair(self, **settings):
        """Both ends of a tunnel to a Source."""
        source = Source()
        self.addCleanup(source.close)
        udp = free_port(socket.SOCK_DGRAM)
        self.save("far", listen=f"127.0.0.1:{udp}", target=source.address)
        self.save_client(remoteaddr=f"127.0.0.1:{udp}", **settings)

    def run_profiles(self, *names, **more):
        process = self.start("--profile", *names, **more)
        for name in names:
            process.wait_log(name + ": listening on")
        return process

    def fetch(self, n):
        port = int(self.status("near")["local"][0].rsplit(":", 1)[1])
        download = Download(port, n)
        download.join(30)
        self.assertIsNone(download.error)

    def run_fails(self, *names):
        """What is said by a start that fails."""
        process = self.start("--profile", *names)
        self.assertEqual(process.process.wait(20), 1)
        return process.log


class NarrowPath(threading.Thread):
    """A path between client and server that drops what is larger than it lets pass."""

    def __init__(self, server_port, size):
        super().__init__(daemon=True)
        self.size, self.passed = size, 0  # passed: large ones of the client
        self.near, self.far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.near.bind(("127.0.0.1", 0))
        self.far.connect(("127.0.0.1", server_port))
        self.port = self.near.getsockname()[1]
        self.client = None
        self.start()

    def run(self):
        while True:
            for ready in select.select([self.near, self.far], [], [])[0]:
                try:
                    if ready is self.near:
                        data, self.client = self.near.recvfrom(65536)
                    else:
                        data = self.far.recv(65536)
                except OSError:  # nobody listens there
                    continue
                if len(data) > self.size:
                    continue
                if ready is self.near:
                    self.passed += len(data) > 500
                    self.far.send(data)
                elif self.client is not None:
                    self.near.sendto(data, self.client)


class Paths(Case):
    def send_through(self, path, condition):
        """A client that sends through the path until the condition is met; what it said."""
        process = self.start("client", "-l", "127.0.0.1:0", "-r", f"127.0.0.1:{path.port}", "-key",
                             eyes_test.KEY, "-mtu", "1400")
        path.passed = 0
        with socket.create_connection(("127.0.0.1", process.port()), 20) as s:
            s.sendall(b"0\n" + os.urandom(300000))
            self.wait_for(condition)
        self.assertEqual(process.end(), 0)
        return process.log

    def test_restart(self):
        """What one process found out the next one knows."""
        source = Source()
        self.addCleanup(source.close)
        udp = free_port(socket.SOCK_DGRAM)
        far = self.start("server", "-l", f"127.0.0.1:{udp}", "-t", source.address, "-key",
                         eyes_test.KEY, "-mtu", "900")
        far.port()
        path = NarrowPath(udp, 1100)
        file = os.path.join(self.env["XDG_STATE_HOME"], "culvert", "paths")
        lost = "the path drops packets of 1200 bytes"
        self.assertIn(lost, self.send_through(path, lambda: os.path.exists(file)))
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertIn("127.0.0.1 127.0.0.1]", read(file))
        self.assertNotIn(eyes_test.KEY, read(file))
        self.assertNotIn(lost, self.send_through(path, lambda: path.passed > 200))
        # A service has a folder of its own, and begins without knowledge.
        self.env["STATE_DIRECTORY"] = os.path.join(self.folder, "service") + ":/elsewhere"
        file = os.path.join(self.folder, "service", "paths")
        self.assertIn(lost, self.send_through(path, lambda: os.path.exists(file)))

    def test_corrupt(self):
        file = os.path.join(self.env["XDG_STATE_HOME"], "culvert", "paths")
        os.makedirs(os.path.dirname(file))
        with open(file, "w", encoding="utf-8") as f:
            f.write("[- 127.0.0.1]\npasses=many\n")
        process = self.client()
        self.assertEqual(process.log.count("what was known of paths is forgotten"), 1)


class Process(Case):
    def test_control(self):
        """status, top, connect, disconnect, toggle, sessions through the socket a profile names."""
        control = os.path.join(self.folder, "socket")
        self.save_pair(control=control)
        self.run_profiles("far", "near")
        # Only there.
        self.assertEqual(self.cli("status")[0], 3)
        there = ("--control", control)
        code, out, _ = self.cli("status", "--json", *there)
        self.assertEqual(code, 0)
        self.assertEqual([tunnel["name"] for tunnel in json.loads(out)], ["far", "near"])
        self.assertEqual(self.cli("top", *there)[1].count("TUNNEL           ROLE"), 1)
        self.assertEqual(self.cli("toggle", "near", *there), (0, "near: off\n", ""))
        self.assertEqual(self.cli("toggle", "near", *there), (0, "near: on\n", ""))
        self.assertEqual(self.cli("disconnect", "near", *there)[0], 0)
        self.assertEqual(self.cli("connect", "near", *there)[0], 0)
        self.assertEqual(self.cli("reload", *there), (0, "", ""))

    def test_no_control(self):
        self.save_client(control="none")
        self.run_profiles("near")
        self.assertFalse(os.path.exists(os.path.join(self.runtime, "culvert")))

    def test_taken_control(self):
        """A socket that was asked for by name must work."""
        control = os.path.join(self.folder, "socket")
        self.save_client(control=control)
        self.run_profiles("near")
        self.save_client("other", control=control)
        self.assertIn("another process listens there", self.run_fails("other"))

    def test_log(self):
        log = os.path.join(self.folder, "log")
        self.save_client(log=log, **{"log-level": "warning"})
        process = self.start("--profile", "near")
        self.wait_for(lambda: os.path.exists(log))
        self.save_client(**{"log-level": "info"})
        self.wait_for(lambda: self.cli("reload")[0] == 0)
        self.assertEqual(self.cli("toggle", "near"), (0, "near: off\n", ""))
        self.wait_for(lambda: "near: state: off" in read(log))
        self.assertNotIn("listening on", read(log))
        self.assertEqual(process.end(), 0)

    def test_bad_log(self):
        self.save_client(log="/nonexistent/log")
        self.assertIn("/nonexistent/log", self.run_fails("near"))

    def test_snmplog(self):
        csv = os.path.join(self.folder, "snmp.csv")
        self.save_client(snmplog=csv, snmpperiod=1)
        self.run_profiles("near")
        self.wait_for(lambda: os.path.exists(csv) and read(csv).count("\n") >= 2)

    def test_first_wins(self):
        """A process has one of each: the first profile that gives it decides, and that is said."""
        first, second = (os.path.join(self.folder, name) for name in ("first", "second"))
        self.save_client("a")
        self.save_client("b", control=first)
        self.save_client("c", control=second)
        process = self.run_profiles("a", "b", "c")
        self.assertEqual(self.cli("status", "c", "--control", first)[0], 0)
        self.assertFalse(os.path.exists(second))
        self.assertIn(f"c: control: '{second}' is not used", process.log)
        self.assertIn('that of "b" is in force', process.log)

    def test_workers(self):
        for workers in (1, 3):
            self.save_client(workers=workers)
            process = self.run_profiles("near")
            tasks = f"/proc/{process.process.pid}/task"
            self.wait_for(lambda: workers == sum(
                read(os.path.join(tasks, task, "comm")).startswith("culvert-")
                for task in os.listdir(tasks)))
            self.assertEqual(process.end(), 0)


class Metrics(Case):
    @classmethod
    def setUpClass(cls):
        if "metrics" not in FEATURES:
            raise unittest.SkipTest("built without metrics")

    def get(self, process, path):
        where = process.wait_log(r"metrics on: http://([^/]+)/")[1]
        connection = http.client.HTTPConnection(where, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_metrics(self):
        """All profiles of the process, those that are switched off too."""
        self.save_pair()
        self.save("far", metrics=":0")
        process = self.run_profiles("far", "near")
        self.fetch(300000)
        code, text = self.get(process, "/metrics")
        self.assertEqual(code, 200)
        problems, samples = openmetrics.lint(text)
        self.assertEqual(problems, [])
        near, far = (frozenset({("tunnel", name), ("role", role)})
                     for name, role in (("near", "client"), ("far", "server")))
        received = "culvert_payload_received_bytes_total"
        self.assertGreaterEqual(samples[(received, near)], 300000)
        self.assertGreaterEqual(samples[("culvert_payload_sent_bytes_total", far)], 300000)
        self.assertEqual(samples[("culvert_connected", near)], 1)
        stats = json.loads(self.get(process, "/stats")[1])
        self.assertEqual([tunnel["name"] for tunnel in stats["tunnels"]], ["far", "near"])
        self.assertEqual(self.get(process, "/healthz")[0], 200)
        self.assertEqual(self.cli("disconnect", "near")[0], 0)
        samples = openmetrics.lint(self.get(process, "/metrics")[1])[1]
        self.assertEqual(samples[("culvert_connected", near)], 0)
        # Counters never go back.
        self.assertGreaterEqual(samples[(received, near)], 300000)
        self.assertEqual(self.cli("disconnect", "far")[0], 0)
        self.assertEqual(self.get(process, "/healthz")[0], 503)

    def test_taken_address(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.save_client(metrics=":%d" % taken.getsockname()[1])
            self.assertIn("error: metrics: cannot listen", self.run_fails("near"))

    def test_bad_address(self):
        self.save_client(metrics="nowhere")
        self.assertIn("metrics:", self.run_fails("near"))


class Reload(Case):
    def test_hot(self):
        """What was just saved works when the command ends, and no stream ends for it."""
        self.save_pair()
        self.save("far", ratelimit=200000)
        process = self.run_profiles("far", "near")
        port = int(self.status("near")["local"][0].rsplit(":", 1)[1])
        download = Download(port, 4000000)
        self.wait_for(lambda: download.got > 30000)
        for sndwnd in (256, 512):
            self.save("far", sndwnd=sndwnd)
            self.save("near", rcvwnd=sndwnd)
            self.assertEqual(self.cli("reload"), (0, "", ""))
        self.assertTrue(download.is_alive())
        self.save("far", ratelimit=0)
        self.assertEqual(self.cli("reload")[0], 0)
        # At the old rate it would take 20 s.
        download.join(10)
        self.assertFalse(download.is_alive())
        self.assertIsNone(download.error)
        self.assertEqual(self.status("near")["counters"]["ActiveOpens"], 1)
        self.assertNotIn("restart", process.log)

    def test_restart(self):
        self.save_pair()
        process = self.run_profiles("far", "near")
        self.fetch(1000)
        self.save("near", mtu=1200, workers=1)
        code, out, _ = self.cli("reload")
        self.assertEqual((code, out), (0, "near: mtu: takes effect with a restart of the tunnel\n"))
        process.wait_log("warning: workers: takes effect with a new process")
        code, out, _ = self.cli("reload", "--restart")
        self.assertEqual((code, out), (0, "near: restarting for mtu\n"))
        self.wait_for(lambda: self.cli("reload")[1] == "")
        self.wait_for(lambda: self.status("near")["local"])
        self.fetch(1000)

    def test_hot_beside_cold(self):
        """Of one change what can work at once does, the rest waits."""
        self.save_pair()
        self.save("far", ratelimit=200000)
        self.run_profiles("far", "near")
        port = int(self.status("near")["local"][0].rsplit(":", 1)[1])
        download = Download(port, 4000000)
        self.wait_for(lambda: download.got > 30000)
        self.save("far", ratelimit=0, mtu=1200)
        self.assertEqual(self.cli("reload")[1],
                         "far: mtu: takes effect with a restart of the tunnel\n")
        download.join(10)
        self.assertFalse(download.is_alive())
        self.assertIsNone(download.error)
        self.assertEqual(self.cli("reload")[1],
                         "far: mtu: takes effect with a restart of the tunnel\n")

    def test_bad_file(self):
        self.save_pair()
        self.run_profiles("far", "near")
        self.fetch(1000)
        for text, word in (('{"remoteaddr": "h:1",\n "mtu": 20, "culvert": {"name": "near"}}',
                            "near: mtu: 20 is not allowed"),
                           ('{"remoteaddr": "h:1",\n "sndwnd": "many"}', "2:12"),
                           ('{\n"key" "x" }', "2:7")):
            self.write_text("near", text)
            code, out, error = self.cli("reload")
            self.assertEqual((code, out), (1, ""))
            self.assertIn(word, error)
        self.fetch(1000)
        self.save("near")
        self.assertEqual(self.cli("reload"), (0, "", ""))

    def test_hangup(self):
        """SIGHUP opens the log anew and reads the files; SIGUSR1 tells the counters."""
        log = os.path.join(self.folder, "log")
        self.save_client(log=log)
        process = self.start("--profile", "near")
        self.wait_for(lambda: os.path.exists(log) and "listening on" in read(log))
        os.rename(log, log + ".1")
        process.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(log))
        self.save("near", log=log + ".2", mtu=1200)
        process.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(log + ".2")
                      and "near: mtu: takes effect with a restart" in read(log + ".2"))
        process.process.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: "KCP SNMP:" in read(log + ".2"))
        self.assertEqual(process.end(), 0)
        self.assertIn("ended", read(log + ".2"))

    def test_manager(self):
        """The service manager hears of start, reload and end."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(os.path.join(self.folder, "notify"))
        manager.settimeout(20)

        def read_until(word):
            while word not in manager.recv(4096).decode():
                pass

        self.save_client()
        process = self.start("--profile", "near",
                             NOTIFY_SOCKET=os.path.join(self.folder, "notify"))
        read_until("READY=1")
        process.process.send_signal(signal.SIGHUP)
        read_until("RELOADING=1")
        read_until("READY=1")
        process.process.terminate()
        read_until("STOPPING=1")
        self.assertEqual(process.process.wait(10), 0)


if __name__ == "__main__":
    eyes_test.CULVERT = sys.argv[1]
    FEATURES = {word for word in sys.argv[2:] if word in ("metrics", "pprof")}
    unittest.main(argv=[sys.argv[0]] + [w for w in sys.argv[2:] if w not in FEATURES], verbosity=2)
