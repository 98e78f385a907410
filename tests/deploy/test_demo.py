"""`make run` and `make replay`, as a newcomer gets them: real processes, and the table of what happened."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest
from ports import free_port
from test_dockerfile import ROOT

PROGRAMS = [ROOT / "build" / "release" / "bin" / name for name in ("penstock-demo", "penstock-sidecar")]


@pytest.fixture
def place(tmp_path):
    """Ports and a folder of its own for a demonstration, as its environment."""
    if not all(program.exists() for program in PROGRAMS):
        pytest.skip("the programs are not built (make build)")
    ports = [free_port() for _ in range(4)]
    return {**os.environ, "DEMO_PORTS": " ".join(map(str, ports)), "DEMO_LOGS": str(tmp_path / "logs")}


@pytest.fixture
def demo(place):
    """Runs one of the scripts to its end: what it printed."""

    def run(script: str, *flags) -> str:
        command = [ROOT / "deploy" / "demo" / script, *map(str, flags)]
        done = subprocess.run(command, env=place, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def rows(text: str) -> dict[str, list[str]]:
    """The table's figures by what they are: with Penstock, and without where that was asked for."""
    cells = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    return {name: figures for name, *figures in cells if figures}


def count(figure: str) -> int:
    return int(figure.partition(" ")[0])


def test_run_shows_a_mixed_load_with_and_without_penstock(demo):
    table = rows(demo("run", "--once", "--requests", 12))
    assert table["requests"] == ["12", "12"]
    assert table["errors"] == ["0", "0"]
    hits, shared = (count(table[name][0]) for name in ("answered from the cache", "joined a call in flight"))
    assert hits > 0
    reached, reached_directly = map(count, table["calls that reached the model"])
    assert (reached + hits + shared, reached_directly) == (12, 12)
    paid, saved = map(float, table["USD paid / saved, by Penstock"][0].split(" / "))
    assert paid > 0 and saved > 0
    assert all(re.fullmatch(r"[0-9.]+ ms", figure) for figure in table["time to first token, p50"])


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_run_stays_up_with_a_line_to_try_until_it_is_ended(place, end):
    command = [ROOT / "deploy" / "demo" / "run", "--requests", "1"]
    with subprocess.Popen(command, env=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            shown = ""
            while "Ctrl-C" not in shown:
                line = running.stdout.readline()
                assert line, shown
                shown += line
            assert "from openai import OpenAI" in shown
            (curl,) = re.findall(r"^  (curl -i .*\\\n.*)$", shown, re.MULTILINE)
            answers = [subprocess.run(["bash", "-c", curl], capture_output=True, text=True, timeout=20).stdout for _ in range(2)]
            assert [re.search(r"cache-status: Penstock; (\S+)", answer)[1] for answer in answers] == ["fwd=uri-miss", "hit;"]
            running.send_signal(end)
            assert running.wait(timeout=20) == 0
        finally:
            running.terminate()
    for port in map(int, place["DEMO_PORTS"].split()):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_replay_plays_a_trace(demo, tmp_path):
    """20 rows, of which the second ten ask what the first ten asked."""
    trace = tmp_path / "trace.jsonl"
    asked = [{"input_length": 600 + 10 * row, "output_length": 5 + row, "hash_ids": [0, row + 1]} for row in range(10)]
    lines = [json.dumps({"timestamp": 500 * row, **asked[row % 10]}) for row in range(20)]
    trace.write_text("\n".join(lines) + "\n")
    table = rows(demo("replay", trace, "--speed", 5))
    assert table["requests"] == ["20"]
    assert table["errors"] == ["0"]
    assert count(table["answered from the cache"][0]) == 10
    assert table["calls that reached the model"] == ["10"]


@pytest.mark.parametrize(
    "arguments, command",
    [
        (["run"], "deploy/demo/run"),
        (["replay", "TRACE=a trace"], 'deploy/demo/replay "${TRACE:?usage: make replay TRACE=FILE [SPEED=N]}" '),
        (["replay", "TRACE=a", "SPEED=7"], 'deploy/demo/replay "${TRACE:?usage: make replay TRACE=FILE [SPEED=N]}" --speed 7'),
    ],
)
def test_make_calls_them(arguments, command):
    told = subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.stdout.splitlines()[-1].strip() == command.strip()
