"""Real pods that the operator's webhook injects, called by its Service: the chart is upgraded to it, and back."""

from installation import SYSTEM
from polling import wait_until
from traffic import ask, engine, goes_away, start

OPERATORS = f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/penstock-operator"


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


def test_an_uninstall_fails_no_request_and_new_pods_start(by_webhook, uninstalled, space):
    goes_away(space, start(space), uninstalled)
