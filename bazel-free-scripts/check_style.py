"""Checks what no formatter knows: sizes, exceptions, sleeping, header guards.

  check_style.py

Prints one line a violation, the files and functions that are near a limit, and
the medians. Exit status 1 if there is a violation. Needs lizard.
"""

import re
import statistics
import sys

import lizard
from check_dependencies import ROOT, cpp_files

# Lines: (worth a thought, too long).
FILE_LIMITS = {"test": (500, 600), "source": (300, 400), "header": (200, 300)}
FUNCTION_LIMITS = (50, 60)
# A function without a branch is a list, as a table of cases.
LIST_LIMITS = (100, 120)

# The only files that may catch an exception, and whose it is. Nothing throws.
CATCHES = {
    "orchestrator/cli/usage.cc": "CLI11's",
    "orchestrator/pipeline/yaml_tree.cc": "yaml-cpp's",
    "services/common/base/helper_thread.cc": "std::thread's",
    "services/common/rpc/flags.cc": "CLI11's",
    "services/common/tensor/guarded.cc": "libtorch's",
    "services/common/tensor/guarded.h": "libtorch's",
    "services/common/tensor/guarded_test.cc": "its own, for the wall to catch",
}

# The only files that may sleep, and why.
SLEEPS = {
    "orchestrator/cli/terminal/interrupt.cc": "the one wait of the command",
    "tests/noop/noop_stage.cc": "to take time is what it is for",
}

CATCH = re.compile(r"\b(try|catch|throw)\b")
SLEEP = re.compile(
    r"\b(SleepFor|sleep_for|sleep_until|usleep|nanosleep|"
    r"sleep)\s*\("
)
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*\"""", re.DOTALL
)


def code_of(name):
    """Returns the file without comments and literals, lines kept."""
    text = (ROOT / name).read_text()
    return NOT_CODE.sub(lambda found: "\n" * found.group().count("\n"), text)


def kind_of(name):
    if name.endswith("_test.cc"):
        return "test"
    return "header" if name.endswith(".h") else "source"


def check_words(name, pattern, allowed, what):
    if name in allowed:
        return
    for number, line in enumerate(code_of(name).split("\n"), start=1):
        if pattern.search(line):
            yield f"{name}:{number}: {what}: {line.strip()}"


def check_guard(name):
    if not name.endswith(".h"):
        return
    guard = re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_"
    text = (ROOT / name).read_text()
    if not re.search(
        rf"^#ifndef {guard}\n#define {guard}\n", text, re.MULTILINE
    ):
        yield f"{name}: its include guard should be {guard}"


def size_problem(name, what, length, limits):
    """Returns (is violation, text), or None for a decent size."""
    think, fail = limits
    if length > fail:
        return True, f"{name}: {what} has {length} lines, at most {fail}"
    if length > think:
        return False, f"{name}: {what} has {length} lines of {fail}"
    return None


def check_sizes(name, lengths):
    """Yields (is violation, text); adds the lengths found to `lengths`."""
    kind = kind_of(name)
    lines = (ROOT / name).read_text().count("\n")
    lengths[kind].append(lines)
    yield size_problem(name, "file", lines, FILE_LIMITS[kind])
    for function in lizard.analyze_file(str(ROOT / name)).function_list:
        length = function.end_line - function.start_line + 1
        if kind != "test":
            lengths["function"].append(length)
        yield size_problem(
            f"{name}:{function.start_line}",
            function.name + "()",
            length,
            LIST_LIMITS
            if function.cyclomatic_complexity == 1
            else FUNCTION_LIMITS,
        )


def report(lengths):
    for kind, found in lengths.items():
        if found:
            ordered = sorted(found)
            print(
                f"{kind} lines: {len(found)}, median "
                f"{statistics.median(found):.0f}, 90 % under "
                f"{ordered[int(len(ordered) * 0.9)]}, most {ordered[-1]}"
            )


def main():
    lengths = {"source": [], "header": [], "test": [], "function": []}
    problems, near = [], []
    for name in cpp_files():
        problems += check_words(
            name, CATCH, CATCHES, "not a file that may catch"
        )
        problems += check_words(name, SLEEP, SLEEPS, "nothing sleeps")
        problems += check_guard(name)
        for found in filter(None, check_sizes(name, lengths)):
            (problems if found[0] else near).append(found[1])
    for line in near:
        print(f"near its limit: {line}")
    print("\n".join(problems), end="\n" if problems else "")
    report(lengths)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
