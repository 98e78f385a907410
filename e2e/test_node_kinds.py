"""Room on nodes that are not all alike: a share of it on spot nodes, and GPUs that are claimed (dynamic resource allocation).

The API server, its controllers and the scheduler are real; the nodes are objects of the tests, which nobody runs pods on.
"""

import pytest
from fake_node import beat
from installation import operator_may, policy_document, reconfigure
from polling import wait_until
from spaces import POLICIES, Namespace, deployment

DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
DEVICES = "/apis/resource.k8s.io/v1"
DRIVER = "gpu.nvidia.com"
SPOT = {"karpenter.sh/capacity-type": "spot"}


@pytest.fixture(scope="module")
def placeholders(admission, running_operator):
    def allow(value: str) -> None:
        reconfigure(admission, "--set", f"nodeCapacity.placeholders={value}")

    allow("true")
    yield
    allow("false")


@pytest.fixture
def space(placeholders, admission, namespace):
    made = Namespace(admission, namespace)
    yield made
    made.api.delete(f"{POLICIES.format(namespace)}/chat")
    for kind in ("nodes", "resourceslices.resource.k8s.io"):
        admission.kubectl("delete", kind, "-l", f"pool={namespace}", "--wait=false")


def make_node(space: Namespace, name: str, labels: dict | None = None, **devices: str) -> str:
    name = f"{name}-{space.name}"
    space.api.create("/api/v1/nodes", {"metadata": {"name": name, "labels": {"pool": space.name, **(labels or {})}}})
    room = {"cpu": "32", "memory": "64Gi", "pods": "110", **devices}
    beat(space.api, name, capacity=room, allocatable=room)
    return name


def await_with_nodes(space: Namespace, condition, what: str) -> None:
    def holds():
        for node in space.api.get(f"/api/v1/nodes?labelSelector=pool%3D{space.name}")["items"]:
            beat(space.api, node["metadata"]["name"])
        return condition()

    wait_until(holds, what, every=0.5)


def keep_room(space: Namespace, spread: dict, headroom: int) -> None:
    nodes = {"provider": "Placeholder", "minHeadroom": headroom, **spread}
    block = {"target": {"name": "engine"}, "maxReplicas": 5, "nodes": nodes}
    space.apply(policy_document("chat", {"app": "llm"}, autoscaling=block))


def deploy(space: Namespace, pod: dict, name: str = "engine", app: str = "llm", **container) -> None:
    document = deployment(name, {"app": app}, **container)
    document["spec"]["replicas"] = 1
    document["spec"]["template"]["spec"] |= {"nodeSelector": {"pool": space.name}, **pod}
    space.api.create(DEPLOYMENTS.format(space.name), document)


def await_nodes_of(space: Namespace, label: str, *names: str) -> None:
    """Until pods of `label` are bound to these nodes, one to each."""

    def bound():
        found = sorted(pod["spec"].get("nodeName", "-") for pod in space.pods(label))
        assert found == sorted(names), found
        return True

    await_with_nodes(space, bound, f"{label} on {names}")


def await_status(space: Namespace, **fields) -> None:
    def holds():
        found = space.policy("chat")["status"]["autoscaling"]["nodes"]
        assert fields.items() <= found.items(), found
        return True

    await_with_nodes(space, holds, f"{fields}")


def test_a_share_of_the_room_is_on_spot_nodes(space):
    gpus = {"nvidia.com/gpu": "4"}
    first = make_node(space, "first", **gpus)
    deploy(space, {}, resources={"limits": gpus})
    await_nodes_of(space, "app=llm", first)
    spot, other = make_node(space, "spot", SPOT, **gpus), make_node(space, "other", **gpus)
    keep_room(space, {"spot": {"sharePercent": 50, "nodeSelector": SPOT}}, headroom=2)
    await_nodes_of(space, "penstock.dev/headroom", spot, other)
    await_status(space, expected=3, allocatable=3, headroom=2, missing=0, gpus=8)
    path = DEPLOYMENTS.format(space.name)
    for name in ("chat-headroom", "chat-headroom-spot"):
        assert space.api.get(f"{path}/{name}")["spec"]["replicas"] == 1
    # All of it: what was on the other node goes, and what finds no spot node waits for one.
    keep_room(space, {"spot": {"sharePercent": 100, "nodeSelector": SPOT}}, headroom=2)
    await_nodes_of(space, "penstock.dev/headroom", spot, "-")
    make_node(space, "late", **gpus)
    late = make_node(space, "late-spot", SPOT, **gpus)
    await_nodes_of(space, "penstock.dev/headroom", spot, late)
    space.api.delete(f"{POLICIES.format(space.name)}/chat")
    wait_until(lambda: not any(space.api.get(f"{path}/{name}") for name in ("chat-headroom", "chat-headroom-spot")), "both to go")


def test_gpus_that_are_claimed_are_counted_in_resource_slices(space):
    node = make_node(space, "claimed")
    cel = {"cel": {"expression": f"device.driver == '{DRIVER}'"}}
    if space.api.get(f"{DEVICES}/deviceclasses/{DRIVER}") is None:
        space.api.create(f"{DEVICES}/deviceclasses", {"metadata": {"name": DRIVER}, "spec": {"selectors": [cel]}})
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    devices = [{"name": f"gpu-{i}"} for i in range(7)]
    slices = {"driver": DRIVER, "nodeName": node, "pool": pool, "devices": devices}
    space.api.create(f"{DEVICES}/resourceslices", {"metadata": {"name": node, "labels": {"pool": space.name}}, "spec": slices})
    request = {"name": "gpu", "exactly": {"deviceClassName": DRIVER, "count": 2}}
    template = {"metadata": {"name": "two"}, "spec": {"spec": {"devices": {"requests": [request]}}}}
    space.api.create(f"{DEVICES}/namespaces/{space.name}/resourceclaimtemplates", template)
    claims = {"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "two"}]}
    deploy(space, claims, resources={"claims": [{"name": "gpu"}]})
    await_nodes_of(space, "app=llm", node)
    keep_room(space, {}, headroom=1)
    await_nodes_of(space, "penstock.dev/headroom", node)
    await_status(space, expected=2, allocatable=3, headroom=1, missing=0, gpus=2)
    # Of seven, two are somebody else's now.
    deploy(space, claims, name="other", app="other", resources={"claims": [{"name": "gpu"}]})
    await_nodes_of(space, "app=other", node)
    await_status(space, allocatable=2)


@pytest.fixture
def deletions(admission):
    """Takes the operator the rights to delete Deployments, or gives them back; it has them again in the end."""

    def allow(value: str) -> None:
        reconfigure(admission, *(f"--set={right}={value}" for right in ("nodeCapacity.placeholders", "autoscaling.scaleToZero")))
        wait_until(lambda: operator_may(admission, "delete", "deployments.apps") == (value == "true"), "the rights")

    yield allow
    allow("true")


def test_room_that_may_not_be_given_back_any_more_is_told_of(space, deletions, running_operator):
    gpus = {"nvidia.com/gpu": "4"}
    make_node(space, "first", **gpus)
    deploy(space, {}, resources={"limits": gpus})
    keep_room(space, {}, headroom=1)
    held = f"{DEPLOYMENTS.format(space.name)}/chat-headroom"
    wait_until(lambda: space.api.get(held), "its placeholders")
    deletions("false")
    policy = f"{POLICIES.format(space.name)}/chat"
    space.api.merge(policy, {"spec": {"autoscaling": None}})
    told = space.await_condition("chat", "NodeCapacity", "False", "NotRemoved")
    assert "; the chart's nodeCapacity gives that right; or delete it by hand: kubectl -n" in told["message"]
    running_operator.restart()
    generation = space.api.merge(policy, {"spec": {"mode": "Off"}})["metadata"]["generation"]
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == generation, "a look", seconds=40)
    assert space.condition("chat", "NodeCapacity")["lastTransitionTime"] == told["lastTransitionTime"]
    deletions("true")
    wait_until(lambda: space.api.get(held) is None, "the end of its placeholders", seconds=120)
    gone = lambda: all(one["type"] != "NodeCapacity" for one in space.policy("chat")["status"]["conditions"])  # noqa: E731
    wait_until(gone, "no word of it")
