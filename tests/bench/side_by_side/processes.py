"""Processes of the benchmark: started pinned to a core, ended by their id, measured from /proc."""

import os
import resource
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

PRODUCT_CORE = 1  # the proxy under test, alone
LOAD_CORE = 0  # generator and upstream


def raise_descriptor_limit() -> int:
    """Soft limit to the hard one, for this process and its children; returns it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def resident_memory(pid: int) -> dict[str, int]:
    """Bytes: VmRSS in all; RssFile, pages of programs and libraries, which processes share; RssAnon, the process's own."""
    lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    found = {line[0][:-1]: int(line[1]) * 1024 for line in lines if line[0] in ("VmRSS:", "RssFile:", "RssAnon:", "RssShmem:")}
    if "VmRSS" not in found:
        raise RuntimeError(f"process {pid} is gone")
    return found


@dataclass
class Process:
    name: str
    command: list[str]
    core: int
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    child: subprocess.Popen | None = None
    reader: subprocess.Popen | None = None

    def start(self, pipes: bool = False) -> "Process":
        """`pipes`: standard input and output are the caller's. Else the output is a pipe that `cat` reads on the load's
        core, as a container runtime does: a file would fill the page cache, at a price that differs from round to round."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                ["taskset", "-c", str(self.core), *self.command],
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self.environment},
            )
        if not pipes:
            reader = ["taskset", "-c", str(LOAD_CORE), "cat"]
            self.reader = subprocess.Popen(reader, stdin=self.child.stdout, stdout=subprocess.DEVNULL)
            self.child.stdout.close()
        return self

    @property
    def pid(self) -> int:
        return self.child.pid  # taskset replaces itself by the command

    def cpu_seconds(self) -> float:
        """User and system time of all threads. From the scheduler's run time, in nanoseconds: the same sum as utime +
        stime, without their 10 ms grain."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread that just ended
        return total / 1e9

    def resident_bytes(self) -> int:
        return resident_memory(self.pid)["VmRSS"]

    def stop(self) -> None:
        if self.child is None or self.child.poll() is not None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        if self.reader is not None:
            self.reader.wait()  # its input has ended

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def wait_for_port(process: Process, port: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.child.poll() is not None:
            raise RuntimeError(f"{process.name} ended at once:\n{process.tail()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"{process.name} did not listen on {port}:\n{process.tail()}")


def _busy_share(core: int, seconds: float) -> float:
    def read() -> tuple[int, int]:
        for line in Path("/proc/stat").read_text().splitlines():
            if line.startswith(f"cpu{core} "):
                values = [int(value) for value in line.split()[1:]]
                return sum(values), values[3] + values[4]
        raise RuntimeError(f"there is no core {core}")

    total_before, idle_before = read()
    time.sleep(seconds)
    total, idle = read()
    return 1 - (idle - idle_before) / max(1, total - total_before)


def wait_for_idle_core(core: int = PRODUCT_CORE, patience: float = 5) -> bool:
    """Until the core was at most 8 % busy for 100 ms. False when it never was: the caller notes a disturbed run."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if _busy_share(core, 0.1) <= 0.08:
            return True
    return False
