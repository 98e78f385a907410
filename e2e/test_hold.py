"""What holds requests for a policy that scales to zero, as objects on a real API server; e2e/node has its traffic."""

import pytest
from installation import operator_may, policy_document, reconfigure
from polling import wait_until
from spaces import POLICIES, Namespace, deployment

KNOWN = {"engine": {"port": 8000, "flag": "--port"}}


@pytest.fixture
def space(running_operator, admission, namespace) -> Namespace:
    return Namespace(admission, namespace)


def start(space: Namespace, **hold) -> None:
    block = {"target": {"name": "engine"}, "maxReplicas": 2, "scaleToZero": {"idle": "10s", "hold": hold}}
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(service("front"))
    space.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))


def service(name: str) -> dict:
    port = {"name": "http", "port": 80, "targetPort": 8000}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"app": "llm"}, "ports": [port]}}


def objects(space: Namespace) -> dict:
    """Its own three, by kind; None where there is none."""
    kinds = {"Deployment": "apis/apps/v1", "Service": "api/v1", "EndpointSlice": "apis/discovery.k8s.io/v1"}
    return {kind: space.api.get(f"/{group}/namespaces/{space.name}/{kind.lower()}s/chat-hold") for kind, group in kinds.items()}


def conditions(space: Namespace) -> set:
    return {one["type"] for one in space.policy("chat")["status"]["conditions"]}


def all_there(space: Namespace) -> dict:
    found = objects(space)
    return found if all(found.values()) else {}


def test_its_objects_follow_the_policy(space):
    start(space, maxWait="2m", maxRequests=7)
    found = wait_until(lambda: all_there(space), "its objects")
    address = found["Service"]["spec"]["clusterIP"]
    args = found["Deployment"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[:6] == ["--upstream", f"http://{address}:80", "--hold", "120s", "--hold-requests", "7"]
    assert found["Service"]["spec"]["selector"] == {"app": "llm"}
    assert found["EndpointSlice"]["metadata"]["labels"]["kubernetes.io/service-name"] == "front"
    assert found["EndpointSlice"]["ports"][0]["name"] == "http"
    # No node runs its pod here, so nobody would hold, and the last replica stays.
    space.await_condition("chat", "HoldReady", "False", "PodsNotReady")
    policy = f"{POLICIES.format(space.name)}/chat"
    before = {kind: one["metadata"]["generation"] for kind, one in found.items() if kind != "Service"}
    space.api.merge(policy, {"spec": {"autoscaling": {"utilizationPercent": 70}}})
    space.await_condition("chat", "HoldReady", "False", "PodsNotReady")
    space.api.merge(policy, {"spec": {"autoscaling": {"scaleToZero": {"hold": {"maxRequests": 8}}}}})
    wait_until(lambda: objects(space)["Deployment"]["metadata"]["generation"] == before["Deployment"] + 1, "one change")
    space.api.merge(policy, {"spec": {"autoscaling": {"scaleToZero": None}}})
    wait_until(lambda: not any(objects(space).values()), "the end of its objects")
    wait_until(lambda: "HoldReady" not in conditions(space), "no word of it")


def test_of_several_services_one_has_to_be_named(space):
    start(space)
    space.apply(service("second"))
    found = space.await_condition("chat", "HoldReady", "False", "ServiceAmbiguous")
    assert "front, second" in found["message"]
    space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": {"scaleToZero": {"hold": {"service": "second"}}}}})
    space.await_condition("chat", "HoldReady", "False", "PodsNotReady")

    def led() -> str:
        return all_there(space)["EndpointSlice"]["metadata"]["labels"]["kubernetes.io/service-name"]

    wait_until(lambda: led() == "second", "its objects for that one")


@pytest.fixture
def scale_to_zero(admission):
    """Gives the operator the rights that it takes, or takes them away; it has them again in the end."""

    def upgrade(given: str) -> None:
        reconfigure(admission, "--set", f"autoscaling.scaleToZero={given}")
        wait_until(lambda: operator_may(admission, "delete", "services") == (given == "true"), "the rights")

    yield upgrade
    upgrade("true")


@pytest.mark.parametrize("left", [{"scaleToZero": None}, None], ids=["scale to zero", "autoscaling"])
def test_what_may_not_be_deleted_any_more_is_told_of(space, scale_to_zero, running_operator, left):
    start(space)
    wait_until(lambda: all_there(space), "its objects")
    policy = f"{POLICIES.format(space.name)}/chat"
    scale_to_zero("false")
    space.api.merge(policy, {"spec": {"autoscaling": left}})
    told = space.await_condition("chat", "HoldReady", "False", "NotRemoved")
    assert "the chart's autoscaling.scaleToZero gives that right" in told["message"]
    by_hand = f"kubectl -n {space.name} delete endpointslice,deployment,service -l penstock.dev/hold=chat-hold"
    assert told["message"].endswith(by_hand)
    running_operator.restart()
    generation = space.api.merge(policy, {"spec": {"mode": "Off"}})["metadata"]["generation"]
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == generation, "a look", seconds=40)
    assert space.condition("chat", "HoldReady")["lastTransitionTime"] == told["lastTransitionTime"]
    scale_to_zero("true")
    wait_until(lambda: not any(objects(space).values()), "the end of its objects", seconds=60)
    wait_until(lambda: "HoldReady" not in conditions(space), "no word of it")


def test_they_go_with_the_policy(space):
    start(space)
    wait_until(lambda: all_there(space), "its objects")
    space.api.delete(f"{POLICIES.format(space.name)}/chat")
    wait_until(lambda: not any(objects(space).values()), "the end of its objects", seconds=60)
