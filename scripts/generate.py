#!/usr/bin/env python3
"""Rewrites the generated parts of the documents from the one place that holds their facts.

    scripts/generate.py            rewrite
    scripts/generate.py --check    change nothing, exit 1 when a part is not current

A generated part stands between `<!-- generated: NAME -->` and `<!-- end generated -->`. The files of crds/, and their
copy in the chart, are generated as a whole.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tidy"))

import arrows  # noqa: E402  (the tidy rules are modules, not a package)
from resource_reference import reference  # noqa: E402


def arrow_table() -> str:
    """The rows of tests/tidy/arrows.py as a Markdown table."""
    rows = ["| folder | may include |", "|---|---|"]
    for folder, targets in arrows.ARROWS.items():
        if folder == "tests":
            continue
        listed = ", ".join(f"`{target}`" for target in targets) or "–"
        rows.append(f"| `{folder}` | {listed} |")
    everywhere = ", ".join(f"`{folder}`" for folder in arrows.EVERYWHERE)
    headers = ", ".join(f"`{header}`" for header in arrows.OPEN_HEADERS)
    rows.append("")
    rows.append(f"Every folder may also include its own files, {everywhere}, and the plain data of {headers}.")
    return "\n".join(rows)


def target_table() -> str:
    """`make help` as a Markdown table."""
    rows = ["| target | does |", "|---|---|"]
    for line in (ROOT / "Makefile").read_text().splitlines():
        match = re.match(r"([a-z0-9-]+):.*## (.+)", line)
        if match:
            rows.append(f"| `make {match[1]}` | {match[2]} |")
    return "\n".join(rows)


def flags() -> str | None:
    """`penstock-sidecar --help`; None where the program is not built."""
    program = ROOT / "build/release/bin/penstock-sidecar"
    if not program.exists():
        return None
    # Named without its path, which the help text repeats.
    run = subprocess.run(
        ["penstock-sidecar", "--help"], executable=program, check=True, capture_output=True, text=True
    )
    return f"```\n{run.stdout.strip()}\n```"


def operator_flags() -> str | None:
    """`penstock-operator --help` and that of its commands; None where the program is not built."""
    if not OPERATOR.exists():
        return None
    texts = []
    for command in ([], ["run"], ["render"], ["check"], ["simulate"], ["replay"], ["crds"]):
        run = subprocess.run(
            ["penstock-operator", *command, "--help"], executable=OPERATOR, check=True, capture_output=True, text=True
        )
        texts.append(run.stdout.strip())
    return "```\n" + "\n\n".join(texts) + "\n```"


OPERATOR = ROOT / "build/release/bin/penstock-operator"


# A chart can hold nothing that lies outside of it.
DEFINITION_FOLDERS = ("crds", "charts/penstock/files/crds")


def definitions(check: bool) -> list[str]:
    """Brings crds/ and the chart's copy up to the field tables in C++; the names of files that were not."""
    if not OPERATOR.exists():
        print("generate: SKIPPED crds/: penstock-operator is not built")
        return []
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([OPERATOR, "crds", "--out", folder], check=True)
        made = {file.name: file.read_text() for file in Path(folder).iterdir()}
    for folder in DEFINITION_FOLDERS:
        for name in sorted(made.keys() | {file.name for file in (ROOT / folder).iterdir()}):
            file = ROOT / folder / name
            if (file.read_text() if file.exists() else None) != made.get(name):
                stale.append(f"{folder}/{name}")
                if not check and name in made:
                    file.write_text(made[name])
                elif not check:
                    file.unlink()
    return stale


PARTS = {
    ("ARCHITECTURE.md", "arrows"): arrow_table,
    ("CONTRIBUTING.md", "targets"): target_table,
    ("docs/flags.md", "flags"): flags,
    ("docs/flags.md", "operator"): operator_flags,
    ("docs/reference/resources.md", "resources"): lambda: reference(ROOT / "crds"),
}


def replace(document: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end generated -->)", re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"generate: no part named '{name}' in the document")
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", document)


def main(arguments: list[str]) -> int:
    check = arguments == ["--check"]
    stale = definitions(check)
    for (path, name), make in PARTS.items():
        content = make()
        file = ROOT / path
        if content is None:
            print(f"generate: SKIPPED {path} ({name}): the program is not built")
            continue
        before = file.read_text()
        after = replace(before, name, content)
        if before != after:
            stale.append(f"{path} ({name})")
            if not check:
                file.write_text(after)
    for entry in stale:
        print(f"generate: {entry} {'is not current; run make generate' if check else 'rewritten'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
