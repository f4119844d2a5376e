# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Culvert developers

"""Every translation is sound, and the complete ones stay complete.

po/LINGUAS names every po/*.po; msgfmt finds no broken format, plural or mnemonic in them.
Languages in COMPLETE translate every text that xgettext finds in the sources right now,
so a new text for people fails here until it is translated.
"""

import os
import re
import subprocess
import tempfile

import lintlib

COMPLETE = ("zh_CN",)
# The part of meson's preset "glib" that says which calls hold texts; po/meson.build has the rest.
KEYWORDS = ("_", "N_", "C_:1c,2", "NC_:1c,2", "g_dngettext:2,3")
KEYWORD = re.compile(r"'--keyword=([^']+)'")
C_ENDINGS = (".c", ".defs", ".h")


def run(command, cwd):
    """What it printed, and its messages; English, whatever the locale."""
    env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en")
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True,
                          encoding="utf-8", check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr.strip()


def lines(root, path):
    return [line for line in lintlib.read(root, path).splitlines()
            if line and not line.startswith("#")]


def extract(root, folder):
    """Makes a template of the sources; returns its path and the problems."""
    keywords = KEYWORDS + tuple(KEYWORD.findall(lintlib.read(root, "po/meson.build")))
    groups = {}
    for path in lines(root, "po/POTFILES.in"):
        ending = re.search(r"\.\w+(\.in)?$", path).group()
        groups.setdefault(".c" if ending in C_ENDINGS else ending, []).append(path)
    parts = []
    for ending, paths in sorted(groups.items()):
        part = os.path.join(folder, f"part{ending}.pot")
        language = ["--language=C"] if ending == ".c" else []
        code, _, said = run(["xgettext", "--from-code=UTF-8", "--force-po", "-o", part]
                            + [f"--keyword={k}" for k in keywords] + language + paths, root)
        if "is unknown; will try C" in said:
            print(f"note: gettext has no rules for {ending} here: those files are not compared")
        elif code != 0:
            return None, [f"po/POTFILES.in: xgettext failed: {said}"]
        else:
            parts.append(part)
    template = os.path.join(folder, "fresh.pot")
    code, _, said = run(["msgcat", "--use-first", "-o", template] + parts, root)
    return template, [f"msgcat failed: {said}"] if code else []


def texts(root, file, choice):
    """The texts of the entries that msgattrib chooses."""
    code, out, said = run(["msgattrib", "--no-wrap", "--no-obsolete", choice, file], root)
    if code:
        raise RuntimeError(said)
    found = re.findall(r'^msgid ((?:".*"\n)+)', out, re.MULTILINE)
    return [text for text in (re.sub(r'"\n"?|^"', "", entry) for entry in found) if text]


def check_complete(root, language, template, folder):
    path = f"po/{language}.po"
    merged = os.path.join(folder, f"{language}.po")
    code, _, said = run(["msgmerge", "--quiet", "--no-fuzzy-matching", "--no-wrap", "-o", merged,
                         path, template], root)
    if code:
        return [f"{path}: msgmerge failed: {said}"]
    return ([f"{path}: not translated: “{text}”" for text in texts(root, merged, "--untranslated")]
            + [f"{path}: fuzzy: “{text}”" for text in texts(root, merged, "--only-fuzzy")])


def check(root):
    problems = []
    languages = [word for line in lines(root, "po/LINGUAS") for word in line.split()]
    have = [name[:-3] for name in sorted(os.listdir(os.path.join(root, "po")))
            if name.endswith(".po")]
    for language in sorted(set(languages) ^ set(have)):
        problems.append(f"po/LINGUAS: {language} and po/{language}.po do not go together")
    for language in have:
        code, _, said = run(["msgfmt", "--check", "--check-accelerators=_", "-o", os.devnull,
                             f"po/{language}.po"], root)
        if code:
            problems += said.splitlines()
    with tempfile.TemporaryDirectory() as folder:
        template, failures = extract(root, folder)
        if failures:
            return problems + failures
        for language in COMPLETE:
            if language in have:
                problems += check_complete(root, language, template, folder)
    return problems


HEADER = ('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
          '"Language: zh_CN\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n')
WORDS = 'msgid "_Words"\nmsgstr "字(_W)"\n\n'
COUNT = '#, c-format\nmsgid "%u word"\nmsgid_plural "%u words"\nmsgstr[0] "%u 个字"\n\n'
OWN = 'msgid "own"\nmsgstr "自己"\n'
GOOD = [
    ("po/LINGUAS", "# c\nzh_CN\n"),
    ("po/POTFILES.in", "# c\napp/a.c\nengine/a.defs\n"),
    ("po/meson.build", "args: ['--keyword=OWN:2']\n"),
    ("po/zh_CN.po", HEADER + WORDS + COUNT + OWN),
    ("app/a.c", 'f (_("_Words"), ngettext ("%u word", "%u words", n));\n'),
    ("engine/a.defs", 'OWN (a, "own")\n'),
]
BAD = [
    ("po/LINGUAS", "de\nzh_CN\n", "do not go together"),
    ("po/de.po", HEADER, "do not go together"),
    ("po/POTFILES.in", "app/none.c\n", "xgettext failed"),
    ("po/zh_CN.po", HEADER + WORDS + COUNT, "not translated: “own”"),
    ("po/zh_CN.po", HEADER + WORDS + COUNT + 'msgid "own"\nmsgstr ""\n', "not translated: “own”"),
    ("po/zh_CN.po", HEADER + WORDS + COUNT + "#, fuzzy\n" + OWN, "fuzzy: “own”"),
    ("po/zh_CN.po", HEADER + WORDS + COUNT.replace("%u 个", "%s 个") + OWN, "format"),
    ("po/zh_CN.po", HEADER + WORDS.replace("_W)", "W)") + COUNT + OWN, "accelerator"),
    ("app/a.c", 'f (_("_Words"), _("%u new", n));\n', "not translated: “%u new”"),
    ("app/a.c", 'f (_("two\\nlines\\n"));\n', "not translated: “two\\nlines\\n”"),
]

if __name__ == "__main__":
    lintlib.main(check, GOOD, BAD, "ninja -C build culvert-update-po brings po/*.po up to date; "
                 "then translate.")
