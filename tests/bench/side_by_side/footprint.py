"""Absolute figures of the sidecar alone: memory, start, size. KB are 1,000 bytes, MB 1,000,000."""

import math
import socket
import ssl
import subprocess
import time

from load import Streams
from peers import Peer, Stage, get, wait_until_ready
from ports import free_port
from processes import resident_memory
from rows import Row

RESERVED_DESCRIPTORS = 500
KB, MB = 1_000, 1_000_000


def measure_idle_stream(stage: Stage, row: Row, count: int) -> None:
    events = stage.event_upstream(0)
    target = ["--upstream", f"http://127.0.0.1:{events.port}"]
    peer = stage.sidecar("penstock-idle-streams", target)
    wait_until_ready(peer)
    body = stage.folder / "stream-request.json"
    with Streams(stage, peer.port, body, 50):
        pass  # what the first streams make once is no cost of a stream
    before = peer.process.resident_bytes()
    with Streams(stage, peer.port, body, count) as streams:
        status = streams.status()
        row.figures.append((peer.process.resident_bytes() - before) / count / KB)
        if status["lost"]:
            row.notes.append(f"{status['lost']} of {count} streams were lost")
    stage.retire(peer.process)
    stage.retire(events.process)


def memory_in_all(processes: list[dict[str, int]]) -> int:
    """Bytes that processes of one program have resident together (resident_memory() of each): the pages of its files, which
    they share, once."""
    files = [process["RssFile"] for process in processes]
    return sum(process["VmRSS"] for process in processes) - sum(files) + max(files)


def measure_many_streams(stage: Stage, count: int, lost: Row, memory: Row | None = None, summed: Row | None = None) -> None:
    """`count` streams over as many processes on one port as the descriptor limit asks for."""
    processes = math.ceil(2 * count / (stage.descriptors - RESERVED_DESCRIPTORS) * 1.02)
    if count + RESERVED_DESCRIPTORS > stage.descriptors:
        lost.notes.append(f"the generator needs {count} descriptors, the limit is {stage.descriptors}")
        return
    events = stage.event_upstream(0)
    target = ["--upstream", f"http://127.0.0.1:{events.port}"]
    port = free_port()
    peers = [stage.sidecar(f"penstock-many-{i}", target, port) for i in range(processes)]
    for peer in peers:
        wait_until_ready(peer)
    with Streams(stage, port, stage.folder / "stream-request.json", count) as streams:
        time.sleep(2)
        status = streams.status()
        lost.figures.append(count - status["open"])
        if memory is not None:
            each = [resident_memory(peer.process.pid) for peer in peers]
            memory.figures.append(memory_in_all(each) / MB)
            memory.what += f" ({processes} process{'es' if processes > 1 else ''})"
            summed.figures.append(sum(one["VmRSS"] for one in each) / MB)
    for peer in peers:
        stage.retire(peer.process)
    stage.retire(events.process)


def measure_idle_tls(stage: Stage, row: Row, peer: Peer, count: int) -> None:
    """Connections that have made one request and wait."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = b"GET /v1/models HTTP/1.1\r\nHost: bench.local\r\n\r\n"

    def connect() -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", peer.port), timeout=5)
        secure = context.wrap_socket(plain)
        secure.sendall(request)
        if not secure.recv(65536).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("the TLS listener did not answer")
        return secure

    warm = [connect() for _ in range(20)]
    before = peer.process.resident_bytes()
    held = [connect() for _ in range(count)]
    row.figures.append((peer.process.resident_bytes() - before) / count / KB)
    for secure in [*warm, *held]:
        secure.close()


def measure_start(stage: Stage, start: Row, memory: Row, times: int) -> None:
    """From spawning the process to /readyz answering 200."""
    upstream = stage.upstream()
    for i in range(times):
        port, status = free_port(), free_port()
        target = ["--upstream", f"http://127.0.0.1:{upstream.port}"]
        command = stage.sidecar_command(target, port, status, free_port())
        with (stage.folder / f"start-{i}.out").open("wb") as log:
            began = time.perf_counter()
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            start.figures.append(_until_ready(child, status, began) * 1000)
            time.sleep(0.5)
            memory.figures.append(resident_memory(child.pid)["VmRSS"] / MB)
        finally:
            child.terminate()
            try:
                child.wait(timeout=2)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    stage.retire(upstream.process)


def _until_ready(child: subprocess.Popen, status: int, began: float) -> float:
    while time.perf_counter() - began < 10:
        if child.poll() is not None:
            raise RuntimeError("penstock-sidecar ended while it started")
        try:
            if get(status, "/readyz")[0] == 200:
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.0005)
    raise RuntimeError("penstock-sidecar never became ready")


def measure_binary(stage: Stage, row: Row) -> None:
    stripped = stage.folder / "stripped"
    subprocess.run(["llvm-strip-19", "-o", str(stripped), str(stage.sidecar_program)], check=True)
    row.figures.append(stripped.stat().st_size / MB)
