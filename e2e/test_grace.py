"""tests/cases/grace.yaml on a real API server: how long the streams of a pod that ends may go on."""

import pytest
import yaml
from dry_run import await_injection, grace_case, made, with_injection
from installation import ROOT

POLICIES = yaml.safe_load((ROOT / "tests/cases/grace.yaml").read_text())["policies"]


def arguments(drain: str) -> list[str]:
    return ["--engine-port", "1", "--drain-grace", drain, "--admin", "a"]


@pytest.fixture(scope="module")
def spaces(admission) -> dict[str, str]:
    """By policy of the table: its namespace."""
    container = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always"}
    names = {}
    for policy, table in POLICIES.items():
        injection = {"container": {**container, "args": arguments(table["drain"])}, "grace": table["grace"]}
        names[policy] = with_injection(admission, f"grace-{policy}", injection)
    return {policy: await_injection(admission, name, grace_case({"in": None})) for policy, name in names.items()}


@pytest.mark.parametrize(
    ("policy", "case"),
    [pytest.param(name, case, id=f"{name}-{case['name']}") for name, table in POLICIES.items() for case in table["cases"]],
)
def test_streams_may_go_on_for_as_long_as_their_pod(admission, spaces, policy, case):
    status, pod = made(admission, spaces[policy], grace_case(case))
    assert status == 201, pod["message"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == case["grace"]
    assert pod["spec"]["initContainers"][0]["args"] == arguments(case["drain"])
