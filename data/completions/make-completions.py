# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""make-completions.py SHELL DEFS: completions for bash, zsh or fish on standard output.

Flags and what they mean come from engine/culvert-config.defs, so none can be missing; the words of
app/cli/culvert-cli.c are repeated here, and tests/app/completions_test.py compares both with what
the program itself says.
"""

import re
import sys

COMMANDS = (
    ("check", "whether a server works with these settings"),
    ("status", "what the tunnels do"),
    ("top", "the same as a live table"),
    ("connect", "start a tunnel"),
    ("disconnect", "stop a tunnel"),
    ("toggle", "start or stop a tunnel"),
    ("reload", "read the settings again"),
)
OPTIONS = (
    ("--headless", "run without a window"),
    ("--background", "the application without its window"),
    ("--help", "show help"),
    ("--version", "show the version"),
)
COMMAND_FLAGS = {
    "check": ("--count", "--timeout", "--no-ask", "--json"),
    "status": ("--json", "--control"),
    "top": ("--interval", "--count", "--control"),
    "connect": ("--control",),
    "disconnect": ("--control",),
    "toggle": ("--control",),
    "reload": ("--restart", "--control"),
}
NAMED = ("connect", "disconnect", "toggle", "status")
FILES = ("c", "config", "key-file", "log", "snmplog", "control")

ENTRY = re.compile(r"^CULVERT_(STRING|INT|BOOL) \((.*?)\)$", re.S | re.M)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def settings(path):
    """(flag, help, is a switch) of every setting, in the order of the file."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    found = []
    for kind, arguments in ENTRY.findall(text):
        fields = [field.strip() for field in arguments.split(",", 3)]
        flag = STRING.search(fields[2])
        # The help is the last argument: strings side by side.
        tail = re.search(r'((?:"(?:[^"\\]|\\.)*"\s*)+)$', arguments)
        words = "".join(STRING.findall(tail.group(1))).replace('\\"', '"')
        if flag:
            found.append((flag.group(1), words, kind == "BOOL"))
    return found + [("c", "JSON file with settings", False)]


def bash(flags):
    values = "|".join(f"--{name}|-{name}" for name, _, is_switch in flags if not is_switch)
    files = "|".join(f"--{name}|-{name}" for name in FILES)
    cases = "\n".join(f"    {name}) words=\"{' '.join(COMMAND_FLAGS[name])} --help\" ;;"
                      for name, _ in COMMANDS if name != "check")
    return f"""# bash completion for culvert

_culvert_names () {{
  culvert status --json 2>/dev/null | sed -n 's/^ *"name" *: *"\\(.*\\)",*$/\\1/p'
}}

_culvert () {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} words=""
  local flags="{' '.join('--' + name for name, _, _ in flags)}"
  COMPREPLY=()
  case $prev in
    {files})
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    {values})
      return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{' '.join(name for name, _ in COMMANDS + OPTIONS)}"
  else
    case ${{COMP_WORDS[1]}} in
    --headless|-headless)
      if [ "$COMP_CWORD" -eq 2 ]; then
        words="client server --profile -c --help"
      elif [ "${{COMP_WORDS[2]}}" = --profile ]; then
        words=$(_culvert_names)
      else
        words="$flags --help"
      fi ;;
    check) words="{' '.join(COMMAND_FLAGS['check'])} $flags --help" ;;
{cases}
    esac
    case ${{COMP_WORDS[1]}} in
      {'|'.join(NAMED)}) [ "${{cur:0:1}}" = - ] || words="$words $(_culvert_names)" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}}

complete -F _culvert culvert
"""


def zsh_quote(text):
    return re.sub(r"([\[\]:\\'])", lambda m: "'\\''" if m.group(1) == "'" else "\\" + m.group(1),
                  text)


def zsh(flags):
    def spec(name, words, is_switch):
        argument = "" if is_switch else (":file:_files" if name in FILES else ":value:")
        dash = "-" if name == "c" else "--"
        return f"    '{dash}{name}[{zsh_quote(words)}]{argument}'"

    commands = "\n".join(f"    '{name}:{zsh_quote(words)}'" for name, words in COMMANDS + OPTIONS)
    specs = "\n".join(spec(*flag) for flag in flags)
    cases = "\n".join(
        f"    {name}) _arguments {' '.join(COMMAND_FLAGS[name])} --help"
        + (" '*:tunnel:_culvert_names'" if name in NAMED else "") + " ;;"
        for name, _ in COMMANDS if name != "check")
    return f"""#compdef culvert

_culvert_names () {{
  local -a names
  names=(${{(f)"$(culvert status --json 2>/dev/null | sed -n 's/^ *"name" *: *"\\(.*\\)",*$/\\1/p')"}})
  compadd -a names
}}

_culvert () {{
  local -a commands flags
  commands=(
{commands}
  )
  flags=(
{specs}
    '--help[show help]'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
    --headless)
      if (( CURRENT == 3 )); then
        compadd client server --profile -c --help
      elif [[ $words[3] == --profile ]]; then
        _culvert_names
      else
        _arguments $flags
      fi ;;
    check) _arguments {' '.join(COMMAND_FLAGS['check'])} $flags '*:host: ' ;;
{cases}
  esac
}}

_culvert "$@"
"""


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish(flags):
    lines = ["# fish completion for culvert", "complete -c culvert -f", ""]
    top = "__fish_use_subcommand; and not __fish_contains_opt headless"
    for name, words in COMMANDS:
        lines.append(f"complete -c culvert -n {fish_quote(top)} -a {name} -d {fish_quote(words)}")
    for name, words in OPTIONS:
        lines.append(f"complete -c culvert -n {fish_quote(top)} -l {name[2:]} "
                     f"-d {fish_quote(words)}")
    run = "__fish_contains_opt headless; or __fish_seen_subcommand_from check"
    lines.append("complete -c culvert -n '__fish_contains_opt headless' -a 'client server'")
    lines.append("complete -c culvert -n '__fish_contains_opt headless' -l profile -x "
                 "-d 'run saved profiles'")
    for name, words, is_switch in flags:
        kind = "" if is_switch else (" -r -F" if name in FILES else " -x")
        option = "-s" if len(name) == 1 else "-l"
        lines.append(f"complete -c culvert -n {fish_quote(run)} {option} {name}{kind} "
                     f"-d {fish_quote(words)}")
    for command, names in COMMAND_FLAGS.items():
        for name in names:
            lines.append(f"complete -c culvert -n '__fish_seen_subcommand_from {command}' "
                         f"-l {name[2:]}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print({"bash": bash, "zsh": zsh, "fish": fish}[sys.argv[1]](settings(sys.argv[2])), end="")
