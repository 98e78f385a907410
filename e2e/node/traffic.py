"""Engines on real pods, policies for them, and calls to them."""

import concurrent.futures
import hashlib
import http.client
import json
import threading
import urllib.request
from collections.abc import Callable

from dry_run import made
from installation import SYSTEM, policy_document
from polling import wait_until
from spaces import Namespace

SIMULATE = "x-simulate"


def engine(name: str, labels: dict, replicas: int = 1, port: int = 8000) -> list[dict]:
    """A Deployment of the simulated engine, and its Service."""
    container = {
        "name": "engine",
        "image": "penstock.test/engine:1",
        "imagePullPolicy": "Never",
        "args": ["model-server", "--port", str(port)],
        "ports": [{"name": "http", "containerPort": port}],
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 1},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": port}]},
    }
    return [deployment, service]


def start(space: Namespace, replicas: int = 1, port: int = 8000, **spec) -> str:
    """A policy, and an engine behind it whose every pod is ready and programmed; the Service's address."""
    known = {"engine": {"port": port, "flag": "--port"}, **spec.pop("interception", {})}
    space.apply(policy_document("chat", {"app": "llm"}, interception=known, **spec))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    for document in engine("engine", {"app": "llm"}, replicas, port):
        space.apply(document)
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=60s")
    space.await_condition("chat", "Programmed", "True", seconds=30)
    service = space.api.get(f"/api/v1/namespaces/{space.name}/services/engine")
    address = service["spec"]["clusterIP"]
    wait_until(lambda: ask(address, "are you there?"), "the Service", seconds=30)
    return address


def request_of(address: str, text: str, headers: dict | None = None, **more) -> urllib.request.Request:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}
    fields = {"content-type": "application/json", "authorization": "Bearer k", **(headers or {})}
    return urllib.request.Request(f"http://{address}/v1/chat/completions", json.dumps(body).encode(), fields)


def ask(address: str, text: str) -> dict:
    """The headers of a good answer."""
    with urllib.request.urlopen(request_of(address, text), timeout=10) as answer:
        assert json.loads(answer.read())["choices"]
        return {name.lower(): value for name, value in answer.headers.items()}


class Load:
    """Calls from three threads, each on a connection of its own, for as long as the block lasts; none may fail."""

    def __init__(self, address: str):
        self.address = address
        self.ended = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(3)
        self.answers = 0

    def __enter__(self) -> "Load":
        self.threads = [self.pool.submit(self.run, number) for number in range(3)]
        self.goes_on()
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.goes_on()
        self.ended.set()
        self.pool.shutdown()
        if kind is None:
            for thread in self.threads:
                thread.result()

    def run(self, number: int) -> None:
        asked = 0
        while not self.ended.is_set():
            ask(self.address, f"{number}: {asked}")
            asked += 1
            self.answers += 1

    def goes_on(self) -> None:
        """Until so many more are answered, or one has failed."""
        wanted = self.answers + 30
        wait_until(lambda: self.answers >= wanted or any(thread.done() for thread in self.threads), "answers")


def journal(space: Namespace, port: int = 18000) -> list[dict]:
    """Chat requests that reached the engine itself, past the sidecar."""
    ip = space.pods("app=llm")[0]["status"]["podIP"]
    connection = http.client.HTTPConnection(ip, port, timeout=5)
    connection.request("GET", "/simulate/journal")
    entries = json.loads(connection.getresponse().read())
    return [entry for entry in entries if entry["target"].startswith("/v1/chat")]


def engine_calls(space: Namespace) -> int:
    return len(journal(space))


def credential(value: str) -> str:
    """As the engine's journal shows it."""
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:16]


def goes_away(space: Namespace, address: str, uninstall: Callable[[], None]) -> None:
    """Uninstalls the chart under traffic, which goes on; nothing is left that ends, and new pods are as if there were no policy."""
    kinds = ("optimizationpolicies", "cachetiers", "routingtables")
    with Load(address) as load:
        uninstall()
        wait_until(lambda: not space.api.get(f"/api/v1/namespaces/{SYSTEM}/pods")["items"], "the operators' end")
        load.goes_on()
        ends = [
            *space.api.get("/api/v1/namespaces")["items"],
            *space.pods("app=llm"),
            *space.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"],
            *(item for kind in kinds for item in space.api.get(f"/apis/penstock.dev/v1alpha1/{kind}")["items"]),
        ]
        assert [item["metadata"]["name"] for item in ends if "deletionTimestamp" in item["metadata"]] == []
        assert space.policy("chat")
        # A new pod is made as if there were no policy, once the API server has noticed that it has none, and the Service leads
        # to it as well.
        template = space.api.get(f"/apis/apps/v1/namespaces/{space.name}/deployments/engine")["spec"]["template"]
        probe = {"metadata": {"name": "made", "labels": template["metadata"]["labels"]}, "spec": template["spec"]}
        wait_until(lambda: "initContainers" not in made(space.cluster, space.name, probe)[1]["spec"], "the end of injection")
        space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=2")
        space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=60s")
        assert sorted(len(pod["spec"].get("initContainers", [])) for pod in space.pods("app=llm")) == [0, 1]
    # And one can go away by hand.
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat", "--timeout=10s")
