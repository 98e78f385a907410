#!/usr/bin/env python3
"""Prints what end-to-end tests measured: the recorded properties of the pytest reports it is given.

    scripts/figures.py build/release/results/pytest-e2e.xml …
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def figures(report: Path) -> list[tuple[str, str, str]]:
    """(test, name, value) in the order of the run."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        for entry in case.iter("property"):
            found.append((case.get("name", ""), entry.get("name", ""), entry.get("value", "")))
    return found


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for argument in arguments:
        if not Path(argument).exists():
            continue
        for test, name, value in figures(Path(argument)):
            print(f"figure: {name} {value}  ({test})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
