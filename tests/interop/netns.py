# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Network namespaces for tests: made, entered by single threads, removed.

Everything that is opened inside a namespace stays there. A thread enters one for a moment; a
program is started inside by the words of Namespaces.exec. Needs root and iproute2.
"""

import contextlib
import ctypes
import itertools
import os
import shutil
import subprocess
import uuid

import interop

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
_numbers = itertools.count()


def command(*words, text=None):
    done = subprocess.run(words, input=text, stdin=subprocess.DEVNULL if text is None else None,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise interop.Failure(f"{' '.join(words)}: {done.stdout.strip()}")
    return done.stdout


def set_namespace(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def missing(*tools):
    """Why there can be no namespaces here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("ip", *tools):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    name = f"culvert-{uuid.uuid4().hex[:8]}"
    try:
        command("ip", "netns", "add", name)
        command("ip", "netns", "del", name)
    except interop.Failure as error:
        return str(error)
    return None


class Namespaces:
    """One for each role, with loopback up and nothing else."""

    def __init__(self, roles):
        number = next(_numbers)
        self.names = {role: f"culvert-{os.getpid()}-{number}-{role}" for role in roles}

    def make(self):
        for role, name in self.names.items():
            command("ip", "netns", "add", name)
            self.ip(role, "link", "set", "lo", "up")

    def join(self, a, b, device):
        """A veth pair between two roles, of the same name at both ends, down."""
        self.ip(a, "link", "add", device, "type", "veth", "peer", "name", device, "netns",
                self.names[b])

    def ip(self, role, *words):
        return command("ip", "-n", self.names[role], *words)

    def nft(self, role, rules):
        command(*self.exec(role), "nft", "-f", "-", text=rules)

    def exec(self, role):
        """Words in front of a program; it keeps the process id."""
        return ["ip", "netns", "exec", self.names[role]]

    @contextlib.contextmanager
    def inside(self, role):
        """For this thread."""
        fd = os.open("/run/netns/" + self.names[role], os.O_RDONLY | os.O_CLOEXEC)
        try:
            set_namespace(fd)
            yield
        finally:
            set_namespace(_home)
            os.close(fd)

    def remove(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
