"""Adds up JUnit reports: names what failed or was skipped, then one line
`N passed, M failed`.

  count_tests.py REPORT.xml…

Where ctest ran a program of many tests as one, the report of GoogleTest in
programs/PROGRAM.xml beside REPORT.xml has each of them.

Exit status 1 if a test failed, if none ran, or if a report is missing: a test
run that died half-way must not look green.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def verdict(case):
    """Returns passed, failed or skipped for one testcase element.

    ctest also says `skipped` of a test whose program was not built: that is a
    failure, unlike a test that skipped itself.
    """
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    if case.get("result") == "skipped":  # GoogleTest's word
        return "skipped"
    if skipped is not None and "Unable to find" in skipped.get("message", ""):
        return "failed"
    if skipped is not None or case.get("status") in ("disabled", "notrun"):
        return "skipped"
    return "passed"


def tests_of(report):
    """Yields (name, verdict) of each test in a report of GoogleTest, if it is
    there."""
    if not report.is_file():
        return
    for suite in xml.parse(report).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            yield f"{suite.get('name')}.{case.get('name')}", verdict(case)


def cases(report):
    """Yields (name, verdict) of every test in a report."""
    if not report.is_file():
        yield f"{report.name} was not written: the runner died", "failed"
        return
    for case in xml.parse(report).getroot().iter("testcase"):
        name, found = case.get("name", "?"), verdict(case)
        tests = list(tests_of(report.parent / "programs" / f"{name}.xml"))
        yield from tests
        # The program may also have died before its report, or after it.
        if not tests or (
            found != "passed" and "failed" not in dict(tests).values()
        ):
            yield name, found


def main(arguments):
    results = [case for name in arguments for case in cases(pathlib.Path(name))]
    for wanted in ("skipped", "failed"):
        for name, found in results:
            if found == wanted:
                print(f"{wanted}: {name}")
    passed = sum(found == "passed" for _, found in results)
    failed = sum(found == "failed" for _, found in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
