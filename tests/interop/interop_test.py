# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""The interop harness itself: it must notice what is wrong. interop_test.py RELAY; TAP."""

import argparse
import os
import shutil
import socket
import sys
import threading

import interop
import interop_cases

LENGTH = 300000


def expect_failure(word, function, *arguments):
    try:
        function(*arguments)
    except interop.Failure as failure:
        assert word in str(failure), failure
    else:
        raise AssertionError(f"nobody noticed: {word}")


def compare(sent, expected, close=True):
    """recv_compared reads from a socket that carries sent."""
    ours, theirs = socket.socketpair()
    writer = threading.Thread(target=lambda: (theirs.sendall(sent), close and theirs.close()))
    writer.start()
    try:
        with ours:
            interop.recv_compared(ours, expected, interop.Deadline(1), "it")
    finally:
        writer.join()
        theirs.close()


def test_equal_bytes_pass():
    data = interop.payload(1, LENGTH)
    assert len(data) == LENGTH
    compare(data, data)


def test_payloads_differ_by_seed():
    assert interop.payload(1, LENGTH) != interop.payload(2, LENGTH)


def test_one_wrong_bit_is_found():
    data = interop.payload(1, 50000)
    for at in (0, 8191, 49999):
        wrong = bytearray(data)
        wrong[at] ^= 1
        expect_failure(f"byte {at} ", compare, bytes(wrong), data)


def test_missing_bytes_are_found():
    data = interop.payload(1, 50000)
    expect_failure("closed after 49999 of 50000", compare, data[:-1], data)
    expect_failure("nothing more after 49999 of 50000", compare, data[:-1], data, False)


def test_the_target_checks_an_upload():
    target = interop.Target(None, interop.Deadline(5))
    host, port = target.address.split(":")
    data = bytearray(interop.payload(3, LENGTH))
    data[LENGTH // 2] ^= 0x80
    with socket.create_connection((host, int(port))) as sock:
        sock.settimeout(5)
        try:
            sock.sendall(interop.make_header(b"U", 3, LENGTH) + data)
            answer = sock.recv(1)
        except OSError:
            answer = b""
        assert answer == b""
    assert target.errors and f"byte {LENGTH // 2} " in target.errors[0], target.errors
    target.close()


def options():
    return argparse.Namespace(culvert="", wrap=[], relay=os.path.abspath(sys.argv[1]), quick=True,
                              seed=1, length=100000, patience=1)


def run_kcptun(case):
    return interop.run_case(options(), "kcptun-kcptun", case)


def test_kcptun_a_wrong_key_fails():
    case = interop_cases.Case("wrong-key", client={"key": "another"}, seconds=5)
    _, error, logs = run_kcptun(case)
    assert error and logs, error


def test_kcptun_a_wrong_flag_shows_the_log():
    case = interop_cases.Case("wrong-flag", server={"nonsense": 1}, seconds=5)
    _, error, logs = run_kcptun(case)
    assert "server ended" in error and any("nonsense" in line for line in logs), (error, logs)


def test_kcptun_a_link_without_loss_is_no_loss_case():
    case = interop_cases.Case("no-loss", link={"loss": 0})
    _, error, _ = run_kcptun(case)
    assert error and "lost nothing" in error, error


def test_kcptun_a_right_case_passes():
    _, error, _ = run_kcptun(interop_cases.Case("right", {"crypt": "xor"}))
    assert error is None, error


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        if name.startswith("test_kcptun") and not shutil.which("kcptun-server"):
            print(f"ok {number} - {name[5:]} # SKIP kcptun is not installed")
            continue
        try:
            test()
            print(f"ok {number} - {name[5:]}", flush=True)
        except (AssertionError, OSError) as error:
            failed += 1
            print(f"not ok {number} - {name[5:]}\n# {error!r}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
