"""tests/cases/grace.yaml on a real API server: how long the streams of a pod that ends may go on."""

import pytest
import yaml
from dry_run import await_injection, grace_case, made, with_injection
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/grace.yaml").read_text())
ARGS = ["--engine-port", "1", "--drain-grace", TABLE["drain"], "--admin", "a"]
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always", "args": ARGS}


@pytest.fixture(scope="module")
def space(admission):
    name = with_injection(admission, "grace", {"container": CONTAINER, "grace": TABLE["grace"]})
    return await_injection(admission, name, grace_case({"in": None}))


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_streams_may_go_on_for_as_long_as_their_pod(admission, space, case):
    status, pod = made(admission, space, grace_case(case))
    assert status == 201, pod["message"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == case["grace"]
    args = pod["spec"]["initContainers"][0]["args"]
    assert args == [case["drain"] if value == TABLE["drain"] else value for value in ARGS]
