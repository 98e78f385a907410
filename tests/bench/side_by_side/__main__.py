"""Side by side with nginx and haproxy, in one run: prints a Markdown table, writes JSON.

    make bench                       9 rounds of 2 s, about 15 minutes
    make bench ARGS=--quick          3 short rounds: a smoke test, not a measurement
    make bench ARGS=--peers-only     without the sidecar: how noisy is this machine?

Method and peers' configuration: docs/benchmarks.md. Needs two cores: the proxy under test has one alone.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # ports

import footprint  # noqa: E402
import tls_listener  # noqa: E402
from bodies import write_bodies  # noqa: E402
from peers import Stage  # noqa: E402
from processes import raise_descriptor_limit  # noqa: E402
from rounds import Contest, run_rounds  # noqa: E402
from rows import absolute_rows, ratio_rows, table  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 short rounds: a smoke test, not a measurement")
    parser.add_argument("--peers-only", action="store_true", help="measure nginx and haproxy only")
    parser.add_argument("--rounds", type=int, default=0, help="default: 9 (3 with --quick)")
    parser.add_argument("--seconds", type=int, default=0, help="length of one run; default: 2 (1 with --quick)")
    parser.add_argument("--only", default="", help="only rows whose key contains this")
    parser.add_argument("--seed", type=int, default=1, help="of the order of runs")
    parser.add_argument("--json", type=Path, default=ROOT / "build/release/bench/side_by_side.json")
    parser.add_argument("--sidecar", type=Path, default=ROOT / "build/release/bin/penstock-sidecar")
    parser.add_argument("--load", type=Path, default=ROOT / "build/release/bench/penstock-load")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.seconds = options.seconds or (1 if options.quick else 2)
    return options


def missing_pieces(options: argparse.Namespace) -> list[str]:
    missing = [name for name in ("wrk", "nginx", "haproxy", "taskset") if shutil.which(name) is None]
    programs = [options.load] if options.peers_only else [options.load, options.sidecar]
    missing += [str(program) for program in programs if not program.exists()]
    if (os.cpu_count() or 1) < 2:
        missing.append("a second core")
    return missing


def wanted_rows(options: argparse.Namespace, contest: Contest) -> list:
    rows = [row for row in ratio_rows() if options.only in row.key]
    if options.only:
        needed = {unit for row in rows for unit in (row.product, *row.peers)}
        needed |= {"haproxy pass 1.2 KB", "haproxy again 1.2 KB"}
        contest.units = {name: unit for name, unit in contest.units.items() if name in needed}
    return rows


def measure_footprint(stage: Stage, options: argparse.Namespace) -> list:
    rows = absolute_rows()
    steps = [
        (("idle stream",), lambda row: footprint.measure_idle_stream(stage, row, 1000 if options.quick else 5000)),
        (
            ("streams lost", "streams memory", "streams memory summed"),
            lambda *chosen: footprint.measure_many_streams(stage, 10_000, *chosen),
        ),
        (("12000 lost",), lambda lost: footprint.measure_many_streams(stage, 12_000, lost)),
        (("idle TLS",), lambda row: tls_listener.measure(stage, row, 200 if options.quick else 1000)),
        (
            ("start", "idle memory"),
            lambda start, memory: footprint.measure_start(stage, start, memory, 3 if options.quick else 9),
        ),
        (("binary",), lambda row: footprint.measure_binary(stage, row)),
    ]
    measured = []
    for keys, step in steps:
        if not any(options.only in key for key in keys):
            continue
        chosen = [rows[key] for key in keys]
        try:
            step(*chosen)
        except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
            for row in chosen:
                row.notes.append(str(failure))
        measured += chosen
        print(f"  {keys[0]}: {', '.join(str(row.cells()[1]) for row in chosen)}", file=sys.stderr, flush=True)
    return measured


def machine() -> dict:
    def first(path: str, prefix: str) -> str:
        lines = Path(path).read_text().splitlines()
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(prefix)), "?")

    versions = {
        "nginx": subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip(),
        "haproxy": subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.splitlines()[0],
    }
    return {
        "cpu": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        **versions,
    }


def main() -> int:
    options = parse(sys.argv[1:])
    missing = missing_pieces(options)
    if missing:
        print(f"bench: missing: {', '.join(missing)}", file=sys.stderr)
        return 2
    descriptors = raise_descriptor_limit()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    try:
        files = write_bodies(folder)
        stream_request = {"model": "bench-model", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        (folder / "stream-request.json").write_text(json.dumps(stream_request))
        with Stage(folder, descriptors, options.sidecar, options.load) as stage:
            contest = Contest(stage, files, options.seconds)
            if not options.peers_only:
                contest.add_sidecar()
            contest.calibrate()
            rows = wanted_rows(options, contest)
            record = run_rounds(contest, rows, options.rounds, options.seed)
        if not options.peers_only:
            with Stage(folder, descriptors, options.sidecar, options.load) as stage:
                rows += measure_footprint(stage, options)
        report(options, rows, record, contest.open_loop_rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if any(row.verdict == "FAIL" for row in rows) else 0


def report(options: argparse.Namespace, rows: list, record: list[dict], rate: float) -> None:
    here = machine()
    print(f"\n{options.rounds} rounds of {options.seconds:g} s; open loop at {rate:.0f} requests/s")
    print(", ".join(f"{name}: {value}" for name, value in here.items()) + "\n")
    print(table([row for row in rows if row.figures or row.notes]))
    disturbed = sum(sample["disturbed"] for sample in record)
    if disturbed:
        print(f"- {disturbed} of {len(record)} runs began while something else kept the core busy")
    for row in rows:
        for note in row.notes[:5]:
            print(f"- {row.what}: {note}")
    document = {
        "machine": here,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "open_loop_rate": rate,
        "rows": [row.as_json() for row in rows],
        "samples": record,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1))
    print(f"\nAll samples: {options.json}")


if __name__ == "__main__":
    sys.exit(main())
