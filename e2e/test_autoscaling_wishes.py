"""What a policy can ask of its replicas besides the load of the moment: schedules, triggers, and who goes first."""

import contextlib
import json
import subprocess
import time

from autoscaled import CAPACITY, KNOWN, Autoscaled
from fake_node import FakeNode, is_ready
from installation import policy_document
from polling import wait_until
from spaces import POLICIES, deployment


def test_a_schedule_is_a_floor_and_the_status_tells_what_is_expected(autoscaled, programs):
    hours = {"start": "00:00", "end": "24:00"}
    schedules = [{"name": "all-day", **hours, "timeZone": "Pacific/Auckland", "minReplicas": 3}]
    autoscaled.start(schedules=schedules, replicaUsdPerHour="2.50")
    wait_until(lambda: autoscaled.replicas() == 3, "the floor", seconds=20)
    wait_until(lambda: autoscaled.policy("chat")["status"]["autoscaling"].get("usdPerHour") == "7.5", "what they cost")
    assert autoscaled.policy("chat")["status"]["autoscaling"]["reason"] in ("Floor", "Steady")
    # A zone that is none: the last good version goes on.
    broken = [{**schedules[0], "timeZone": "Pacific/Aukland", "minReplicas": 1}]
    path = f"{POLICIES.format(autoscaled.name)}/chat"
    autoscaled.api.merge(path, {"spec": {"autoscaling": {"schedules": broken}}})
    refused = autoscaled.await_condition("chat", "Accepted", "False")
    assert "spec.autoscaling.schedules[0].timeZone" in refused["message"]
    assert autoscaled.replicas() == 3
    autoscaled.api.merge(path, {"spec": {"autoscaling": {"schedules": schedules}}})
    autoscaled.await_condition("chat", "Accepted", "True")
    # A minute has to be over.
    forecast = wait_until(lambda: autoscaled.policy("chat")["status"]["autoscaling"].get("forecast"), "a forecast", seconds=130)
    assert forecast["quantilePercent"] == 75 and not forecast["used"], "too little was seen"
    config = autoscaled.cluster.pki.kubeconfig("admin", autoscaled.cluster.server, autoscaled.name)
    explain = [programs / "penstock-operator", "explain", f"{autoscaled.name}/chat", "--kubeconfig", config]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert "with a probability of 75 % at most" in told and "(decisions do not use it)" in told
    assert "cost 7.5 USD an hour" in told


def test_a_trigger_on_cpu_follows_the_metrics_api(autoscaled):
    autoscaled.start(replicas=2, metrics="TriggerMetricsMissing", triggers=[{"type": "CPU", "utilizationPercent": 80}])
    assert "trigger CPU: the cluster serves no metrics.k8s.io" in autoscaled.condition("chat", "MetricsAvailable")["message"]
    assert autoscaled.replicas() == 2
    with metrics_api(autoscaled.cluster):
        for pod in autoscaled.pods("app=llm"):
            measured(autoscaled, pod, cores=3.52)  # of 2.2 that all its containers request: 160 %
        wait_until(lambda: autoscaled.replicas() == 4, "twice the replicas", seconds=60)
        wait_until(lambda: [after for _, after in autoscaled.changes()][-1:] == [4], "the status of that")
        assert autoscaled.policy("chat")["status"]["autoscaling"]["decisions"][0]["reason"] == "Trigger"
    # It is no longer served: that is told, and nothing shrinks.
    autoscaled.await_condition("chat", "MetricsAvailable", "False", "TriggerMetricsMissing", seconds=60)
    assert autoscaled.replicas() == 4


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


def measured(autoscaled: Autoscaled, pod: dict, cores: float) -> None:
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
    autoscaled.api.create(f"/apis/metrics.k8s.io/v1beta1/namespaces/{autoscaled.name}/pods", sample)


def test_scale_in_empties_a_node(autoscaled, running_operator, admission, programs, tmp_path):
    """A ReplicaSet by itself takes from each node in turn, and leaves a pod or two on every one."""
    pool = f"pool-{autoscaled.name}"
    nodes = [FakeNode(admission, f"{pool}-{name}", programs, tmp_path) for name in ("a", "b")]
    try:
        for node in nodes:
            room = {"cpu": "64", "memory": "256Gi", "pods": "110"}
            labels = {"pool": pool, "kubernetes.io/hostname": node.name, "nvidia.com/gpu.product": "NVIDIA-L4"}
            # Nobody else's pods: they would keep the node, and there was nothing to empty.
            taints = [{"key": "pool", "value": pool, "effect": "NoSchedule"}]
            spec = {"unschedulable": False, "taints": taints}
            autoscaled.api.merge(f"/api/v1/nodes/{node.name}", {"metadata": {"labels": labels}, "spec": spec})
            autoscaled.api.merge(f"/api/v1/nodes/{node.name}/status", {"status": {"allocatable": room, "capacity": room}})
        block = {"target": {"name": "engine"}, "minReplicas": 8, "maxReplicas": 8, "capacity": CAPACITY}
        autoscaled.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
        wait_until(lambda: autoscaled.policy("chat").get("status", {}).get("injection"), "injection")
        document = deployment("engine", {"app": "llm"})
        document["spec"]["replicas"] = 8
        document["spec"]["template"]["spec"] |= {
            "nodeSelector": {"pool": pool},
            "tolerations": [{"key": "pool", "operator": "Exists"}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"app": "llm"}},
                }
            ],
        }
        autoscaled.api.create(f"/apis/apps/v1/namespaces/{autoscaled.name}/deployments", document)
        wait_until(lambda: sum(map(is_ready, autoscaled.pods("app=llm"))) == 8, "eight pods", seconds=60)
        assert spread(autoscaled) == [4, 4]
        bounds = {"minReplicas": 1, "maxReplicas": 4}
        autoscaled.api.merge(f"{POLICIES.format(autoscaled.name)}/chat", {"spec": {"autoscaling": bounds}})
        wait_until(lambda: autoscaled.replicas() == 4, "the new bound", seconds=20)
        wait_until(lambda: len(autoscaled.pods("app=llm")) == 4, "the end of four pods", seconds=30)
        assert spread(autoscaled) == [4]
        # The last line may be on its way.
        recorded = running_operator.log.with_name("decisions.jsonl").read_text().rpartition("\n")[0].splitlines()
        shrinking = [json.loads(line) for line in recorded if f'"{autoscaled.name}/chat"' in line and '"write":4' in line]
        assert {line["inputs"]["accelerator"] for line in shrinking} == {"NVIDIA-L4"}, "by the nodes' labels"
        costs = "controller.kubernetes.io/pod-deletion-cost"
        assert not any(costs in pod["metadata"].get("annotations", {}) for pod in autoscaled.pods("app=llm"))
    finally:
        autoscaled.cluster.kubectl("-n", autoscaled.name, "delete", "deployment", "engine", "--wait=false")
        wait_until(lambda: not autoscaled.pods("app=llm"), "the end of all pods")
        for node in nodes:
            node.stop()
            autoscaled.cluster.kubectl("delete", "node", node.name)
    assert [node.problems for node in nodes] == [[], []]


def spread(autoscaled: Autoscaled) -> list[int]:
    """How many pods there are on each node that has some."""
    names = [pod["spec"]["nodeName"] for pod in autoscaled.pods("app=llm")]
    return sorted(names.count(name) for name in set(names))
