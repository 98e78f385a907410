"""tests/cases/pod_quality.yaml on a real API server: the sidecar's resources, and the class of the whole pod."""

import pytest
import yaml
from dry_run import made, quality_case, with_injection
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/pod_quality.yaml").read_text())
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always", "resources": TABLE["resources"]}
REDIRECT = {"name": "penstock-redirect", "image": "sidecar", "resources": TABLE["guaranteedResources"]}


@pytest.fixture(scope="module")
def space(admission):
    injection = {"container": CONTAINER, "guaranteedResources": TABLE["guaranteedResources"], "redirect": REDIRECT}
    return with_injection(admission, "quality", injection)


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_sidecar_follows_the_class_of_its_pod(admission, space, case):
    pod = quality_case(case)
    status, injected = made(admission, space, pod)
    assert status == 201, injected["message"]
    sidecar, redirect = injected["spec"]["initContainers"][:2]
    assert (sidecar["name"], redirect["name"]) == ("penstock-sidecar", "penstock-redirect")
    assert sidecar.get("resources", {}) == TABLE.get(case["out"], {})
    assert bool(redirect.get("resources")) == (case["out"] != "none")
    assert injected["status"]["qosClass"] == case["class"]
    pod["metadata"]["annotations"] = {"penstock.dev/inject": "false"}
    assert made(admission, space, pod)[1]["status"]["qosClass"] == case.get("before", case["class"])
