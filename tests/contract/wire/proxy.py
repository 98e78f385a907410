"""penstock-sidecar processes for raw-socket tests, and the resources they run.

    with Proxy(folder, policy(upstream.url, listener={"timeouts": {"head": "300ms"}})) as proxy:
        raw.ask(proxy.port, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
"""

import json
import pathlib
import re
import signal

from stack import SIDECAR, Process, eventually, fetch, free_port


def policy(url: str, listener: dict | None = None, upstream: dict | None = None, backend: dict | None = None, **spec):
    """The documents of a policy in front of `url`, as text. `spec` goes into the policy's spec as it is."""
    body = {
        "selector": {"matchLabels": {"app": "wire"}},
        "listener": listener or {},
        "upstream": upstream or {},
        "routing": {"tableRef": {"name": "models"}},
        **spec,
    }
    backends = [{"name": "model", "url": url, "dialect": "OpenAI", **(backend or {})}]
    return documents(body, backends)


def documents(spec: dict, backends: list, routes: list | None = None, tiers: dict | None = None) -> str:
    def document(kind: str, name: str, content: dict) -> str:
        return json.dumps(
            {"apiVersion": "penstock.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": content}
        )

    table = {"backends": backends, **({"routes": routes} if routes else {})}
    parts = [document("OptimizationPolicy", "wire", spec), document("RoutingTable", "models", table)]
    parts += [document("CacheTier", name, content) for name, content in (tiers or {}).items()]
    return "\n---\n".join(parts) + "\n"


def before_engine(port: int) -> str:
    """The policy of a sidecar in a pod, and the binding that tells it its engine's port."""
    binding = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PolicyBinding",
        "metadata": {"name": "wire"},
        "spec": {"apiLevel": 1, "policy": "default/wire", "enginePort": port},
    }
    return policy(f"http://127.0.0.1:{port}") + "---\n" + json.dumps(binding) + "\n"


MEMORY = {"memory": {"type": "Memory", "memory": {"size": "64Mi"}}}
CACHING = {"tiers": [{"ref": {"name": "memory"}}], "tenant": {"anonymous": "Share"}}


class Proxy(Process):
    """A running sidecar: `port` is its data listener; `log` what it wrote.

    `resources` is text for a file of its own, or a path that the test keeps. With `admin` it has status and admin
    listeners (status_url, admin_url).
    """

    started = 0

    def __init__(self, folder, resources, flags=(), host="127.0.0.1", port=0, admin=False, before=(), workers=1):
        Proxy.started += 1
        name = f"sidecar-{Proxy.started}"
        if isinstance(resources, str):
            self.resources = pathlib.Path(folder) / f"{name}.yaml"
            self.resources.write_text(resources)
        else:
            self.resources = resources
        shown = f"[{host}]" if ":" in host else host
        argv = [*before, SIDECAR, "--resources", self.resources, "--listen", f"{shown}:{port}", "--workers", workers]
        if admin:
            self.status_url, self.admin_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
            argv += ["--status", self.status_url[7:], "--admin", self.admin_url[7:]]
        else:
            argv += ["--admin", "off"]
        super().__init__(name, argv + list(flags), pathlib.Path(folder))
        ready = self.wait_until(lambda: re.search(r"ready on \S*?:(\d+),", self.log), "did not become ready")
        self.port = int(ready[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def metrics(self) -> str:
        return fetch(f"{self.status_url}/metrics").decode()

    def metric(self, pattern: str) -> float:
        """The sum of the samples whose line begins with the expression `pattern`."""
        found = re.findall(rf"^{pattern}[^\n]* ([0-9.e+-]+)$", self.metrics(), re.MULTILINE)
        return sum(float(value) for value in found)

    def cpu_seconds(self) -> float:
        """What the process has computed so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def resident_bytes(self) -> int:
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096

    def descriptors(self) -> int:
        return len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir()))

    def says(self, text: str, seconds: float = 10):
        """Waits until the log holds `text`."""
        return eventually(lambda: text in self.log, seconds)

    def drain(self):
        self.popen.send_signal(signal.SIGTERM)

    def exit_status(self, seconds: float = 10) -> int:
        return self.popen.wait(timeout=seconds)
