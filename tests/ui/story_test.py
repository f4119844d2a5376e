# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The whole story, seen and driven from outside through AT-SPI as a person would.

story_test.py CULVERT SCREENSHOTS, under run-ui. First connection, to a real kcptun server; data;
rates and a chart; a wrong key and its verdict; into the tray, back by its menu; the end.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
SKIP = 77
KEY = "the story's key"
SECONDS = int(os.environ.get("STORY_SECONDS", "30"))
SERVER = "/usr/bin/kcptun-server"

try:
    import gi
    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, Gio, GLib
except (ImportError, ValueError):
    print("no AT-SPI for Python")
    sys.exit(SKIP)


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


class Watcher:
    """A panel as far as an icon sees one."""

    XML = """<node><interface name="org.kde.StatusNotifierWatcher">
      <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
      <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
      <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
      <property name="ProtocolVersion" type="i" access="read"/>
      <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
      <signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
      </interface></node>"""

    def __init__(self):
        self.item = None
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        node = Gio.DBusNodeInfo.new_for_xml(self.XML)
        self.bus.register_object("/StatusNotifierWatcher", node.interfaces[0], self.call, self.get,
                                 None)
        Gio.bus_own_name_on_connection(self.bus, "org.kde.StatusNotifierWatcher",
                                       Gio.BusNameOwnerFlags.NONE, None, None)

    def call(self, _bus, sender, _path, _interface, method, args, invocation):
        if method == "RegisterStatusNotifierItem":
            self.item = (sender, args.unpack()[0])
        invocation.return_value(None)

    def get(self, _bus, _sender, _path, _interface, name):
        return {"IsStatusNotifierHostRegistered": GLib.Variant("b", True),
                "ProtocolVersion": GLib.Variant("i", 0)}.get(name, GLib.Variant("as", []))

    def menu(self):
        """(id, label) of the items at the top."""
        name, path = self.item
        menu = self.bus.call_sync(name, path, "org.freedesktop.DBus.Properties", "Get",
                                  GLib.Variant("(ss)", ("org.kde.StatusNotifierItem", "Menu")),
                                  None, 0, 5000, None).unpack()[0]
        layout = self.bus.call_sync(name, menu, "com.canonical.dbusmenu", "GetLayout",
                                    GLib.Variant("(iias)", (0, -1, [])), None, 0, 5000,
                                    None).unpack()[1]
        return menu, [(c[0], c[1].get("label", "").replace("_", "")) for c in layout[2]]

    def click(self, begin):
        menu, items = self.menu()
        for number, label in items:
            if label.startswith(begin):
                self.bus.call_sync(self.item[0], menu, "com.canonical.dbusmenu", "Event",
                                   GLib.Variant("(isvu)", (number, "clicked",
                                                           GLib.Variant("s", ""), 0)),
                                   None, 0, 5000, None)
                return
        raise AssertionError(f"no {begin!r} in the tray's menu: {items}")


def walk(node):
    """Nodes that are shown, the outermost first."""
    if node is None:
        return
    yield node
    for i in range(node.get_child_count()):
        yield from walk(node.get_child_at_index(i))


def plain(name):
    """A mnemonic button of GTK 4.8 is called "_Connect Connect", for its two labels."""
    name = name or ""
    half = (len(name) - 2) // 2
    if half > 0 and name[:half + 1].replace("_", "", 1) == name[-half:]:
        return name[-half:]
    return name.replace("_", "", 1)


class Story:
    def __init__(self, culvert, pictures, folder):
        build = os.path.dirname(os.path.dirname(culvert))
        source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.pictures, self.steps = pictures, 0
        env = {k: v for k, v in os.environ.items() if k not in ("GTK_A11Y", "NO_AT_BRIDGE")}
        env.update(CULVERT_UI_MODULE=os.path.join(build, "ui", "libculvert-ui.so"),
                   CULVERT_TRAY_HELPER=os.environ.get("CULVERT_TRAY", "/nowhere"),
                   CULVERT_ICON_DIR=os.path.join(source, "data", "icons"),
                   GSETTINGS_SCHEMA_DIR=os.path.join(build, "data"),
                   # A keyring without a daemon that asks for a password.
                   SECRET_BACKEND="file", SECRET_FILE_TEST_PASSWORD="story",
                   SECRET_FILE_TEST_PATH=os.path.join(folder, "keyring"))
        self.watcher = Watcher()
        self.target = Target()
        self.server_port = free_port(socket.SOCK_DGRAM)
        self.local_port = free_port(socket.SOCK_STREAM)
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        self.server = subprocess.Popen(
            [SERVER, "-l", f"127.0.0.1:{self.server_port}", "-t", f"127.0.0.1:{self.target.port}",
             "--key", KEY, "--crypt", "aes", "--smuxver", "2"],
            stdout=self.log, stderr=self.log)
        self.culvert = subprocess.Popen([culvert], env=env, stdout=self.log, stderr=self.log)

    def app(self):
        for d in range(Atspi.get_desktop_count()):
            desktop = Atspi.get_desktop(d)
            for i in range(desktop.get_child_count()):
                app = desktop.get_child_at_index(i)
                if app is not None and app.get_process_id() == self.culvert.pid:
                    return app
        return None

    def find(self, name, role=None):
        for node in walk(self.app()):
            if plain(node.get_name()) != name or (role and node.get_role_name() != role):
                continue
            return node
        return None

    def find_part(self, part):
        for node in walk(self.app()):
            for text in (node.get_name(), node.get_description()):
                if text and part in text:
                    return text
        return None

    def press(self, name):
        node = wait("button " + name, lambda: self.find(name, "push button"))
        node.get_action_iface().do_action(0)

    def type(self, name, text):
        node = wait("field " + name,
                    lambda: next((n for n in walk(self.app()) if plain(n.get_name()) == name
                                  and n.get_editable_text_iface() is not None), None))
        node.get_editable_text_iface().set_text_contents(text)

    def picture(self, name):
        self.steps += 1
        path = os.path.join(self.pictures, f"story-{self.steps:02}-{name}.png")
        time.sleep(0.4)  # what moves comes to rest; nothing is judged by it
        subprocess.run(["import", "-window", "root", path], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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

    def find_chart(self):
        """What the first chart says to a screen reader."""
        chart = self.find("Throughput", "image")
        if chart is None:
            return None
        chart.clear_cache()  # AT-SPI keeps descriptions
        return chart.get_description()

    def show(self, page):
        """The tab of the switcher."""
        tab = wait("page " + page, lambda: self.find(page, "page tab"))
        tab.get_action_iface().do_action(0)

    def hide_and_quit(self):
        wait("the icon in the tray", lambda: self.watcher.item)
        self.press("Close")
        wait("a hidden window", lambda: self.app() is None
             or self.find("Culvert", "frame") is None)
        assert self.culvert.poll() is None, "it ended with its window"
        self.move(1)
        self.picture("hidden")
        self.watcher.click("127.0.0.1")
        wait("a closed port", lambda: not self.can_connect())
        self.watcher.click("127.0.0.1")
        wait("an open port", self.can_connect)
        self.move(1)
        begin = time.monotonic()
        self.watcher.click("Quit")
        wait("the end", lambda: self.culvert.poll() is not None)
        took = time.monotonic() - begin
        print(f"quit took {took:.1f} s")
        assert self.culvert.returncode == 0, self.culvert.returncode
        assert took < 3, took

    def can_connect(self):
        try:
            socket.create_connection(("127.0.0.1", self.local_port), timeout=1).close()
            return True
        except OSError:
            return False

    def names(self):
        return sorted({f"{n.get_role_name()}: {n.get_name()}" for n in walk(self.app())
                       if n.get_name()})

    def close(self):
        for process in (self.culvert, self.server):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


def tell(story):
    wait("the window", lambda: story.app() and story.find("Connect to a Server…"))
    story.picture("welcome")
    story.press("Connect to a Server…")
    wait("the dialog", lambda: story.find("Connect", "push button"))
    story.type("Server (address:port), or a Link", f"127.0.0.1:{story.server_port}")
    story.type("Key", KEY)
    story.type("Local Address", f"127.0.0.1:{story.local_port}")
    story.picture("first-connection")
    story.press("Connect")
    wait("the local port", story.can_connect)
    story.move(1)
    wait("connected", lambda: story.find_part("Connected"))
    story.picture("connected")

    before = story.find_chart()
    story.move(40)
    wait("a chart that changed", lambda: story.find_chart() not in (None, before))
    wait("a rate", lambda: story.find_part("bit/s"))
    story.picture("traffic")

    story.show("Settings")
    story.type("Key", "another key")
    wait("what it drops", lambda: story.find_part("Restarts the connection"))
    story.picture("wrong-key")
    story.press("Apply")
    story.show("Overview")
    story.press("Check")
    verdict = wait("the verdict", lambda: story.find_part("the key or the") or
                   story.find_part("key differs"), 2 * SECONDS)
    print("verdict:", verdict)
    story.picture("verdict")

    story.show("Settings")
    story.type("Key", KEY)
    story.press("Apply")
    story.move(1)
    for page in ("Counters", "Connections", "Log"):
        story.show(page)
        story.picture(page.lower())
    story.hide_and_quit()


def main():
    culvert, pictures = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    if not os.path.exists(SERVER):
        print("no", SERVER)
        sys.exit(SKIP)
    os.makedirs(pictures, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        story = Story(culvert, pictures, folder)
        try:
            tell(story)
        except BaseException:
            story.picture("failed")
            print("\n".join(story.names()))
            for n in walk(story.app()):
                if n.get_editable_text_iface() is not None:
                    print(n.get_name(), "/", n.get_role_name(), "/", n.get_parent().get_name())
            story.log.seek(0)
            print(story.log.read())
            raise
        finally:
            story.close()


if __name__ == "__main__":
    main()
