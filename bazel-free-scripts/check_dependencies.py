"""Checks who may depend on whom: the rules of ARCHITECTURE.md, as data.

  check_dependencies.py [BUILD_FOLDER]

Checks #include lines of every C++ file under services/ and orchestrator/, that
every C++ file belongs to a target in CMake, and, for a build folder with
programs in it, what they are linked with. Prints one line a violation; exit
status 1 if there is one.
"""

import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Libraries that only some folders may include.
GUARDED = {
    "gRPC": r"^(grpc|grpcpp)/|\.grpc\.pb\.h$",
    "torch": r"^(torch|ATen|c10)/",
    "SQLite": r"^sqlite3\.h$",
    "YAML": r"^yaml-cpp/",
    "HTTP": r"^(httplib\.h$|prometheus/exposer\.h$)",
}

BASE = "services/common/base"
ARTIFACT = "services/common/artifact"
CONTRACT = "services/common/contract"
RPC = "services/common/rpc"
STAGEKIT = "services/common/stagekit"
TENSOR = "services/common/tensor"
PIPELINE = "orchestrator/pipeline"

# What a folder's shipped code may include beside its own: folders or single
# headers of ours, and guarded libraries. A folder that is not named here takes
# the rule of the nearest one above it.
ALLOWED = {
    BASE: [],
    ARTIFACT: [BASE],
    CONTRACT: [BASE],
    RPC: [BASE, CONTRACT, "gRPC", "HTTP"],
    STAGEKIT: [BASE, ARTIFACT, CONTRACT, RPC, "gRPC"],
    TENSOR: [BASE, ARTIFACT, STAGEKIT, "torch"],
    "services/load": [BASE, ARTIFACT, STAGEKIT],
    "services/prepare": [BASE, ARTIFACT, STAGEKIT],
    "services/train": [BASE, ARTIFACT, STAGEKIT, TENSOR, "torch"],
    "services/forecast": [BASE, ARTIFACT, STAGEKIT, TENSOR, "torch"],
    PIPELINE: [BASE, CONTRACT, "YAML"],
    "orchestrator/store": [BASE, CONTRACT, "SQLite"],
    "orchestrator/fleet": [BASE, CONTRACT, RPC, "gRPC"],
    "orchestrator/engine": [
        BASE,
        CONTRACT,
        PIPELINE,
        "orchestrator/fleet/fleet.h",
        "orchestrator/store/pipeline_store.h",
        "orchestrator/store/run_store.h",
    ],
    "orchestrator/api": [
        BASE,
        ARTIFACT,
        CONTRACT,
        RPC,
        PIPELINE,
        "orchestrator/engine",
        "orchestrator/fleet",
        "orchestrator/store",
        "gRPC",
    ],
    "orchestrator/cli": [BASE, CONTRACT, RPC, PIPELINE, "gRPC"],
    "orchestrator": [
        BASE,
        ARTIFACT,
        CONTRACT,
        RPC,
        PIPELINE,
        "orchestrator/api",
        "orchestrator/engine",
        "orchestrator/fleet",
        "orchestrator/store",
        "gRPC",
        "HTTP",
    ],
}

# Never, in tests neither: (files, included headers, reason).
NEVER = [
    ("services/*", r"^orchestrator/", "services know nothing of their caller"),
    (
        "orchestrator/*",
        r"^services/(common/(stagekit|tensor)|load|prepare|"
        r"train|forecast)/",
        "the orchestrator knows stages by gRPC alone",
    ),
    ("orchestrator/*", GUARDED["torch"], "the orchestrator has no torch"),
]

# Decisions: no I/O and no clock, so that tests can walk every case.
PURE = [
    "orchestrator/pipeline/*",
    "orchestrator/engine/decide.*",
    "orchestrator/engine/outcome.*",
    "orchestrator/engine/times.*",
    "orchestrator/engine/transitions.*",
]
IMPURE_INCLUDES = (
    r"^(fcntl|unistd)\.h$|^sys/|^(fstream|filesystem|iostream|"
    r"cstdio|thread|chrono)$|/clock\.h$|file_system\.h$"
)
IMPURE_CODE = r"\babsl::Now\(|\bNow\(\)|\bgetenv\("

# Libraries that a program must not be linked with.
UNLINKED = {
    "stagecoach": r"lib(torch|c10)",
    "stagecoach-orchestrator": r"lib(torch|c10)",
    "stagecoach-load": r"lib(torch|c10)",
    "stagecoach-prepare": r"lib(torch|c10)",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
TARGET = re.compile(r"stagecoach_(library|binary|test)\(([^()]*)\)")


def cpp_files():
    """Returns the C++ files that are, or may be about to be, in git."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-co",
            "--exclude-standard",
            "services",
            "orchestrator",
            "tests",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [
        name
        for name in listed
        if name.endswith((".cc", ".h")) and (ROOT / name).exists()
    ]


def targets():
    """Yields (kind, is test code, files) of every target in CMake."""
    for top in ("services", "orchestrator", "tests"):
        for cmake in sorted((ROOT / top).rglob("CMakeLists.txt")):
            text = re.sub(r"#.*", "", cmake.read_text())
            folder = cmake.parent.relative_to(ROOT)
            for kind, body in TARGET.findall(text):
                words = body.split()
                files = {
                    str(folder / word)
                    for word in words
                    if word.endswith((".cc", ".h"))
                }
                yield kind, kind == "test" or "TESTONLY" in words, files


def rule_of(name):
    """Returns (folder, allowed) of the nearest folder with a rule."""
    for folder in map(str, pathlib.PurePath(name).parents):
        if folder in ALLOWED:
            return folder, ALLOWED[folder]
    return None, None


def within(header, folders):
    return any(
        header == folder or header.startswith(folder + "/")
        for folder in folders
    )


def include_problem(name, header, is_test):
    """Returns why `name` may not include `header`; None if it may."""
    for files, pattern, reason in NEVER:
        if fnmatch.fnmatch(name, files) and re.search(pattern, header):
            return reason
    folder, allowed = rule_of(name)
    if folder is None:
        return f"no rule for this folder in {pathlib.Path(__file__).name}"
    if is_test:
        return None
    ours = re.match(r"(services|orchestrator|tests)/", header)
    if ours and not within(header, [folder, *allowed]):
        return f"{folder} may include only {', '.join(allowed) or 'itself'}"
    for library, pattern in GUARDED.items():
        if re.search(pattern, header) and library not in allowed:
            return f"{folder} does without {library}"
    return None


def check_includes(files, test_files):
    for name in files:
        if name.startswith("tests/"):
            continue
        for header in INCLUDE.findall((ROOT / name).read_text()):
            problem = include_problem(name, header, name in test_files)
            if problem:
                yield f"{name}: includes {header}: {problem}"


def check_purity(files, test_files):
    for name in files:
        if name in test_files or not any(
            fnmatch.fnmatch(name, pattern) for pattern in PURE
        ):
            continue
        text = re.sub(r"//.*", "", (ROOT / name).read_text())
        for header in INCLUDE.findall(text):
            if re.search(IMPURE_INCLUDES, header):
                yield f"{name}: includes {header}: no I/O and no clock here"
        for found in re.findall(IMPURE_CODE, text):
            yield f"{name}: uses {found}: no I/O and no clock here"


def check_registered(files, registered):
    for name in files:
        if name not in registered:
            yield f"{name}: in no target of a CMakeLists.txt"


def check_links(build):
    for program, pattern in UNLINKED.items():
        path = pathlib.Path(build) / "bin" / program
        if not path.exists():
            continue
        linked = subprocess.run(
            ["ldd", path], check=True, capture_output=True, text=True
        ).stdout
        for library in re.findall(r"^\s*(\S+)", linked, re.MULTILINE):
            if re.match(pattern, library):
                yield f"{program}: is linked with {library}"


def main(arguments):
    files = cpp_files()
    found = list(targets())
    registered = set().union(*(names for _, _, names in found))
    test_files = set().union(*(names for _, test, names in found if test))
    problems = [
        *check_includes(files, test_files),
        *check_purity(files, test_files),
        *check_registered(files, registered),
    ]
    for build in arguments:
        problems += check_links(build)
    print("\n".join(problems), end="\n" if problems else "")
    print(f"dependencies: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
