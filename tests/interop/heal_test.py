# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""A tunnel that heals itself: networks that change, silence, dead servers, too many clients.

Each case of heal_cases.py runs in network namespaces of its own, with culvert as client and
culvert or Debian's kcptun as server. They mostly wait, so all run at the same time. Needs root.

    heal_test.py --culvert build/app/culvert --flood build/tests/interop/udp-flood \
      --relay build/tests/interop/udp-relay

The rotation moves as much as runs meanwhile; all of it, at full speed, by hand:

    heal_test.py ... --case 'rotation*' --rotation-bytes 2000000000 --patience 5

Output is TAP: each line tells what was measured, a failed case what the programs wrote.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import shutil
import subprocess
import sys
import time

import heal_cases
import interop
import netns


def jobs_of(options):
    """(name, class, make of the server)."""
    for case in heal_cases.CASES:
        for make in case.makes:
            name = f"{case.name}-{make}" if len(case.makes) > 1 else case.name
            if not options.case or any(fnmatch.fnmatch(name, g) for g in options.case):
                yield name, case, make


def missing(case, make):
    """Why the case is skipped, or None."""
    if make == "kcptun" and not shutil.which("kcptun-server"):
        return "kcptun is not installed"
    for tool in case.needs:
        if not shutil.which(tool):
            return f"{tool} is not installed"
    return None


def run_job(options, case, make):
    """(seconds, error or None, notes, lines of the logs)."""
    begin = time.monotonic()
    run = case(options, make)
    try:
        run()
        return time.monotonic() - begin, None, run.notes, []
    except (interop.Failure, subprocess.SubprocessError, ValueError, KeyError) as error:
        return time.monotonic() - begin, f"{error}", run.notes, run.logs()
    finally:
        run.clean()


def parse_arguments():
    parser = argparse.ArgumentParser(description="a tunnel that heals itself")
    parser.add_argument("--culvert", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--flood", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--relay", metavar="PROGRAM", required=True, type=os.path.abspath)
    parser.add_argument("--case", action="append", metavar="GLOB", help="only these cases")
    parser.add_argument("--jobs", type=int, default=32, help="cases at the same time")
    parser.add_argument("--stop-seconds", type=float, default=120)
    parser.add_argument("--dark-seconds", type=float, default=60)
    parser.add_argument("--rotations", type=int, default=20)
    parser.add_argument("--rotation-bytes", type=int, help="move all of them, without a limit")
    parser.add_argument("--datagrams", type=int, default=1000000)
    parser.add_argument("--datagram-rate", type=int, default=20000, help="a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1, help="factor of all time limits")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    options = parser.parse_args()
    options.rotation_whole = options.rotation_bytes is not None
    options.rotation_rate = 0 if options.rotation_whole else 8000000
    options.rotation_bytes = options.rotation_bytes or 1 << 40
    return options


def main():
    options = parse_arguments()
    jobs = list(jobs_of(options))
    if options.list:
        print("\n".join(name for name, _, _ in jobs))
        return 0
    reason = netns.missing("nft")
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    failed = 0
    print(f"1..{len(jobs)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [missing(case, make) or pool.submit(run_job, options, case, make)
                for _, case, make in jobs]
        for number, ((name, _, _), run) in enumerate(zip(jobs, runs), 1):
            if isinstance(run, str):
                print(f"ok {number} - {name} # SKIP {run}", flush=True)
                continue
            seconds, error, notes, logs = run.result()
            failed += error is not None
            print(f"{'not ok' if error else 'ok'} {number} - {name} ({seconds:.1f} s)")
            for line in notes + ([error] if error else []) + logs:
                print("# " + line.replace("\n", "\n# "))
            sys.stdout.flush()
    print(f"# {len(jobs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
