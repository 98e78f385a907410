"""Pods that are made for the sake of what admission does to them, and kept by nobody."""

from installation import make_namespace, policy_document
from polling import wait_until
from spaces import POLICIES

LABELS = {"app": "llm"}


def with_injection(cluster, namespace: str, injection: dict) -> str:
    """A namespace with a policy for LABELS whose injection is the test's."""
    return write_injection(cluster, make_namespace(cluster, namespace), injection)


def write_injection(cluster, namespace: str, injection: dict) -> str:
    """The operator keeps it, since no workload tells another one, but for whom the policy yields to."""
    cluster.api.create(POLICIES.format(namespace), policy_document("mine", LABELS))
    whole = {"hash": "1", "selector": {"matchLabels": LABELS}, **injection}
    cluster.api.merge(POLICIES.format(namespace) + "/mine/status", {"status": {"injection": whole}})
    return namespace


def has_sidecar(pod: dict) -> bool:
    return any(one["name"] == "penstock-sidecar" for one in pod["spec"].get("initContainers", []))


def await_injection(cluster, namespace: str, injected: dict, refused: dict | None = None) -> str:
    """Until the API server goes by the injection, of which it hears a moment after it is written.

    One policy of admission gives `injected` its sidecar, and another one, which hears by itself, refuses `refused`.
    """
    wait_until(lambda: has_sidecar(made(cluster, namespace, injected)[1]), f"injection in {namespace}")
    if refused is not None:
        wait_until(lambda: made(cluster, namespace, refused)[0] == 422, f"a refusal in {namespace}")
    return namespace


def engine_pod(container: dict, **spec) -> dict:
    return client_pod([{"name": "engine", **container}], **spec)


def client_pod(containers: list[dict], **spec) -> dict:
    return {
        "metadata": {"name": "made", "labels": LABELS},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"image": "image", **container} for container in containers],
            **spec,
        },
    }


def annotated_pod(annotations: dict) -> dict:
    """A pod of a case of tests/cases/annotations.yaml."""
    pod = engine_pod({})
    return {**pod, "metadata": {**pod["metadata"], **({"annotations": annotations} if annotations else {})}}


def grace_case(case: dict) -> dict:
    """A pod of a case of tests/cases/grace.yaml."""
    return engine_pod({}, **({} if case["in"] is None else {"terminationGracePeriodSeconds": case["in"]}))


def client_case(case: dict) -> dict:
    """A pod of a case of tests/cases/client_environment.yaml."""
    init = [{"image": "image", **container} for container in case.get("init", [])]
    return client_pod(case["in"], **({"initContainers": init} if init else {}))


def quality_case(case: dict) -> dict:
    """A pod of a case of tests/cases/pod_quality.yaml."""
    containers = [{"name": f"c{at}", "resources": one} for at, one in enumerate(case["containers"])]
    init = [
        {"name": case.get("initName", f"i{at}"), "image": "image", "resources": one} for at, one in enumerate(case.get("init", []))
    ]
    whole = {"resources": case["whole"]} if "whole" in case else {}
    return client_pod(containers, **whole, **({"initContainers": init} if init else {}))


def made(cluster, namespace: str, pod: dict) -> tuple[int, dict]:
    """The answer to a pod that would be made."""
    return cluster.api.call("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)


def without_defaults(value):
    """Parts of a pod without what the API server filled in."""
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
