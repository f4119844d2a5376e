# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The whole story, seen and driven from outside through AT-SPI as a person would.

story_test.py CULVERT TRAY-HELPER UI-MODULE, under run-ui; CULVERT is built with
-Ddevelopment=true, so that it takes helper and module from the build folder (STORY_DEVELOPMENT=0:
it is not). First connection, to a real kcptun server; data; rates and a chart; a wrong key and its
verdict; the other pages; closed into the tray, off and on by its menu; the end. Pictures go to
CULVERT_SCREENSHOTS.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
KEY = "the story's key"
SECONDS = 20  # for one condition
WHOLE = 90
PAGES = ("Overview", "Settings", "Connections", "Counters", "Log")
SERVER = "/usr/bin/kcptun-server"


def skip(reason):
    """As TAP has it: meson takes another exit code than 0 for a failure."""
    print("1..0 # SKIP", reason)
    sys.exit(0)


if os.environ.get("STORY_DEVELOPMENT", "1") == "0":
    skip("not built with -Ddevelopment=true")
if not os.path.exists(SERVER):
    skip("no " + SERVER)
try:
    import gi
    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib
except (ImportError, ValueError):
    skip("no AT-SPI for Python (python3-gi, gir1.2-atspi-2.0)")

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from panel import Panel  # noqa: E402


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, condition, seconds=SECONDS):
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        while GLib.MainContext.default().iteration(False):
            pass
        try:
            value = condition()
        except GLib.Error:  # it went away while we looked
            value = None
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("in vain: " + what)


class Target:
    """Sends back whatever comes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def serve(client):
        with client:
            try:
                while data := client.recv(65536):
                    client.sendall(data)
            except OSError:
                pass


def walk(node, beside=()):
    """The outermost first, without the nodes of these names and what is in them."""
    if node is None or node.get_name() in beside:
        return
    yield node
    for i in range(node.get_child_count()):
        yield from walk(node.get_child_at_index(i), beside)


def plain(name):
    """A mnemonic button of GTK 4.8 is called "_Connect Connect", for its two labels."""
    name = name or ""
    half = (len(name) - 2) // 2
    if half > 0 and name[:half + 1].replace("_", "", 1) == name[-half:]:
        return name[-half:]
    return name.replace("_", "", 1)


class Story:
    def __init__(self, culvert, helper, module, pictures, folder):
        source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.pictures, self.steps, self.passed = pictures, 0, 0
        self.begin = time.monotonic()
        self.page = PAGES[0]
        env = {k: v for k, v in os.environ.items() if k not in ("GTK_A11Y", "NO_AT_BRIDGE")}
        env.update(CULVERT_UI_MODULE=module, CULVERT_TRAY_HELPER=helper,
                   CULVERT_ICON_DIR=os.path.join(source, "data", "icons"),
                   # A keyring without a daemon that asks for a password.
                   SECRET_BACKEND="file", SECRET_FILE_TEST_PASSWORD="story",
                   SECRET_FILE_TEST_PATH=os.path.join(folder, "keyring"))
        self.watcher = Panel()
        self.target = Target()
        self.server_port = free_port(socket.SOCK_DGRAM)
        self.local_port = free_port(socket.SOCK_STREAM)
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        self.server = subprocess.Popen(
            [SERVER, "-l", f"127.0.0.1:{self.server_port}", "-t", f"127.0.0.1:{self.target.port}",
             "--key", KEY, "--crypt", "aes", "--smuxver", "2"],
            stdout=self.log, stderr=self.log)
        self.culvert = subprocess.Popen([culvert], env=env, stdout=self.log, stderr=self.log)

    def ok(self, what, is_seen=True):
        """One point of TAP; its picture is named after it."""
        self.passed += 1
        if is_seen:
            self.picture(what)
        print(f"# after {time.monotonic() - self.begin:.1f} s")
        print(f"ok {self.passed} - {what}", flush=True)

    def nodes(self):
        """Of the application, without the pages that are behind another: each node is a call."""
        app = self.app()
        behind = [f"Culvert{p}Page" for p in PAGES if p != self.page]
        # The newest window first.
        for i in reversed(range(app.get_child_count() if app else 0)):
            yield from walk(app.get_child_at_index(i), behind)

    def app(self):
        for d in range(Atspi.get_desktop_count()):
            desktop = Atspi.get_desktop(d)
            for i in range(desktop.get_child_count()):
                app = desktop.get_child_at_index(i)
                if app is not None and app.get_process_id() == self.culvert.pid:
                    return app
        return None

    def find(self, name, role=None):
        for node in self.nodes():
            if plain(node.get_name()) != name or (role and node.get_role_name() != role):
                continue
            return node
        return None

    def find_part(self, part):
        for node in self.nodes():
            for text in (node.get_name(), node.get_description()):
                if text and part in text:
                    return text
        return None

    def press(self, name):
        node = wait("button " + name, lambda: self.find(name, "push button"))
        node.get_action_iface().do_action(0)

    def type(self, name, text):
        node = wait("field " + name,
                    lambda: next((n for n in self.nodes() if plain(n.get_name()) == name
                                  and n.get_editable_text_iface() is not None), None))
        node.get_editable_text_iface().set_text_contents(text)

    def picture(self, name):
        self.steps += 1
        if self.pictures is None:
            return
        path = os.path.join(self.pictures, f"story-{self.steps:02}-{name.replace(' ', '-')}.png")
        time.sleep(0.4)  # what moves comes to rest; nothing is judged by it
        subprocess.run(["import", "-window", "root", path], check=True, timeout=SECONDS)

    def move(self, count):
        with socket.create_connection(("127.0.0.1", self.local_port), timeout=SECONDS) as s:
            data = os.urandom(65536)
            for _ in range(count):
                s.sendall(data)
                back = b""
                while len(back) < len(data):
                    piece = s.recv(65536)
                    assert piece, "the connection ended"
                    back += piece
                assert back == data

    def moved(self):
        """A restart cuts connections, so that more than one try may be due."""
        try:
            self.move(1)
            return True
        except OSError:
            return False

    def show(self, page):
        """The tab of the switcher."""
        tab = wait("page " + page, lambda: self.find(page, "page tab"))
        tab.get_action_iface().do_action(0)
        self.page = page

    def find_window(self):
        return next((n for n in self.nodes() if n.get_role_name() == "frame"), None)

    def is_checked(self):
        """The profile's item in the tray's menu."""
        _, items = self.watcher.menu()
        return next(state for _, label, state in items if label.startswith("127.0.0.1"))

    def can_connect(self):
        try:
            socket.create_connection(("127.0.0.1", self.local_port), timeout=1).close()
            return True
        except OSError:
            return False

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def explain(self):
        """What there was to see, for who reads of a failure."""
        for node in self.nodes():
            if node.get_name():
                print(f"# {node.get_role_name()}: {node.get_name()}", file=sys.stderr)
        print(self.read_log(), file=sys.stderr)
        self.picture("failed")

    def close(self):
        for process in (self.culvert, self.server):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


def connect(story):
    wait("the window", lambda: story.find("Connect to a Server…"))
    story.ok("welcome")
    story.press("Connect to a Server…")
    story.type("Server (address:port), or a Link", f"127.0.0.1:{story.server_port}")
    story.type("Key", KEY)
    story.type("Local Address", f"127.0.0.1:{story.local_port}")
    story.ok("first connection")
    story.press("Connect")
    wait("data through the tunnel", story.moved)
    wait("connected", lambda: story.find_part("Connected"))
    story.ok("connected")


def watch_traffic(story):
    chart = wait("a chart", lambda: story.find("Throughput", "image"))

    def summary():
        """What it says to a screen reader."""
        chart.clear_cache()  # AT-SPI keeps descriptions
        return chart.get_description()

    before = summary()
    story.move(40)
    wait("a chart that changed", lambda: summary() != before)
    wait("a rate", lambda: story.find_part("bit/s"))
    story.ok("traffic")


def check_wrong_key(story):
    story.show("Settings")
    story.type("Key", "another key")
    wait("what it drops", lambda: story.find_part("Restarts the connection"))
    story.ok("wrong key")
    story.press("Apply")
    story.show("Overview")
    story.press("Check")
    wait("the verdict", lambda: story.find_part("the key or the cipher differs"))
    story.ok("verdict")


def mend_key(story):
    story.show("Settings")
    story.type("Key", KEY)
    story.press("Apply")
    wait("data through the tunnel", story.moved)
    story.ok("mended")


def look_around(story):
    """While a stream is open."""
    with socket.create_connection(("127.0.0.1", story.local_port), timeout=SECONDS) as s:
        s.sendall(b"hello")
        assert s.recv(5) == b"hello"
        for page, part in (("Connections", f"127.0.0.1:{s.getsockname()[1]}"),
                           ("Counters", "BytesSent"), ("Log", "state: connected")):
            story.show(page)
            wait(f"{part} on {page}", lambda part=part: story.find_part(part))
            story.ok(page.lower())


def use_tray(story):
    wait("the icon in the tray", lambda: story.watcher.item)
    story.press("Close")
    wait("a hidden window", lambda: story.find_window() is None)
    assert story.culvert.poll() is None, "it ended with its window"
    story.move(1)
    story.ok("closed to the tray", is_seen=False)
    wait("a checked item", story.is_checked)
    story.watcher.click("127.0.0.1")
    wait("a closed port", lambda: not story.can_connect())
    wait("an item without check", lambda: not story.is_checked())
    story.ok("off by the tray", is_seen=False)
    story.watcher.click("127.0.0.1")
    wait("data through the tunnel", story.moved)
    wait("a checked item", story.is_checked)
    story.ok("on by the tray", is_seen=False)
    story.watcher.click("Open")
    wait("the window again", story.find_window)
    story.ok("open by the tray")


def leave(story):
    begin = time.monotonic()
    story.watcher.click("Quit")
    wait("the end", lambda: story.culvert.poll() is not None)
    took = time.monotonic() - begin
    assert story.culvert.returncode == 0, story.culvert.returncode
    assert took < 3, f"quit took {took:.1f} s"
    assert "-WARNING **" not in story.read_log(), "warnings of the toolkit"
    story.ok("quit within 3 s", is_seen=False)


CHAPTERS = (connect, watch_traffic, check_wrong_key, mend_key, look_around, use_tray, leave)


def overdue(*_):
    raise AssertionError(f"not done after {WHOLE} s")


def main():
    culvert, helper, module = sys.argv[1:4]
    if helper == "":
        skip("built without the tray")
    pictures = os.environ.get("CULVERT_SCREENSHOTS")
    if pictures is not None and shutil.which("import") is None:
        skip("no import (imagemagick)")
    if pictures is not None:
        os.makedirs(pictures, exist_ok=True)
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(WHOLE)
    with tempfile.TemporaryDirectory() as folder:
        story = Story(culvert, helper, module, pictures, folder)
        try:
            for chapter in CHAPTERS:
                chapter(story)
            print(f"1..{story.passed}")
        except BaseException as error:
            signal.alarm(SECONDS)
            print(f"not ok {story.passed + 1} - {chapter.__name__}: {error}", flush=True)
            print(f"1..{story.passed + 1}", flush=True)
            story.explain()
            raise
        finally:
            story.close()


if __name__ == "__main__":
    main()
