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
    "PostgreSQL": r"^libpq-fe\.h$",
    "YAML": r"^yaml-cpp/",
    "HTTP": r"^(httplib\.h$|microhttpd\.h$|prometheus/exposer\.h$)",
}

BASE = "services/common/base"
ARTIFACT = "services/common/artifact"
CONTRACT = "services/common/contract"
RPC = "services/common/rpc"
SCALING = "services/common/scaling"
STAGEKIT = "services/common/stagekit"
TENSOR = "services/common/tensor"
TORCHFILE = "services/common/torchfile"
MODEL = "services/common/model"
PIPELINE = "orchestrator/pipeline"

# What a folder's shipped code may include beside its own: folders or single
# headers of ours, and guarded libraries. A folder that is not named here takes
# the rule of the nearest one above it.
ALLOWED = {
    BASE: [],
    ARTIFACT: [BASE, CONTRACT],
    CONTRACT: [BASE],
    RPC: [BASE, CONTRACT, "gRPC", "HTTP"],
    SCALING: [BASE],
    STAGEKIT: [BASE, ARTIFACT, CONTRACT, RPC, "gRPC"],
    TENSOR: [BASE, ARTIFACT, STAGEKIT, "torch"],
    TORCHFILE: [BASE, ARTIFACT, SCALING],
    MODEL: [BASE, ARTIFACT, SCALING, TENSOR, "torch"],
    "services/load": [BASE, ARTIFACT, SCALING, STAGEKIT, TORCHFILE],
    "services/prepare": [BASE, ARTIFACT, SCALING, STAGEKIT],
    "services/train": [
        BASE,
        ARTIFACT,
        SCALING,
        STAGEKIT,
        TENSOR,
        MODEL,
        "torch",
    ],
    "services/forecast": [
        BASE,
        ARTIFACT,
        RPC,
        SCALING,
        STAGEKIT,
        TENSOR,
        MODEL,
        "gRPC",
        "torch",
    ],
    PIPELINE: [
        BASE,
        CONTRACT,
        "services/common/artifact/uri.h",
        "services/common/artifact/utf8.h",
        "YAML",
    ],
    "orchestrator/store": [BASE, CONTRACT, "SQLite", "PostgreSQL"],
    "orchestrator/fleet": [BASE, CONTRACT, RPC, "gRPC"],
    "orchestrator/cache": [
        BASE,
        ARTIFACT,
        CONTRACT,
        PIPELINE,
        "orchestrator/fleet/fleet.h",
        "orchestrator/store/coordination_store.h",
        "orchestrator/store/run_store.h",
    ],
    "orchestrator/export": [BASE, ARTIFACT, CONTRACT, PIPELINE, "HTTP"],
    "orchestrator/retention": [
        BASE,
        ARTIFACT,
        CONTRACT,
        "orchestrator/store/store.h",
    ],
    "orchestrator/engine": [
        BASE,
        CONTRACT,
        PIPELINE,
        "orchestrator/cache/result_cache.h",
        "orchestrator/fleet/fleet.h",
        "orchestrator/store/coordination_store.h",
        "orchestrator/store/lease_store.h",
        "orchestrator/store/pipeline_store.h",
        "orchestrator/store/run_store.h",
    ],
    "orchestrator/api/http": [BASE, CONTRACT, RPC, "gRPC", "HTTP"],
    "orchestrator/api": [
        BASE,
        ARTIFACT,
        CONTRACT,
        RPC,
        PIPELINE,
        "orchestrator/cache",
        "orchestrator/engine",
        "orchestrator/export",
        "orchestrator/fleet",
        "orchestrator/retention",
        "orchestrator/store",
        "gRPC",
    ],
    "orchestrator/cli": [
        BASE,
        CONTRACT,
        RPC,
        PIPELINE,
        TORCHFILE,
        "services/common/artifact/safetensors.h",
        "gRPC",
        "YAML",
    ],
    "orchestrator": [
        BASE,
        ARTIFACT,
        CONTRACT,
        RPC,
        PIPELINE,
        "orchestrator/api",
        "orchestrator/engine",
        "orchestrator/export",
        "orchestrator/fleet",
        "orchestrator/retention",
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
        r"^services/(common/(model|stagekit|tensor)|load|prepare|"
        r"train|forecast)/",
        "the orchestrator knows stages by gRPC alone",
    ),
    ("orchestrator/*", GUARDED["torch"], "the orchestrator has no torch"),
]

# Decisions: no I/O and no clock, so that tests can walk every case.
PURE = [
    "orchestrator/pipeline/*",
    "orchestrator/cache/cache_key.*",
    "orchestrator/cache/explain.*",
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
LIBRARY = re.compile(r"stagecoach_library\(([^()]*)\)")


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


def names_in(cmake):
    """Returns all words of a CMakeLists.txt but those in comments."""
    return set(re.split(r"[\s()]+", re.sub(r"#.*", "", cmake.read_text())))


def named_in_cmake(name):
    """Whether the CMakeLists.txt of its folder, or of one above, names a file.

    A test may also be named by its stem, in a list that a loop or a function
    completes: `foreach(test IN ITEMS decide engine)`.
    """
    path = pathlib.PurePath(name)
    for folder in path.parents:
        cmake = ROOT / folder / "CMakeLists.txt"
        if not cmake.exists():
            continue
        wanted = {str(path.relative_to(folder))}
        if name.endswith("_test.cc"):
            wanted |= {path.stem, path.stem.removesuffix("_test")}
        if not wanted.isdisjoint(names_in(cmake)):
            return True
    return False


def test_code(files):
    """Returns those of the files that are never shipped."""
    found = {name for name in files if name.endswith("_test.cc")}
    for cmake in ROOT.glob("[so]*/**/CMakeLists.txt"):
        folder = cmake.parent.relative_to(ROOT)
        for body in LIBRARY.findall(re.sub(r"#.*", "", cmake.read_text())):
            words = body.split()
            if "TESTONLY" in words:
                found |= {str(folder / word) for word in words}
    return found


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
    if is_test or folder is None:
        return None
    ours = re.match(r"(services|orchestrator|tests)/", header)
    if ours and not within(header, [folder, *allowed]):
        return f"{folder} may include only {', '.join(allowed) or 'itself'}"
    for library, pattern in GUARDED.items():
        if re.search(pattern, header) and library not in allowed:
            return f"{folder} does without {library}"
    return None


def check_rules(files):
    folders = {str(pathlib.PurePath(name).parent) for name in files}
    for folder in sorted(folders):
        if not folder.startswith("tests") and rule_of(folder + "/x")[0] is None:
            yield f"{folder}: has no rule in {pathlib.Path(__file__).name}"


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


def check_registered(files):
    for name in files:
        if not named_in_cmake(name):
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
    test_files = test_code(files)
    problems = [
        *check_rules(files),
        *check_includes(files, test_files),
        *check_purity(files, test_files),
        *check_registered(files),
    ]
    for build in arguments:
        problems += check_links(build)
    print("\n".join(problems), end="\n" if problems else "")
    print(f"dependencies: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
