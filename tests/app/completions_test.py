# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""completions_test.py CULVERT BASH ZSH FISH MAN: the completions and the man page know every
word the program knows."""

import re
import subprocess
import sys

culvert, bash, zsh, fish, man = sys.argv[1:]
failed = 0


def ok(condition, what):
    global failed
    failed += not condition
    if not condition:
        print(f"not ok: {what}")


def say(*words):
    return subprocess.run([culvert, *words], capture_output=True, text=True, timeout=30).stdout


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def complete(*words):
    """What bash offers for the last of the words."""
    script = (f'source "{bash}"; COMP_WORDS=({" ".join(repr(w) for w in words)}); '
              f"COMP_CWORD={len(words) - 1}; _culvert; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
    ok(run.stderr == "", f"bash: {run.stderr}")
    return run.stdout.split()


texts = {"bash": read(bash), "zsh": read(zsh), "fish": read(fish)}
flags = set()
for role in ("client", "server"):
    flags |= set(re.findall(r"^ *[*+ ]*--([\w-]+)", say("--headless", role, "--help"), re.M))
ok(len(flags) > 40, f"only {len(flags)} flags in the help")
offered = complete("culvert", "--headless", "client", "--")
for flag in sorted(flags - {"help", "version", "config"}):
    ok(re.search(rf"--{flag}\b", texts["bash"]), f"bash lacks --{flag}")
    ok(f"'--{flag}[" in texts["zsh"], f"zsh lacks --{flag}")
    ok(f"-l {flag} " in texts["fish"], f"fish lacks --{flag}")
    ok("--" + flag in offered, f"bash does not complete --{flag}")

commands = set(re.findall(r"^  culvert ([a-z]+) ", say("--help"), re.M))
ok({"check", "status", "reload"} <= commands, f"the help has {commands}")
page = read(man).replace("\\-", "-").replace("\\fR", " ").replace("\\fB", " ")
for command in sorted(commands):
    ok(command in complete("culvert", command[:2]), f"bash does not complete {command}")
    for shell in ("zsh", "fish"):
        ok(re.search(rf"\b{command}\b", texts[shell]), f"{shell} lacks {command}")
    ok(re.search(rf"\b{command}\b", page), f"the man page lacks {command}")
    # Options of a command, from its own help.
    for option in re.findall(r"^ +(?:-\w, )?--([\w-]+)", say(command, "--help"), re.M):
        if command != "check" and option != "help":
            ok("--" + option in complete("culvert", command, "--"),
               f"bash does not complete {command} --{option}")
for option in re.findall(r"^  culvert (--[a-z]+)", say("--help"), re.M):
    ok(option in page, f"the man page lacks {option}")
    ok(option in complete("culvert", "--"), f"bash does not complete {option}")
print(f"{failed} failed")
sys.exit(1 if failed else 0)
