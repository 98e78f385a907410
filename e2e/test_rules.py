"""The schemas and CEL rules of crds/ on a real API server, against the C++ reader, over the same cases."""

import json
import subprocess

import pytest
import yaml
from installation import ROOT

CASES = yaml.safe_load((ROOT / "tests/cases/resource_rules.yaml").read_text())
PLURALS = {"OptimizationPolicy": "optimizationpolicies", "CacheTier": "cachetiers", "RoutingTable": "routingtables"}


def document(case: dict) -> dict:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": case["kind"],
        "metadata": {"name": "x"},
        "spec": case["spec"],
    }


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}: {case['name']}" for case in CASES])
def test_server_and_reader_agree(serving, programs, tmp_path, case):
    path = f"/apis/penstock.dev/v1alpha1/namespaces/default/{PLURALS[case['kind']]}?dryRun=All&fieldValidation=Strict"
    status, answer = serving.api.call("POST", path, document(case))
    accepted = status == 201
    file = tmp_path / "case.json"
    file.write_text(json.dumps(document(case)))
    reader = subprocess.run([programs / "penstock-operator", "check", file], capture_output=True, text=True)
    assert (reader.returncode == 0) == ("at" not in case), reader.stderr
    assert accepted == ("at" not in case), answer
    if not accepted:
        # The server names the place of a rule, which may be the object around the field.
        places = [cause.get("field", "") for cause in answer["details"]["causes"]]
        at = case["at"].split("[")[0]
        assert any(at.startswith(place.split("[")[0]) or place.startswith(at) for place in places), answer


def test_the_target_of_autoscaling_cannot_change(serving, serving_namespace):
    """A transition rule: the API server sees both versions, a reader of files only one."""
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{serving_namespace}/optimizationpolicies"
    spec = {"selector": {"matchLabels": {"app": "llm"}}, "autoscaling": {"target": {"name": "a"}, "maxReplicas": 2}}
    serving.api.create(path, document({"kind": "OptimizationPolicy", "spec": spec}))

    def change(autoscaling: dict | None) -> tuple[int, dict]:
        patch = {"spec": {"autoscaling": autoscaling}}
        return serving.api.call("PATCH", f"{path}/x", patch, "application/merge-patch+json")

    assert change({"maxReplicas": 3})[0] == 200
    status, answer = change({"target": {"name": "b"}})
    assert status == 422
    assert "target cannot change" in answer["message"]
    assert change(None)[0] == 200
    assert change({"target": {"name": "b"}, "maxReplicas": 3})[0] == 200


def test_the_definitions_are_structural(serving):
    for plural in PLURALS.values():
        crd = serving.api.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.penstock.dev")
        conditions = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
        assert conditions["Established"] == "True"
        assert conditions["NamesAccepted"] == "True"
        assert "NonStructuralSchema" not in conditions, crd["status"]


@pytest.mark.parametrize("sample", sorted((ROOT / "deploy/samples").glob("*.yaml")), ids=lambda path: path.name)
def test_samples_are_accepted(serving, serving_namespace, sample):
    documents = list(yaml.safe_load_all(sample.read_text()))
    for document in documents:
        document["metadata"]["namespace"] = serving_namespace
    serving.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
    shown = serving.kubectl("-n", serving_namespace, "get", "penstock").stdout
    assert "optimizationpolicy.penstock.dev/" in shown
