"""Real pods: injected by the admission policy, configured by the operator's pod, asked through a Service."""

import http.client
import json
import threading
import time
import urllib.request

import pytest
from installation import policy_document
from polling import wait_until
from spaces import Namespace

SIMULATE = "x-simulate"


def engine(name: str, labels: dict, replicas: int = 1) -> list[dict]:
    """A Deployment of the simulated engine, and its Service."""
    container = {
        "name": "engine",
        "image": "penstock.test/engine:1",
        "imagePullPolicy": "Never",
        "args": ["model-server", "--port", "8000"],
        "ports": [{"name": "http", "containerPort": 8000}],
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
        "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8000}]},
    }
    return [deployment, service]


@pytest.fixture
def space(penstock, namespace) -> Namespace:
    """A namespace that admits only what Pod Security calls restricted."""
    penstock.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    return Namespace(penstock, namespace)


def start(space: Namespace, replicas: int = 1, **spec) -> str:
    """A policy, and an engine behind it whose every pod is ready and programmed; the Service's address."""
    known = {"engine": {"port": 8000, "flag": "--port"}, **spec.pop("interception", {})}
    space.apply(policy_document("chat", {"app": "llm"}, interception=known, **spec))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    for document in engine("engine", {"app": "llm"}, replicas):
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


def engine_calls(space: Namespace) -> int:
    """Chat requests that reached the engine itself, past the sidecar."""
    ip = space.pods("app=llm")[0]["status"]["podIP"]
    connection = http.client.HTTPConnection(ip, 18000, timeout=5)
    connection.request("GET", "/simulate/journal")
    journal = json.loads(connection.getresponse().read())
    return sum(1 for entry in journal if entry["target"].startswith("/v1/chat"))


CACHING = {"tiers": [{"ref": {"name": "memory"}}], "tenant": {"anonymous": "Share"}}
TIER = {
    "apiVersion": "penstock.dev/v1alpha1",
    "kind": "CacheTier",
    "metadata": {"name": "memory"},
    "spec": {"type": "Memory", "memory": {"size": "16Mi"}},
}


def test_traffic_passes_the_sidecar_and_hits_never_reach_the_engine(space):
    space.apply(TIER)
    address = start(space, caching=CACHING)
    pod = space.pods("app=llm")[0]
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["penstock-sidecar"]
    space.await_condition("chat", "Injected", "True")
    space.await_condition("chat", "Degraded", "False")
    ask(address, "the same question")
    before = engine_calls(space)
    for _ in range(5):
        assert "hit" in ask(address, "the same question")["cache-status"]
    assert engine_calls(space) == before


def test_an_edit_reaches_real_pods(space, record_property):
    address = start(space, replicas=3)
    took = []
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    for edit in range(5):
        old = ask(address, f"before {edit}")["x-penstock-policy"]
        began = time.monotonic()
        space.api.merge(path, {"spec": {"observability": {"recentRequests": 100 + edit}}})
        ips = [pod["status"]["podIP"] for pod in space.pods("app=llm")]

        def has_changed(ip: str, old: str = old) -> bool:
            with urllib.request.urlopen(f"http://{ip}:15020/readyz", timeout=5) as answer:
                return answer.headers["x-penstock-policy"] != old

        for ip in ips:
            wait_until(lambda ip=ip: has_changed(ip), f"the edit at {ip}", seconds=30, every=0.01)
            took.append(time.monotonic() - began)
        space.await_condition("chat", "Programmed", "True")
    took.sort()
    record_property("edit_to_real_pods_p50_ms", round(took[len(took) // 2] * 1000))
    record_property("edit_to_real_pods_max_ms", round(took[-1] * 1000))
    assert took[-1] < 1.5


def test_a_stream_survives_its_pods_deletion(space):
    address = start(space)
    events: list[str] = []
    began = threading.Event()

    def read() -> None:
        wish = {SIMULATE: "events=120; event-interval-ms=500"}
        with urllib.request.urlopen(request_of(address, "a story of a minute", wish, stream=True), timeout=90) as answer:
            for line in answer:
                events.append(line.decode().strip())
                began.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert began.wait(20)
    name = space.pods("app=llm")[0]["metadata"]["name"]
    space.cluster.kubectl("-n", space.name, "delete", "pod", name, "--wait=false")
    reader.join(90)
    assert events and [event for event in events if event][-1] == "data: [DONE]"
    assert len([event for event in events if event.startswith("data: {")]) >= 120
    wait_until(lambda: name not in [pod["metadata"]["name"] for pod in space.pods("app=llm")], "its end", seconds=60)


def test_a_job_completes(space):
    start(space)
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "once"},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": {"app": "llm"}},
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [
                        {
                            **engine("x", {})[0]["spec"]["template"]["spec"]["containers"][0],
                            "readinessProbe": None,
                            "args": ["load", "--help", "--port", "8000"],
                        }
                    ],
                },
            },
        },
    }
    space.apply(job)

    def is_complete() -> bool:
        status = space.api.get(f"/apis/batch/v1/namespaces/{space.name}/jobs/once").get("status", {})
        assert status.get("failed", 0) == 0, status
        return status.get("succeeded") == 1

    wait_until(is_complete, "the Job", seconds=60)


def test_the_operator_fails_over_and_traffic_does_not_notice(space):
    address = start(space)
    system = "/api/v1/namespaces/penstock-system/pods"
    lease = "/apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-operator"
    holder = space.api.get(lease)["spec"]["holderIdentity"]
    space.api.delete(f"{system}/{holder}?gracePeriodSeconds=0")
    ask(address, "without a leader")
    wait_until(lambda: space.api.get(lease)["spec"]["holderIdentity"] not in ("", holder), "another leader")
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    space.api.merge(path, {"spec": {"mode": "Off"}})
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == 2, "the new leader's work", seconds=60)
    space.await_condition("chat", "Programmed", "True", seconds=30)
    ask(address, "with a new leader")


def test_deleting_the_policy_leaves_traffic_flowing(space):
    address = start(space)
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat")
    config = f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat"
    wait_until(lambda: space.api.get(config) is None, "the ConfigMap's end")
    assert ask(address, "still there?")


def test_readiness_costs_what_a_native_sidecar_costs(space, record_property):
    """The same pod with and without the sidecar, taken in turns."""
    start(space)
    times: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(5):
        for kind in times:
            labels = {"app": "llm" if kind == "with" else "other"}
            template = engine("x", labels)[0]["spec"]["template"]
            name = f"{kind}-{number}"
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": template["spec"]}
            began = time.monotonic()
            space.api.create(f"/api/v1/namespaces/{space.name}/pods", pod)

            def is_ready(name: str = name) -> bool:
                status = space.api.get(f"/api/v1/namespaces/{space.name}/pods/{name}")["status"]
                return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))

            wait_until(is_ready, name, every=0.02)
            times[kind].append(time.monotonic() - began)
            space.api.delete(f"/api/v1/namespaces/{space.name}/pods/{name}?gracePeriodSeconds=0")
    medians = {kind: sorted(values)[len(values) // 2] for kind, values in times.items()}
    record_property("ready_without_ms", round(medians["without"] * 1000))
    record_property("ready_with_ms", round(medians["with"] * 1000))
    assert medians["with"] - medians["without"] < 1.3
