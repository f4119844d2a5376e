# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The icon and its menu in a panel that people use: xfce4-panel with its plug-in for
StatusNotifier. Pictures go to CULVERT_SCREENSHOTS.

real_panel_test.py CULVERT TRAY-HELPER UI-MODULE [unittest arguments], under run-ui.
"""

import os
import shutil
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import losses_test  # noqa: E402
from gi.repository import Gio, GLib  # noqa: E402

PROGRAMS = ("xfce4-panel", "xdotool", "import", "convert")
# One panel at the top of the screen, as high as this; the icons are at its left end.
HEIGHT = 32
CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="%d"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
""" % HEIGHT


class RealPanel(losses_test.Case):
    def setUp(self):
        super().setUp()
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "xfce4", "xfconf",
                              "xfce-perchannel-xml")
        os.makedirs(folder)
        with open(os.path.join(folder, "xfce4-panel.xml"), "w", encoding="utf-8") as f:
            f.write(CONFIG)
        self.session = Gio.DBusConnection.new_for_address_sync(
            self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.session.set_exit_on_close(False)
        log = open(os.path.join(self.folder, "panel"), "wb")
        self.addCleanup(log.close)
        env = dict(self.plain, DBUS_SESSION_BUS_ADDRESS=self.address)
        panel = subprocess.Popen(["xfce4-panel", "--disable-wm-check"], env=env, stdout=log,
                                 stderr=log)
        self.addCleanup(self.end_application, panel)
        self.wait_for(lambda: self.items() is not None)

    def items(self):
        """Of the panel; None: it is not there yet."""
        try:
            return self.session.call_sync(
                "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher",
                "org.freedesktop.DBus.Properties", "Get",
                GLib.Variant("(ss)", ("org.kde.StatusNotifierWatcher",
                                      "RegisteredStatusNotifierItems")),
                None, Gio.DBusCallFlags.NO_AUTO_START, 5000, None).unpack()[0]
        except GLib.Error:
            return None

    def picture(self, name):
        folder = os.environ.get("CULVERT_SCREENSHOTS", self.folder)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"tray-{name}.png")
        subprocess.run(["import", "-window", "root", "-crop", "480x400+0+0", "+repage", path],
                       check=True, timeout=20)
        return path

    def has_ink(self, path, area):
        """Whether the area of the picture is more than one colour."""
        done = subprocess.run(["convert", path, "-crop", area, "+repage", "-format", "%k", "info:"],
                              check=True, timeout=20, stdout=subprocess.PIPE, text=True)
        return int(done.stdout) > 1

    def pointer(self, *words):
        subprocess.run(["xdotool", *map(str, words)], check=True, timeout=20)

    def test_menu(self):
        """The icon is painted, a click opens the menu, keys in it switch the profile off."""
        self.start_application("--background")
        self.wait_for(lambda: self.items())
        self.wait_for(lambda: self.cli("status", "near")[0] == 0
                      and self.status("near")["connected"])
        self.wait_for(lambda: self.has_ink(self.picture("icon"),
                                           f"{HEIGHT - 8}x{HEIGHT - 8}+4+4"))
        self.pointer("mousemove", HEIGHT // 2, HEIGHT // 2, "click", 1)
        self.wait_for(lambda: self.has_ink(self.picture("menu"), f"100x60+20+{HEIGHT + 4}"))
        time.sleep(0.5)  # what moves comes to rest; nothing is judged by it
        self.picture("menu")
        # The line of the state cannot be chosen; far, near.
        self.pointer("key", "Down", "key", "Down", "key", "Return")
        self.wait_for(lambda: self.status("near")["state"] == "off")
        self.assertTrue(self.status("far")["local"])


if __name__ == "__main__":
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        print("1..0 # SKIP no " + ", ".join(missing))
        sys.exit(0)
    losses_test.main()
