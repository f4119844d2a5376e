# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Keys in a real gnome-keyring, unlocked and locked, with a display on which it asks.

keyring_test.py CULVERT TRAY-HELPER UI-MODULE [unittest arguments], under run-ui.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import losses_test  # noqa: E402
from gi.repository import Gio, GLib  # noqa: E402

DAEMON = "gnome-keyring-daemon"
SECRETS = "org.freedesktop.secrets"
SERVICE = "/org/freedesktop/secrets"
# A process that nobody watches must have said what is wrong by then.
SOON = 5


class Keyring(losses_test.Case):
    """One profile whose key is in the keyring."""

    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home, 0o700)
        self.env.update(HOME=self.home, XDG_DATA_HOME=os.path.join(self.home, "data"),
                        XDG_CACHE_HOME=os.path.join(self.home, "cache"))
        self.env.pop("SECRET_BACKEND", None)
        self.daemon = None
        self.addCleanup(self.stop_daemon)
        self.save_client(key=None, culvert={"name": "near", "key-store": "keyring",
                                            "autostart": True})
        self.start_daemon(b"the password\n")
        self.store("the key of near")

    def start_daemon(self, password=None):
        """Unlocked by the password, or locked."""
        how = "--start" if password is None else "--unlock"
        self.daemon = subprocess.Popen(
            [DAEMON, "--foreground", "--components=secrets", how], env=self.env,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.daemon.stdin.write(password or b"")
        self.daemon.stdin.close()
        self.session = Gio.DBusConnection.new_for_address_sync(
            self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.session.set_exit_on_close(False)
        self.wait_for(self.has_service)

    def stop_daemon(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait(10)

    def lock(self):
        """As after a login without a password: another daemon over the same file."""
        self.stop_daemon()
        self.wait_for(lambda: not self.has_service())
        self.start_daemon()
        self.assertTrue(self.get("/org/freedesktop/secrets/collection/login",
                                 "org.freedesktop.Secret.Collection", "Locked"))

    def call(self, path, interface, method, arguments):
        return self.session.call_sync(SECRETS, path, interface, method, arguments, None, 0, 10000,
                                      None).unpack()

    def get(self, path, interface, name):
        return self.call(path, "org.freedesktop.DBus.Properties", "Get",
                         GLib.Variant("(ss)", (interface, name)))[0]

    def has_service(self):
        return self.session.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "NameHasOwner", GLib.Variant("(s)", (SECRETS,)), None, 0, 5000, None).unpack()[0]

    def store(self, key):
        """As libsecret does it; the label and the attributes are Culvert's."""
        uuid = os.path.basename(self.path("near")).removesuffix(".json")
        session = self.call(SERVICE, "org.freedesktop.Secret.Service", "OpenSession",
                            GLib.Variant("(sv)", ("plain", GLib.Variant("s", ""))))[1]
        properties = {
            "org.freedesktop.Secret.Item.Label": GLib.Variant("s", "Culvert: near"),
            "org.freedesktop.Secret.Item.Attributes": GLib.Variant("a{ss}", {
                "xdg:schema": "io.github.culvert.Culvert.Profile", "profile": uuid})}
        item, prompt = self.call(
            "/org/freedesktop/secrets/collection/login", "org.freedesktop.Secret.Collection",
            "CreateItem",
            GLib.Variant("(a{sv}(oayays)b)", (properties, (session, b"", key.encode(),
                                                           "text/plain"), True)))
        self.assertNotEqual(item, "/")
        self.assertEqual(prompt, "/")

    def test_unlocked(self):
        process = self.start("--profile", "near")
        process.wait_log("near: listening on")
        self.assertNotIn("the key of near", process.log)

    def test_headless(self):
        """Nobody is there to type: an end, soon, and why."""
        self.lock()
        begin = time.monotonic()
        process = self.start("--profile", "near")
        self.assertEqual(process.process.wait(20), 1)
        self.assertLess(time.monotonic() - begin, SOON)
        self.assertRegex(process.log, "near: .*keyring .*locked; unlock it and try again")

    def test_login(self):
        """At login the application says so and stays usable; once unlocked, another try works."""
        self.open_panel()
        self.lock()
        application = self.start_again("--background")
        self.wait_for(lambda: self.cli("status", "near")[0] == 0)
        self.wait_for(lambda: self.status("near")["state"] == "failed", SOON)
        self.assertRegex(self.status("near")["error"], "keyring .*locked")
        code, _, error = self.cli("connect", "near")
        self.assertEqual(code, 1)
        self.assertIn("unlock it and try again", error)
        self.assertIsNone(application.poll())
        # Another daemon of the same person, this time with the password.
        self.stop_daemon()
        self.wait_for(lambda: not self.has_service())
        self.start_daemon(b"the password\n")
        self.wait_for(lambda: self.cli("connect", "near")[0] == 0)
        self.assertIn("127.0.0.1:", self.status("near")["local"][0])
        application.terminate()
        self.assertEqual(application.wait(4), 0)

    def act(self, action, uuid):
        """As the window or the icon does on a click."""
        self.session.call_sync(
            "io.github.culvert.Culvert", "/io/github/culvert/Culvert", "org.gtk.Actions",
            "Activate", GLib.Variant("(sava{sv})", (action, [GLib.Variant("s", uuid)], {})), None,
            0, 5000, None)

    def test_person(self):
        """Who clicks is asked for the password, and may think better of it; nothing hangs."""
        self.open_panel()
        self.lock()
        # libsecret 0.20 complains about itself when its prompt is taken away.
        self.env.pop("G_DEBUG", None)
        application = self.start_again("--background")
        self.wait_for(lambda: self.cli("status", "near")[0] == 0
                      and self.status("near")["state"] == "failed")
        uuid = os.path.basename(self.path("near")).removesuffix(".json")
        self.act("connect-profile", uuid)
        self.wait_for(lambda: "unlock it to connect “near”" in self.application_log())
        self.act("disconnect-profile", uuid)
        self.wait_for(lambda: "error" not in self.status("near"))
        self.assertIsNone(application.poll())
        application.terminate()
        self.assertEqual(application.wait(4), 0)

    def test_end(self):
        """The end of the process does not wait for the person either."""
        self.lock()
        self.open_panel()
        application = self.start_again("--background")
        self.wait_for(lambda: self.cli("status", "near")[0] == 0)
        application.terminate()
        self.assertEqual(application.wait(4), 0)


if __name__ == "__main__":
    if shutil.which(DAEMON) is None:
        print("1..0 # SKIP no " + DAEMON)
        sys.exit(0)
    losses_test.main()
