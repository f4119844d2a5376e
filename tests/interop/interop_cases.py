# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The cases of interop.py: each axis varied around one default.

Debian's kcptun is the release of 2021 (WIRE.md, section 15): smuxver is always given, and
aes-128-gcm, null, QPP, the frame size and UNIX listeners are asked of culvert alone.
"""

import dataclasses

KEY = "a key for the tests, not the default one"

DEFAULTS = {
    "key": KEY,
    "crypt": "aes",
    "mode": "fast",
    "mtu": 1350,
    "datashard": 10,
    "parityshard": 3,
    "smuxver": 2,
    "sndwnd": 512,
    "rcvwnd": 512,
}

CIPHERS = ("aes", "aes-128", "aes-192", "salsa20", "blowfish", "twofish", "cast5", "3des", "tea",
           "xtea", "xor", "sm4", "none")
LOSS = {"loss": 5, "delay": 2}


@dataclasses.dataclass
class Case:
    name: str
    both: dict = dataclasses.field(default_factory=dict)    # flags of both ends
    client: dict = dataclasses.field(default_factory=dict)  # flags of one end
    server: dict = dataclasses.field(default_factory=dict)
    link: dict = dataclasses.field(default_factory=dict)    # options of udp-relay
    env: dict = dataclasses.field(default_factory=dict)
    ports: int = 1              # of the server
    streams: int = 1            # echoing at the same time
    unix_target: bool = False
    unix_listener: bool = False
    json: bool = False          # settings by file instead of flags
    needs: str = ""             # "client", "server" or "both" must be culvert
    quick: bool = False         # part of --quick
    seconds: int = 60
    kcptun_errs: bool = False   # now and then kcptun breaks its own stream: it may try again


def _wire_cases():
    for name in CIPHERS:
        yield Case("crypt-" + name, {"crypt": name}, quick=name in ("aes", "salsa20"))
    yield Case("crypt-aes-128-gcm", {"crypt": "aes-128-gcm"}, needs="both", quick=True)
    yield Case("crypt-aes-128-gcm-nofec", {"crypt": "aes-128-gcm", "datashard": 0}, needs="both")
    yield Case("crypt-null", {"crypt": "null"}, needs="both")
    yield Case("fec-3-2", {"datashard": 3, "parityshard": 2})
    yield Case("fec-off", {"datashard": 0, "parityshard": 0}, quick=True)
    yield Case("fec-differs-server", server={"datashard": 5, "parityshard": 2})
    yield Case("fec-differs-client", client={"datashard": 5, "parityshard": 2})
    yield Case("comp-off", {"nocomp": True}, quick=True)
    yield Case("smux-1", {"smuxver": 1}, quick=True)
    yield Case("smux-1-comp-off", {"smuxver": 1, "nocomp": True})
    yield Case("qpp", {"QPP": True}, needs="both")
    yield Case("qpp-7-smux-1", {"QPP": True, "QPPCount": 7, "smuxver": 1}, needs="both")
    yield Case("adapts-smux-1", client={"smuxver": 1}, needs="server", quick=True)
    yield Case("adapts-comp-off", client={"nocomp": True}, needs="server", quick=True)
    yield Case("adapts-all", client={"nocomp": True, "smuxver": 1}, needs="server", streams=4)
    yield Case("adapts-to-defaults", server={"nocomp": True, "smuxver": 1}, needs="server",
               quick=True)
    yield Case("framesize-1000", {"framesize": 1000}, needs="both")


def _timer_cases():
    for mode in ("normal", "fast2", "fast3"):
        yield Case("mode-" + mode, {"mode": mode}, seconds=90)
    yield Case("mode-manual",
               {"mode": "manual", "nodelay": 1, "interval": 15, "resend": 3, "nc": 1})
    yield Case("mode-manual-congestion",
               {"mode": "manual", "nodelay": 0, "interval": 20, "resend": 2, "nc": 0}, seconds=90)
    yield Case("acknodelay", {"acknodelay": True})
    yield Case("windows-2048", {"mode": "fast3", "sndwnd": 2048, "rcvwnd": 2048, "nocomp": True},
               quick=True)
    yield Case("windows-default", {"sndwnd": None, "rcvwnd": None}, seconds=90)
    yield Case("windows-32", {"sndwnd": 32, "rcvwnd": 32, "mode": "fast3"}, seconds=120)


def _socket_cases():
    yield Case("mtu-500", {"mtu": 500})
    yield Case("mtu-1500", {"mtu": 1500})
    yield Case("mtu-differs", client={"mtu": 1200}, server={"mtu": 900})
    yield Case("conn-4", client={"conn": 4}, streams=8, quick=True)
    yield Case("port-range", ports=3, client={"conn": 3}, streams=6)
    yield Case("unix-target", unix_target=True, quick=True)
    yield Case("unix-listener", unix_listener=True, needs="client")
    yield Case("unix-both", unix_listener=True, unix_target=True, needs="client")
    yield Case("streams-32", streams=32)
    yield Case("json", json=True, both={"nocomp": True, "crypt": "twofish"}, quick=True)
    yield Case("key-environment", {"key": None}, env={"KCPTUN_KEY": "from the environment"})
    yield Case("key-default", {"key": None})
    yield Case("dscp-sockbuf", {"dscp": 46, "sockbuf": 1048576})
    yield Case("ratelimit", {"ratelimit": 8000000}, needs="both")


def _link_cases():
    yield Case("loss-5", link=LOSS, seconds=180, quick=True)
    yield Case("loss-5-fec-off", {"datashard": 0}, link=LOSS, seconds=180)
    yield Case("loss-5-fast3-comp-off", {"mode": "fast3", "nocomp": True}, link=LOSS, seconds=180)
    yield Case("loss-5-smux-1-salsa20", {"smuxver": 1, "crypt": "salsa20"}, link=LOSS, seconds=180)
    # Until it has detected the sender's code kcptun rebuilds with its own, and takes what comes out
    # for data (WIRE.md 4.5): one run in fifty or so, with any culvert.
    yield Case("loss-5-fec-differs", {"mode": "fast2"}, server={"datashard": 5, "parityshard": 2},
               link=LOSS, seconds=180, kcptun_errs=True)
    yield Case("loss-5-fec-off-smux-1-none",
               {"datashard": 0, "smuxver": 1, "crypt": "none", "mode": "fast3"}, link=LOSS,
               seconds=180)
    yield Case("bad-link", {"mode": "fast3"},
               link={"delay": 5, "jitter": 3, "loss": 2, "burst-enter": 0.3, "reorder": 3,
                     "duplicate": 2, "corrupt": 1}, seconds=180)
    yield Case("bottleneck", {"mode": "fast2", "sndwnd": 256, "rcvwnd": 256},
               link={"delay": 5, "rate": 40000, "queue": 64}, seconds=180)


def cases_of(client, server, quick=False):
    """The cases these two programs can both do."""
    able = {"": True,
            "client": client == "culvert",
            "server": server == "culvert",
            "both": client == server == "culvert"}
    every = [*_wire_cases(), *_timer_cases(), *_socket_cases(), *_link_cases()]
    return [case for case in every if able[case.needs] and (case.quick or not quick)]
