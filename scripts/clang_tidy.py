#!/usr/bin/env python3
"""clang-tidy over every source of a build tree, in parallel; a file whose inputs did not change is not run again.

    scripts/clang_tidy.py BUILD_DIR [PATH_PREFIX...]

A clean run leaves a stamp BUILD_DIR/tidy/HASH, where HASH covers the file, every project header it reaches, its
compile command, the .clang-tidy files and clang-tidy's version. Exits 1 on any finding.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLANG_TIDY = "clang-tidy-19"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Inputs:
    """Hashes what a finding can depend on."""

    def __init__(self) -> None:
        version = subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True).stdout
        configs = sorted(path for path in ROOT.glob("**/.clang-tidy") if "build" not in path.parts)
        self._base = hashlib.sha256(version + b"".join(path.read_bytes() for path in configs)).digest()
        self._texts: dict[Path, bytes] = {}

    def _text(self, path: Path) -> bytes:
        if path not in self._texts:
            self._texts[path] = path.read_bytes() if path.is_file() else b""
        return self._texts[path]

    def key(self, source: Path, command: str) -> str:
        digest = hashlib.sha256(self._base + command.encode())
        pending, seen = [source], {source}
        while pending:
            path = pending.pop()
            text = self._text(path)
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + text)
            for target in sorted(INCLUDE.findall(text)):
                header = ROOT / target.decode()
                if header not in seen:
                    seen.add(header)
                    pending.append(header)
        return digest.hexdigest()


def load_units(build: Path, prefixes: list[str]) -> list[tuple[Path, str]]:
    """(source, command) of each project file, once, the largest first so that the pool ends evenly."""
    units: dict[Path, str] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if not source.is_relative_to(ROOT) or source.is_relative_to(ROOT / "build"):
            continue
        relative = str(source.relative_to(ROOT))
        if not prefixes or relative.startswith(tuple(prefixes)):
            units.setdefault(source, entry["command"])
    return sorted(units.items(), key=lambda unit: -unit[0].stat().st_size)


def check(build: Path, source: Path) -> tuple[str, float]:
    """The findings of one file ("" when clean), and the seconds it took."""
    started = time.monotonic()
    run = subprocess.run(
        [CLANG_TIDY, "--quiet", "-p", str(build), "--warnings-as-errors=*", str(source)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    findings = run.stdout.strip() or (run.stderr.strip() if run.returncode != 0 else "")
    return findings, time.monotonic() - started


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which(CLANG_TIDY) is None:
        print(f"clang-tidy: {CLANG_TIDY} is missing; run scripts/bootstrap", file=sys.stderr)
        return 1
    build = Path(arguments[0]).resolve()
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    inputs = Inputs()
    units = load_units(build, arguments[1:])
    keys = {source: inputs.key(source, command) for source, command in units}
    pending = [source for source, _ in units if not (stamps / keys[source]).exists()]
    print(f"clang-tidy: {len(units)} files, {len(units) - len(pending)} unchanged since they were clean")

    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, (findings, seconds) in zip(pending, pool.map(lambda path: check(build, path), pending)):
            if findings:
                failed += 1
                print(findings)
            else:
                (stamps / keys[source]).touch()
            print(f"  {seconds:5.1f} s  {'FAILED' if findings else 'ok'}  {source.relative_to(ROOT)}", flush=True)
    if len(arguments) == 1:
        remove_stale(stamps, set(keys.values()))
    print(f"clang-tidy: {len(units) - failed} files clean, {failed} with findings")
    return 1 if failed else 0


def remove_stale(stamps: Path, current: set[str]) -> None:
    for stamp in stamps.iterdir():
        if stamp.name not in current:
            stamp.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
