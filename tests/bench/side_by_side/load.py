"""Load generators: closed loop (wrk), open loop and held streams (penstock-load); all on the load core."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from peers import Peer, Stage
from processes import LOAD_CORE, Process, wait_for_idle_core

LUA = Path(__file__).with_name("lua") / "requests.lua"


@dataclass
class Sample:
    """One run of one contender."""

    cpu_us: float  # of the process under test, for one request or event
    rate: float  # requests or events a second
    p99_us: float
    errors: int
    disturbed: bool  # the product's core was not idle beforehand


def closed_loop(peer: Peer, kind: str, body: Path, seconds: int, seed: int, connections: int = 64) -> Sample:
    quiet = wait_for_idle_core()
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["-s", str(LUA), f"http://127.0.0.1:{peer.port}", "--", kind, str(body), str(seed)]
    before = peer.process.cpu_seconds()
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30)
    cpu = peer.process.cpu_seconds() - before
    result = json.loads(run.stdout.strip().splitlines()[-1])
    requests = max(1, result["requests"])
    return Sample(
        cpu_us=cpu * 1e6 / requests,
        rate=requests / result["seconds"],
        p99_us=result["p99_us"],
        errors=result["errors"],
        disturbed=not quiet,
    )


def open_loop(stage: Stage, peer: Peer, body: Path, rate: float, seconds: int, connections: int = 64) -> Sample:
    quiet = wait_for_idle_core()
    command = ["taskset", "-c", str(LOAD_CORE), str(stage.load_program), "open-loop", "--port", str(peer.port)]
    command += ["--connections", str(connections), "--rate", str(int(rate)), "--seconds", str(seconds)]
    command += ["--path", "/v1/chat/completions", "--body-file", str(body)]
    before = peer.process.cpu_seconds()
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30)
    cpu = peer.process.cpu_seconds() - before
    result = json.loads(run.stdout)
    completed = max(1, result["completed"])
    return Sample(
        cpu_us=cpu * 1e6 / completed,
        rate=completed / seconds,
        p99_us=result["p99_us"],
        errors=result["errors"],
        disturbed=not quiet,
    )


class Streams:
    """Held event streams to one port."""

    def __init__(self, stage: Stage, port: int, body: Path, connections: int) -> None:
        command = [str(stage.load_program), "streams", "--port", str(port), "--connections", str(connections)]
        command += ["--path", "/v1/chat/completions", "--body-file", str(body)]
        self._process = Process("streams", command, LOAD_CORE, stage.folder / "streams.out").start(pipes=True)
        stage.processes.append(self._process)
        self._stage = stage

    def __enter__(self) -> "Streams":
        line = self._process.child.stdout.readline().strip()
        if line != "held":
            raise RuntimeError(f"the streams did not come up: {line!r} {self._process.tail()}")
        return self

    def status(self) -> dict[str, int]:
        self._process.child.stdin.write("status\n")
        self._process.child.stdin.flush()
        return json.loads(self._process.child.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.child.stdin.close()
        self._process.child.wait(timeout=20)
        self._stage.retire(self._process)


def relay(stage: Stage, peer: Peer, body: Path, seconds: float, connections: int = 100) -> Sample:
    """CPU of the relay for each event that reached a client, over `connections` active streams."""
    quiet = wait_for_idle_core()
    with Streams(stage, peer.events_port, body, connections) as streams:
        time.sleep(0.3)  # past the burst of starts
        before, cpu_before, started = streams.status(), peer.process.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        after, cpu_after, ended = streams.status(), peer.process.cpu_seconds(), time.monotonic()
    events = max(1, after["events"] - before["events"])
    return Sample(
        cpu_us=(cpu_after - cpu_before) * 1e6 / events,
        rate=events / (ended - started),
        p99_us=0,
        errors=after["lost"],
        disturbed=not quiet,
    )
