"""Runs clang-tidy on source files, several at once, and remembers what passed.

  tidy.py BUILD_FOLDER JOBS FILE.cc…

A file that passed is not looked at again while it, the headers of ours that it
includes, its compiler flags and .clang-tidy stay the same: their digest is
kept in ~/.cache/stagecoach-tidy (or XDG_CACHE_HOME). Prints the findings; exit
status 1 if there are any.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(
    os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"),
    "stagecoach-tidy",
)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def database_of(build):
    """Returns how each file is compiled by itself: of a unity build's file,
    each that it includes."""
    database = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        included = [entry["file"]]
        if "/Unity/" in entry["file"]:
            text = pathlib.Path(entry["file"]).read_text()
            included = re.findall(r'^#include "(.*)"$', text, re.MULTILINE)
        for file in included:
            command = entry["command"].replace(entry["file"], file)
            database[file] = entry | {"file": file, "command": command}
    return database


def compiler_of(entry):
    """Returns the compile command without launcher, input and output."""
    words = shlex.split(entry["command"])
    if "ccache" in words[0]:
        words = words[1:]
    output = words.index("-o")
    return [
        word
        for word in words[:output] + words[output + 2 :]
        if word not in ("-c", entry["file"])
    ]


def digest_of(entry):
    """Returns the digest of all that the findings on a file depend on."""
    compiler = compiler_of(entry)
    headers = run(
        *compiler, "-MM", "-MT", "x", entry["file"], cwd=entry["directory"]
    ).stdout
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update(" ".join(compiler).replace(str(ROOT), "").encode())
    for name in headers.replace("\\\n", " ").split()[1:]:
        path = pathlib.Path(entry["directory"], name)
        digest.update(name.replace(str(ROOT), "").encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def tidy(entry, resources):
    """Returns the findings on one file, empty if it is clean."""
    passed = CACHE / digest_of(entry)
    if passed.exists():
        return ""
    done = run(
        "clang-tidy",
        "--quiet",
        f"--extra-arg=-resource-dir={resources}",
        "--extra-arg=-Wno-unknown-warning-option",
        "--extra-arg=-Wno-ignored-gch",
        entry["file"],
        "--",
        *compiler_of(entry)[1:],
        cwd=entry["directory"],
    )
    if "Error parsing" in done.stderr:
        return done.stderr
    if done.returncode or done.stdout.strip():
        return done.stdout or done.stderr
    passed.touch()
    return ""


def main(build, jobs, *names):
    database = database_of(pathlib.Path(build))
    entries = [
        database[str(ROOT / name)]
        for name in names
        if str(ROOT / name) in database
    ]
    resources = run("clang", "-print-resource-dir", check=True).stdout.strip()
    CACHE.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        findings = [
            text
            for text in pool.map(lambda entry: tidy(entry, resources), entries)
            if text
        ]
    print("\n".join(findings), end="\n" if findings else "")
    print(f"tidy: {len(entries)} files, {len(findings)} with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
