# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Arrows between layers point downwards only (ARCHITECTURE.md, section 2).

Reads every #include of engine/, app/ and ui/. An upward arrow, an arrow between two
modules of engine/proto, a system header above its station and a cycle of headers are
problems. Tests may include what they like.
"""

import os
import re

import lintlib

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)

# Longest folder first; the level decides who may include whom.
LEVELS = (
    ("engine/base/", 0),
    ("engine/proto/", 1),
    ("engine/session/", 2),
    ("engine/io/", 3),
    ("engine/", 4),
    ("app/", 5),
    ("ui/", 6),
)
PUBLIC_HEADER = "engine/culvert.h"
GENERATED = {"config.h": 0, "culvert-homepage.h": 5, "culvert-resources.h": 5,
             "culvert-version.h": 4}
TRAY_HELPER = "app/tray/helper/"

# Module of a file in engine/proto by the first word of its name.
PROTO_MODULES = {
    "kcp": "kcp",
    "fec": "fec",
    "gf256": "fec",
    "smux": "smux",
    "comp": "comp",
    "qpp": "qpp",
    "cipher": "cipher",
    "kdf": "cipher",
    "crc": "cipher",
    "nonce": "cipher",
}
# Arithmetic that more than one module needs.
PROTO_EXCEPTIONS = {("comp", "culvert-crc.h"), ("qpp", "culvert-kdf.h")}

# (pattern, files that may use it, what to do)
SYSTEM_HEADERS = (
    (r"(linux|asm)/.*|sys/(epoll|eventfd|timerfd|signalfd|inotify|prctl)\.h",
     r".*-(linux|epoll)(-private)?\.[ch]$", "only *-linux.[ch] and *-epoll.[ch] may include it"),
    (r"sys/event\.h", r".*-(kqueue)\.[ch]$", "only *-kqueue.[ch] may include it"),
    (r"(windows|winsock2|ws2tcpip)\.h", r".*-win32\.[ch]$", "only *-win32.[ch] may include it"),
    (r"(gtk|gdk|gsk)/.*|adwaita\.h|libadwaita.*", r"ui/.*|" + TRAY_HELPER + ".*",
     "GTK belongs into ui/ alone"),
    (r"json-glib/.*", r"(app|ui)/.*", "the engine knows no JSON; parse it in app/"),
    (r"gio/.*|glib-object\.h|gobject/.*|glib-unix\.h", r"(?!engine/(base|proto|session)/).*",
     "the cores know no GObject"),
    (r"sys/(socket|un|time|select)\.h|(netinet|arpa|net)/.*|netdb\.h|time\.h|poll\.h|pthread\.h",
     r"(?!engine/(base|proto|session)/).*", "the cores know no sockets, clocks or threads"),
    (r"gcrypt\.h|snappy-c\.h|isa-l.*|(erasure_code|gf_vect_mul)\.h",
     r"engine/proto/.*|engine/io/culvert-runtime\.c", "codec libraries belong into engine/proto"),
)


def level_of(path):
    for folder, level in LEVELS:
        if path.startswith(folder):
            return level
    return None


def module_of(path):
    word = re.match(r"culvert-([a-z0-9]+)", os.path.basename(path))
    return PROTO_MODULES.get(word.group(1)) if word else None


def resolve(path, name, headers):
    """The file of our tree an include in quotes means, or None."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if beside in headers:
        return beside
    found = [h for h in headers if h == name or h.endswith("/" + name)]
    return found[0] if found else None


def problem_of_own(path, name, target):
    """What is wrong with including target of our tree in path, or None."""
    level, below = level_of(path), level_of(target)
    if target.endswith(".c"):
        return f"includes the source file {name}"
    if below is None:
        return f"includes {target}, which no layer owns"
    if level == 6 and below == 5 and target.endswith("-private.h"):
        return f"ui/ includes {target}, a private header of app/"
    if level >= 5 and below <= 4 and target != PUBLIC_HEADER:
        return f"includes {target}; of the engine only culvert.h may be included here"
    if below > level:
        return f"upward arrow: level {level} includes {target} of level {below}"
    if level == 1 and below == 1:
        mine, theirs = module_of(path), module_of(target)
        if mine != theirs and (mine, os.path.basename(target)) not in PROTO_EXCEPTIONS:
            return f"module {mine} includes {target} of module {theirs}; only session joins them"
    return None


def problem_of_system(path, name):
    for pattern, allowed, advice in SYSTEM_HEADERS:
        if re.fullmatch(pattern, name) and not re.match(allowed, path):
            return f"includes <{name}>; {advice}"
    return None


def cycles(graph):
    """Headers that include themselves through others."""
    problems, done = [], set()

    def visit(node, stack):
        if node in stack:
            loop = stack[stack.index(node):] + [node]
            problems.append(f"{node}: headers include one another: {' -> '.join(loop)}")
        elif node not in done:
            for target in graph.get(node, ()):
                visit(target, stack + [node])
            done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return problems


def check(root):
    paths = lintlib.walk(root, (".c", ".h", ".m"), ("engine", "app", "ui"))
    headers = set(paths) | set(lintlib.walk(root, (".defs",), ("engine", "app")))
    problems, graph = [], {}
    for path in paths:
        if path.startswith("engine/proto/") and module_of(path) is None:
            problems.append(f"{path}:1: belongs to no module; name it in check-includes.py")
        text = lintlib.strip_comments(lintlib.read(root, path))
        for match in INCLUDE.finditer(text):
            quote, name = match.groups()
            line = text.count("\n", 0, match.start()) + 1
            target = resolve(path, name, headers) if quote == '"' else None
            problem = None
            if name in GENERATED and not target:
                if level_of(path) < GENERATED[name]:
                    problem = f"upward arrow: level {level_of(path)} includes {name}"
            elif target:
                problem = problem_of_own(path, name, target)
                if path.endswith(".h"):
                    graph.setdefault(path, []).append(target)
            elif quote == '"':
                problem = f'includes "{name}", which is not in the tree; use <> for system headers'
            else:
                problem = problem_of_system(path, name)
            if problem:
                problems.append(f"{path}:{line}: {problem}")
    return problems + cycles(graph)


GOOD = [
    ("engine/base/culvert-base.h", "#include <glib.h>\n"),
    ("engine/proto/culvert-kcp.h", '#include "culvert-base.h"\n'),
    ("engine/proto/culvert-kcp.c", '#include "config.h"\n#include "culvert-kcp.h"\n'),
    ("engine/proto/culvert-fec.h", '#include "culvert-gf256.h"\n'),
    ("engine/proto/culvert-gf256.h", '#include "culvert-base.h"\n'),
    ("engine/proto/culvert-fec-decoder.c", '#include "culvert-gf256.h"\n'),
    ("engine/proto/culvert-crc.h", '#include "culvert-base.h"\n'),
    ("engine/proto/culvert-comp.c", '#include <snappy-c.h>\n#include "culvert-crc.h"\n'),
    ("engine/session/culvert-session.h", '#include "culvert-kcp.h"\n#include "culvert-fec.h"\n'),
    ("engine/io/culvert-reactor.h", '#include "culvert-session.h"\n#include <gio/gio.h>\n'),
    ("engine/io/culvert-reactor-epoll.c", "#include <sys/epoll.h>\n"),
    ("engine/io/culvert-udp-linux.c", "#include <linux/net_tstamp.h>\n#include <sys/socket.h>\n"),
    ("engine/culvert.h", "#include <gio/gio.h>\n"),
    ("engine/culvert-engine.c", '#include "culvert.h"\n#include "culvert-reactor.h"\n'),
    ("app/culvert-hub.h", "#include <culvert.h>\n"),
    ("app/main.c", '#include "culvert-hub.h"\n#include "cli/culvert-cli.h"\n'),
    ("app/cli/culvert-cli.h", '/* #include "culvert-reactor.h" */\n'),
    ("ui/culvert-window.c", '#include <gtk/gtk.h>\n#include "culvert-hub.h"\n'),
    ("tests/unit/test-kcp.c", '#include "culvert-kcp.h"\n#include "culvert-fec.h"\n'),
]
BAD = [
    ("engine/base/culvert-ring.c", '#include "culvert-kcp.h"\n', "upward arrow"),
    ("engine/proto/culvert-kcp-tx.c", '#include "culvert-session.h"\n', "upward arrow"),
    ("engine/session/culvert-session.c", '  #  include "culvert-reactor.h"\n', "upward arrow"),
    ("engine/io/culvert-link.c", '#include "culvert.h"\n', "upward arrow"),
    ("engine/io/culvert-link.c", '#include "../culvert.h"\n', "upward arrow"),
    ("engine/culvert-tunnel.c", '#include "culvert-hub.h"\n', "upward arrow"),
    ("engine/base/culvert-base.h", '#include "culvert-version.h"\n', "upward arrow"),
    ("app/culvert-hub.c", '#include "culvert-reactor.h"\n', "only culvert.h"),
    ("app/culvert-hub.c", '#include "../engine/base/culvert-base.h"\n', "only culvert.h"),
    ("ui/culvert-chart.c", '#include "culvert-base.h"\n', "only culvert.h"),
    ("engine/proto/culvert-kcp-rx.c", '#include "culvert-fec.h"\n', "module kcp"),
    ("engine/proto/culvert-smux.c", '#include "culvert-kcp.h"\n', "module smux"),
    ("engine/proto/culvert-qpp.c", '#include "culvert-crc.h"\n', "module qpp"),
    ("engine/proto/culvert-other.c", "", "belongs to no module"),
    ("engine/io/culvert-reactor.c", "#include <sys/epoll.h>\n", "*-epoll"),
    ("engine/io/culvert-udp-gio.c", "#include <linux/udp.h>\n", "*-linux"),
    ("engine/proto/culvert-kcp.c", "#include <gio/gio.h>\n", "no GObject"),
    ("engine/session/culvert-session.c", "#include <time.h>\n", "no sockets, clocks"),
    ("engine/session/culvert-session.c", "#include <gcrypt.h>\n", "codec libraries"),
    ("engine/culvert-config.c", "#include <json-glib/json-glib.h>\n", "no JSON"),
    ("app/main.c", "#include <gtk/gtk.h>\n", "GTK"),
    ("engine/culvert-engine.c", "#include <adwaita.h>\n", "GTK"),
    ("engine/culvert-engine.c", '#include "culvert-nowhere.h"\n', "not in the tree"),
    ("engine/culvert-engine.c", '#include "culvert-kcp.c"\n', "source file"),
    ("engine/base/culvert-base.h", '#include "culvert-a.h"\n', "not in the tree"),
    ("engine/proto/culvert-gf256.h", '#include "culvert-fec.h"\n', "one another"),
]

if __name__ == "__main__":
    lintlib.main(check, GOOD, BAD, "Move the code down or to the side, or hand it in from above.")
