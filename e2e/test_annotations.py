"""tests/cases/annotations.yaml on a real API server: what the admission policy makes of each pod's annotations."""

import pytest
import yaml
from dry_run import annotated_pod, await_injection, made, with_injection
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/annotations.yaml").read_text())
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always"}


@pytest.fixture(scope="module")
def space(admission):
    name = with_injection(admission, "annotated", {"container": CONTAINER, "annotations": TABLE["annotations"]})
    return await_injection(admission, name, annotated_pod({}))


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_admission_policy_annotates(admission, space, case):
    status, pod = made(admission, space, annotated_pod(case["in"]))
    assert status == 201, pod["message"]
    assert pod["metadata"]["annotations"] == case["out"]
