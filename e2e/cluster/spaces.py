"""A namespace as a test sees it: apply, ask, wait."""

import json

from polling import READY_SECONDS, wait_until

POLICIES = "/apis/penstock.dev/v1alpha1/namespaces/{}/optimizationpolicies"

CACHING = {"tiers": [{"ref": {"name": "memory"}}], "tenant": {"anonymous": "Share"}}
TIER = {
    "apiVersion": "penstock.dev/v1alpha1",
    "kind": "CacheTier",
    "metadata": {"name": "memory"},
    "spec": {"type": "Memory", "memory": {"size": "16Mi"}},
}


def deployment(name: str, labels: dict, **container) -> dict:
    engine = {"name": "vllm", "image": "vllm/vllm-openai:v1", "args": ["--model", "m", "--port", "8000"], **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [engine]}},
        },
    }


class Namespace:
    """What a test asks of its namespace."""

    def __init__(self, cluster, name: str):
        self.cluster = cluster
        self.api = cluster.api
        self.name = name

    def apply(self, document: dict) -> None:
        self.cluster.kubectl("-n", self.name, "apply", "--server-side", "-f", "-", stdin=json.dumps(document))

    def policy(self, name: str) -> dict:
        found = self.api.get(f"{POLICIES.format(self.name)}/{name}")
        assert found is not None, name
        return found

    def condition(self, policy: str, kind: str) -> dict:
        conditions = self.policy(policy).get("status", {}).get("conditions", [])
        return next(condition for condition in conditions if condition["type"] == kind)

    def await_condition(
        self, policy: str, kind: str, status: str, reason: str | None = None, seconds: float = READY_SECONDS
    ) -> dict:
        def holds():
            conditions = {c["type"]: c for c in self.policy(policy).get("status", {}).get("conditions", [])}
            found = conditions.get(kind, {})
            assert found.get("status") == status and reason in (None, found.get("reason")), conditions
            return found

        return wait_until(holds, f"{kind}={status} of {self.name}/{policy}", seconds)

    def pods(self, label: str) -> list[dict]:
        return self.api.get(f"/api/v1/namespaces/{self.name}/pods?labelSelector={label}")["items"]

    def await_pods(self, label: str, count: int) -> list[dict]:
        return wait_until(lambda: len(self.pods(label)) == count and self.pods(label), f"{count} pods {label}")
