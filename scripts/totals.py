#!/usr/bin/env python3
"""Sums up a test run: one plain line, "penstock: N passed, N failed, N skipped", from the result files.

    scripts/totals.py RESULTS_DIR

RESULTS_DIR holds ctest.xml (ctest --output-junit), gtest/NAME.xml (GTEST_OUTPUT of each binary) and any number of
pytest*.xml. A ctest entry counts as the cases of the binary's own report, or as one case where it wrote none; an
entry that failed without a failed case of its own (a crash, a time-out) adds one failure. Exits 1 on any failure, or
when there are no results at all.
"""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Totals") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"penstock: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_cases(report: Path) -> Totals:
    """The cases of a JUnit file as GoogleTest and pytest write it."""
    totals = Totals()
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            totals.failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            totals.skipped += 1
        else:
            totals.passed += 1
    return totals


def count_entry(entry: ElementTree.Element, gtest_dir: Path) -> Totals:
    """One ctest entry: a test binary, a corpus run or a script."""
    failed = entry.find("failure") is not None or entry.get("status") == "fail"
    skipped = entry.find("skipped") is not None or entry.get("status") in ("notrun", "disabled")
    report = gtest_dir / f"{entry.get('name')}.xml"
    if not report.exists():
        return Totals(failed=1) if failed else Totals(skipped=1) if skipped else Totals(passed=1)
    try:
        totals = count_cases(report)
    except ElementTree.ParseError:  # cut short by a crash
        totals = Totals()
    if failed and totals.failed == 0:
        totals.failed = 1
    return totals


def sum_up(results: Path) -> Totals:
    totals = Totals()
    ctest = results / "ctest.xml"
    if ctest.exists():
        for entry in ElementTree.parse(ctest).iter("testcase"):
            totals.add(count_entry(entry, results / "gtest"))
    for report in sorted(results.glob("pytest*.xml")):
        totals.add(count_cases(report))
    return totals


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    totals = sum_up(Path(arguments[0]))
    print(totals)
    return 1 if totals.failed > 0 or totals.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
