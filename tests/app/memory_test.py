# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Resident memory of processes without a window, after a download through both ends.

memory_test.py CULVERT MEGABYTES [unittest arguments]: prints what each process has, and had at its
highest; none may keep more than LIMIT. (While who reads is slower than the tunnel, his bytes are
there, too, up to the window of the stream.)
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import eyes_test  # noqa: E402
import profiles_test  # noqa: E402
from eyes_test import Download  # noqa: E402

LIMIT = 12 * 1000 * 1000
MEGABYTES = 200


class Memory(profiles_test.Case):
    @staticmethod
    def read_status(process):
        text = eyes_test.read(f"/proc/{process.process.pid}/status")
        return {key: 1024 * int(value) for key, value in re.findall(r"(\w+):\s+(\d+) kB", text)}

    def check(self, process, name):
        first = self.read_status(process)
        self.wait_for(lambda: self.read_status(process)["VmRSS"] < LIMIT, 10)
        last = self.read_status(process)
        megabytes = {key: f"{value / 1e6:.2f} MB" for key, value in last.items()}
        print(f"# {name}: resident {megabytes['VmRSS']}, {megabytes['RssAnon']} of it its own; "
              f"just after the download {first['VmRSS'] / 1e6:.2f} MB, highest "
              f"{megabytes['VmHWM']}", file=sys.stderr)

    def fetch_all(self, port):
        download = Download(port, MEGABYTES * 1000 * 1000)
        download.join(60)
        self.assertIsNone(download.error)
        self.assertEqual(download.got, download.n)

    def test_flags(self):
        """The windows and timers that people use for speed."""
        fast = {"mode": "fast3", "nocomp": True, "sndwnd": 2048, "rcvwnd": 2048}
        _, far, near = self.pair(server_settings=fast, client_settings=fast)
        self.fetch_all(near.port())
        self.check(near, "client")
        self.check(far, "server")

    def test_defaults(self):
        """kcptun's own."""
        _, far, near = self.pair()
        self.fetch_all(near.port())
        self.check(near, "client, defaults")
        self.check(far, "server, defaults")

    def test_profile(self):
        """A saved profile; the other end is a process of its own."""
        self.save_pair(nocomp=True, rcvwnd=2048)
        self.save("far", nocomp=True, sndwnd=2048)
        far = self.run_profiles("far")
        near = self.run_profiles("near")
        self.fetch_all(int(self.status("near")["local"][0].rsplit(":", 1)[1]))
        self.check(near, "profile, client")
        self.check(far, "profile, server")


if __name__ == "__main__":
    eyes_test.CULVERT = sys.argv[1]
    MEGABYTES = int(sys.argv[2])
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)
