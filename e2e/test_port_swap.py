"""tests/cases/port_swap.yaml on a real API server: what the admission policy makes of each engine."""

import pytest
import yaml
from installation import ROOT, make_namespace, policy_document

TABLE = yaml.safe_load((ROOT / "tests/cases/port_swap.yaml").read_text())
# What the API server adds to every container.
DEFAULTS = ("image", "resources", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy")
STATUS_PORT = {"name": "penstock-status", "containerPort": 15020, "protocol": "TCP"}


@pytest.fixture(scope="module")
def policies(admission):
    """One namespace a swap, each with a policy whose status carries it."""
    namespaces = {}
    for name, swap in TABLE["swaps"].items():
        namespace = make_namespace(admission, f"swap-{name}")
        collection = f"/apis/penstock.dev/v1alpha1/namespaces/{namespace}/optimizationpolicies"
        admission.api.create(collection, policy_document("swap", {"app": "llm"}))
        injection = {
            "hash": "1",
            "selector": {"matchLabels": {"app": "llm"}},
            "container": {
                "name": "penstock-sidecar",
                "image": "sidecar",
                "restartPolicy": "Always",
                "ports": [STATUS_PORT],
            },
            "portSwap": swap,
        }
        admission.api.merge(collection + "/swap/status", {"status": {"injection": injection}})
        namespaces[name] = namespace
    return namespaces


def made_of(admission, namespace: str, container: dict) -> tuple[int, dict]:
    pod = {
        "metadata": {"name": "engine", "labels": {"app": "llm"}},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "engine", "image": "engine", **container}],
        },
    }
    return admission.api.call("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)


def without_defaults(value):
    """Ports and probes without what the API server filled in."""
    if isinstance(value, list):
        return [without_defaults(element) for element in value]
    if not isinstance(value, dict):
        return value
    filled = {"protocol": "TCP", "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    filled |= {"scheme": "HTTP", "service": ""}
    kept = {name: without_defaults(inner) for name, inner in value.items() if filled.get(name) != inner}
    if "fieldRef" in kept:
        kept["fieldRef"].pop("apiVersion", None)
    return kept


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_admission_policy_moves_the_port(admission, policies, case):
    status, pod = made_of(admission, policies[case["swap"]], case["in"])
    if "out" not in case:
        assert status == 422, pod.get("message", "accepted")
        assert "does not say how its engine takes its port" in pod["message"]
        return
    assert status == 201, pod["message"]
    engine = {name: value for name, value in pod["spec"]["containers"][0].items() if name not in (*DEFAULTS, "name")}
    assert without_defaults(engine) == without_defaults(case["out"])
    sidecar = pod["spec"]["initContainers"][0]
    assert without_defaults(sidecar["ports"]) == without_defaults([STATUS_PORT, *case["sidecarPorts"]])
