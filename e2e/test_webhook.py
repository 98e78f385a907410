"""The webhook on a cluster of its own; the operator is a process, with the chart's rights."""

import base64
import json
import ssl
import time

import pytest
import yaml
from dry_run import annotated_pod, client_case, client_pod, engine_pod, grace_case, has_sidecar, made, quality_case, with_injection
from fake_node import NETWORK
from installation import ROOT, SYSTEM, make_namespace, policy_document, reconfigure
from operator_node import OperatorNode, OperatorPod
from polling import wait_until
from ports import free_port
from spaces import Namespace, deployment
from webhook_cluster import SECRET
from yardstick import keeps, slowness

PORT_SWAP = yaml.safe_load((ROOT / "tests/cases/port_swap.yaml").read_text())
PROBES = yaml.safe_load((ROOT / "tests/cases/probe_move.yaml").read_text())
CLIENTS = yaml.safe_load((ROOT / "tests/cases/client_environment.yaml").read_text())
QUALITIES = yaml.safe_load((ROOT / "tests/cases/pod_quality.yaml").read_text())
GRACES = yaml.safe_load((ROOT / "tests/cases/grace.yaml").read_text())["policies"]
ANNOTATIONS = yaml.safe_load((ROOT / "tests/cases/annotations.yaml").read_text())


def outcome(cluster, namespace: str, pod: dict) -> tuple[int, dict]:
    """Of a pod that would be made: what admission may change."""
    status, answer = made(cluster, namespace, pod)
    if status != 201:
        return status, {}
    return status, {"annotations": answer["metadata"].get("annotations", {}), "spec": answer["spec"]}


@pytest.fixture(scope="module")
def injection(hooked) -> dict:
    """What the operator itself writes for a vLLM."""
    space = Namespace(hooked.cluster, make_namespace(hooked.cluster, "real"))
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}))
    return wait_until(lambda: space.policy("chat")["status"].get("injection"), "injection")


def compare(hooked, admission, namespace: str, injection: dict, pods: list[dict]) -> int:
    """Makes the pods by both; how many came to be."""

    def is_injected(cluster) -> bool:
        answers = [made(cluster, namespace, pod) for pod in pods]
        return any(status == 201 and has_sidecar(answer) for status, answer in answers)

    for cluster in (hooked.cluster, admission):
        with_injection(cluster, namespace, injection)
        wait_until(lambda cluster=cluster: is_injected(cluster), "injection")
    injected = 0
    for pod in pods:
        by_policy = outcome(admission, namespace, pod)
        assert outcome(hooked.cluster, namespace, pod) == by_policy
        injected += by_policy[0] == 201
    return injected


def is_served(cluster, pod: dict) -> bool:
    """Whether the API server takes all of the pod where no policy is: old ones want narrower names of variables, and drop the
    resources of a pod as a whole."""
    status, answer = made(cluster, "default", pod)
    return status == 201 and ("resources" in answer["spec"]) == ("resources" in pod["spec"])


@pytest.mark.parametrize("swap", PORT_SWAP["swaps"])
def test_the_webhook_and_the_admission_policy_give_equal_engines(hooked, admission, injection, swap):
    cases = [case for case in PORT_SWAP["cases"] if case["swap"] == swap and is_served(hooked.cluster, engine_pod(case["in"]))]
    assert cases
    more = {
        "initContainers": [{"name": "download", "image": "d"}],
        "terminationGracePeriodSeconds": 600,
        "imagePullSecrets": [{"name": "mine"}],
    }
    pods = [engine_pod(case["in"]) for case in cases] + [engine_pod(case["in"], **more) for case in cases]
    # Beside another container it is found by its port.
    found = [case for case in cases if declares(case, PORT_SWAP["swaps"][swap]["from"])]
    pods += [client_pod([{"name": "shipper"}, {"name": "engine", **case["in"]}]) for case in found]
    secrets = [{"name": "registry"}, {"name": "mine"}]
    whole = {**injection, "portSwap": PORT_SWAP["swaps"][swap], "imagePullSecrets": secrets}
    injected = compare(hooked, admission, f"equal-{swap}", whole, pods)
    assert injected == 2 * sum("out" in case for case in cases) + sum("out" in case for case in found)


def declares(case: dict, port: int) -> bool:
    return any(one["containerPort"] == port and one.get("protocol", "TCP") == "TCP" for one in case["in"].get("ports", []))


def test_the_webhook_and_the_admission_policy_redirect_equally(hooked, admission, injection):
    container = {"name": "penstock-redirect", "image": "r", "command": ["/penstock-redirect"]}
    whole = {name: part for name, part in injection.items() if name != "portSwap"}
    whole |= {"redirect": container, "engineContainer": "engine", "probeMove": PROBES["move"]}
    more = {"initContainers": [{"name": "download", "image": "d"}]}
    two = client_pod([{"name": "proxy"}, {"name": "engine", "readinessProbe": {"tcpSocket": {"port": 8000}}}])
    pods = [engine_pod({}), engine_pod({}, **more), two, *(engine_pod(case["in"]) for case in PROBES["cases"])]
    pods = [pod for pod in pods if is_served(hooked.cluster, pod)]
    assert compare(hooked, admission, "equal-redirect", whole, pods) == len(pods)


def test_the_webhook_and_the_admission_policy_annotate_equally(hooked, admission, injection):
    whole = {name: part for name, part in injection.items() if name != "portSwap"}
    whole["annotations"] = ANNOTATIONS["annotations"]
    pods = [annotated_pod(case["in"]) for case in ANNOTATIONS["cases"]]
    assert compare(hooked, admission, "equal-annotations", whole, pods) == len(pods)


@pytest.mark.parametrize("policy", GRACES)
def test_the_webhook_and_the_admission_policy_give_equal_drains(hooked, admission, injection, policy):
    whole = {name: part for name, part in injection.items() if name != "portSwap"} | {"grace": GRACES[policy]["grace"]}
    pods = [grace_case(case) for case in GRACES[policy]["cases"]]
    assert compare(hooked, admission, f"equal-drains-{policy}", whole, pods) == len(pods)


def test_the_webhook_and_the_admission_policy_give_equal_resources(hooked, admission, injection):
    whole = {name: part for name, part in injection.items() if name != "portSwap"}
    pods = [pod for pod in map(quality_case, QUALITIES["cases"]) if is_served(hooked.cluster, pod)]
    assert compare(hooked, admission, "equal-resources", whole, pods) == len(pods) > 0


@pytest.mark.parametrize("environment", CLIENTS["environments"])
def test_the_webhook_and_the_admission_policy_give_equal_clients(hooked, admission, injection, environment):
    cases = [case for case in CLIENTS["cases"] if case["environment"] == environment]
    whole = {**injection, "portSwap": None, "enginePreStop": None, "environment": CLIENTS["environments"][environment]}
    whole = {name: part for name, part in whole.items() if part is not None}
    injected = compare(hooked, admission, f"equal-{environment}", whole, [client_case(case) for case in cases])
    assert injected == sum("out" in case for case in cases)


@pytest.fixture
def open_clusters(hooked, admission):
    """Both, while they let pods be made that get no sidecar."""
    clusters = (hooked.cluster, admission)
    for cluster in clusters:
        reconfigure(cluster, "--set", "admission.failClosed=false")
    yield clusters
    for cluster in clusters:
        reconfigure(cluster, "--set", "admission.failClosed=true")


def test_where_admission_is_open_what_cannot_be_led_comes_up_as_it_is(open_clusters, injection):
    """Not with a sidecar on the port that the engine keeps."""
    led = engine_pod({"args": ["--port", "8000"]})
    kept = [engine_pod(case["in"]) for case in PORT_SWAP["cases"] if case["swap"] == "noenv" and "out" not in case]
    whole = {**injection, "portSwap": PORT_SWAP["swaps"]["noenv"]}
    for cluster in open_clusters:
        name = with_injection(cluster, "open", whole)
        wait_until(lambda cluster=cluster, name=name: has_sidecar(made(cluster, name, led)[1]), "injection")
        wait_until(lambda cluster=cluster, name=name: made(cluster, name, kept[0])[0] == 201, "open admission")
        for pod in kept:
            assert outcome(cluster, name, pod) == outcome(cluster, "default", pod)


def test_the_bundle_is_kept_in_place(hooked):
    good = hooked.trusted()
    assert good and hooked.bundle() == good
    wrong = base64.b64encode((hooked.cluster.pki.folder / "front-proxy-ca.crt").read_bytes()).decode()
    patch = [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": wrong}]
    hooked.cluster.kubectl("patch", "mutatingwebhookconfiguration", "penstock-inject.penstock.dev", "--type=json", "-p", json.dumps(patch))
    wait_until(lambda: hooked.bundle() == good, "the bundle")
    wait_until(hooked.injects, "injection")


def test_an_upgrade_of_the_chart_keeps_both(hooked):
    good = hooked.trusted()
    reconfigure(hooked.cluster, "--set", "replicas=3")
    assert hooked.trusted() == good and hooked.bundle() == good
    assert hooked.injects()


def test_replicas_serve_one_certificate_and_a_lost_secret_is_made_anew(hooked):
    def served(port: int) -> str:
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)

    port = free_port()
    second = hooked.start("second", port)
    try:
        assert served(port) == served(hooked.port)
        before, old = served(hooked.port), hooked.trusted()
        hooked.cluster.api.merge(SECRET, {"data": None})
        wait_until(lambda: hooked.trusted() not in (b"", old), "another authority")
        wait_until(lambda: served(hooked.port) != before and served(port) == served(hooked.port), "its certificate")
        wait_until(lambda: hooked.bundle() == hooked.trusted(), "the bundle")
        wait_until(hooked.injects, "injection")
    finally:
        assert second.stop() == 0, second.log.read_text()


def test_a_deleted_secret_is_told_of_and_restored_by_an_upgrade(hooked):
    hooked.cluster.api.delete(SECRET)
    told = "Secret penstock-system/penstock-operator-webhook is gone"
    wait_until(lambda: told in hooked.operator.readiness(), "a word of it")
    wait_until(lambda: told in hooked.operator.log.read_text(), "a line of it")
    assert hooked.injects(), "by the certificate that it has"
    reconfigure(hooked.cluster, *hooked.by_url)
    wait_until(lambda: hooked.trusted() and hooked.bundle() == hooked.trusted(), "certificates")
    wait_until(hooked.injects, "injection")
    assert hooked.operator.readiness() == "ready"


def test_what_it_adds_to_the_making_of_a_pod(hooked, injection, record_property):
    """Selected pods and pods that opted out, which are not asked about, in turns."""
    name = with_injection(hooked.cluster, "timed", {**injection, "portSwap": PORT_SWAP["swaps"]["noenv"]})
    pod = engine_pod({"args": ["--port", "8000"]})
    plain = {**pod, "metadata": {**pod["metadata"], "annotations": {"penstock.dev/inject": "false"}}}
    wait_until(lambda: "initContainers" in outcome(hooked.cluster, name, pod)[1].get("spec", {}), "injection")
    times: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(300):
        for kind, document in (("with", pod), ("without", plain)):
            began = time.perf_counter()
            assert made(hooked.cluster, name, document)[0] == 201
            times[kind].append(time.perf_counter() - began)

    def rank(kind: str, share: float) -> float:
        return sorted(times[kind])[int(share * len(times[kind]))] * 1000

    record_property("webhook_adds_p50_ms", round(rank("with", 0.5) - rank("without", 0.5), 1))
    record_property("webhook_adds_p99_ms", round(rank("with", 0.99) - rank("without", 0.5), 1))
    slow = slowness(hooked.cluster.api)
    record_property("machine_slowness", round(slow, 2))
    assert keeps("ms that the webhook adds, p99", rank("with", 0.99) - rank("without", 0.5), 20, slow)


def test_an_outage_stops_selected_pods_and_no_others(hooked, injection):
    name = with_injection(hooked.cluster, "outage", {**injection, "portSwap": PORT_SWAP["swaps"]["noenv"]})
    pod = engine_pod({"args": ["--port", "8000"]})
    wait_until(lambda: "initContainers" in outcome(hooked.cluster, name, pod)[1].get("spec", {}), "injection")
    assert hooked.operator.stop() == 0
    try:
        path = f"/api/v1/namespaces/{name}/pods?dryRun=All"
        status, answer = hooked.cluster.api.call("POST", path, pod)
        assert status == 422 and "the sidecar was not injected" in answer["message"]
        other = {**pod, "metadata": {"name": "other", "labels": {"app": "other"}}}
        assert hooked.cluster.api.call("POST", path, other)[0] == 201
    finally:
        hooked.operator = hooked.start("first", hooked.port)
    wait_until(hooked.injects, "injection")


@pytest.mark.skipif(NETWORK is None, reason="endpoints need addresses beyond loopback: root, for a network namespace")
def test_it_is_called_through_its_service(hooked, injection, tmp_path):
    """At the chart's own pods, of which one goes while pods are made."""
    name = with_injection(hooked.cluster, "by-service", {**injection, "portSwap": PORT_SWAP["swaps"]["noenv"]})
    pod = engine_pod({"args": ["--port", "8000"]})
    reconfigure(hooked.cluster, "--set", "replicas=2", "--set", "admission.webhookUrl=")
    node = OperatorNode(hooked.cluster, hooked.programs, tmp_path)
    try:
        wait_until(lambda: node.take_pods() or len(node.running()) == 2, "two operators")
        assert hooked.operator.stop() == 0
        wait_until(lambda: has_sidecar(made(hooked.cluster, name, pod)[1]), "injection through the Service")
        asked, other = sorted(node.running(), key=OperatorPod.reviews, reverse=True)
        assert asked.reviews() > 0

        hooked.cluster.kubectl("-n", SYSTEM, "delete", "pod", asked.name, "--wait=false")
        while hooked.cluster.api.get(asked.path) is not None:
            status, answer = made(hooked.cluster, name, pod)
            assert status == 201 and has_sidecar(answer), answer
        assert has_sidecar(made(hooked.cluster, name, pod)[1]) and other.reviews() > 0
    finally:
        node.stop()
        hooked.operator = hooked.start("first", hooked.port)
        reconfigure(hooked.cluster, *hooked.by_url)
    assert node.problems == []
    wait_until(hooked.injects, "injection")
