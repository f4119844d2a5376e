# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""A panel as far as an icon in the tray sees one: org.kde.StatusNotifierWatcher, and a reader of
com.canonical.dbusmenu. Calls run the main loop while they wait.
"""

from gi.repository import Gio, GLib

XML = """<node><interface name="org.kde.StatusNotifierWatcher">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
  </interface></node>"""


def let_run():
    while GLib.MainContext.default().iteration(False):
        pass


class Panel:
    """item: (bus name, path) of the icon that registered last and is still there, or None."""

    def __init__(self, address=None):
        """On the bus at this address, or on that of the session."""
        self.item = None
        self.watch = 0
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address or Gio.dbus_address_get_for_bus_sync(Gio.BusType.SESSION),
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.set_exit_on_close(False)
        node = Gio.DBusNodeInfo.new_for_xml(XML)
        self.bus.register_object("/StatusNotifierWatcher", node.interfaces[0], self.called,
                                 self.get, None)
        self.name = Gio.bus_own_name_on_connection(self.bus, "org.kde.StatusNotifierWatcher",
                                                   Gio.BusNameOwnerFlags.NONE, None, None)

    def close(self):
        """As a panel that ends."""
        self.item = None
        self.bus.close_sync(None)

    def called(self, _bus, sender, _path, _interface, method, args, invocation):
        if method == "RegisterStatusNotifierItem":
            path = args.unpack()[0]
            self.item = (sender, path if path.startswith("/") else "/StatusNotifierItem")
            self.watch = Gio.bus_watch_name_on_connection(
                self.bus, sender, Gio.BusNameWatcherFlags.NONE, None,
                lambda _bus, name: self.lost(name))
        invocation.return_value(None)

    def lost(self, name):
        if self.item is not None and self.item[0] == name:
            self.item = None

    @staticmethod
    def get(_bus, _sender, _path, _interface, name):
        return {"IsStatusNotifierHostRegistered": GLib.Variant("b", True),
                "ProtocolVersion": GLib.Variant("i", 0)}.get(name, GLib.Variant("as", []))

    def call(self, name, path, interface, method, arguments):
        return self.bus.call_sync(name, path, interface, method, arguments, None, 0, 5000,
                                  None).unpack()

    def pid(self):
        """Of the icon's process."""
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "GetConnectionUnixProcessID", GLib.Variant("(s)", (self.item[0],)))[0]

    def property(self, name):
        return self.call(*self.item, "org.freedesktop.DBus.Properties", "Get",
                         GLib.Variant("(ss)", ("org.kde.StatusNotifierItem", name)))[0]

    def menu(self):
        """Path of the menu; (id, label, is checked) of the items at its top."""
        menu = self.property("Menu")
        layout = self.call(self.item[0], menu, "com.canonical.dbusmenu", "GetLayout",
                           GLib.Variant("(iias)", (0, -1, [])))[1]
        return menu, [(c[0], c[1].get("label", "").replace("_", ""), c[1].get("toggle-state") == 1)
                      for c in layout[2]]

    def labels(self):
        return [label for _, label, _ in self.menu()[1] if label]

    def is_checked(self, begin):
        """Of the item with this label at its begin; None: there is none."""
        return next((state for _, label, state in self.menu()[1] if label.startswith(begin)), None)

    def click(self, begin):
        menu, items = self.menu()
        for number, label, _ in items:
            if label.startswith(begin):
                self.call(self.item[0], menu, "com.canonical.dbusmenu", "Event",
                          GLib.Variant("(isvu)", (number, "clicked", GLib.Variant("s", ""), 0)))
                return
        raise AssertionError(f"no {begin!r} in the tray's menu: {items}")
