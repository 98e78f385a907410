"""A namespace whose engine is scaled by a policy, and the load on it."""

import contextlib
import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

from fake_node import is_ready
from installation import policy_document
from polling import wait_until
from spaces import Namespace, deployment

NODE = "autoscaled"
KNOWN = {"engine": {"port": 8000, "flag": "--port"}}
# A replica carries 5 requests a second, so at 80 % there is one for each 4.
CAPACITY = {"requestsPerSecond": 5}


def ask(address: str) -> None:
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer k"}
    request = urllib.request.Request(f"http://{address}:8000/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


class Load:
    """Requests to one address until it is ended, `rate(seconds since it began)` of them a second."""

    def __init__(self, address: str, rate: Callable[[float], float]):
        self.address = address
        self.rate = rate
        self.began = time.monotonic()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        due = self.began
        while not self.ending.wait(max(0.0, due - time.monotonic())):
            per_second = self.rate(due - self.began)
            if per_second > 0:
                # Its load goes on, whatever becomes of one request.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    ask(self.address)
            due += 1 / (per_second or 10)

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def end(self) -> None:
        self.ending.set()
        self.thread.join()


class Autoscaled(Namespace):
    def start(self, replicas: int = 1, metrics: str = "Fresh", **autoscaling) -> None:
        """A policy that scales its engine, whose pods carry sidecars that report."""
        block = {"target": {"name": "engine"}, "maxReplicas": 6, "capacity": CAPACITY, **autoscaling}
        self.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
        wait_until(lambda: self.policy("chat").get("status", {}).get("injection"), "injection")
        document = deployment("engine", {"app": "llm"})
        document["spec"]["replicas"] = replicas
        document["spec"]["template"]["spec"]["nodeName"] = NODE
        document["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2100m"}}
        # Server-side apply would own the replicas that somebody else is to set.
        self.api.create(f"/apis/apps/v1/namespaces/{self.name}/deployments", document)
        self.await_condition("chat", "Programmed", "True", seconds=60)
        self.await_condition("chat", "MetricsAvailable", "True" if metrics == "Fresh" else "False", metrics, seconds=30)

    def replicas(self) -> int:
        return self.api.get(f"/apis/apps/v1/namespaces/{self.name}/deployments/engine")["spec"]["replicas"]

    def desired(self) -> int:
        return self.policy("chat")["status"]["autoscaling"]["desired"]

    def notes(self, reason: str) -> str:
        """What Events of this reason tell."""
        events = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.name}/events")["items"]
        return "\n".join(event["note"] for event in events if event["reason"] == reason)

    def changes(self) -> list[tuple[int, int]]:
        """The last ten of them, oldest first."""
        return [(one["from"], one["to"]) for one in reversed(self.policy("chat")["status"]["autoscaling"].get("decisions", []))]

    @contextlib.contextmanager
    def load(self, per_second: float | Callable[[float], float]) -> Iterator[Load]:
        """Requests to the first pod until the block ends: so many, or by the seconds since they began."""
        address = next(pod["status"]["podIP"] for pod in self.pods("app=llm") if is_ready(pod))
        running = Load(address, per_second if callable(per_second) else lambda _: per_second)
        try:
            yield running
        finally:
            running.end()
