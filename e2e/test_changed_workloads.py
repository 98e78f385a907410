"""What becomes of running pods when their workload, or the policy's interception, changes: real sidecars under load."""

import concurrent.futures
import json
import threading
import urllib.request

import pytest
from fake_node import FakeNode
from installation import policy_document
from polling import wait_until
from spaces import Namespace, deployment

LABELS = {"app": "llm"}


@pytest.fixture(scope="module")
def node(admission, programs, tmp_path_factory):
    running = FakeNode(admission, "changed", programs, tmp_path_factory.mktemp("changed"))
    yield running
    running.stop()
    assert running.problems == []


@pytest.fixture
def space(running_operator, admission, namespace, node) -> Namespace:
    return Namespace(admission, namespace)


def engine(port: int, replicas: int) -> dict:
    """A Deployment that keeps its old pods beside the first new one, which counts as available after an hour."""
    document = deployment("engine", LABELS, args=["--model", "m", "--port", str(port)])
    document["spec"] |= {
        "replicas": replicas,
        "minReadySeconds": 3600,
        "progressDeadlineSeconds": 7200,
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    }
    document["spec"]["template"]["spec"]["nodeName"] = "changed"
    return document


def ask(ip: str, port: int = 8000) -> None:
    """A chat request through a pod's sidecar."""
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    fields = {"content-type": "application/json", "authorization": "Bearer k"}
    with urllib.request.urlopen(
        urllib.request.Request(f"http://{ip}:{port}/v1/chat/completions", body, fields), timeout=10
    ) as answer:
        assert json.loads(answer.read())["choices"]


def answered(engine_port: int) -> int:
    """Chat requests that came to the engine on this port, which no other node has: engines of several share their callers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{engine_port}/simulate/counters", timeout=5) as answer:
        return json.loads(answer.read())["by_operation"].get("chat", 0)


def await_programmed(space: Namespace, pods: int) -> None:
    """All pods run the policy as it is now."""

    def is_run() -> bool:
        policy = space.policy("chat")
        counts, programmed = policy["status"]["pods"], space.condition("chat", "Programmed")
        assert policy["status"]["observedGeneration"] == policy["metadata"]["generation"]
        assert (counts["selected"], counts["injected"], counts["programmed"]) == (pods, pods, pods), counts
        assert programmed["status"] == "True", programmed
        return True

    wait_until(is_run, f"{pods} pods that run it")


class Load:
    """Requests to each pod, one after the other, until the block ends. What fails in one fails the test."""

    def __init__(self, ips: list[str], port: int):
        self.ips = ips
        self.port = port
        self.asked = [0] * len(ips)
        self.ended = threading.Event()

    def run(self, number: int) -> None:
        while not self.ended.is_set():
            ask(self.ips[number], self.port)
            self.asked[number] += 1

    def await_more(self) -> None:
        before = list(self.asked)

        def has_more() -> bool:
            return any(one.done() for one in self.running) or all(now > old + 1 for now, old in zip(self.asked, before))

        wait_until(has_more, "requests to each pod")

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(len(self.ips))
        self.running = [self.pool.submit(self.run, number) for number in range(len(self.ips))]
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.pool.shutdown()
        for one in self.running:
            one.result()


def start(space: Namespace, port: int, replicas: int) -> None:
    """The policy, and an engine whose pods run it."""
    space.apply(engine(port, 0))
    space.apply(policy_document("chat", LABELS))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    space.apply(engine(port, replicas))
    await_programmed(space, replicas)


def test_running_pods_keep_their_engine_when_its_port_or_the_mode_changes(space):
    start(space, 8100, 2)
    old = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in space.pods("app=llm")}
    with Load(list(old.values()), 8100) as load:
        load.await_more()
        space.apply(engine(9100, 2))
        wait_until(lambda: space.policy("chat")["status"]["injection"]["portSwap"]["to"] == 19100, "the new port")
        await_programmed(space, 3)
        load.await_more()
        space.api.merge(
            f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat",
            {"spec": {"interception": {"mode": "Redirect"}}},
        )
        wait_until(lambda: space.policy("chat")["status"]["interception"] == "Redirect", "the new mode")
        await_programmed(space, 3)
        load.await_more()
    new = [pod["status"]["podIP"] for pod in space.pods("app=llm") if pod["metadata"]["name"] not in old]
    before = answered(18100), answered(19100)
    for ip in old.values():
        ask(ip, 8100)
    ask(new[0], 9100)
    assert (answered(18100), answered(19100)) == (before[0] + 2, before[1] + 1)


def test_an_edit_reaches_running_pods_while_new_ones_cannot_be_intercepted(space):
    start(space, 8000, 1)
    injection, old = (space.policy("chat")["status"][part] for part in ("injection", "hash"))
    unknown = deployment("unknown", LABELS, image="mine", args=["serve"])
    unknown["spec"]["replicas"] = 0
    space.apply(unknown)
    space.await_condition("chat", "Degraded", "True", "EngineNotFound")
    space.api.merge(
        f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat", {"spec": {"mode": "Off"}}
    )
    await_programmed(space, 1)
    status = space.policy("chat")["status"]
    assert status["hash"] != old and status["injection"] == injection
    space.await_condition("chat", "Degraded", "True", "EngineNotFound")
