"""Real pods that the operator's webhook injects, called by its Service: the chart is upgraded to it, and back."""

import pytest
from installation import CHART, SYSTEM, helm, injecting_probe
from polling import wait_until
from traffic import ask, engine, start

OPERATORS = f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/penstock-operator"


def upgrade(cluster, injector: str) -> None:
    values = ("--reuse-values", "--set", f"admission.injector={injector}")
    helm(cluster, "upgrade", "penstock", CHART, "-n", SYSTEM, *values, "--wait", "--timeout", "90s")


@pytest.fixture
def by_webhook(penstock):
    upgrade(penstock, "Webhook")
    wait_until(injecting_probe(penstock, "by-webhook"), "the webhook")
    yield penstock
    upgrade(penstock, "Auto")
    wait_until(injecting_probe(penstock, "by-policy"), "the admission policy")


def test_it_injects_and_its_outage_stops_no_traffic_and_no_other_pods(by_webhook, space):
    assert by_webhook.api.get("/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies")["items"] == []
    address = start(space)
    pod = space.pods("app=llm")[0]
    assert pod["spec"]["initContainers"][0]["name"] == "penstock-sidecar"
    assert "x-penstock-policy" in ask(address, "by webhook")

    by_webhook.api.merge(OPERATORS, {"spec": {"replicas": 0}})
    wait_until(lambda: not by_webhook.api.get(f"/api/v1/namespaces/{SYSTEM}/pods")["items"], "the operators' end")
    ask(address, "without an operator")
    space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=2")

    def is_refused() -> bool:
        sets = space.api.get(f"/apis/apps/v1/namespaces/{space.name}/replicasets")["items"]
        conditions = [condition for one in sets for condition in one["status"].get("conditions", [])]
        return any("the sidecar was not injected" in condition["message"] for condition in conditions)

    wait_until(is_refused, "the refusal")
    for document in engine("other", {"app": "other"}):
        space.apply(document)
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/other", "--timeout=60s")

    by_webhook.api.merge(OPERATORS, {"spec": {"replicas": 2}})
    # The ReplicaSet tries again by itself, less and less often.
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=120s")
    space.await_condition("chat", "Programmed", "True", seconds=60)
    assert all(pod["spec"]["initContainers"][0]["name"] == "penstock-sidecar" for pod in space.pods("app=llm"))
