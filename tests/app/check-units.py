# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The units of packaging/systemd: hardened, and culvert lives behind their system call filter.

check-units.py ROOT CULVERT. systemd-analyze rates the units (below 2.0); then the filter of each
unit is put around a running culvert, which has to start, answer and end without an error. Exit
code 77 where systemd-analyze is missing or too old, or the kernel's table is not at hand.
"""

import ctypes
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

LIMIT = 2.0
UNISTD = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
ALLOW, ERRNO_EPERM = 0x7FFF0000, 0x00050001
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
NEEDED = {"Type": "notify", "DynamicUser": "yes", "NoNewPrivileges": "yes", "WatchdogSec": "30",
          "CapabilityBoundingSet": "", "ProtectSystem": "strict"}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def analyze(*args):
    return subprocess.run(["systemd-analyze", "--no-pager", *args], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def settings(unit):
    """Key -> list of values of the unit's lines."""
    found = {}
    with open(unit, encoding="utf-8") as f:
        for line in f:
            match = re.match(r"(\w+)=(.*)$", line)
            if match:
                found.setdefault(match[1], []).append(match[2].strip())
    return found


def check_score(unit):
    done = analyze("security", "--offline=true", unit)
    match = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    if not match:
        skip("systemd-analyze does not rate files: " + done.stdout[-200:])
    print(f"{os.path.basename(unit)}: exposure {match[1]}")
    return [] if float(match[1]) < LIMIT else [f"{unit}: exposure {match[1]}, not below {LIMIT}"]


def expand(name, seen):
    """System calls of a set, whole."""
    if not name.startswith("@"):
        return {name}
    if name in seen:
        return set()
    seen.add(name)
    found = set()
    for line in analyze("syscall-filter", name).stdout.splitlines()[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            found |= expand(word, seen)
    return found


def allowed_calls(lines):
    allowed = set()
    for line in lines:
        names = set()
        for word in line.lstrip("~").split():
            names |= expand(word, set())
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def program(allowed):
    """A filter as the kernel takes it."""
    numbers = {}
    with open(UNISTD, encoding="utf-8") as f:
        for match in re.finditer(r"#define __NR_(\w+)\s+(\d+)", f.read()):
            numbers[match[1]] = int(match[2])
    code = [(0x20, 0, 0, 0)]                                  # the number
    for name in sorted(allowed & set(numbers)):
        code += [(0x15, 0, 1, numbers[name]), (0x06, 0, 0, ALLOW)]
    code.append((0x06, 0, 0, ERRNO_EPERM))
    return b"".join(struct.pack("HBBI", *step) for step in code), len(code)


def confine(code, length):
    libc = ctypes.CDLL(None, use_errno=True)
    buf = ctypes.create_string_buffer(code, len(code))
    prog = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", length, ctypes.addressof(buf)))

    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4

    def apply(_keep=buf):
        address = ctypes.addressof(prog)
        if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address, 0, 0) != 0):
            os.write(2, f"no filter: {os.strerror(ctypes.get_errno())}\n".encode())
            os._exit(99)

    return apply


def wait_for(what, path, word):
    for _ in range(200):
        with open(path, encoding="utf-8", errors="replace") as f:
            if word in f.read():
                return []
        time.sleep(0.05)
    return [f"{what}: no \"{word}\" within 10 s"]


def check_filter(unit, role, culvert):
    """Runs the role behind the filter of the unit."""
    code, length = program(allowed_calls(settings(unit)["SystemCallFilter"]))
    problems = []
    with tempfile.TemporaryDirectory(prefix="culvert-units-") as folder:
        control = os.path.join(folder, "control")
        log = os.path.join(folder, "log")
        words = {"client": ["-l", "127.0.0.1:0", "-r", "localhost:9"],
                 "server": ["-l", "127.0.0.1:0-0", "-t", "localhost:9"]}[role]
        if role == "server":
            words[1] = f"127.0.0.1:{free_port()}"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [culvert, "--headless", role, *words, "-key", "k", "--control", control],
                stdout=out, stderr=out, preexec_fn=confine(code, length))
        problems += wait_for(role, log, "listening on:")
        done = subprocess.run([culvert, "status", "--control", control], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        states = ("verifying", "degraded", "waiting for network")
        if done.returncode != 0 or not any(f"{role}: {role}, {state}" in done.stdout
                                           for state in states):
            problems.append(f"{role}: status behind the filter: {done.stdout!r}")
        process.send_signal(signal.SIGTERM)
        if process.wait(10) != 0:
            problems.append(f"{role}: ended with {process.returncode} behind the filter")
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read()
        for word in ("CRITICAL", "WARNING **", "not permitted", "error:"):
            if word in text:
                problems.append(f"{role}: the log behind the filter has {word!r}:\n{text}")
    return problems


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    root, culvert = sys.argv[1:3]
    if not shutil.which("systemd-analyze"):
        skip("no systemd-analyze")
    problems = []
    for role in ("client", "server"):
        unit = os.path.join(root, "packaging", "systemd", f"culvert-{role}@.service")
        found = settings(unit)
        problems += [f"{unit}: {key} is not {value!r}" for key, value in NEEDED.items()
                     if found.get(key) != [value]]
        problems += check_score(unit)
        if os.path.exists(UNISTD) and os.uname().machine == "x86_64":
            problems += check_filter(unit, role, culvert)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
