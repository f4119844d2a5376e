# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Real processes seen and steered from outside: metrics, control socket, reload, service manager.

eyes_test.py CULVERT FEATURE... [unittest arguments]; features: metrics, pprof. No bus, no fixed
ports, everything below a folder of its own.
"""

import fcntl
import hashlib
import http.client
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import openmetrics  # noqa: E402

CULVERT = ""
FEATURES = set()
KEY = "eyes test"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


class Source:
    """Target that sends a stream of known bytes: as many as the first line asks for."""

    BLOCK = hashlib.sha512(b"culvert").digest() * 1024

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile("rb") as words:
            try:
                left = int(words.readline() or b"0")
                while left > 0:
                    block = self.BLOCK[:left]
                    client.sendall(block)
                    left -= len(block)
                words.read()
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Download(threading.Thread):
    """Fetches n bytes and compares; error stays None when all came."""

    def __init__(self, port, n):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.n, self.got, self.error = n, 0, None
        self.start()

    def run(self):
        try:
            self.socket.sendall(b"%d\n" % self.n)
            block = Source.BLOCK
            while self.got < self.n:
                data = self.socket.recv(65536)
                at = self.got % len(block)
                if not data:
                    raise ConnectionError(f"ended after {self.got} of {self.n}")
                if data != (block * (len(data) // len(block) + 2))[at:at + len(data)]:
                    raise ValueError(f"other bytes at {self.got}")
                self.got += len(data)
        except Exception as error:  # noqa: BLE001: whatever it is, the test shows it
            self.error = error
        self.socket.close()


class Process:
    """One culvert --headless; log is what it has said so far."""

    def __init__(self, folder, *args, env=None):
        self.path = os.path.join(folder, f"log-{len(os.listdir(folder))}")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([CULVERT, "--headless", *args], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=env)

    @property
    def log(self):
        return read(self.path)

    def wait_log(self, pattern, start=0, seconds=20):
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.log[start:])
            if match:
                return match
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"no {pattern!r} in the log:\n{self.log}")
            time.sleep(0.02)

    def port(self):
        return int(self.wait_log(r"listening on: \S+:(\d+)")[1])

    def end(self):
        """Exit code; of one that runs what an orderly end gives."""
        if self.process.poll() is None:
            self.process.terminate()
            code = self.process.wait(10)
            assert code == 0, f"ended with {code}:\n{self.log}"
        return self.process.returncode


class Case(unittest.TestCase):
    def setUp(self):
        # What a bus has started may write there a moment longer.
        self.temp = tempfile.TemporaryDirectory(prefix="culvert-eyes-", ignore_cleanup_errors=True)
        self.addCleanup(self.temp.cleanup)
        self.folder = self.temp.name
        self.runtime = os.path.join(self.folder, "run")
        os.mkdir(self.runtime, 0o700)
        self.logs = os.path.join(self.folder, "logs")
        os.mkdir(self.logs)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.runtime, LC_ALL="C",
                        XDG_STATE_HOME=os.path.join(self.folder, "state"),
                        DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "KCPTUN_KEY"):
            self.env.pop(name, None)

    def start(self, *args, **more):
        process = Process(self.logs, *args, env=dict(self.env, **more))
        self.addCleanup(process.end)
        return process

    def client(self, *args, **more):
        process = self.start("client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9", "-key", KEY, *args,
                             **more)
        process.port()
        return process

    def write(self, name, **settings):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(dict({"key": KEY}, **settings), f, indent=1)
        return path

    def pair(self, server=(), client=(), client_settings=None, server_settings=None):
        """A tunnel to a Source: (source, server, client)."""
        source = Source()
        self.addCleanup(source.close)
        udp = free_port(socket.SOCK_DGRAM)
        config = self.write("far.json", listen=f"127.0.0.1:{udp}", target=source.address,
                            **(server_settings or {}))
        far = self.start("-c", config, *server)
        far.port()
        config = self.write("near.json", localaddr="127.0.0.1:0", remoteaddr=f"127.0.0.1:{udp}",
                            **(client_settings or {}))
        near = self.start("-c", config, *client)
        near.port()
        return source, far, near

    def cli(self, *args):
        """(exit code, standard output, standard error)"""
        done = subprocess.run([CULVERT, *args], env=self.env, text=True, timeout=60, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def status(self, name):
        code, out, _ = self.cli("status", name, "--json")
        self.assertEqual(code, 0)
        return json.loads(out)[0]

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it does not come")
            time.sleep(0.02)


class Metrics(Case):
    @classmethod
    def setUpClass(cls):
        if "metrics" not in FEATURES:
            raise unittest.SkipTest("built without metrics")

    def get(self, process, path, method="GET"):
        where = process.wait_log(r"metrics on: http://([^/]+)/")[1]
        connection = http.client.HTTPConnection(where, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def test_lint(self):
        _, far, near = self.pair(client=["--metrics", ":0"], server=["--metrics", "127.0.0.1:0"])
        download = Download(near.port(), 300000)
        download.join(20)
        self.assertIsNone(download.error)
        for process, role in ((near, "client"), (far, "server")):
            code, kind, text = self.get(process, "/metrics")
            self.assertEqual(code, 200)
            self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
            problems, samples = openmetrics.lint(text)
            self.assertEqual(problems, [])
            counters = json.loads(self.get(process, "/stats")[2])["tunnels"][0]["counters"]
            for counter in counters:
                self.assertIn(f"({counter}).\n", text)
            labels = frozenset({("tunnel", "near" if role == "client" else "far"), ("role", role)})
            self.assertGreaterEqual(samples[("culvert_payload_received_bytes_total", labels)]
                                    + samples[("culvert_payload_sent_bytes_total", labels)], 300000)
            self.assertGreater(samples[("culvert_rtt_seconds", labels)], 0)
            self.assertLess(samples[("culvert_rtt_seconds", labels)], 10)
            self.assertEqual(samples[("culvert_sessions", labels)], 1)
            self.assertEqual(samples[("culvert_connected", labels)], 1)
            states = [value for (name, _), value in samples.items() if name == "culvert_state"]
            self.assertEqual(sum(states), 1)

    def test_health_flips(self):
        _, _, near = self.pair(client=["--metrics", ":0"])
        self.wait_for(lambda: self.get(near, "/healthz")[0] == 200)
        self.assertEqual(self.cli("disconnect", "near")[0], 0)
        self.assertEqual(self.get(near, "/healthz")[0], 503)

    def test_odd_requests(self):
        process = self.client("--metrics", ":0")
        self.assertEqual(self.get(process, "/nothing")[0], 404)
        self.assertEqual(self.get(process, "/metrics", "POST")[0], 405)
        self.assertEqual(self.get(process, "/metrics", "HEAD")[2], "")

    def test_connections_end(self):
        """Whatever is asked, and however it ends, leaves no descriptor behind."""
        process = self.client("--metrics", ":0")
        where = process.wait_log(r"metrics on: http://([^:]+):(\d+)/")
        fds = f"/proc/{process.process.pid}/fd"
        before = len(os.listdir(fds))
        for words in (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /nothing HTTP/1.1\r\n\r\n",
                      b"GET /stats HTTP/1.0\r\n\r\n", b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                      b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
                      b"GET /met", b"", b"nonsense\r\n\r\n"):
            for is_read in (True, False):
                for _ in range(10):
                    with socket.create_connection((where[1], int(where[2])), 20) as s:
                        s.sendall(words)
                        if is_read:
                            s.shutdown(socket.SHUT_WR)
                            while s.recv(65536):
                                pass
        self.assertEqual(self.get(process, "/healthz")[0], 503)
        # The client dials meanwhile, by at most two sockets at the same time.
        self.wait_for(lambda: len(os.listdir(fds)) <= before + 2)

    def test_loopback_unless_told(self):
        process = self.client("--metrics", ":0")
        self.assertIn("metrics on: http://127.0.0.1:", process.log)

    def test_taken_address_fails_the_start(self):
        process = self.client("--metrics", ":0")
        port = process.wait_log(r"metrics on: http://127.0.0.1:(\d+)/")[1]
        other = self.start("client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9", "-key", KEY,
                           "--metrics", f":{port}")
        self.assertEqual(other.process.wait(20), 1)
        self.assertIn("error: metrics: cannot listen", other.log)

    def test_bad_address(self):
        for address in ("9100", "example.org:9100", "/path", "127.0.0.1:99999"):
            code, _, error = self.cli("--headless", "client", "--metrics", address)
            self.assertEqual(code, 2)
            self.assertIn("metrics:", error)


class Pprof(Case):
    @classmethod
    def setUpClass(cls):
        if "pprof" not in FEATURES:
            raise unittest.SkipTest("built without pprof")

    def test_profile(self):
        process = self.client("--pprof")
        if "profiles on:" not in process.log:
            self.assertIn("pprof: cannot listen", process.log)
            self.skipTest("port 6060 is taken")
        connections = [http.client.HTTPConnection("127.0.0.1:6060", timeout=20) for _ in range(2)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.request("GET", "/debug/pprof/profile?seconds=1")
        answers = {}
        for connection in connections:
            answer = connection.getresponse()
            answers[answer.status] = answer.read()
        # One at a time.
        self.assertEqual(sorted(answers), [200, 503])
        profile = answers[200]
        # Binary header of gperftools: 0, 3 words more, version 0, then the map of the process.
        words = struct.unpack("5N", profile[:40])
        self.assertEqual(words[:3], (0, 3, 0))
        self.assertIn(b"culvert", profile)
        for query in ("seconds=0", "seconds=x", "seconds=100000"):
            connection.request("GET", "/debug/pprof/profile?" + query)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 400)


class Control(Case):
    def test_permissions(self):
        process = self.client()
        path = os.path.join(self.runtime, "culvert", f"control-{process.process.pid}")
        folder = os.path.dirname(path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(process.end(), 0)
        self.assertEqual(os.listdir(folder), [])

    def test_others_are_refused(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be somebody else")
        above = os.path.dirname(os.path.abspath(CULVERT))
        while above != "/":
            if not os.stat(above).st_mode & stat.S_IXOTH:
                self.skipTest(f"nobody else can get through {above}")
            above = os.path.dirname(above)
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "open")
        process = self.client("--control", path)
        # Even where the file lets everybody in.
        os.chmod(path, 0o666)
        done = subprocess.run([CULVERT, "status", "--control", path], user=65534, group=65534,
                              extra_groups=[], env=dict(self.env, HOME="/"), check=False,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.cli("status", "--control", path)[0], 0)
        self.assertIsNone(process.process.poll())

    def test_unsafe_folder(self):
        os.mkdir(os.path.join(self.runtime, "culvert"), 0o755)
        os.chmod(os.path.join(self.runtime, "culvert"), 0o755)
        process = self.client()
        self.assertIn("warning: control:", process.log)
        self.assertIn("mode 0700", process.log)
        self.assertEqual(self.cli("status")[0], 3)

    def test_path_must_work(self):
        other = self.start("client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9", "-key", KEY,
                           "--control", "/nonexistent/control")
        self.assertEqual(other.process.wait(20), 1)
        self.assertIn("error:", other.log)

    def test_live_socket_is_not_taken(self):
        path = os.path.join(self.folder, "control")
        self.client("--control", path)
        other = self.start("client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9", "-key", KEY,
                           "--control", path)
        self.assertEqual(other.process.wait(20), 1)
        self.assertIn("another process listens there", other.log)
        self.assertEqual(self.cli("status", "--control", path)[0], 0)

    def test_leftovers_are_swept(self):
        path = os.path.join(self.folder, "control")
        for where in ([], ["--control", path]):
            process = self.client(*where)
            process.process.kill()
            process.process.wait(10)
        self.assertEqual(len(os.listdir(os.path.join(self.runtime, "culvert"))), 1)
        self.assertEqual(self.cli("status")[0], 3)
        self.client("--control", path)
        self.assertEqual(self.cli("status", "--control", path)[0], 0)
        process = self.client()
        self.assertEqual(os.listdir(os.path.join(self.runtime, "culvert")),
                         [f"control-{process.process.pid}"])

    def test_none(self):
        self.client("--control", "none")
        self.assertFalse(os.path.exists(os.path.join(self.runtime, "culvert")))

    def test_several_instances(self):
        first, second = self.client(), self.client()
        code, out, _ = self.cli("status")
        self.assertEqual(code, 0)
        self.assertEqual(len(re.findall("client: client, (verifying|degraded)", out)), 2)
        code, _, error = self.cli("disconnect", "client")
        self.assertEqual(code, 4)
        self.assertIn("choose by --control", error)
        path = os.path.join(self.runtime, "culvert", f"control-{second.process.pid}")
        self.assertEqual(self.cli("disconnect", "client", "--control", path)[0], 0)
        self.assertIn("state: off", second.log)
        self.assertNotIn("state: off", first.log)

    def test_exit_codes(self):
        self.assertEqual(self.cli("status")[0], 3)
        self.assertEqual(self.cli("connect", "x")[0], 3)
        self.assertEqual(self.cli("reload")[0], 3)
        self.assertEqual(self.cli("top")[0], 3)
        self.client()
        self.assertEqual(self.cli("status")[0], 0)
        self.assertEqual(self.cli("status", "x")[0], 4)
        self.assertEqual(self.cli("connect", "x")[0], 4)
        self.assertEqual(self.cli("toggle")[0], 2)
        self.assertEqual(self.cli("status", "a", "b")[0], 2)
        self.assertEqual(self.cli("reload", "--nonsense")[0], 2)
        self.assertEqual(self.cli("top", "-d", "0")[0], 2)
        for command in ("status", "top", "connect", "disconnect", "toggle", "reload"):
            code, out, _ = self.cli(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn(f"Usage: culvert {command}", out)
            self.assertIn("Exit code:", out)

    def test_on_and_off(self):
        _, _, near = self.pair()
        download = Download(near.port(), 1000)
        download.join(20)
        self.wait_for(lambda: self.status("near")["connected"])
        self.assertEqual(self.cli("toggle", "near"), (0, "near: off\n", ""))
        self.assertEqual(self.status("near")["state"], "off")
        self.assertEqual(self.status("near")["local"], [])
        self.assertEqual(self.cli("disconnect", "near")[0], 0)
        self.assertEqual(self.cli("connect", "near")[0], 0)
        self.assertEqual(self.cli("connect", "near")[0], 0)
        self.wait_for(lambda: self.status("near")["connected"])
        self.assertEqual(self.cli("toggle", "near"), (0, "near: off\n", ""))
        self.assertEqual(self.cli("toggle", "near"), (0, "near: on\n", ""))

    def test_status_json(self):
        _, _, near = self.pair()
        download = Download(near.port(), 200000)
        download.join(20)
        self.wait_for(lambda: self.status("near")["now"].get("sessions") == 1)
        status = self.status("near")
        self.assertEqual(status["role"], "client")
        self.assertEqual(status["counters"]["PayloadReceived"], 200000)
        self.assertEqual(status["pending"], [])
        self.assertEqual([row["bytes-in"] for row in status["sessions"]], [200000])
        overhead = status["overhead"]
        self.assertEqual(overhead["wire"], sum(overhead[part] for part in (
            "payload", "fec", "resend", "acks", "headers")))
        self.assertLessEqual(abs(status["since"] - time.time()), 60)
        code, out, _ = self.cli("status")
        self.assertEqual(code, 0)
        self.assertIn("near: client,", out)
        self.assertIn("far: server,", out)

    def test_status_keeps_nothing(self):
        process = self.client()
        folder = f"/proc/{process.process.pid}/fd"
        self.cli("status")
        before = len(os.listdir(folder))
        for _ in range(8):
            self.assertEqual(self.cli("status", "--json")[0], 0)
        self.wait_for(lambda: len(os.listdir(folder)) <= before)

    def test_fails_to_start(self):
        holder = self.client()
        addresses = {"localaddr": "127.0.0.1:0", "remoteaddr": "127.0.0.1:9"}
        self.start("-c", self.write("late.json", **addresses)).port()
        self.assertEqual(self.cli("disconnect", "late")[0], 0)
        taken = f"127.0.0.1:{holder.port()}"
        self.write("late.json", **dict(addresses, localaddr=taken))
        self.assertEqual(self.cli("reload")[0], 0)
        code, _, error = self.cli("connect", "late")
        self.assertEqual(code, 1)
        self.assertIn(taken, error)
        status = self.status("late")
        self.assertEqual(status["state"], "failed")
        self.assertIn(taken, status["error"])
        # The process is still there, and the tunnel starts when it can.
        holder.end()
        self.assertEqual(self.cli("connect", "late")[0], 0)
        self.assertEqual(self.status("late")["local"], [taken])


class Reload(Case):
    def test_hot_under_load(self):
        """Windows and rate change under downloads: all bytes come, none of them twice."""
        slow = {"ratelimit": 500000, "sndwnd": 128, "rcvwnd": 128, "mode": "fast3", "nocomp": True}
        _, _, near = self.pair(server_settings=slow, client_settings={
            "mode": "fast3", "nocomp": True, "sndwnd": 128, "rcvwnd": 128})
        begin = time.monotonic()
        downloads = [Download(near.port(), 3000000) for _ in range(4)]
        self.wait_for(lambda: all(d.got > 30000 for d in downloads))
        for rcvwnd in (256, 64, 1024):
            self.change("near.json", rcvwnd=rcvwnd)
            self.change("far.json", sndwnd=rcvwnd)
            code, out, error = self.cli("reload")
            self.assertEqual((code, out, error), (0, "", ""))
            time.sleep(0.3)
        self.assertIn("reload: near: has its new settings", near.log)
        self.assertTrue(all(d.is_alive() for d in downloads))
        self.change("far.json", ratelimit=0)
        self.assertEqual(self.cli("reload")[0], 0)
        for download in downloads:
            download.join(60)
            self.assertIsNone(download.error)
            self.assertEqual(download.got, 3000000)
        # At the old rate the 12 MB would have taken more than 24 s.
        self.assertLess(time.monotonic() - begin, 20)
        self.assertNotIn("restart", near.log)
        self.assertEqual(self.status("near")["counters"]["ActiveOpens"], 1)

    def change(self, name, **settings):
        path = os.path.join(self.folder, name)
        with open(path, encoding="utf-8") as f:
            old = json.load(f)
        return self.write(name, **dict(old, **settings))

    def test_bad_file(self):
        _, _, near = self.pair()
        self.change("near.json", sndwnd=200)
        path = os.path.join(self.folder, "near.json")
        for text, place, word in (
                ('"key": "x",\n  "mtu": 20 }', "2:10", "mtu: 20 is not allowed"),
                ('"key": "x",\n "sndwnd": "many" }', "2:12", "not an integer"),
                ('\n"key" "x" }', "2:7", ""),
                ('\n"key": "x"', "2:11", ""),
                ('\n"crypt": "rot13" }', "2:10", "rot13")):
            with open(path, "w", encoding="utf-8") as f:
                f.write('{ "remoteaddr": "127.0.0.1:9", ' + text)
            code, out, error = self.cli("reload")
            self.assertEqual((code, out), (1, ""))
            self.assertIn(f"{path}:{place}: ", error)
            self.assertIn(word, error)
            self.assertIn("reload: the old settings stay: " + path, near.log)
        download = Download(near.port(), 1000)
        download.join(20)
        self.assertIsNone(download.error)
        os.unlink(path)
        self.assertEqual(self.cli("reload")[0], 1)

    def test_restart(self):
        _, _, near = self.pair()
        download = Download(near.port(), 1000)
        download.join(20)
        self.change("near.json", mtu=1200, workers=1, sndwnd=200)
        code, out, _ = self.cli("reload")
        self.assertEqual(code, 0)
        self.assertEqual(out, "near: workers: takes effect with a new process\n"
                              "near: mtu: takes effect with a restart of the tunnel\n")
        self.assertEqual(self.status("near")["pending"], ["mtu"])
        self.assertIn("waits for a restart: mtu", self.cli("status")[1])
        self.assertIn("warning: reload: near: mtu: takes effect", near.log)
        code, out, _ = self.cli("reload", "--restart")
        self.assertEqual(code, 0)
        self.assertIn("near: restarting for mtu\nnear: restarted\n", out)
        self.assertEqual(self.status("near")["pending"], [])
        port = int(self.status("near")["local"][0].rsplit(":", 1)[1])
        download = Download(port, 1000)
        download.join(20)
        self.assertIsNone(download.error)

    def test_hangup(self):
        """SIGHUP opens the log anew and reads the settings: level and file at once."""
        log = os.path.join(self.folder, "log")
        path = self.write("x.json", localaddr="127.0.0.1:0", remoteaddr="127.0.0.1:9", log=log)
        process = self.start("-c", path)
        self.wait_for(lambda: os.path.exists(log) and "listening on" in read(log))
        os.rename(log, log + ".1")
        process.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(log))
        self.write("x.json", localaddr="127.0.0.1:0", remoteaddr="127.0.0.1:9",
                   log=log + ".2", **{"log-level": "error"})
        process.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(log + ".2"))
        self.assertEqual(process.end(), 0)
        # Nothing but errors is written any more.
        self.assertEqual(read(log + ".2"), "")

    def test_snmplog(self):
        csv = os.path.join(self.folder, "snmp.csv")
        path = self.write("x.json", localaddr="127.0.0.1:0", remoteaddr="127.0.0.1:9")
        process = self.start("-c", path)
        process.port()
        self.write("x.json", localaddr="127.0.0.1:0", remoteaddr="127.0.0.1:9", snmplog=csv,
                   snmpperiod=1)
        process.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(csv))


class Top(Case):
    def in_terminal(self, rows, columns, term="xterm"):
        """(process, descriptor of our end)"""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen([CULVERT, "top", "-d", "0.2"], stdin=theirs, stdout=theirs,
                                   stderr=theirs, env=dict(self.env, TERM=term))
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(process.kill)
        return process, ours

    def read_until(self, fd, word, seconds=20):
        text, end = b"", time.monotonic() + seconds
        while word not in text:
            self.assertTrue(select.select([fd], [], [], max(end - time.monotonic(), 0))[0], text)
            text += os.read(fd, 65536)
        return text.decode()

    def test_terminal(self):
        _, _, near = self.pair()
        downloads = [Download(near.port(), 200000) for _ in range(12)]
        for download in downloads:
            download.join(20)
        for _ in range(12):
            held = socket.create_connection(("127.0.0.1", near.port()))
            self.addCleanup(held.close)
            held.sendall(b"10\n")
            self.assertEqual(len(held.recv(10, socket.MSG_WAITALL)), 10)
        process, fd = self.in_terminal(10, 60)
        text = self.read_until(fd, b"\033[J")
        text += self.read_until(fd, b"\033[J")
        pictures = [p for p in text.split("\033[H")[1:] if p.endswith("\033[J")]
        self.assertGreater(len(pictures), 0)
        for picture in pictures:
            lines = re.sub(r"\033\[[0-9;?]*[a-zA-Z]", "", picture).split("\r\n")
            self.assertEqual(len(lines), 10)
            self.assertEqual([line for line in lines if len(line) > 60], [])
            self.assertTrue(lines[0].startswith("TUNNEL"))
        os.write(fd, b"q")
        self.assertEqual(process.wait(10), 0)
        self.assertIn("\033[?1049l", self.read_until(fd, b"\033[?1049l"))

    def test_dumb(self):
        self.client()
        process, fd = self.in_terminal(24, 80, term="dumb")
        text = self.read_until(fd, b"TUNNEL")
        text += self.read_until(fd, b"TUNNEL")
        self.assertNotIn("\033", text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)

    def test_rows(self):
        _, _, near = self.pair()
        download = Download(near.port(), 100000)
        download.join(20)
        held = socket.create_connection(("127.0.0.1", near.port()))
        held.sendall(b"77\n")
        held.recv(77, socket.MSG_WAITALL)
        port = held.getsockname()[1]
        code, out, _ = self.cli("top", "-n", "2", "-d", "0.1")
        held.close()
        self.assertEqual(code, 0)
        self.assertEqual(out.count("TUNNEL           ROLE"), 2)
        self.assertRegex(out, r"near +client +\S+")
        self.assertRegex(out, r"(?m)^near +\d+ +127\.0\.0\.1:\d+ +\d+ s +0 B/s +0 B/s")
        self.assertRegex(out, r"(?m)^near +\d+ +\d+ 127\.0\.0\.1:%d .* 77 +3$" % port)
        # Without a terminal one picture is enough.
        code, out, _ = self.cli("top")
        self.assertEqual((code, out.count("TUNNEL           ROLE")), (0, 1))


class Notify(Case):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.folder, "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(self.path)
        self.manager.settimeout(20)
        self.addCleanup(self.manager.close)
        self.said = []

    def read_until(self, word):
        while True:
            text = self.manager.recv(4096).decode()
            self.said.append(text)
            if word in text:
                return text

    def test_life(self):
        path = self.write("svc.json", localaddr="127.0.0.1:0", remoteaddr="127.0.0.1:9")
        process = self.start("-c", path, NOTIFY_SOCKET=self.path, WATCHDOG_USEC="400000")
        self.read_until("READY=1")
        # Ready means that connections are accepted.
        socket.create_connection(("127.0.0.1", process.port())).close()
        self.assertTrue(any(text.startswith("STATUS=svc: ") for text in self.said))
        begin = time.monotonic()
        for _ in range(3):
            self.read_until("WATCHDOG=1")
        self.assertLess(time.monotonic() - begin, 5)
        process.process.send_signal(signal.SIGHUP)
        self.assertIn("MONOTONIC_USEC=", self.read_until("RELOADING=1"))
        self.read_until("READY=1")
        process.process.terminate()
        self.read_until("STOPPING=1")
        self.assertEqual(process.process.wait(10), 0)

    def test_stopped_is_no_sign_of_life(self):
        process = self.client(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="200000")
        self.read_until("WATCHDOG=1")
        process.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        self.manager.setblocking(False)
        try:
            while True:
                self.manager.recv(4096)
        except BlockingIOError:
            pass
        self.manager.settimeout(0.6)
        with self.assertRaises(TimeoutError):
            self.manager.recv(4096)
        process.process.send_signal(signal.SIGCONT)
        self.manager.settimeout(20)
        self.read_until("WATCHDOG=1")

    def test_no_watchdog(self):
        self.client(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="200000", WATCHDOG_PID="1")
        self.read_until("READY=1")
        self.manager.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            self.read_until("WATCHDOG=1")

    def test_abstract_and_absent(self):
        name = f"culvert-eyes-{os.getpid()}"
        self.manager.close()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind("\0" + name)
        self.manager.settimeout(20)
        self.client(NOTIFY_SOCKET="@" + name)
        self.read_until("READY=1")
        process = self.client(NOTIFY_SOCKET="/nonexistent")
        self.assertEqual(process.end(), 0)


if __name__ == "__main__":
    CULVERT = sys.argv[1]
    FEATURES = {word for word in sys.argv[2:] if word in ("metrics", "pprof")}
    unittest.main(argv=[sys.argv[0]] + [w for w in sys.argv[2:] if w not in FEATURES], verbosity=2)
