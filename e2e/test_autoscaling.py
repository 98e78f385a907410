"""Replicas by what sidecars see: real requests through real sidecars on a simulated node, /scale on a real API server."""

import contextlib
import json
import subprocess
import threading
import time
import urllib.request

import pytest
from fake_node import FakeNode
from installation import policy_document
from polling import wait_until
from spaces import POLICIES, Namespace, deployment

NODE = "autoscaled"
KNOWN = {"engine": {"port": 8000, "flag": "--port"}}
# A replica carries 5 requests a second, so at 80 % there is one for each 4.
CAPACITY = {"requestsPerSecond": 5}


@pytest.fixture(scope="module")
def node(admission, programs, tmp_path_factory):
    running = FakeNode(admission, NODE, programs, tmp_path_factory.mktemp("node"))
    yield running
    running.stop()
    assert running.problems == []


@pytest.fixture
def space(running_operator, admission, namespace, node) -> Namespace:
    return Namespace(admission, namespace)


def start(space: Namespace, replicas: int = 1, metrics: str = "Fresh", **autoscaling) -> None:
    """A policy that scales its engine, whose pods carry sidecars that report."""
    block = {"target": {"name": "engine"}, "maxReplicas": 6, "capacity": CAPACITY, **autoscaling}
    space.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    document = deployment("engine", {"app": "llm"})
    document["spec"]["replicas"] = replicas
    document["spec"]["template"]["spec"]["nodeName"] = NODE
    document["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2100m"}}
    # Server-side apply would own the replicas that somebody else is to set.
    space.api.create(f"/apis/apps/v1/namespaces/{space.name}/deployments", document)
    space.await_condition("chat", "Programmed", "True", seconds=60)
    space.await_condition("chat", "MetricsAvailable", "True" if metrics == "Fresh" else "False", metrics, seconds=30)


def replicas(space: Namespace) -> int:
    return space.api.get(f"/apis/apps/v1/namespaces/{space.name}/deployments/engine")["spec"]["replicas"]


def desired(space: Namespace) -> int:
    return space.policy("chat")["status"]["autoscaling"]["desired"]


def notes(space: Namespace, reason: str) -> str:
    """What Events of this reason tell."""
    events = space.api.get(f"/apis/events.k8s.io/v1/namespaces/{space.name}/events")["items"]
    return "\n".join(event["note"] for event in events if event["reason"] == reason)


def is_ready(pod: dict) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def ask(address: str) -> None:
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer k"}
    request = urllib.request.Request(f"http://{address}:8000/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


@contextlib.contextmanager
def load(space: Namespace, per_second: float):
    """Requests at an even rate to the first pod, until the block ends; how many there were, and when they began."""
    address = next(pod["status"]["podIP"] for pod in space.pods("app=llm") if is_ready(pod))
    ending = threading.Event()
    sent = {"began": time.monotonic(), "count": 0}

    def go() -> None:
        while not ending.wait(max(0.0, sent["began"] + sent["count"] / per_second - time.monotonic())):
            sent["count"] += 1
            with contextlib.suppress(OSError):  # its load went on, whatever became of one request
                ask(address)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield sent
    finally:
        ending.set()
        thread.join()


def test_a_step_of_load_sets_replicas_at_once(space, programs, record_property):
    start(space)
    with load(space, 18) as sent:
        wait_until(lambda: replicas(space) > 1, "more replicas", seconds=20, every=0.02)
        record_property("step_to_scale_s", round(time.monotonic() - sent["began"], 2))
        wait_until(lambda: replicas(space) == 5, "a replica for each four requests a second", seconds=30)
        wait_until(lambda: space.policy("chat")["status"]["autoscaling"]["current"] == 5, "the status of that")
        status = space.policy("chat")["status"]["autoscaling"]
    assert status["decisions"][0]["reason"] in ("Panic", "Load")
    assert [decision["to"] for decision in status["decisions"]] == sorted(
        (decision["to"] for decision in status["decisions"]), reverse=True
    )
    events = space.cluster.kubectl("-n", space.name, "get", "events.events.k8s.io", "-o", "json")
    notes = [event["note"] for event in json.loads(events.stdout)["items"] if event["reason"] == "ReplicasSet"]
    assert any("Deployment engine: 1 -> " in note for note in notes), notes
    config = space.cluster.pki.kubeconfig("admin", space.cluster.server, space.name)
    explain = [programs / "penstock-operator", "explain", f"{space.name}/chat", "--kubeconfig", config]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert f"{space.name}/chat has 5 replicas and should have 5: " in told
    assert "  1 -> " in told
    # The end of the load takes nobody away at once: the tail of the last ten minutes would not fit.
    space.await_condition("chat", "ScalingActive", "True", "Enforcing")
    assert replicas(space) == 5


def test_its_decisions_are_made_again_by_replay(space, programs, running_operator):
    start(space)
    with load(space, 18):
        wait_until(lambda: replicas(space) > 1, "more replicas", seconds=20)
    recorded = running_operator.log.with_name("decisions.jsonl")
    of_this = [line for line in recorded.read_text().splitlines() if f'"{space.name}/chat"' in line]
    assert any(json.loads(line)["decision"].get("write") for line in of_this)
    file = recorded.with_name(f"{space.name}.jsonl")
    file.write_text("\n".join(of_this) + "\n")
    again = subprocess.run([programs / "penstock-operator", "replay", file], capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{len(of_this)} decisions are equal, 0 differ" in again.stdout
    explain = [programs / "penstock-operator", "explain", f"{space.name}/chat", "--decisions", file]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert "A replica carries: 5 requests/s" in told


def test_advice_changes_nothing(space):
    start(space, mode="Advise")
    with load(space, 18):
        wait_until(lambda: desired(space) > 1, "advice", seconds=30)
        space.await_condition("chat", "ScalingActive", "False", "Advising")
    assert replicas(space) == 1


def test_the_floor_and_the_bound_hold_at_once(space):
    start(space, minReplicas=2, maxReplicas=3)
    wait_until(lambda: replicas(space) == 2, "the floor", seconds=20)
    with load(space, 30):
        wait_until(lambda: replicas(space) == 3, "the bound", seconds=30)
    space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}})
    wait_until(lambda: replicas(space) == 2, "the new bound", seconds=20)


def test_another_scaler_is_never_fought(space):
    start(space)
    other = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "theirs"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "engine"},
            "minReplicas": 1,
            "maxReplicas": 1,
        },
    }
    space.apply(other)
    space.await_condition("chat", "Conflict", "True", "AnotherScaler", seconds=20)
    with load(space, 18):
        wait_until(lambda: desired(space) > 1, "advice", seconds=30)
        assert replicas(space) == 1
        wait_until(lambda: "HorizontalPodAutoscaler theirs scales" in notes(space, "AnotherScaler"), "an Event of it")
        space.cluster.kubectl("-n", space.name, "delete", "hpa", "theirs")
        space.await_condition("chat", "Conflict", "False", seconds=20)
        wait_until(lambda: "no longer AnotherScaler" in notes(space, "NoOtherScaler"), "an Event of its end")
        wait_until(lambda: replicas(space) > 1, "replicas, once nobody else sets them", seconds=30)


def test_what_a_person_sets_stands_for_a_while(space):
    start(space, manualChangeStands="20s")
    space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=3")
    space.await_condition("chat", "ScalingActive", "False", "ManualOverride", seconds=20)
    wait_until(lambda: "set to 3 by somebody else" in notes(space, "ManualOverride"), "an Event of it")
    with load(space, 22):
        wait_until(lambda: desired(space) > 3, "advice", seconds=30)
        assert replicas(space) == 3
        wait_until(lambda: replicas(space) > 3, "the end of it", seconds=40)


def test_a_target_that_is_not_there_is_told_and_found_later(space):
    block = {"target": {"name": "engine"}, "maxReplicas": 2, "capacity": CAPACITY}
    space.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
    space.await_condition("chat", "ScalingActive", "False", "TargetNotFound", seconds=20)


def test_an_operator_that_starts_anew_shrinks_nothing(space, running_operator):
    """It knows nothing of the load that was."""
    start(space, replicas=3)
    running_operator.restart()
    shown = f'penstock_autoscale_desired_replicas{{namespace="{space.name}",policy="chat"}} 3'
    wait_until(lambda: shown in running_operator.metrics(), "its first decisions", seconds=60)
    space.await_condition("chat", "MetricsAvailable", "True", "Fresh", seconds=60)
    assert desired(space) == replicas(space) == 3


def test_a_schedule_is_a_floor_and_the_status_tells_what_is_expected(space, programs):
    hours = {"start": "00:00", "end": "24:00"}
    schedules = [{"name": "all-day", **hours, "timeZone": "Pacific/Auckland", "minReplicas": 3}]
    start(space, schedules=schedules, replicaUsdPerHour="2.50")
    wait_until(lambda: replicas(space) == 3, "the floor", seconds=20)
    wait_until(lambda: space.policy("chat")["status"]["autoscaling"].get("usdPerHour") == "7.5", "what they cost")
    assert space.policy("chat")["status"]["autoscaling"]["reason"] in ("Floor", "Steady")
    # A zone that is none: the last good version goes on.
    broken = [{**schedules[0], "timeZone": "Pacific/Aukland", "minReplicas": 1}]
    path = f"{POLICIES.format(space.name)}/chat"
    space.api.merge(path, {"spec": {"autoscaling": {"schedules": broken}}})
    refused = space.await_condition("chat", "Accepted", "False")
    assert "spec.autoscaling.schedules[0].timeZone" in refused["message"]
    assert replicas(space) == 3
    space.api.merge(path, {"spec": {"autoscaling": {"schedules": schedules}}})
    space.await_condition("chat", "Accepted", "True")
    # A minute has to be over.
    forecast = wait_until(lambda: space.policy("chat")["status"]["autoscaling"].get("forecast"), "a forecast", seconds=130)
    assert forecast["quantilePercent"] == 90 and not forecast["used"], "too little was seen"
    config = space.cluster.pki.kubeconfig("admin", space.cluster.server, space.name)
    explain = [programs / "penstock-operator", "explain", f"{space.name}/chat", "--kubeconfig", config]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert "with a probability of 90 % at most" in told and "(decisions do not use it)" in told
    assert "cost 7.5 USD an hour" in told


def test_a_trigger_on_cpu_follows_the_metrics_api(space):
    start(space, replicas=2, metrics="TriggerMetricsMissing", triggers=[{"type": "CPU", "utilizationPercent": 80}])
    assert "trigger CPU: the cluster serves no metrics.k8s.io" in space.condition("chat", "MetricsAvailable")["message"]
    assert replicas(space) == 2
    with metrics_api(space.cluster):
        for pod in space.pods("app=llm"):
            measured(space, pod, cores=3.52)  # of 2.2 that all its containers request: 160 %
        wait_until(lambda: replicas(space) == 4, "twice the replicas", seconds=60)
        assert space.policy("chat")["status"]["autoscaling"]["decisions"][0]["reason"] == "Trigger"
    # It is no longer served: that is told, and nothing shrinks.
    space.await_condition("chat", "MetricsAvailable", "False", "TriggerMetricsMissing", seconds=60)
    assert replicas(space) == 4


@contextlib.contextmanager
def metrics_api(cluster):
    """Serves metrics.k8s.io as metrics-server would, with samples that the test writes."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    document = {
        "metadata": {
            "name": "pods.metrics.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "unapproved, a test's"},
        },
        "spec": {
            "group": "metrics.k8s.io",
            "scope": "Namespaced",
            "names": {"plural": "pods", "kind": "PodMetrics"},
            "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    cluster.api.create(path, document)
    try:
        served = "/apis/metrics.k8s.io/v1beta1/pods"
        wait_until(lambda: cluster.api.call("GET", served)[0] == 200, "the metrics API")
        yield
    finally:
        cluster.kubectl("delete", "crd", "pods.metrics.k8s.io")


def measured(space: Namespace, pod: dict, cores: float) -> None:
    names = [container["name"] for container in pod["spec"]["containers"]]
    sample = {
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": "PodMetrics",
        "metadata": {"name": pod["metadata"]["name"]},
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "window": "1s",
        "containers": [
            {"name": name, "usage": {"cpu": f"{int(cores * 1e9)}n", "memory": "1Gi"}} for name in names
        ],
    }
    space.api.create(f"/apis/metrics.k8s.io/v1beta1/namespaces/{space.name}/pods", sample)


def test_scale_in_empties_a_node(space, running_operator, admission, programs, tmp_path):
    """A ReplicaSet by itself takes from each node in turn, and leaves a pod or two on every one."""
    pool = f"pool-{space.name}"
    nodes = [FakeNode(admission, f"{pool}-{name}", programs, tmp_path) for name in ("a", "b")]
    try:
        for node in nodes:
            room = {"cpu": "64", "memory": "256Gi", "pods": "110"}
            labels = {"pool": pool, "kubernetes.io/hostname": node.name, "nvidia.com/gpu.product": "NVIDIA-L4"}
            space.api.merge(f"/api/v1/nodes/{node.name}", {"metadata": {"labels": labels}})
            space.api.merge(f"/api/v1/nodes/{node.name}/status", {"status": {"allocatable": room, "capacity": room}})
        block = {"target": {"name": "engine"}, "minReplicas": 8, "maxReplicas": 8, "capacity": CAPACITY}
        space.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
        wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
        document = deployment("engine", {"app": "llm"})
        document["spec"]["replicas"] = 8
        document["spec"]["template"]["spec"] |= {
            "nodeSelector": {"pool": pool},
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"app": "llm"}},
                }
            ],
        }
        space.api.create(f"/apis/apps/v1/namespaces/{space.name}/deployments", document)
        wait_until(lambda: sum(map(is_ready, space.pods("app=llm"))) == 8, "eight pods", seconds=60)
        assert spread(space) == [4, 4]
        bounds = {"minReplicas": 1, "maxReplicas": 4}
        space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": bounds}})
        wait_until(lambda: replicas(space) == 4, "the new bound", seconds=20)
        wait_until(lambda: len(space.pods("app=llm")) == 4, "the end of four pods", seconds=30)
        assert spread(space) == [4]
        recorded = running_operator.log.with_name("decisions.jsonl").read_text().splitlines()
        shrinking = [json.loads(line) for line in recorded if f'"{space.name}/chat"' in line and '"write":4' in line]
        assert {line["inputs"]["accelerator"] for line in shrinking} == {"NVIDIA-L4"}, "by the nodes' labels"
        costs = "controller.kubernetes.io/pod-deletion-cost"
        assert not any(costs in pod["metadata"].get("annotations", {}) for pod in space.pods("app=llm"))
    finally:
        space.cluster.kubectl("-n", space.name, "delete", "deployment", "engine", "--wait=false")
        wait_until(lambda: not space.pods("app=llm"), "the end of all pods", seconds=30)
        for node in nodes:
            node.stop()
            space.cluster.kubectl("delete", "node", node.name)
    assert [node.problems for node in nodes] == [[], []]


def spread(space: Namespace) -> list[int]:
    """How many pods there are on each node that has some."""
    names = [pod["spec"]["nodeName"] for pod in space.pods("app=llm")]
    return sorted(names.count(name) for name in set(names))
