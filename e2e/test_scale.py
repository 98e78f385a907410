"""The operator at the size it is meant for: 1,000 policies in 100 namespaces and 5,000 pods, whose sidecars are one stub."""

import collections
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import time

import pytest
import yaml
from api import MERGE, Api
from audit import Audit
from control_plane import ControlPlane
from following import follow
from installation import SYSTEM, injecting_probe, install, operator_kubeconfig, policy_document
from operator_process import SIDECAR_IMAGE, OperatorProcess
from polling import wait_until
from process_usage import cpu_seconds, resident_mb, rest
from sidecar_stub import SidecarStub
from spaces import deployment
from yardstick import keeps, slowness

NAMESPACES = 100
POLICIES = 10  # in each
PODS = 50  # in each
SHARE = PODS // POLICIES  # of each policy
NAMES = [f"crowd{number}" for number in range(NAMESPACES)]
SERIES, ROUNDS = 3, 400
GROUP = "/apis/penstock.dev/v1alpha1"
STATUS_PORT, ENGINE_PORT = 15_940, 8_940
ACCOUNT = f"system:serviceaccount:{SYSTEM}:penstock-operator"


@pytest.fixture(scope="module")
def admission(kubernetes, tmp_path_factory):
    """A cluster of its own with the chart on it: no other operator, and nobody else's policies."""
    folder = tmp_path_factory.mktemp("scale")
    with ControlPlane(kubernetes, folder, audit=Audit(folder, ACCOUNT)) as running:
        install(running, "--set", f"sidecar.statusPort={STATUS_PORT}")
        wait_until(injecting_probe(running), "admission policies")
        running.api.delete(f"{GROUP}/namespaces/admission-probe/optimizationpolicies/probe")
        yield running


def start(admission, programs: pathlib.Path, log: pathlib.Path) -> OperatorProcess:
    flags = ("--status-port", str(STATUS_PORT))
    return OperatorProcess(programs / "penstock-operator", operator_kubeconfig(admission), log, *flags)


def workload(number: int) -> dict:
    """What a policy finds; its pods are made by hand."""
    labels = {"app": f"app{number}"}
    document = deployment(labels["app"], labels, args=["--model", "m", "--port", str(ENGINE_PORT)])
    document["spec"]["replicas"] = 0
    return document


def policy_of(number: int) -> dict:
    """With what the server fills in, so that its documents are those that `render` reads."""
    return policy_document(f"p{number}", {"app": f"app{number}"}, mode="Enforce")


@pytest.fixture(scope="module")
def wanted(programs, tmp_path_factory) -> list[list[dict]]:
    """The hashes that the operator says it would deliver and inject, and its release, by namespace and policy."""
    folder = tmp_path_factory.mktemp("render")
    for name in NAMES:
        documents = [make(number) for number in range(POLICIES) for make in (policy_of, workload)]
        for document in documents:
            document["metadata"]["namespace"] = name
        (folder / f"{name}.yaml").write_text("\n---\n".join(map(json.dumps, documents)))
    settings = ("--status-port", str(STATUS_PORT), "--sidecar-image", SIDECAR_IMAGE)
    run = subprocess.run(
        [programs / "penstock-operator", "render", *settings, folder], check=True, capture_output=True, text=True
    )
    found: dict[str, list[dict]] = {name: [] for name in NAMES}
    for document in yaml.load_all(run.stdout, yaml.CSafeLoader):
        if document["kind"] == "OptimizationPolicy":
            status = document["status"]
            version = status["injection"]["annotations"]["penstock.dev/version"]
            hashes = {"hash": status["hash"], "injection": status["injection"]["hash"], "version": version}
            found[document["metadata"]["namespace"]].append(hashes)
    return [found[name] for name in NAMES]


def address_of(namespace: int, pod: int) -> str:
    return f"127.3.{namespace}.{pod + 1}"


def pod_of(number: int, hashes: dict) -> dict:
    """As admission would have made it, and as an operator before has told it."""
    policy = number % POLICIES
    sidecar = {
        **{"name": "penstock-sidecar", "image": "s", "restartPolicy": "Always", "args": ["--engine-port", "18940"]},
        "ports": [{"name": "penstock-status", "containerPort": STATUS_PORT}, {"containerPort": ENGINE_PORT}],
    }
    notes = {"policy": f"p{policy}", "injection": hashes["injection"], "delivered": hashes["hash"], "version": hashes["version"]}
    return {
        "metadata": {
            "name": f"pod{number}",
            "labels": {"app": f"app{policy}"},
            "annotations": {f"penstock.dev/{name}": value for name, value in notes.items()},
        },
        "spec": {
            "schedulerName": "nobody",
            "initContainers": [sidecar],
            "containers": [{"name": "vllm", "image": "vllm", "args": ["--port", "18940"]}],
        },
    }


def in_each(admission, work) -> None:
    """`work(api, number, name)` for every namespace, by four connections at once."""

    def one(number: int) -> None:
        work(Api(admission.api.host, admission.api.port, admission.pki), number, NAMES[number])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(NAMESPACES)))


def set_address(api: Api, namespace: str, pod: int, ip: str | None) -> None:
    """What a kubelet says of a pod that is ready; without an address it is not."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ready = {"type": "Ready", "status": "True" if ip else "False", "lastTransitionTime": now}
    ips = [{"ip": ip}] if ip else None
    status = {"phase": "Running" if ip else "Pending", "podIP": ip, "podIPs": ips, "conditions": [ready]}
    code, answer = api.call("PATCH", f"/api/v1/namespaces/{namespace}/pods/pod{pod}/status", {"status": status}, MERGE)
    assert code == 200, answer


@pytest.fixture(scope="module")
def crowd(admission, wanted):
    """The namespaces, their policies, workloads and pods, which run and are ready."""
    def fill(api: Api, number: int, name: str) -> None:
        api.create("/api/v1/namespaces", {"metadata": {"name": name}})
        wait_until(lambda: api.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"), name)
        for pod in range(PODS):
            api.create(f"/api/v1/namespaces/{name}/pods", pod_of(pod, wanted[number][pod % POLICIES]))
            set_address(api, name, pod, address_of(number, pod))
        for policy in range(POLICIES):
            api.create(f"/apis/apps/v1/namespaces/{name}/deployments", workload(policy))
            api.create(f"{GROUP}/namespaces/{name}/optimizationpolicies", policy_of(policy))

    in_each(admission, fill)


@pytest.fixture(scope="module")
def sidecars(wanted):
    """Each runs what the policy of its pod wants."""

    def policy_hash(address: str) -> str:
        namespace, pod = map(int, address.split(".")[2:])
        return wanted[namespace][(pod - 1) % POLICIES]["hash"]

    stub = SidecarStub(STATUS_PORT, ENGINE_PORT, policy_hash)
    yield stub
    stub.stop()


def policies(api: Api) -> list[dict]:
    return api.get(f"{GROUP}/optimizationpolicies")["items"]


def hashes_of(wanted: list[list[dict]], namespace: str, policy: str) -> dict:
    return wanted[int(namespace.removeprefix("crowd"))][int(policy.removeprefix("p"))]


def is_right(policy: dict, wanted: list[list[dict]], answering: bool) -> bool:
    """Whether the status says all that is so."""
    if policy["metadata"]["name"] == "fresh":
        return True
    status = policy.get("status", {})
    hashes = hashes_of(wanted, policy["metadata"]["namespace"], policy["metadata"]["name"])
    conditions = {
        condition["type"]: condition["status"]
        for condition in status.get("conditions", [])
        if condition["observedGeneration"] == policy["metadata"]["generation"]
    }
    answers = SHARE if answering else 0
    return (
        status.get("pods") == {"selected": SHARE, "injected": SHARE, "programmed": answers, "proven": answers}
        and conditions
        == {
            **{"Accepted": "True", "ResolvedRefs": "True", "Injected": "True", "Degraded": "False"},
            "Programmed": "True" if answering else "False",
        }
        and status["hash"] == hashes["hash"]
        and status["injection"]["hash"] == hashes["injection"]
        and status["interception"] == "PortSwap"
        and status["observedGeneration"] == policy["metadata"]["generation"]
    )


def are_delivered(api: Api, wanted: list[list[dict]]) -> bool:
    """Whether each policy's ConfigMap holds its documents, of the version that its status names."""
    labels = "app.kubernetes.io/managed-by%3Dpenstock-operator"
    right = set()
    for config in api.get(f"/api/v1/configmaps?labelSelector={labels}")["items"]:
        namespace, name = config["metadata"]["namespace"], config["metadata"]["name"].removeprefix("penstock-")
        if name != "fresh":
            bound = json.loads(config["data"]["binding.json"])["spec"]["hash"]
            noted = config["metadata"]["annotations"]["penstock.dev/hash"]
            assert noted == bound == hashes_of(wanted, namespace, name)["hash"]
            right.add((namespace, name))
    return len(right) == NAMESPACES * POLICIES


def await_all(admission, wanted: list[list[dict]], answering: bool) -> None:
    wrong = {(name, f"p{number}"): {} for name in NAMES for number in range(POLICIES)}
    changes = follow(admission.api, f"{GROUP}/optimizationpolicies", seconds=120)
    try:
        for policy in changes:
            key = policy["metadata"]["namespace"], policy["metadata"]["name"]
            if is_right(policy, wanted, answering):
                wrong.pop(key, None)
            else:
                wrong[key] = policy.get("status", {})
            if not wrong:
                return
    except TimeoutError as error:
        raise AssertionError(f"{len(wrong)} are not right, the first of them: {next(iter(wrong.items()))}") from error
    finally:
        changes.close()


def at_rest(admission, pid: int) -> float:
    """The cores it takes once all is done, the median of five parts; meanwhile it asks for nothing beyond watches and the Lease."""

    def others() -> collections.Counter:
        asked = admission.audit.requests()
        assert asked["update leases"] and asked["watch pods"], "the log tells of the operator"
        permitted = ("watch ", "update leases")
        return collections.Counter({what: n for what, n in asked.items() if not what.startswith(permitted)})

    last: list = [others(), time.monotonic()]  # and since when there was no other

    def is_quiet() -> bool:
        if (now := others()) != last[0]:
            last[:] = now, time.monotonic()
        return time.monotonic() - last[1] > 2

    wait_until(is_quiet, "the last events", seconds=120, every=0.5)
    before = others()
    parts = [cores_over(pid, 5) for _ in range(5)]
    assert others() - before == {}
    return statistics.median(parts)


def cores_over(pid: int, seconds: float) -> float:
    before, at = cpu_seconds(pid), time.monotonic()
    rest(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - at)


def may_open(pid: int) -> int:
    """How many descriptors the process may have; it was started with 1,024."""
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    return int(next(line for line in limits if line.startswith("Max open files")).split()[3])


def test_a_cold_start_makes_all_conditions_right(crowd, wanted, sidecars, admission, programs, tmp_path, record_property):
    slow = slowness(admission.api)
    record_property("machine_slowness", round(slow, 2))
    began = time.monotonic()
    operator = start(admission, programs, tmp_path / "operator.log")
    try:
        await_all(admission, wanted, answering=True)
        took = time.monotonic() - began
        assert are_delivered(admission.api, wanted)
        record_property("cold_start_s", round(took, 1))
        pid = operator.process.pid
        assert may_open(pid) > PODS * NAMESPACES
        cores = at_rest(admission, pid)
        record_property("cpu_asking_5000_sidecars_cores", round(cores, 4))
        record_property("resident_mb", round(resident_mb(pid), 1))
        assert resident_mb(pid) < 120
        assert keeps("cores that asking takes", cores, 0.02, slow)

        # A policy on an idle cluster that is this full.
        latencies = []
        for number in range(40):
            path = f"{GROUP}/namespaces/{NAMES[number]}/optimizationpolicies"
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
        assert keeps("s of a cold start", took, 20, slow)
    finally:
        assert operator.stop() == 0


def test_an_operator_with_nothing_to_ask_is_at_rest(crowd, wanted, admission, programs, tmp_path, record_property):
    """The same crowd without addresses, so that what is left is the operator's own."""

    def lose(api: Api, number: int, name: str) -> None:
        for pod in range(PODS):
            set_address(api, name, pod, None)

    in_each(admission, lose)
    operator = start(admission, programs, tmp_path / "operator.log")
    try:
        await_all(admission, wanted, answering=False)
        assert are_delivered(admission.api, wanted)
        cores = at_rest(admission, operator.process.pid)
        record_property("cpu_at_rest_cores", round(cores, 4))
        assert resident_mb(operator.process.pid) < 120
        assert cores < 0.02
    finally:
        assert operator.stop() == 0


def dry_runs(admin: Api) -> dict[str, list[float]]:
    """A series of what making a pod takes that one policy of its namespace selects, and one that none does, in seconds, in turns."""
    times: dict[str, list[float]] = {"match": [], "none": []}
    for number in range(ROUNDS):
        for kind, label in (("match", "app3"), ("none", "nobody")):
            pod = {
                "metadata": {"name": "probe", "labels": {"app": label}},
                "spec": {"containers": [{"name": "vllm", "image": "vllm", "args": ["--port", str(ENGINE_PORT)]}]},
            }
            path = f"/api/v1/namespaces/{NAMES[number % NAMESPACES]}/pods?dryRun=All"
            began = time.monotonic()
            status, answer = admin.call("POST", path, pod)
            times[kind].append(time.monotonic() - began)
            assert status == 201, answer["message"]
            assert ("initContainers" in answer["spec"]) == (kind == "match")
    return times


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def test_admission_among_a_thousand_policies(crowd, wanted, admission, record_property):
    """Somebody else's burst is longer than a series, so what holds is that of which most say so."""
    slow = slowness(admission.api)
    record_property("machine_slowness", round(slow, 2))
    assert all(is_right(policy, wanted, answering=False) for policy in policies(admission.api)), "the tests before"
    series = [dry_runs(admission.api) for _ in range(SERIES)]
    for kind in series[0]:
        record_property(f"admission_{kind}_p50_ms", round(statistics.median(statistics.median(times[kind]) for times in series) * 1000, 1))
        record_property(f"admission_{kind}_p99_ms", round(statistics.median(p99(times[kind]) for times in series) * 1000, 1))
    assert keeps("s of admission, p99", statistics.median(p99(times["match"]) for times in series), 0.04, slow)
