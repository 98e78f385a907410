"""To no replica and back, on real pods: what comes meanwhile waits, and reaches the engine once."""

import concurrent.futures
import http.client
import json
import time
import urllib.error
import urllib.request

import pytest
from polling import wait_until
from spaces import POLICIES, Namespace
from traffic import ask, request_of, start

AUTOSCALING = {
    "target": {"name": "engine"},
    "maxReplicas": 2,
    "capacity": {"requestsPerSecond": 50},
    # It would expect more of what this test sends.
    "predictive": {"enabled": False},
    "scaleToZero": {"idle": "10s", "hold": {"maxWait": "90s"}},
}
BURST = 30


def replicas(space: Namespace) -> int:
    return space.api.get(f"/apis/apps/v1/namespaces/{space.name}/deployments/engine")["spec"]["replicas"]


def last_reason(space: Namespace) -> str:
    """Of the last change of replicas."""
    return space.policy("chat")["status"]["autoscaling"]["decisions"][0]["reason"]


def holding(space: Namespace) -> list[str]:
    """Addresses that the policy's own slice adds to the Service."""
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{space.name}/endpointslices"
    return [address for one in space.api.get(f"{slices}/chat-hold")["endpoints"] or [] for address in one["addresses"]]


def await_zero(space: Namespace) -> None:
    wait_until(lambda: replicas(space) == 0, "no replicas", seconds=90)
    wait_until(lambda: not space.pods("app=llm"), "the last pod's end", seconds=60)


def texts_at_the_engine(space: Namespace) -> list[str]:
    """Every chat request that reached it, past the sidecar."""
    ip = space.pods("app=llm")[0]["status"]["podIP"]
    connection = http.client.HTTPConnection(ip, 18000, timeout=5)
    connection.request("GET", "/simulate/journal?bodies=1")
    entries = json.loads(connection.getresponse().read())
    return [entry.get("body", "") for entry in entries if entry["target"].startswith("/v1/chat")]


def answered(address: str, text: str) -> float:
    """When; fails where the answer is none."""
    with urllib.request.urlopen(request_of(address, text), timeout=100) as answer:
        assert json.loads(answer.read())["choices"]
    return time.monotonic()


def is_kept(address: str) -> bool:
    """Whether the connection may go on: to the pod itself it may, what holds ends each."""
    asked = request_of(address, "past it")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("POST", asked.selector, asked.data, dict(asked.header_items()))
    answer = connection.getresponse()
    answer.read()
    return answer.getheader("connection") is None


def change_leaders(space: Namespace) -> None:
    """The operator that leads ends, and another one looks at the policy."""
    lease = "/apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-operator"
    holder = space.api.get(lease)["spec"]["holderIdentity"]
    space.api.delete(f"/api/v1/namespaces/penstock-system/pods/{holder}")
    wait_until(lambda: space.api.get(lease)["spec"]["holderIdentity"] not in ("", holder), "another leader")
    edited = space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"autoscaling": {"utilizationPercent": 70}}})
    generation = edited["metadata"]["generation"]
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == generation, "its look", seconds=60)


def test_a_burst_into_nothing_is_answered_and_reaches_the_engine_once_each(space, record_property):
    address = start(space, autoscaling=AUTOSCALING)
    since = space.await_condition("chat", "HoldReady", "True", "Ready", seconds=60)["lastTransitionTime"]
    assert holding(space) == []
    change_leaders(space)
    await_zero(space)
    assert len(holding(space)) == 1
    assert space.condition("chat", "HoldReady")["lastTransitionTime"] == since, "another operator is no news"
    wait_until(lambda: last_reason(space) == "Idle", "the status of that")

    texts = [f"<burst {number}>" for number in range(BURST)]
    with concurrent.futures.ThreadPoolExecutor(BURST) as pool:
        began = time.monotonic()
        waiting = [pool.submit(answered, address, text) for text in texts]
        ends = sorted(one.result() - began for one in waiting)
    record_property("zero_to_first_answer_s", round(ends[0], 2))
    record_property("zero_to_last_answer_s", round(ends[-1], 2))
    arrived = texts_at_the_engine(space)
    assert [sum(text in body for body in arrived) for text in texts] == [1] * BURST
    wait_until(lambda: last_reason(space) == "Activation", "the status of that")
    wait_until(lambda: holding(space) == [], "the Service without its stand-in", seconds=20)
    wait_until(lambda: is_kept(address), "the way past it", seconds=20)

    await_zero(space)
    wait_until(lambda: len(holding(space)) == 1, "the stand-in again", seconds=20)
    # Whoever comes while the stand-in is replaced may still come to the old one.
    hold = {"spec": {"autoscaling": {"scaleToZero": {"hold": {"maxWait": "80s"}}}}}
    space.api.merge(f"{POLICIES.format(space.name)}/chat", hold)
    deployment = f"/apis/apps/v1/namespaces/{space.name}/deployments/chat-hold"
    wait_until(lambda: "80s" in space.api.get(deployment)["spec"]["template"]["spec"]["containers"][0]["args"], "the new bound")
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/chat-hold", "--timeout=60s")
    assert answered(address, "<once more>")
    assert sum("<once more>" in body for body in texts_at_the_engine(space)) == 1


def test_a_start_that_takes_longer_than_requests_may_wait(space):
    scaling = {**AUTOSCALING, "scaleToZero": {"idle": "10s", "hold": {"maxWait": "1s"}}}
    address = start(space, autoscaling=scaling)
    await_zero(space)
    with pytest.raises(urllib.error.HTTPError) as refused:
        answered(address, "too early")
    answer = refused.value
    assert (answer.code, answer.headers["retry-after"], answer.headers["x-penstock-error"]) == (503, "10", "no_backend")
    # It has started what it asked for all the same.
    wait_until(lambda: replicas(space) == 1, "the replica", seconds=20)
    wait_until(lambda: answers(address), "an answer", seconds=60)
    assert not any("too early" in body for body in texts_at_the_engine(space))


def answers(address: str) -> bool:
    try:
        return bool(ask(address, "and again"))
    except urllib.error.HTTPError as refused:
        assert refused.code == 503
        return False
