# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""What the application may lose while a tunnel carries data: the tray's helper, the panel, the
session bus, the window. The tunnel goes on, nothing is busy, and there is a way back.

losses_test.py CULVERT TRAY-HELPER UI-MODULE [unittest arguments], under run-ui; CULVERT is built
with -Ddevelopment=true. Each test has a bus of its own.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
try:
    import panel
    from gi.repository import Gio, GLib
except ImportError:
    print("1..0 # SKIP no python3-gi")
    sys.exit(0)
import eyes_test  # noqa: E402
import profiles_test  # noqa: E402
from eyes_test import Download  # noqa: E402

HELPER = MODULE = ""
# A download that lasts: as much as it moves is seen, and it is cut at the end.
RATE = 400000
# Of a process whose tunnel is idle, in seconds of processor time for each second. One that turns
# around a dead descriptor takes all there is.
IDLE = 0.05


class Display:
    """Windows of the X display, as far as a window manager sees them."""

    def __init__(self):
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.x.XInternAtom.restype = ctypes.c_ulong
        # A window may go away while it is looked at.
        Display.ignore = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
            lambda display, error: 0)
        self.x.XSetErrorHandler(Display.ignore)
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(None))
        self.root = ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))

    def find(self, title):
        """A window with this title that is mapped, or None."""
        root, parent = ctypes.c_ulong(), ctypes.c_ulong()
        children, n = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        self.x.XQueryTree(self.display, self.root, ctypes.byref(root), ctypes.byref(parent),
                          ctypes.byref(children), ctypes.byref(n))
        found = None
        for i in range(n.value):
            name = ctypes.c_char_p()
            window = ctypes.c_ulong(children[i])
            if self.x.XFetchName(self.display, window, ctypes.byref(name)) \
                    and name.value == title.encode() and self.is_mapped(window):
                found = window
        if children:
            self.x.XFree(children)
        return found

    def is_mapped(self, window):
        attributes = (ctypes.c_int * 64)()
        self.x.XGetWindowAttributes(self.display, window, ctypes.byref(attributes))
        # Behind x, y, width, height, border, depth, visual, root, class, gravities, backing store,
        # two planes, save under, colormap and is it installed: map_state.
        return attributes[23] == 2

    def close(self, window):
        """As the button in its title does."""
        class Message(ctypes.Structure):
            _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong),
                        ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                        ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                        ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                        ("rest", ctypes.c_long * 24)]

        protocols = self.x.XInternAtom(self.display, b"WM_PROTOCOLS", 0)
        delete = self.x.XInternAtom(self.display, b"WM_DELETE_WINDOW", 0)
        message = Message(type=33, window=window, message_type=protocols, format=32,
                          data=(ctypes.c_long * 5)(delete, 0))
        self.x.XSendEvent(self.display, window, 0, ctypes.c_long(0), ctypes.byref(message))
        self.x.XFlush(self.display)


class Case(profiles_test.Case):
    def setUp(self):
        super().setUp()
        address = "unix:path=" + os.path.join(self.folder, "bus")
        # Others are not held to our rule that a critical is the end, nor is this program, whose
        # connections end with their bus.
        self.plain = dict(self.env)
        self.env["G_DEBUG"] = "fatal-criticals"
        self.bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--address=" + address],
            env=dict(self.plain, DBUS_SESSION_BUS_ADDRESS=""), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(self.kill_bus)
        self.address = address
        self.wait_for(self.has_bus)
        source = os.path.dirname(os.path.dirname(HERE))
        self.env.update(DBUS_SESSION_BUS_ADDRESS=address, CULVERT_UI_MODULE=MODULE,
                        CULVERT_TRAY_HELPER=HELPER, LC_ALL="C.UTF-8",
                        CULVERT_ICON_DIR=os.path.join(source, "data", "icons"))
        self.panel = None

    def has_bus(self):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(os.path.join(self.folder, "bus")) == 0

    def kill_bus(self):
        if self.bus.poll() is None:
            self.bus.kill()
            self.bus.wait()

    def wait_for(self, condition, seconds=20):
        def is_met():
            panel.let_run()
            return condition()
        try:
            super().wait_for(is_met, seconds)
        except AssertionError:
            print(self.application_log(), file=sys.stderr)
            raise

    def open_panel(self):
        self.panel = panel.Panel(self.address)
        return self.panel

    def start_application(self, *args):
        """With both ends of a tunnel in it."""
        self.save_pair()
        self.save("far", ratelimit=RATE, closewait=0, culvert={"name": "far", "autostart": True})
        self.save("near", culvert={"name": "near", "autostart": True})
        return self.start_again(*args)

    def start_again(self, *args):
        log = open(os.path.join(self.logs, "application"), "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([eyes_test.CULVERT, *args], env=self.env, stdout=log, stderr=log)
        self.addCleanup(self.end_application, process)
        return process

    def end_application(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(10)

    def application_log(self):
        return eyes_test.read(os.path.join(self.logs, "application"))

    def download(self):
        """One that is under way."""
        self.wait_for(lambda: self.cli("status", "near")[0] == 0
                      and self.status("near")["connected"])
        port = int(self.status("near")["local"][0].rsplit(":", 1)[1])
        download = Download(port, 1 << 40)
        self.addCleanup(download.socket.close)
        self.goes_on(download)
        return download

    def goes_on(self, download):
        """It moves data now, and lost none."""
        before = download.got
        self.wait_for(lambda: download.got > before + 50000 or not download.is_alive())
        self.assertIsNone(download.error)
        self.assertTrue(download.is_alive())

    def becomes_idle(self, process):
        """Measured, for an endless loop shows there. What is under way may end before."""
        def used():
            words = eyes_test.read(f"/proc/{process.pid}/stat").rsplit(")", 1)[1].split()
            return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

        def share():
            before, begin = used(), time.monotonic()
            time.sleep(2)
            return (used() - before) / (time.monotonic() - begin)

        self.wait_for(lambda: share() < IDLE)
        print(f"# idle: {100 * share():.1f} % of a core")

    def has_ended(self, pid):
        try:
            return eyes_test.read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True


class Helper(Case):
    def test_killed(self):
        """Back within seconds, its menu right, whatever has changed meanwhile."""
        host = self.open_panel()
        application = self.start_application("--background")
        download = self.download()
        self.wait_for(lambda: host.item and host.is_checked("near"))
        labels = [label.split(" ")[0] for label in host.labels()]
        for _ in range(2):
            pid = host.pid()
            os.kill(pid, signal.SIGKILL)
            self.wait_for(lambda: host.item is None)
            self.goes_on(download)
            begin = time.monotonic()
            self.wait_for(lambda: host.item is not None, 10)
            print(f"# shown again after {time.monotonic() - begin:.1f} s")
            self.assertNotEqual(host.pid(), pid)
            self.wait_for(lambda: [label.split(" ")[0] for label in host.labels()] == labels)
            self.assertTrue(host.is_checked("near"))
            self.goes_on(download)
        self.assertIsNone(application.poll())
        # Its clicks arrive.
        host.click("near")
        self.wait_for(lambda: self.status("near")["state"] == "off")
        self.wait_for(lambda: host.is_checked("near") is False)
        host.click("near")
        self.wait_for(lambda: self.status("near")["connected"])

    def test_panel(self):
        """A panel that ends and comes back, as after its crash."""
        host = self.open_panel()
        application = self.start_application("--background")
        download = self.download()
        self.wait_for(lambda: host.item and host.is_checked("near"))
        pid = host.pid()
        host.close()
        self.goes_on(download)
        host = self.open_panel()
        self.wait_for(lambda: host.item is not None)
        # The same helper.
        self.assertEqual(host.pid(), pid)
        self.wait_for(lambda: host.is_checked("near"))
        self.goes_on(download)
        host.click("near")
        self.wait_for(lambda: self.status("near")["state"] == "off")
        self.assertIsNone(application.poll())


class Bus(Case):
    def test_background(self):
        host = self.open_panel()
        application = self.start_application("--background")
        download = self.download()
        self.wait_for(lambda: host.item is not None)
        helper = host.pid()
        self.kill_bus()
        self.wait_for(lambda: host.bus.is_closed())
        self.goes_on(download)
        # The icon's library ends with its bus; what comes after it finds no panel and is quiet.
        self.wait_for(lambda: self.has_ended(helper))
        time.sleep(1.5)
        self.goes_on(download)
        self.assertIsNone(application.poll())
        download.socket.close()
        self.wait_for(lambda: self.status("near")["now"].get("streams", 0) == 0)
        self.becomes_idle(application)
        self.assertEqual(self.cli("disconnect", "near")[0], 0)
        self.assertEqual(self.cli("connect", "near")[0], 0)
        self.goes_on(self.download())
        application.terminate()
        self.assertEqual(application.wait(4), 0)

    def test_window(self):
        """Closed after the bus has gone, the window comes back when Culvert is started again."""
        display = Display()
        application = self.start_application()
        download = self.download()
        self.wait_for(lambda: display.find("Culvert"))
        self.kill_bus()
        self.goes_on(download)
        display.close(display.find("Culvert"))
        self.wait_for(lambda: not display.find("Culvert"))
        self.goes_on(download)
        self.assertIsNone(application.poll())
        again = self.start_again()
        self.assertEqual(again.wait(10), 0)
        self.wait_for(lambda: display.find("Culvert"))
        self.goes_on(download)
        self.assertIsNone(application.poll())
        # At login another one has nothing to do either.
        self.assertEqual(self.start_again("--background").wait(10), 0)
        self.assertEqual(len(json.loads(self.cli("status", "--json")[1])), 2)
        application.terminate()
        self.assertEqual(application.wait(4), 0)


class Portal(Case):
    """The Background portal, where there is one: asked when the window closes, told the state."""

    XML = """<node><interface name="org.freedesktop.portal.Background">
      <method name="RequestBackground"><arg type="s" direction="in"/>
        <arg type="a{sv}" direction="in"/><arg type="o" direction="out"/></method>
      <method name="SetStatus"><arg type="a{sv}" direction="in"/></method>
      </interface></node>"""

    def called(self, _bus, _sender, _path, _interface, method, args, invocation):
        self.calls.append((method, args.unpack()[-1]))
        invocation.return_value(GLib.Variant("(o)", ("/request",))
                                if method == "RequestBackground" else None)

    def setUp(self):
        super().setUp()
        self.calls = []
        self.portal = panel.Panel(self.address).bus
        node = Gio.DBusNodeInfo.new_for_xml(self.XML)
        self.portal.register_object("/org/freedesktop/portal/desktop", node.interfaces[0],
                                    self.called, None, None)
        Gio.bus_own_name_on_connection(self.portal, "org.freedesktop.portal.Desktop",
                                       Gio.BusNameOwnerFlags.NONE, None, None)

    def close_window(self):
        display = Display()
        self.wait_for(lambda: display.find("Culvert"))
        display.close(display.find("Culvert"))
        self.wait_for(lambda: any(method == "SetStatus" for method, _ in self.calls))
        method, options = self.calls[0]
        self.assertEqual(method, "RequestBackground")
        self.assertEqual(options["commandline"][1:], ["--background"])
        self.assertNotEqual(options["reason"], "")
        return options

    def test_request(self):
        self.start_application()
        self.assertFalse(self.close_window()["autostart"])
        self.wait_for(lambda: self.calls[-1] == ("SetStatus",
                                                 {"message": "2 tunnels connected"}))
        self.assertEqual(self.cli("disconnect", "near")[0], 0)
        self.wait_for(lambda: self.calls[-1][1] == {"message": "1 tunnel connected"}
                      or "0 of 1" in self.calls[-1][1]["message"])

    def test_autostart_stays(self):
        """Who starts Culvert at login goes on to: the portal takes entries away."""
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "autostart")
        os.makedirs(folder)
        with open(os.path.join(folder, "io.github.culvert.Culvert.desktop"), "w",
                  encoding="utf-8") as f:
            f.write("[Desktop Entry]\nType=Application\nName=Culvert\nExec=culvert --background\n")
        self.start_application()
        self.assertTrue(self.close_window()["autostart"])


def main():
    """The tests of the program, and what meson reads from one under run-ui."""
    global HELPER, MODULE
    eyes_test.CULVERT, HELPER, MODULE = sys.argv[1:4]
    result = unittest.main(argv=[sys.argv[0]] + sys.argv[4:], verbosity=2, exit=False).result
    print(f"1..{result.testsRun}")
    bad = len(result.failures) + len(result.errors)
    for i in range(result.testsRun):
        print("not ok" if i < bad else "ok", i + 1)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
