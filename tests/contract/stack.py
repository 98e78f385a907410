"""Real processes for contract tests: the simulated model server, and sidecars in front of it.

    with Stack(folder) as stack:
        stack.upstream                      # http://127.0.0.1:PORT of the model server
        stack.sidecar(caching=True).data    # of a sidecar in front of it
        stack.journal()                     # what reached the model server

Processes listen on free ports, are waited for by asking them, log into `folder`, and are ended by their pid.
"""

import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.request

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PENSTOCK_BUILD", ROOT / "build" / "release"))
DEMO = BUILD / "bin" / "penstock-demo"
SIDECAR = BUILD / "bin" / "penstock-sidecar"

# Sanitized builds on a busy machine are slow to start; what is broken ends by itself or hangs.
READY_SECONDS = 30
STOP_SECONDS = 20

POLICY = """
apiVersion: penstock.dev/v1alpha1
kind: OptimizationPolicy
metadata: {{ name: contract }}
spec:
  selector:
    matchLabels: {{ app: contract }}
  routing:
    tableRef: {{ name: models }}
{caching}
---
apiVersion: penstock.dev/v1alpha1
kind: RoutingTable
metadata: {{ name: models }}
spec:
  backends:
    - name: openai
      url: {upstream}
      dialect: OpenAI
      models:
        - name: gpt-4o
          price: {{ input: "2.50", output: "10.00", cacheRead: "1.25" }}
        - name: gpt-4o-mini
          price: {{ input: "0.15", output: "0.60", cacheRead: "0.075" }}
        - name: text-embedding-3-small
          price: {{ input: "0.02" }}
    - name: anthropic
      url: {upstream}
      dialect: Anthropic
      models:
        - name: claude-sonnet-5
          price: {{ input: "3.00", output: "15.00", cacheRead: "0.30", cacheWrite5m: "3.75", cacheWrite1h: "6.00" }}
  routes:
    - match: {{ pathPrefixes: [/v1/messages] }}
      backends: [{{ name: anthropic }}]
    - backends: [{{ name: openai }}]
"""

CACHING = """
  caching:
    tiers:
      - ref: { name: memory }
    ttl: 10m
    tenant: { anonymous: Share }
"""

TIER = """
---
apiVersion: penstock.dev/v1alpha1
kind: CacheTier
metadata: { name: memory }
spec:
  type: Memory
  memory: { size: 64Mi }
"""


def resources(upstream: str, caching: bool | str) -> str:
    """A policy in front of `upstream`: nothing but routing and prices, or with a memory cache and coalescing, or with
    the `caching` block of a test's own."""
    block = CACHING if caching is True else caching or ""
    return POLICY.format(upstream=upstream, caching=block) + (TIER if caching else "")


def eventually(condition, seconds: float = 10):
    """The first truthy value of `condition()`; fails once the time is up."""
    deadline = time.monotonic() + seconds
    never = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        never.wait(0.02)


def fetch(url: str, method: str = "GET", body: bytes | None = None, timeout: float = 10) -> bytes:
    request = urllib.request.Request(url, method=method, data=body)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


class Process:
    """A program under test, with its log in a file."""

    def __init__(self, name: str, argv: list, folder: pathlib.Path, env: dict | None = None):
        self.name = name
        self.log_path = folder / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, **(env or {})},
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_until(self, condition, what: str):
        """The first truthy value of `condition()`; fails with the log when the process ends before or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            value = condition()
            if value:
                return value
            try:
                status = self.popen.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                status = None
            if status is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"{self.name} {what}: exit status {status}; its log:\n{self.log}")

    def stop(self) -> int:
        """Ends the process politely, then not; returns its exit status."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        return self.popen.wait()


class Sidecar(Process):
    """A penstock-sidecar; `data`, `status` and `admin` are its URLs. `under`: what runs it, as `nice` does."""

    program = SIDECAR

    def __init__(
        self, name: str, folder: pathlib.Path, document: str | None, flags: list, env: dict | None = None, under: tuple = ()
    ):
        ports = [free_port() for _ in range(3)]
        self.data, self.status, self.admin = (f"http://127.0.0.1:{port}" for port in ports)
        self.resources = folder / f"{name}.yaml"
        argv = [*under, self.program, *flags]
        if document is not None:
            self.resources.write_text(document)
            argv += ["--resources", self.resources]
        for flag, port in zip(("--listen", "--status", "--admin"), ports):
            argv += [flag, f"127.0.0.1:{port}"]
        super().__init__(name, argv, folder, env)
        self.wait_until(self.is_ready, "did not become ready")

    def is_ready(self) -> bool:
        try:
            fetch(f"{self.status}/readyz", timeout=2)
        except OSError:
            return False
        return True

    def metrics(self) -> str:
        return fetch(f"{self.status}/metrics").decode()

    def metric(self, name: str) -> float:
        """The sum of a metric's series; 0 where it has none."""
        lines = [line for line in self.metrics().splitlines() if line.startswith((name + " ", name + "{"))]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def api(self, path: str, method: str = "GET"):
        return json.loads(fetch(self.admin + path, method=method, body=b"" if method == "POST" else None))


class Stack:
    """One model server, and the sidecars that a test asks for."""

    def __init__(self, folder: pathlib.Path, flags: list | None = None):
        self.folder = pathlib.Path(folder)
        self.sidecars: dict[str, Sidecar] = {}
        self.model_server = Process(
            "model-server", [DEMO, "model-server", "--listen", "127.0.0.1:0", *(flags or [])], self.folder
        )
        line = self.model_server.wait_until(lambda: self.model_server.log.partition("\n")[0], "said nothing")
        self.upstream = "http://" + line.removeprefix("listening on ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def has_sidecar() -> bool:
        return SIDECAR.exists()

    def sidecar(
        self,
        caching: bool | str = False,
        name: str | None = None,
        flags: list | None = None,
        document: str | None = None,
    ) -> Sidecar:
        """The running sidecar of that name, started on first use with `document`, or with resources(caching)."""
        name = name or ("cached" if caching else "pass")
        if name not in self.sidecars:
            document = document or resources(self.upstream, caching)
            self.sidecars[name] = Sidecar(name, self.folder, document, flags or [])
        return self.sidecars[name]

    def journal(self, **query) -> list:
        """What reached the model server: one object a request (penstock-demo model-server --help)."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return json.loads(fetch(f"{self.upstream}/simulate/journal?{text}"))

    def counters(self) -> dict:
        return json.loads(fetch(f"{self.upstream}/simulate/counters"))

    def release(self, hold: str = "") -> int:
        answer = fetch(f"{self.upstream}/simulate/release?id={hold}", method="POST", body=b"")
        return json.loads(answer)["released"]

    def reset(self):
        fetch(f"{self.upstream}/simulate/reset", method="POST", body=b"")

    def stop(self):
        for sidecar in self.sidecars.values():
            sidecar.stop()
        self.model_server.stop()
