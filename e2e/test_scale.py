"""The operator at the size it is meant for: 1,000 policies in 100 namespaces and 5,000 pods without a process."""

import concurrent.futures
import re
import statistics
import time

import pytest
from api import Api
from control_plane import ControlPlane
from installation import CHART, SYSTEM, helm, injecting_probe, operator_kubeconfig, policy_document
from operator_process import OperatorProcess
from polling import wait_until
from process_usage import cpu_seconds, resident_mb, rest

NAMESPACES = 100
POLICIES = 10  # in each
PODS = 50  # in each
BATCHES = 3
ROUNDS = 200  # in each
GROUP = "/apis/penstock.dev/v1alpha1"


@pytest.fixture(scope="module")
def admission(kubernetes, tmp_path_factory):
    """A cluster of its own with the chart on it: no other operator, and nobody else's policies."""
    with ControlPlane(kubernetes, tmp_path_factory.mktemp("scale")) as running:
        helm(running, "install", "penstock", CHART, "--namespace", SYSTEM, "--create-namespace")
        wait_until(injecting_probe(running), "admission policies")
        running.api.delete(f"{GROUP}/namespaces/admission-probe/optimizationpolicies/probe")
        yield running


@pytest.fixture(scope="module")
def crowd(admission):
    """The namespaces, their policies and pods; made by four connections at once."""
    names = [f"crowd{number}" for number in range(NAMESPACES)]

    def fill(name: str) -> None:
        api = Api(admission.api.host, admission.api.port, admission.pki)
        api.create("/api/v1/namespaces", {"metadata": {"name": name}})
        wait_until(lambda: api.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"), name)
        for number in range(PODS):
            pod = {
                "metadata": {"name": f"pod{number}", "labels": {"app": f"app{number % POLICIES}"}},
                "spec": {
                    "schedulerName": "nobody",
                    "containers": [{"name": "vllm", "image": "vllm", "args": ["--port", "8000"]}],
                },
            }
            api.create(f"/api/v1/namespaces/{name}/pods", pod)
        for number in range(POLICIES):
            document = policy_document(f"p{number}", {"app": f"app{number}"})
            api.create(f"{GROUP}/namespaces/{name}/optimizationpolicies", document)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, names))
    return names


def policies(api: Api) -> list[dict]:
    return api.get(f"{GROUP}/optimizationpolicies")["items"]


def is_right(policy: dict) -> bool:
    """Whether the status says all that is so: five plain pods, an injection, a good policy."""
    if policy["metadata"]["name"] == "fresh":
        return True
    status = policy.get("status", {})
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", [])}
    return (
        status.get("pods", {}).get("selected") == PODS // POLICIES
        and conditions.get("Accepted") == "True"
        and conditions.get("Injected") == "False"
        and "injection" in status
    )


def writes(api: Api) -> dict[str, float]:
    """Requests that change what the operator writes, by verb and resource, since the server's start."""
    resources = ("optimizationpolicies", "cachetiers", "routingtables", "configmaps", "events", "pods")
    counts: dict[str, float] = {}
    status, text = api.call("GET", "/metrics")
    assert status == 200
    for line in text.splitlines():
        if line.startswith("apiserver_request_total{"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if labels["resource"] in resources and labels["verb"] in ("APPLY", "PATCH", "POST", "PUT", "DELETE"):
                key = f"{labels['verb']} {labels['resource']}"
                counts[key] = counts.get(key, 0) + float(line.rpartition(" ")[2])
    return counts


def test_a_cold_start_makes_all_conditions_right(crowd, admission, programs, tmp_path, record_property):
    began = time.monotonic()
    log = tmp_path / "operator.log"
    operator = OperatorProcess(programs / "penstock-operator", operator_kubeconfig(admission), log)
    try:

        def all_are_right() -> bool:
            return all(is_right(policy) for policy in policies(admission.api))

        wait_until(all_are_right, "1,000 policies", seconds=120, every=0.25)
        took = time.monotonic() - began
        record_property("cold_start_s", round(took, 1))

        # At rest, once the events are out: nothing but watches and the Lease.
        def is_quiet() -> bool:
            before = writes(admission.api)
            rest(2)
            return writes(admission.api) == before

        wait_until(is_quiet, "the last events", seconds=120)
        pid = operator.process.pid
        before, cpu_before, at = writes(admission.api), cpu_seconds(pid), time.monotonic()
        rest(10)
        cores = (cpu_seconds(pid) - cpu_before) / (time.monotonic() - at)
        record_property("cpu_at_rest_cores", round(cores, 4))
        record_property("resident_mb", round(resident_mb(pid), 1))
        assert writes(admission.api) == before
        assert resident_mb(pid) < 120
        assert cores < 0.02

        # A policy on an idle cluster that is this full.
        latencies = []
        for number in range(40):
            path = f"{GROUP}/namespaces/{crowd[number]}/optimizationpolicies"
            applied = time.monotonic()
            admission.api.create(path, policy_document("fresh", {"app": "fresh"}))

            def has_conditions(fresh: str = f"{path}/fresh") -> bool:
                return "conditions" in admission.api.get(fresh).get("status", {})

            wait_until(has_conditions, "conditions", every=0.002)
            latencies.append(time.monotonic() - applied)
        latencies.sort()
        record_property("applied_to_conditions_p50_ms", round(statistics.median(latencies) * 1000))
        record_property("applied_to_conditions_p99_ms", round(latencies[-1] * 1000))
        assert latencies[-1] < 0.3
        assert took < 20
    finally:
        assert operator.stop() == 0


def test_admission_among_a_thousand_policies(crowd, admission, record_property):
    """Dry runs of a pod that one policy of its namespace selects, and of one that none does, taken in turns."""
    assert all(is_right(policy) for policy in policies(admission.api)), "the test before has made them so"
    batches: dict[str, list[list[float]]] = {"match": [], "none": []}
    for batch in range(BATCHES):
        for times in batches.values():
            times.append([])
        for number in range(ROUNDS):
            for kind, label in (("match", "app3"), ("none", "nobody")):
                pod = {
                    "metadata": {"name": "probe", "labels": {"app": label}},
                    "spec": {"containers": [{"name": "vllm", "image": "vllm", "args": ["--port", "8000"]}]},
                }
                path = f"/api/v1/namespaces/{crowd[number % NAMESPACES]}/pods?dryRun=All"
                began = time.monotonic()
                status, answer = admission.api.call("POST", path, pod)
                batches[kind][batch].append(time.monotonic() - began)
                assert status == 201, answer["message"]
                assert ("initContainers" in answer["spec"]) == (kind == "match")

    def p99(times: list[float]) -> float:
        return sorted(times)[int(len(times) * 0.99)]

    for kind, times in batches.items():
        typical = statistics.median(statistics.median(batch) for batch in times)
        record_property(f"admission_{kind}_p50_ms", round(typical * 1000, 1))
        record_property(f"admission_{kind}_p99_ms", round(statistics.median(p99(batch) for batch in times) * 1000, 1))
    # Whatever else the machine does only adds, so the bar is for the quietest batch.
    assert min(p99(batch) for batch in batches["match"]) < 0.04
