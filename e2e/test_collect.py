"""Asking 2,000 sidecars: pods whose addresses all lead to one stub, which answers for every one of them."""

import concurrent.futures
import time
import uuid

import pytest
from api import MERGE, Api
from dry_run import await_injection
from installation import injecting_probe, install, make_namespace, operator_kubeconfig, policy_document
from operator_process import OperatorProcess
from polling import wait_until
from process_usage import cpu_seconds, resident_mb, rest
from sidecar_stub import SidecarStub
from spaces import POLICIES, Namespace, deployment

PODS = 2_000
STATUS_PORT, ENGINE_PORT = 15_920, 8_900


@pytest.fixture(scope="module")
def crowded(spare):
    """A cluster with an operator that has a status port of its own."""
    install(spare, "--set", f"sidecar.statusPort={STATUS_PORT}")
    wait_until(injecting_probe(spare), "admission policies")
    return spare


@pytest.fixture(scope="module")
def operator(crowded, programs, tmp_path_factory):
    log = tmp_path_factory.mktemp("collect-operator") / "operator.log"
    kubeconfig = operator_kubeconfig(crowded)
    process = OperatorProcess(programs / "penstock-operator", kubeconfig, log, "--status-port", str(STATUS_PORT))
    yield process
    assert process.stop() == 0, log.read_text()


@pytest.fixture(scope="module")
def space(crowded, operator) -> Namespace:
    space = Namespace(crowded, make_namespace(crowded, "sidecars"))
    known = {"engine": {"port": ENGINE_PORT, "flag": "--port"}}
    space.apply(policy_document("load", {"app": "llm"}, interception=known))
    wait_until(lambda: space.policy("load").get("status", {}).get("injection"), "injection")
    return space


@pytest.fixture(scope="module")
def sidecars(space):
    """All pods, whose sidecars run the policy and have proven their port."""
    policy_hash = space.policy("load")["status"]["hash"]
    stub = SidecarStub(STATUS_PORT, ENGINE_PORT, lambda _: policy_hash)
    make_pods(space)
    wait_until(lambda: all_counted(space), "2,000 proven pods", seconds=120, every=0.5)
    yield stub
    stub.stop()


def make_pods(space: Namespace) -> None:
    """Running and ready, as a kubelet would say."""
    admin = space.api

    def pod_of(number: int) -> dict:
        return {
            "metadata": {"name": f"pod{number}", "labels": {"app": "llm"}},
            "spec": {
                "schedulerName": "nobody",
                "containers": [{"name": "engine", "image": "e", "args": ["--port", str(ENGINE_PORT)]}],
            },
        }

    def make(share: range) -> None:
        api = Api(admin.host, admin.port, space.cluster.pki)
        for number in share:
            api.create(f"/api/v1/namespaces/{space.name}/pods", pod_of(number))
            ip = f"127.2.{number // 250}.{number % 250 + 1}"
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [ready]}
            code, answer = api.call("PATCH", f"/api/v1/namespaces/{space.name}/pods/pod{number}/status", {"status": status}, MERGE)
            assert code == 200, answer

    await_injection(space.cluster, space.name, pod_of(0))
    share_out(make)


def share_out(work) -> None:
    """Calls it with the numbers of some pods each, at once."""
    workers = 4
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, (range(start, PODS, workers) for start in range(workers))))


def give_to_deployment(space: Namespace, name: str) -> None:
    """The pods, as if it had made them. Their owner is a ReplicaSet of a group that nobody serves: a real one would delete
    them, since it wants none, and so would the garbage collector if its kind were served and it was not there."""
    admin = space.api
    kind = {"apiVersion": "simulated.example.com/v1", "kind": "ReplicaSet"}
    owner = {**kind, "name": f"{name}-abc12", "uid": str(uuid.uuid4()), "controller": True}
    made_by = {"metadata": {"labels": {"pod-template-hash": "abc12"}, "ownerReferences": [owner]}}

    def give(share: range) -> None:
        api = Api(admin.host, admin.port, space.cluster.pki)
        for number in share:
            api.merge(f"/api/v1/namespaces/{space.name}/pods/pod{number}", made_by)

    share_out(give)


def all_counted(space: Namespace) -> bool:
    counts = {"selected": PODS, "injected": PODS, "programmed": PODS, "proven": PODS}
    found = space.policy("load")["status"]
    assert found["pods"] == counts, found["pods"]
    return True


def cores_of(operator, sidecars, seconds: float) -> tuple[float, float]:
    """What the operator takes over a while in which it only asks, in cores, and how often sidecars were asked in a second."""
    wait_until(operator.has_caught_up, "the work before")
    pid = operator.process.pid
    before, asked, began = cpu_seconds(pid), sidecars.asked, time.monotonic()
    rest(seconds)
    took = time.monotonic() - began
    return (cpu_seconds(pid) - before) / took, (sidecars.asked - asked) / took


def test_two_thousand_sidecars_cost_a_fifth_of_a_core_at_most(space, sidecars, operator, record_property):
    cores, asked = cores_of(operator, sidecars, 20)
    assert asked > 0.9 * PODS / 5, "each of them every 5 s"
    record_property("collect_2000_sidecars_cores", round(cores, 3))
    assert all_counted(space)
    assert cores < 0.2


def test_their_signals_each_second_cost_a_third_of_a_core_at_most(space, sidecars, operator, record_property):
    target = deployment("engine", {"app": "llm"})
    target["spec"]["replicas"] = 0
    target["spec"]["template"]["spec"]["containers"][0]["args"] = ["--port", str(ENGINE_PORT)]
    space.apply(target)
    give_to_deployment(space, "engine")
    autoscaling = {"mode": "Advise", "target": {"name": "engine"}, "maxReplicas": 4000, "capacity": {"requestsPerSecond": 5}}
    old = space.policy("load")["status"]["hash"]
    space.api.merge(f"{POLICIES.format(space.name)}/load", {"spec": {"autoscaling": autoscaling}})
    wait_until(lambda: space.policy("load")["status"]["hash"] != old, "the edit")
    edited = space.policy("load")["status"]["hash"]
    sidecars.policy_hash = lambda _: edited
    wait_until(lambda: all_counted(space), "all of them run the edit", seconds=120, every=0.5)
    space.await_condition("load", "MetricsAvailable", "True", "Fresh", seconds=30)
    cores, asked = cores_of(operator, sidecars, 20)
    assert asked > 0.9 * PODS, "each of them each second"
    record_property("signals_2000_sidecars_cores", round(cores, 3))
    record_property("signals_2000_sidecars_mb", round(resident_mb(operator.process.pid), 1))
    assert cores < 0.3
    assert resident_mb(operator.process.pid) < 100
