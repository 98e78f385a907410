"""tests/cases/client_environment.yaml on a real API server: what the admission policy makes of a client's containers."""

import pytest
import yaml
from dry_run import await_injection, client_case, made, with_injection, without_defaults
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/client_environment.yaml").read_text())
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always"}


@pytest.fixture(scope="module")
def policies(admission):
    """One namespace an environment, each with a policy whose status carries it."""
    names = {
        name: with_injection(admission, f"environment-{name}", {"container": CONTAINER, "environment": environment})
        for name, environment in TABLE["environments"].items()
    }

    def first(environment: str, served: bool) -> dict | None:
        of_it = (case for case in TABLE["cases"] if case["environment"] == environment and ("out" in case) == served)
        return next((client_case(case) for case in of_it), None)

    return {one: await_injection(admission, name, first(one, True), first(one, False)) for one, name in names.items()}


def environments(containers: list[dict]) -> list[dict]:
    kept = ("name", "env", "envFrom")
    return without_defaults([{part: one[part] for part in kept if part in one} for one in containers])


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_admission_policy_sets_the_variables(admission, policies, case):
    status, pod = made(admission, policies[case["environment"]], client_case(case))
    if "out" not in case:
        assert status == 422, pod.get("message", "accepted")
        assert "names another model API than the policy knows of" in pod["message"]
        return
    assert status == 201, pod["message"]
    assert pod["spec"]["initContainers"][0]["name"] == "penstock-sidecar"
    assert environments(pod["spec"]["containers"]) == without_defaults(case["out"])
    assert environments(pod["spec"]["initContainers"][1:]) == without_defaults(case.get("initOut", []))
