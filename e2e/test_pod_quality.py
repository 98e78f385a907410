"""tests/cases/pod_quality.yaml on a real API server: the sidecar's resources, and the class of the whole pod."""

import pytest
import yaml
from dry_run import await_injection, made, quality_case, with_injection
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/pod_quality.yaml").read_text())
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always", "resources": TABLE["resources"]}
REDIRECT = {"name": "penstock-redirect", "image": "sidecar", "resources": TABLE["redirect"]["resources"]}


@pytest.fixture(scope="module")
def spaces(admission):
    """With our redirect and without it."""
    injection = {"container": CONTAINER, "guaranteedResources": TABLE["guaranteedResources"]}
    names = {
        True: with_injection(admission, "quality", {**injection, "redirect": REDIRECT}),
        False: with_injection(admission, "quality-plain", injection),
    }
    plain = quality_case({"containers": [{}]})
    return {redirected: await_injection(admission, name, plain) for redirected, name in names.items()}


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_sidecar_follows_the_class_of_its_pod(admission, spaces, case):
    pod = quality_case(case)
    redirected = "initName" not in case
    space = spaces[redirected]
    status, injected = made(admission, space, pod)
    assert status == 201, injected["message"]
    sidecar, redirect = injected["spec"]["initContainers"][:2] if redirected else (injected["spec"]["initContainers"][0], None)
    assert sidecar["name"] == "penstock-sidecar"
    assert sidecar.get("resources", {}) == TABLE.get(case["out"], {})
    if redirected:
        assert redirect["name"] == "penstock-redirect"
        assert redirect.get("resources", {}) == TABLE["redirect"].get(case["out"], {})
    assert injected["status"]["qosClass"] == case["class"]
    pod["metadata"]["annotations"] = {"penstock.dev/inject": "false"}
    assert made(admission, space, pod)[1]["status"]["qosClass"] == case.get("before", case["class"])
