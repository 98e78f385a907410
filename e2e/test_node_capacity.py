"""GPU nodes ahead of the load, under the real Karpenter, whose simulated nodes take seconds to register."""

import json
import time

import pytest
from installation import policy_document, reconfigure
from karpenter import GPUS, Karpenter
from polling import wait_until
from spaces import POLICIES, Namespace

DELAY_SECONDS = 6
DELAY = f"{DELAY_SECONDS}s"


@pytest.fixture(scope="module")
def karpenter(admission, tmp_path_factory):
    def upgrade(placeholders: str, *values: str) -> None:
        placeholders = f"nodeCapacity.placeholders={placeholders}"
        reconfigure(admission, "--set", placeholders, *values)

    upgrade("true", "--set-json", 'nodeCapacity.pools=[{"group": "karpenter.sh", "resource": "nodepools"}]')
    with Karpenter(admission, tmp_path_factory.mktemp("karpenter")) as running:
        yield running
    assert running.problems == []
    upgrade("false", "--set-json", "nodeCapacity.pools=[]")


@pytest.fixture
def space(running_operator, karpenter, admission, namespace) -> Namespace:
    return Namespace(admission, namespace)


def start(space: Namespace, pool: str, **nodes) -> None:
    """An engine whose replica takes a whole node, on which the first one is, and a policy that keeps room for one more."""
    block = {"target": {"name": "engine"}, "maxReplicas": 2, "nodes": {"minHeadroom": 1, **nodes}}
    space.apply(policy_document("chat", {"app": "llm"}, autoscaling=block))
    deploy(space, pool)


def deploy(space: Namespace, pool: str) -> None:
    engine = {
        "name": "engine",
        "image": "vllm/vllm-openai:v1",
        "args": ["--port", "8000"],
        "resources": {"requests": {"cpu": "2"}, "limits": {"nvidia.com/gpu": GPUS}},
    }
    spec = {
        "nodeSelector": {"pool": pool},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "containers": [engine],
    }
    labels = {"app": "llm"}
    template = {"metadata": {"labels": labels}, "spec": spec}
    document = {
        "metadata": {"name": "engine"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
    # Server-side apply would own the replicas that somebody else is to set.
    space.api.create(f"/apis/apps/v1/namespaces/{space.name}/deployments", document)


def status(space: Namespace) -> dict:
    return space.policy("chat")["status"]["autoscaling"]["nodes"]


def await_status(space: Namespace, seconds: float = 30, **fields) -> dict:
    def holds():
        found = status(space)
        assert fields.items() <= found.items(), found
        return found

    return wait_until(holds, f"{fields}", seconds)


def node_of(pod: dict) -> str | None:
    return pod["spec"].get("nodeName")


def seconds_to_bind_another(space: Namespace) -> float:
    """From the wish for a second replica until it has a node."""
    began = time.monotonic()
    space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": {"minReplicas": 2}}})
    wait_until(lambda: sum(1 for pod in space.pods("app=llm") if node_of(pod)) == 2, "a second replica", every=0.02)
    return time.monotonic() - began


def find(space: Namespace, path: str, name: str) -> dict | None:
    return space.api.get(f"{path.format(space.name)}/{name}")


def early_node(space: Namespace, pool: str) -> str:
    """The path of a node that is Ready and has no GPUs yet, which its labels promise."""
    name = f"early-{space.name}"
    labels = {"pool": pool, "nvidia.com/gpu.present": "true"}
    taints = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    space.api.create("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}})
    path = f"/api/v1/nodes/{name}"
    space.api.merge(f"{path}/status", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    return path


BUFFERS = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/{}/capacitybuffers"
TEMPLATES = "/api/v1/namespaces/{}/podtemplates"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


def test_a_buffer_makes_a_node_before_there_is_a_pod_for_it(space, karpenter, running_operator, record_property):
    karpenter.pool("buffered", DELAY)
    start(space, "buffered")
    wait_until(lambda: len(karpenter.nodes("buffered")) == 2, "a node for the replica and one more")
    assert len(space.pods("app=llm")) == 1
    await_status(space, provider="CapacityBuffer", reason="MinHeadroom", expected=2, allocatable=2, headroom=1, missing=0, gpus=4)
    space.await_condition("chat", "NodeCapacity", "True", "MinHeadroom")
    kept = f'penstock_autoscale_headroom_gpus{{namespace="{space.name}",policy="chat"}} 4'
    wait_until(lambda: kept in running_operator.metrics(), "its metrics")
    container = find(space, TEMPLATES, "chat-headroom")["template"]["spec"]["containers"][0]
    assert container["resources"]["requests"]["nvidia.com/gpu"] == container["resources"]["limits"]["nvidia.com/gpu"] == "4"
    bound = seconds_to_bind_another(space)
    record_property("buffer_second_replica_bound_s", round(bound, 2))
    assert bound < DELAY_SECONDS, "its node was there"
    # Two are the most that there may be: no room beyond them, and none for a rolling update either.
    await_status(space, headroom=0, reason="Maximum")
    assert find(space, BUFFERS, "chat-headroom")["spec"]["replicas"] == 0
    assert len(karpenter.nodes("buffered")) == 2, "room that a replica took was not bought again"
    space.await_condition("chat", "RolloutFits", "False", "SurgeNeedsNodes")
    # A node that is Ready before its device plugin is no capacity yet.
    early = early_node(space, "buffered")
    told = "nodes that are Ready before their device plugin has registered nvidia.com/gpu: 1"
    wait_until(lambda: told in space.condition("chat", "NodeCapacity")["message"], "the early node")
    assert status(space)["allocatable"] == 2
    gpus = {"nvidia.com/gpu": str(GPUS)}
    space.api.merge(f"{early}/status", {"status": {"capacity": gpus, "allocatable": gpus}})
    await_status(space, allocatable=3)
    space.api.delete(early)
    # A node with a replica is about to go: another one is asked for while it still serves.
    going = node_of(space.pods("app=llm")[0])
    taint = "aws-node-termination-handler/spot-itn=now:NoSchedule"
    space.cluster.kubectl("taint", "node", going, taint)
    began = time.monotonic()
    wait_until(lambda: find(space, BUFFERS, "chat-headroom")["spec"]["replicas"] == 1, "a replacement", seconds=15)
    record_property("replacement_asked_s", round(time.monotonic() - began, 2))
    await_status(space, interrupted=1, reason="Interruption", headroom=1)
    wait_until(lambda: len(karpenter.nodes("buffered")) == 3, "its node")
    events = space.cluster.kubectl("-n", space.name, "get", "events.events.k8s.io", "-o", "json")
    told = {event["reason"] for event in json.loads(events.stdout)["items"]}
    assert {"HeadroomSet", "NodeInterrupted", "SurgeNeedsNodes"} <= told
    # Nobody keeps room for replicas of nothing.
    space.api.delete(f"{DEPLOYMENTS.format(space.name)}/engine")
    wait_until(lambda: find(space, BUFFERS, "chat-headroom") is None, "the buffer to go with its target")
    deploy(space, "buffered")
    wait_until(lambda: find(space, BUFFERS, "chat-headroom") and find(space, TEMPLATES, "chat-headroom"), "another one")
    space.api.delete(f"{POLICIES.format(space.name)}/chat")
    wait_until(lambda: find(space, BUFFERS, "chat-headroom") is None, "the buffer to go with its policy")
    wait_until(lambda: find(space, TEMPLATES, "chat-headroom") is None, "its template, too")


def test_placeholders_make_a_node_and_give_way(space, karpenter, record_property):
    karpenter.pool("held", DELAY)
    start(space, "held", provider="Placeholder")
    held = "penstock.dev/headroom"
    wait_until(lambda: [pod for pod in space.pods(held) if pod["status"]["phase"] == "Running"], "a placeholder on a node")
    placeholder = space.pods(held)[0]
    assert placeholder["spec"]["priority"] == -10
    assert "initContainers" not in placeholder["spec"], "no policy's sidecar"
    assert len(karpenter.nodes("held")) == 2
    bound = seconds_to_bind_another(space)
    record_property("placeholder_second_replica_bound_s", round(bound, 2))
    assert bound < DELAY_SECONDS, "it took the place of the placeholder"
    assert node_of(placeholder) in {node_of(pod) for pod in space.pods("app=llm")}
    await_status(space, provider="Placeholder", headroom=0)
    wait_until(lambda: find(space, DEPLOYMENTS, "chat-headroom")["spec"]["replicas"] == 0, "nothing more to hold")
    assert len(karpenter.nodes("held")) == 2
    space.api.delete(f"{POLICIES.format(space.name)}/chat")
    wait_until(lambda: find(space, DEPLOYMENTS, "chat-headroom") is None, "the placeholders to go with their policy")


def test_what_is_kept_is_given_back_where_the_policy_changed_while_no_operator_ran(space, karpenter, running_operator):
    karpenter.pool("forgotten", DELAY)
    start(space, "forgotten", provider="Placeholder")
    await_status(space, provider="Placeholder", headroom=1)
    wait_until(lambda: [pod for pod in space.pods("penstock.dev/headroom") if node_of(pod)], "a placeholder on a node")
    wait_until(lambda: all(node_of(pod) for pod in space.pods("app=llm")), "the replica on a node")
    running_operator.kill()
    try:
        space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": None}})
    finally:
        running_operator.start()
    wait_until(lambda: find(space, DEPLOYMENTS, "chat-headroom") is None, "the placeholders to go", seconds=60)
    wait_until(lambda: "autoscaling" not in space.policy("chat")["status"], "the status of that")


def test_a_static_pool_is_scaled_ahead(space, karpenter, record_property):
    karpenter.pool("static", DELAY, replicas=1)
    scale = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "name": "static", "gpusPerNode": GPUS}
    start(space, "static", provider="Scale", scale=scale)
    wait_until(lambda: len(karpenter.nodes("static")) == 2, "a node for the replica and one more")
    assert len(space.pods("app=llm")) == 1
    await_status(space, provider="Scale", headroom=1, allocatable=2, missing=0)
    bound = seconds_to_bind_another(space)
    record_property("static_second_replica_bound_s", round(bound, 2))
    assert bound < DELAY_SECONDS, "its node was there"
    space.api.delete(f"{POLICIES.format(space.name)}/chat")
    pool = space.api.get("/apis/karpenter.sh/v1/nodepools/static")
    assert pool["spec"]["replicas"] == 2, "nodes are never taken away from pods"
